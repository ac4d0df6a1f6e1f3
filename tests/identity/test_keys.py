"""Drive keys: random, checked, at most ten, shown once; of their secret only a digest is kept."""

import hashlib
import time

import pytest

from chalicelib.identity import Accounts, drivekeys
from chalicelib.identity.errors import KeyNotFoundError, TooManyKeysError
from tests.support.markers import hides
from tests.support.system import System, User
from tests.support.threads import at_once

SECRET = 43


@pytest.fixture
def zelid(accounts: Accounts) -> str:
    accounts.create("zelid-1", "STARTER")
    return "zelid-1"


def test_a_key_names_itself_and_checks_itself() -> None:
    for _ in range(100):
        key_id, key = drivekeys.new()

        assert key.startswith(f"fvk_{key_id}_")
        assert len(key) == len("fvk_") + 12 + 1 + SECRET + 6
        assert drivekeys.parse(key) == key_id


def test_keys_do_not_repeat() -> None:
    made = [drivekeys.new() for _ in range(500)]

    assert len({key_id for key_id, _ in made}) == 500
    assert len({key[17:] for _, key in made}) == 500


def test_a_mistyped_key_is_told_from_a_key() -> None:
    _, key = drivekeys.new()
    altered = [key[:at] + ("a" if key[at] != "a" else "b") + key[at + 1 :] for at in range(len(key))]

    for bad in [
        *altered,
        key[:-1],
        key + "0",
        key.upper(),
        f" {key}",
        f"{key}\n",
        "",
        "fvk_",
        key.replace("_", "-", 1),
    ]:
        assert drivekeys.parse(bad) is None, bad


def test_only_a_digest_of_a_key_is_kept(system: System, accounts: Accounts, zelid: str) -> None:
    row, key = accounts.issue_key(zelid, "laptop")

    assert row.digest == hashlib.sha256(key.encode()).hexdigest()
    rows = system.contents()
    assert hides(row.digest.encode(), rows)
    secret = key.removeprefix(f"fvk_{row.key_id}_")[:SECRET]
    # Every part of the secret that is long enough not to be there by chance
    for part in (key, secret, secret[:20], secret[-20:], secret[10:30]):
        assert not hides(part.encode(), rows)


def test_a_list_shows_what_it_may(accounts: Accounts, zelid: str) -> None:
    row, key = accounts.issue_key(zelid, "laptop", ["read", "list"], expires=2_000_000_000)

    (kept,) = accounts.keys(zelid)

    assert (kept.name, kept.shown, kept.key_id) == ("laptop", key[:8], row.key_id)
    assert set(kept.scopes) == {"read", "list"}
    assert kept.expires == 2_000_000_000
    assert abs(kept.created - time.time()) < 60


def test_all_scopes_by_default(accounts: Accounts, zelid: str) -> None:
    accounts.issue_key(zelid, "all")

    assert set(accounts.keys(zelid)[0].scopes) == {"read", "write", "list", "delete"}


@pytest.mark.parametrize(
    ("name", "scopes"), [("", ["read"]), ("x" * 65, ["read"]), ("x", []), ("x", ["admin"]), ("x", ["read", "Write"])]
)
def test_names_and_scopes_out_of_bounds_are_refused(
    system: System, accounts: Accounts, zelid: str, name: str, scopes: list[str]
) -> None:
    before = system.contents()

    with pytest.raises(ValueError, match="a key has a name of 1 to 64 characters"):
        accounts.issue_key(zelid, name, scopes)

    assert system.contents() == before


def test_a_name_may_have_64_characters_of_any_script_and_repeat(accounts: Accounts, zelid: str) -> None:
    for name in ("名" * 64, "名" * 64):
        accounts.issue_key(zelid, name)

    assert [key.name for key in accounts.keys(zelid)] == ["名" * 64] * 2


def test_ten_keys_and_no_more(system: System, accounts: Accounts, zelid: str) -> None:
    keys = [accounts.issue_key(zelid, f"key {n}")[0] for n in range(10)]
    before = system.contents()

    with pytest.raises(TooManyKeysError) as refused:
        accounts.issue_key(zelid, "one more")

    assert (refused.value.status, refused.value.text) == (400, "Too many keys")
    assert system.contents() == before
    accounts.revoke_key(zelid, keys[3].key_id)
    accounts.issue_key(zelid, "in its place")
    assert len(accounts.keys(zelid)) == 10


def test_ten_keys_and_no_more_at_once(accounts: Accounts, zelid: str) -> None:
    def issue() -> bool:
        try:
            accounts.issue_key(zelid, "key")
        except TooManyKeysError:
            return False
        return True

    assert sorted(at_once([issue] * 14)) == [False] * 4 + [True] * 10
    assert len(accounts.keys(zelid)) == accounts.account(zelid).keys == 10


def test_revoking_takes_one_key_of_one_account(system: System, accounts: Accounts) -> None:
    mine, other = system.user(), system.user()
    row, _ = accounts.issue_key(mine.zelid, "second")

    with pytest.raises(KeyNotFoundError):
        accounts.revoke_key(other.zelid, row.key_id)
    accounts.revoke_key(mine.zelid, row.key_id)
    with pytest.raises(KeyNotFoundError):
        accounts.revoke_key(mine.zelid, row.key_id)

    assert [key.key_id for key in accounts.keys(mine.zelid)] == [mine.key_id]
    assert (accounts.account(mine.zelid).keys, accounts.account(other.zelid).keys) == (1, 1)


def test_an_unknown_account_costs_the_same_comparison(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest is compared in constant time, once, whether the account and the key exist or not."""
    user = system.user()
    _, unknown_key = drivekeys.new()
    compared: list[tuple[str, str]] = []
    compare = drivekeys.hmac.compare_digest  # type: ignore[attr-defined]

    def count(left: str, right: str) -> bool:
        compared.append((left, right))
        return bool(compare(left, right))

    monkeypatch.setattr(drivekeys.hmac, "compare_digest", count)  # type: ignore[attr-defined]
    for caller, let_in in [
        (user, True),
        (User("nobody-here", user.key, user.key_id), False),
        (User(user.zelid, unknown_key, ""), False),
        (User("nobody-here", unknown_key, ""), False),
    ]:
        compared.clear()
        answer = system.call("POST", "/api/v0/status", user=caller)
        assert answer.status == (200 if let_in else 401)
        ((left, right),) = compared
        assert len(left) == len(right) == 64
