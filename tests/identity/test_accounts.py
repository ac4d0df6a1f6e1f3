"""Accounts: opened once, moved between plans, suspended, paid for."""

import time

import pytest

from chalicelib.identity import Accounts
from chalicelib.identity.errors import AccountExistsError, AccountNotFoundError, InvalidPlanError
from chalicelib.settings import GIB
from tests.support.books import set_capacity, status
from tests.support.system import System


def test_an_account_is_opened_with_its_plan(accounts: Accounts) -> None:
    before = int(time.time())

    accounts.create("zelid-1", "PRO", 7, paid_until=2_000_000_000)

    row = accounts.account("zelid-1")
    assert (row.plan, row.capacity, row.used, row.keys, row.suspended) == ("PRO", 7 * GIB, 0, 0, False)
    assert row.paid_until == 2_000_000_000
    assert before <= row.created <= time.time()


def test_an_account_is_opened_once(system: System, accounts: Accounts) -> None:
    accounts.create("zelid-1", "ELITE")
    before = system.contents()

    with pytest.raises(AccountExistsError):
        accounts.create("zelid-1", "STARTER")

    assert system.contents() == before


@pytest.mark.parametrize(
    "zelid", ["", "ab", "a" * 65, "with space", "colon:inside", "ümlaut", "line\n", "a/b", "日本語"]
)
def test_what_is_no_zelid_is_refused(accounts: Accounts, zelid: str) -> None:
    with pytest.raises(ValueError, match="a ZELID is 3 to 64"):
        accounts.create(zelid, "STARTER")


@pytest.mark.parametrize("zelid", ["abc", "a" * 64, "1Fluxvault_id-9"])
def test_any_zelid_in_between_will_do(accounts: Accounts, zelid: str) -> None:
    accounts.create(zelid, "STARTER")

    assert accounts.account(zelid).zelid == zelid


def test_a_plan_can_change_both_ways_but_never_below_what_is_used(system: System) -> None:
    user = system.user("STANDARD")
    system.put(user, ("file", b"x" * 1_000))
    system.accounts.change_plan(user.zelid, "ELITE")
    assert status(system, user)["capacity_gb"] == 100
    system.accounts.change_plan(user.zelid, "PRO", 1)
    assert status(system, user)["capacity_gb"] == 1

    # As if two gigabytes were used
    use(system, user.zelid, 2 * GIB)
    before = system.contents()
    with pytest.raises(InvalidPlanError, match="invalid_plan") as refused:
        system.accounts.change_plan(user.zelid, "PRO", 1)

    assert refused.value.text == "The account uses more than this plan holds"
    assert system.contents() == before
    # To the byte
    system.accounts.change_plan(user.zelid, "PRO", 2)
    assert status(system, user) == {"active": True, "capacity_gb": 2, "storage_used": 2 * GIB, "remaining": 0}


def use(system: System, zelid: str, size: int) -> None:
    system.aws.dynamodb.update_item(
        TableName=f"{system.aws.settings.table_prefix}accounts",
        Key={"zelid": {"S": zelid}},
        UpdateExpression="SET used = :used",
        ExpressionAttributeValues={":used": {"N": str(size)}},
    )


def test_an_invalid_plan_changes_nothing(system: System) -> None:
    user = system.user("STANDARD")

    for plan, gigabytes in [("PRO", None), ("NONE", None), ("ELITE", 5)]:
        with pytest.raises(InvalidPlanError):
            system.accounts.change_plan(user.zelid, plan, gigabytes)

    assert status(system, user)["capacity_gb"] == 50


def test_what_is_done_to_no_account_is_refused(system: System, accounts: Accounts) -> None:
    before = system.contents()

    for attempt in (
        lambda: accounts.account("nobody"),
        lambda: accounts.keys("nobody"),
        lambda: accounts.issue_key("nobody", "key"),
        lambda: accounts.change_plan("nobody", "ELITE"),
        lambda: accounts.set_suspended("nobody", suspended=True),
        lambda: accounts.set_paid_until("nobody", 5),
    ):
        with pytest.raises(AccountNotFoundError):
            attempt()

    assert system.contents() == before


def test_suspended_and_paid_until_are_kept_apart_from_use(system: System) -> None:
    user = system.user()
    system.put(user, ("file", b"x" * 10))

    system.accounts.set_suspended(user.zelid, suspended=True)
    system.accounts.set_paid_until(user.zelid, 12)
    row = system.accounts.account(user.zelid)
    assert (row.suspended, row.paid_until, row.used, row.keys) == (True, 12, 10, 1)

    system.accounts.set_suspended(user.zelid, suspended=False)
    system.accounts.set_paid_until(user.zelid, None)
    row = system.accounts.account(user.zelid)
    assert row.paid_until is None
    assert (row.suspended, row.used, row.keys) == (False, 10, 1)


def test_a_capacity_helper_of_the_tests_is_seen_by_the_drive(system: System) -> None:
    """What other tests set by hand is what `status` reads."""
    user = system.user()

    set_capacity(user, 123)

    assert status(system, user)["remaining"] == 123
