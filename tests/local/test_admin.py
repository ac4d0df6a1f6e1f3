"""`python -m infra.admin`: what it does shows over HTTP at once, and what it refuses it refuses in one line."""

import re
from collections.abc import Iterator

import pytest

from tests.acceptance.client import Account, assert_refused, put, stored, used
from tests.acceptance.operating import Operator
from tests.acceptance.running import Running
from tests.local.stack import admin, aws_client, target

pytestmark = pytest.mark.xdist_group("admin")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("admin") / "local").ready()
    yield made
    made.interrupt()


@pytest.fixture
def operator(running: Running) -> Operator:
    return admin(running.local)


def refusal(operator: Operator, *args: str) -> str:
    """The one line on stderr with which a command is refused."""
    done = operator.run(*args)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ([], ["account", "key", "fsck", "--json", "make run|local stack"]),
        (["account"], ["create", "show", "plan", "suspend", "resume", "paid-until"]),
        (["account", "create"], ["ZELID|zelid", "--plan", "--gb", "--paid-until", "STARTER", "PRO"]),
        (["key"], ["issue", "list", "revoke"]),
        (["key", "issue"], ["--scope", "--expires", "once"]),
        (["fsck"], ["--repair", "--grace", "Changes nothing"]),
    ],
    ids=" ".join,
)
def test_help_names_what_there_is(command: list[str], named: list[str], operator: Operator) -> None:
    done = operator.run(*command, "--help")

    assert (done.returncode, done.stderr) == (0, "")
    text = re.sub(r"[\s│]+", " ", done.stdout)
    assert [name for name in named if not re.search(name, text)] == []


def test_an_account_s_life(operator: Operator) -> None:
    created = operator("account", "create", "life-1", "--plan", "STARTER", "--paid-until", "2999-12-31")
    assert created == {
        "zelid": "life-1",
        "plan": "STARTER",
        "capacity_bytes": 10 * 2**30,
        "used_bytes": 0,
        "suspended": False,
        "paid_until": "2999-12-31",
        "keys": 0,
    }
    assert operator("account", "show", "life-1") == created
    assert operator("account", "plan", "life-1", "--plan", "PRO", "--gb", "3")["capacity_bytes"] == 3 * 2**30
    assert operator("account", "suspend", "life-1")["suspended"] is True
    assert operator("account", "resume", "life-1")["suspended"] is False
    assert operator("account", "paid-until", "life-1")["paid_until"] is None
    assert refusal(operator, "account", "create", "life-1", "--plan", "STARTER") == "Account exists (account_exists)"


def test_a_revoked_key_is_401_at_once_and_the_others_go_on(operator: Operator, running: Running) -> None:
    account = operator.account()
    spare = operator("key", "issue", account.zelid, "spare", "--scope", "list")
    at = target(running)
    with at.client(account) as first, at.client(Account(account.zelid, spare["secret"])) as second:
        assert second.post("/api/v0/ls").status_code == first.post("/api/v0/ls").status_code == 200

        assert operator("key", "revoke", account.zelid, spare["id"]) == {"revoked": spare["id"]}

        assert_refused(second.post("/api/v0/ls"), "invalid_credentials")
        assert first.post("/api/v0/ls").status_code == 200
    keys = operator("key", "list", account.zelid)
    assert [(key["name"], key["prefix"]) for key in keys] == [("acceptance", account.key[:8])]
    assert all("secret" not in key for key in keys)
    assert "key_not_found" in refusal(operator, "key", "revoke", account.zelid, spare["id"])


def test_a_plan_below_what_is_used_is_refused(operator: Operator, running: Running) -> None:
    account = operator.account("--gb", "2", plan="PRO")
    set_number(running, account.zelid, "used", 2**30 + 1)

    line = refusal(operator, "account", "plan", account.zelid, "--plan", "PRO", "--gb", "1")

    assert line == "The account uses more than this plan holds (invalid_plan)"
    assert operator("account", "show", account.zelid)["capacity_bytes"] == 2 * 2**30
    set_number(running, account.zelid, "used", 0)


def test_an_eleventh_key_is_refused(operator: Operator, running: Running) -> None:
    account = operator.account()
    # Eight more, without a process for each.
    set_number(running, account.zelid, "keys", 9)
    tenth = operator("key", "issue", account.zelid, "tenth")["id"]

    assert refusal(operator, "key", "issue", account.zelid, "eleventh") == "Too many keys (too_many_keys)"

    operator("key", "revoke", account.zelid, tenth)
    assert operator("key", "issue", account.zelid, "in its place")["name"] == "in its place"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("account show nobody", "No such account"),
        ("account suspend nobody", "No such account"),
        ("account plan nobody --plan ELITE", "No such account"),
        ("key issue nobody name", "No such account"),
        ("key list nobody", "No such account"),
        ("account create odd-1 --plan GOLD", "No such plan: choose one of STARTER, STANDARD, ELITE, PRO"),
        ("account create odd-1 --plan PRO", "PRO needs its size"),
        ("account create odd-1 --plan ELITE --gb 5", "ELITE has 100 GB"),
        ("account create odd-1 --plan PRO --gb -1", "PRO needs its size"),
        ("account create a:b --plan PRO --gb 1", "a ZELID is 3 to 64 letters"),
        (f"key issue demo {'n' * 65}", "a key has a name of 1 to 64 characters"),
    ],
)
def test_what_is_refused_is_refused_in_one_line(command: str, said: str, operator: Operator) -> None:
    assert refusal(operator, *command.split()).startswith(said)


def test_fsck_is_silent_finds_and_repairs(operator: Operator, running: Running) -> None:
    account = operator.account()
    with target(running).client(account) as client:
        stored(client, ("file", b"12345"))
        assert (operator.run("fsck").returncode, operator("fsck")) == (0, [])
        set_number(running, account.zelid, "used", 99)

        found = operator.run("fsck")
        assert found.returncode == 1
        assert '"wrong_use"' in found.stdout
        assert "uses 99 bytes by its row, 5 by its list" in found.stdout
        assert used(client) == 99

        (repaired,) = operator("fsck", "--repair")
        assert (repaired["subject"], repaired["repaired"]) == (account.zelid, True)
        assert used(client) == 5
        assert operator("fsck") == []
        assert put(client, ("more", b"6")).status_code == 200


def set_number(running: Running, zelid: str, name: str, number: int) -> None:
    """Change a number in an account's row, behind the product's back."""
    update = {"Key": {"zelid": {"S": zelid}}, "UpdateExpression": "SET #n = :n"}
    update |= {"ExpressionAttributeNames": {"#n": name}, "ExpressionAttributeValues": {":n": {"N": str(number)}}}
    aws_client(running.local, "dynamodb").update_item(TableName="fluxvault-local-accounts", **update)
