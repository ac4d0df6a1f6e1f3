"""A session that goes on: tokens end, are renewed once, and survive others who do the same."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from client import private
from client.account import Account
from client.http import Server
from client.tokens import TokenFile, Tokens
from tests.client.conftest import Cli, session
from tests.client.managing import EMAIL, KEYS, PASSWORD, REFRESH, Managed, jwt
from tests.client.processes import start
from tests.client.serving import Fault, Reply, Request, cut, hang_up, instead

SKEWS = [0, -86_400 * 365, 86_400 * 365]


def end_all(managed: Managed) -> None:
    """Every access token is over."""
    managed.access.clear()


@pytest.mark.parametrize("skew", SKEWS)
def test_a_token_that_is_over_is_renewed_whatever_the_clocks_say(
    skew: float, signed_in: Cli, managed: Managed, home: Path
) -> None:
    managed.clock_error = skew
    before = json.loads(session(home).read_text())
    end_all(managed)

    assert signed_in("keys", "list").out == "no keys\n"

    after = json.loads(session(home).read_text())
    assert [f"{one.method} {one.path}" for one in managed.api.log] == [
        f"GET {KEYS}",
        f"POST {REFRESH}",
        f"GET {KEYS}",
    ]
    assert (after["access"] in managed.access, after["refresh"] in managed.refresh) == (True, True)
    assert (after["url"], after["email"]) == (before["url"], before["email"])
    assert session(home).stat().st_mode & 0o777 == 0o600


def test_a_session_outlives_many_renewals(signed_in: Cli, managed: Managed) -> None:
    managed.uses = 1
    end_all(managed)

    assert [signed_in("keys", "list").code for _ in range(5)] == [0] * 5


def test_commands_at_once_renew_once_and_none_is_signed_out(signed_in: Cli, managed: Managed, tmp_path: Path) -> None:
    end_all(managed)
    together = threading.Barrier(4)

    def at_once(request: Request, answer: Callable[[Request], Reply]) -> Reply:
        together.wait(30)
        return answer(request)

    managed.api.faults.append(Fault(f"GET {KEYS}", at_once, times=4))
    running = [start(managed.api.url, tmp_path, "keys", "list") for _ in range(4)]
    ended = [(process.communicate(timeout=60), process.returncode) for process in running]

    assert [code for _, code in ended] == [0] * 4, ended
    assert len(managed.api.heard(f"POST {REFRESH}")) == 1
    assert signed_in("keys", "list").code == 0


def test_of_logins_at_once_one_is_kept_whole(signed_in: Cli, managed: Managed) -> None:
    def sign_in(_: int) -> None:
        with Server(managed.api.url, print) as server:
            Account(server, TokenFile(managed.api.url)).sign_in(EMAIL, PASSWORD)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(sign_in, range(8)))

    kept = TokenFile(managed.api.url).read()
    assert kept is not None
    assert managed.refresh[kept.refresh] == EMAIL
    assert signed_in("keys", "list").code == 0


def test_a_session_that_is_over_is_told_and_kept_for_better_days(signed_in: Cli, managed: Managed) -> None:
    """A suspended account is refused as a stranger is, and its tokens work again when it is let in."""
    end_all(managed)
    managed.suspended = True

    ran = signed_in("keys", "list", "--json")

    assert (ran.code, ran.document["code"]) == (3, "not_signed_in")
    assert f"The session of {EMAIL} at {managed.api.url} is over: run the command `login`" in ran.err
    managed.suspended = False
    assert signed_in("keys", "list").code == 0


def test_a_suspended_account_is_told_so(signed_in: Cli, managed: Managed) -> None:
    managed.suspended = True

    ran = signed_in("keys", "list", "--json")

    assert (ran.code, ran.document["code"]) == (3, "account_suspended")
    assert ran.err == "Account suspended: ask the operator\n"


def test_a_server_that_takes_no_token_is_not_asked_for_ever(signed_in: Cli, managed: Managed) -> None:
    managed.api.faults.append(Fault(f"GET {KEYS}", instead(401), times=99))

    ran = signed_in("keys", "list")

    assert (ran.code, len(managed.api.log)) == (3, 3)
    assert "is over: run the command `login`" in ran.err


def lost(request: Request, answer: Callable[[Request], Reply]) -> None:
    """It is done, and the answer does not arrive."""
    answer(request)


def test_a_lost_renewal_ends_the_session_and_says_why(signed_in: Cli, managed: Managed) -> None:
    end_all(managed)
    managed.api.faults.append(Fault(f"POST {REFRESH}", lost))

    ran = signed_in("keys", "list")

    assert (ran.code, ran.err) == (3, "The answer that renewed the session was lost: run the command `login`\n")
    assert signed_in("login", stdin=f"{EMAIL}\n{PASSWORD}\n").code == 0
    assert signed_in("keys", "list").code == 0


@pytest.mark.parametrize("reply", [hang_up, instead(503), instead(429)])
def test_a_renewal_that_was_not_heard_is_tried_again(
    reply: Callable[..., Reply | None], signed_in: Cli, managed: Managed
) -> None:
    end_all(managed)
    managed.api.faults.append(Fault(f"POST {REFRESH}", reply))

    assert signed_in("keys", "list").code == 0


@pytest.mark.parametrize("reply", [instead(200, b"<html>"), instead(200, {"access": "x"})])
def test_a_renewal_that_makes_no_sense_costs_no_session(
    reply: Callable[..., Reply], signed_in: Cli, managed: Managed
) -> None:
    end_all(managed)
    managed.api.faults.append(Fault(f"POST {REFRESH}", reply))

    assert signed_in("keys", "list").code == 1
    assert signed_in("keys", "list").code == 0


def test_another_who_signed_in_meanwhile_is_not_taken_for_the_first(managed: Managed, home: Path) -> None:
    del home
    file = TokenFile(managed.api.url)
    with file.locked():
        file.keep(Tokens(EMAIL, jwt("alice"), "refresh"))
    with Server(managed.api.url, lambda _: None) as server:
        account = Account(server, file)
        assert account.tokens().zelid == "alice"
        with file.locked():
            file.keep(Tokens("bob@example.com", jwt("bob"), "refresh"))

        with pytest.raises(Exception, match=r"bob@example.com signed in meanwhile, instead of alice@example.com"):
            account.call("GET", KEYS)


def test_a_session_that_cannot_be_kept_serves_this_command(
    signed_in: Cli, managed: Managed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    end_all(managed)
    monkeypatch.setattr(private, "write", full)

    ran = signed_in("keys", "list")

    assert (ran.code, ran.out) == (0, "no keys\n")
    assert ran.err == "the session cannot be kept, so run `login` again: No space left on device\n"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"email": "a"}', '{"email": "a", "access": "\\n", "refresh": ""}']
)
def test_a_file_that_makes_no_sense_is_no_session(text: str, signed_in: Cli, managed: Managed, home: Path) -> None:
    session(home).write_text(text)

    ran = signed_in("keys", "list")

    assert (ran.code, managed.api.log) == (3, [])
    assert ran.err == f"Nobody is signed in at {managed.api.url}: run the command `login`\n"


def test_a_session_that_others_may_read_is_refused(signed_in: Cli, home: Path) -> None:
    session(home).chmod(0o644)

    ran = signed_in("keys", "list")

    assert ran.code == 2
    assert f"(mode 644): chmod 600 '{session(home)}'" in ran.err


@pytest.mark.parametrize("access", ["x", "a.b.c", "a.e30.c", "a.bnVsbA.c", "a." + "W" * 4_000 + ".c"])
def test_an_access_token_need_not_name_the_account(access: str) -> None:
    assert Tokens(EMAIL, access, "r").zelid is None


def test_tokens_are_not_shown() -> None:
    assert "secret" not in repr(Tokens(EMAIL, "secret", "secret"))


def test_an_answer_that_is_cut_off_is_asked_for_again(signed_in: Cli, managed: Managed) -> None:
    managed.api.faults.append(Fault(f"GET {KEYS}", cut(5)))

    assert signed_in("keys", "list").code == 0
