"""`keys`: listed, made and revoked, once each, whatever happens to the answers."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from client.drivekeys import DriveKeys
from tests.client.conftest import Cli
from tests.client.managing import KEYS, Managed
from tests.client.processes import start, until
from tests.client.serving import Fault, Reply, Request, cut, hang_up, instead

SHOWN = {"id", "name", "prefix", "scopes", "created", "last_used", "expires"}
MAY_BE_MADE = "a key may have been made all the same: `keys list` shows it; its secret is lost"
DAY = 86_400


def made(managed: Managed) -> list[Request]:
    """The requests that make keys."""
    return managed.api.heard(f"POST {KEYS}")


def test_a_key_s_life(signed_in: Cli, managed: Managed) -> None:
    created = signed_in.json("keys", "create", "build server", "--scope", "list", "--scope", "read")
    key, secret = created["key"], created["key"].pop("secret")
    listed = signed_in.json("keys", "list")
    revoked = signed_in.json("keys", "revoke", key["id"])

    assert (created["zelid"], secret) == ("alice", "fvk_key0_secret")
    assert key.keys() == SHOWN
    assert (key["name"], key["scopes"]) == ("build server", ["list", "read"])
    assert listed == {"keys": [key]}
    assert revoked == {"revoked": key["id"]}
    assert managed.keys == {}


def test_keys_for_people(signed_in: Cli) -> None:
    created = signed_in("keys", "create", "laptop")

    assert created.out.splitlines() == [
        "id       key0",
        "account  alice",
        "name     laptop",
        "scopes   delete,list,read,write",
        "until    revoked",
        "secret   fvk_key0_secret",
    ]
    assert created.err == "The secret is not shown again: keep it now\n"
    assert signed_in("keys", "list").out == (
        "key0  delete,list,read,write  used never             until revoked           laptop\n"
    )
    assert signed_in("keys", "revoke", "key0").out == "key0  revoked\n"
    assert signed_in("keys", "list").out == "no keys\n"


@pytest.mark.parametrize("skew", [0, -400 * DAY, 400 * DAY])
def test_a_key_ends_by_the_server_s_clock(skew: float, signed_in: Cli, managed: Managed) -> None:
    managed.clock_error = skew

    assert signed_in("keys", "create", "k", "--expires", "90d").code == 0

    ends = json.loads(made(managed)[0].body)["expires"]
    assert ends == pytest.approx(time.time() + skew + 90 * DAY, abs=60)


def test_only_what_was_asked_for_is_sent(signed_in: Cli, managed: Managed) -> None:
    signed_in("keys", "create", "all")
    signed_in("keys", "create", "some", "--scope", "read", "--scope", "list", "--scope", "read")

    asked = [json.loads(request.body) for request in made(managed)]
    assert asked == [{"name": "all"}, {"name": "some", "scopes": ["list", "read"]}]


def test_a_day_begins_in_utc(signed_in: Cli) -> None:
    key = signed_in.json("keys", "create", "k", "--expires", "2099-12-31")["key"]

    assert key["expires"] == "2099-12-31T00:00:00Z"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["create", ""], "1 to 64 characters"),
        (["create", "n" * 65], "1 to 64 characters"),
        (["create", "a\nb"], "1 to 64 characters"),
        (["create", "k", "--scope", "all"], "'all' is not one of"),
        (["create", "k", "--expires", "2020-01-01"], "2020-01-01 has been"),
        (["create", "k", "--expires", "0d"], "0d has been"),
        (["create", "k", "--expires", "31.12.2099"], "no end for a key"),
        (["create", "k", "--expires", "2099-02-30"], "no end for a key"),
        (["create", "k", "--expires", "999999d"], None),
        (["create", "k", "--expires", "9999999d"], "no end for a key"),
        (["create", "k", "--expires", "-1d"], "no end for a key"),
        (["revoke", ".."], "no id of a key"),
        (["revoke", "a/b"], "no id of a key"),
        (["revoke", ""], "no id of a key"),
        (["revoke", "fvk_" + "x" * 62], "no id of a key"),
    ],
)
def test_what_makes_no_sense_is_refused_before_it_is_sent(
    args: list[str], says: str | None, signed_in: Cli, managed: Managed
) -> None:
    ran = signed_in("keys", *args)

    if says is None:
        assert ran.code == 0
        return
    assert ran.code == 2
    assert says in ran.err
    assert [one.method for one in managed.api.log if one.method != "GET"] == []


@pytest.mark.parametrize("command", [["list"], ["create", "k"], ["create", "k", "--save"], ["revoke", "k"]])
def test_who_is_not_signed_in_is_told_to(command: list[str], owner: Cli, managed: Managed) -> None:
    ran = owner("keys", *command, "--json")

    assert (ran.code, ran.document["code"], managed.api.log) == (3, "not_signed_in", [])
    assert ran.err == f"Nobody is signed in at {managed.api.url}: run the command `login`\n"


def test_without_an_address_there_is_nobody_to_ask(owner: Cli) -> None:
    ran = owner("keys", "list", FLUXVAULT_URL=None)

    assert (ran.code, ran.err.startswith("Not set: FLUXVAULT_URL")) == (2, True)


def test_refusals_say_what_to_do(signed_in: Cli, managed: Managed) -> None:
    managed.keys = {f"key{n}": {"id": f"key{n}"} for n in range(10)}

    assert signed_in("keys", "create", "k").err == "Too many keys: `keys revoke` one that is not needed\n"
    unknown = signed_in("keys", "revoke", "unknown")
    assert (unknown.code, unknown.err) == (4, "No such key: `keys list` shows what there is\n")


def test_a_create_whose_token_is_over_makes_one_key(signed_in: Cli, managed: Managed) -> None:
    managed.access.clear()

    assert signed_in("keys", "create", "k").code == 0
    assert list(managed.keys) == ["key0"]


def lost(request: Request, answer: Callable[[Request], Reply]) -> None:
    """It is done, and the answer does not arrive."""
    answer(request)


@pytest.mark.parametrize(
    "reply",
    [
        lost,
        hang_up,
        cut(20),
        instead(500),
        instead(502, b"<html>"),
        instead(503, {"message": "Too much at once, try again", "code": "busy"}, Retry_After="1"),
        instead(504),
        instead(200, b"<html>"),
        instead(200, {"status": "success"}),
        instead(200, {"id": "a", "secret": "\n"}),
    ],
)
def test_a_create_whose_answer_is_lost_is_not_repeated(
    reply: Callable[..., Reply | None], signed_in: Cli, managed: Managed
) -> None:
    managed.api.faults.append(Fault(f"POST {KEYS}", reply))

    ran = signed_in("keys", "create", "k", "--json")

    assert (ran.code, ran.document["code"], len(made(managed))) == (1, "answer_lost", 1)
    assert MAY_BE_MADE in ran.err
    assert "try again later" not in ran.err


def test_a_create_that_was_not_done_is_repeated(signed_in: Cli, managed: Managed, waits: list[float]) -> None:
    managed.api.faults.append(Fault(f"POST {KEYS}", instead(429, Retry_After="1")))

    assert signed_in("keys", "create", "k").code == 0
    assert (len(managed.keys), waits) == (1, [1.0])


def test_a_create_that_nobody_heard_says_nothing_of_a_key(signed_in: Cli, managed: Managed) -> None:
    managed.api.faults.append(Fault(f"POST {KEYS}", instead(429, Retry_After="9999")))

    ran = signed_in("keys", "create", "k", "--json")

    assert (ran.code, ran.document["code"], MAY_BE_MADE in ran.err) == (7, "http_429", False)


def test_a_create_that_is_interrupted_says_that_there_may_be_a_key(
    signed_in: Cli, managed: Managed, tmp_path: Path
) -> None:
    del signed_in

    def slow(request: Request, answer: Callable[[Request], Reply]) -> None:
        answer(request)
        until(lambda: process.poll() is not None)

    managed.api.faults.append(Fault(f"POST {KEYS}", slow))
    with start(managed.api.url, tmp_path, "keys", "create", "k") as process:
        until(lambda: managed.keys)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert MAY_BE_MADE in said.decode()


def test_a_revocation_whose_answer_was_lost_is_done(signed_in: Cli, managed: Managed) -> None:
    signed_in("keys", "create", "k")
    managed.api.faults.append(Fault("DELETE", lost))

    assert signed_in.json("keys", "revoke", "key0") == {"revoked": "key0"}


@pytest.mark.parametrize("body", [b"<html>", {"keys": 5}, {"keys": ["k"]}, {"status": "success"}])
def test_a_list_that_is_none(body: object, signed_in: Cli, managed: Managed) -> None:
    managed.api.faults.append(Fault(f"GET {KEYS}", instead(200, body)))

    ran = signed_in("keys", "list", "--json")

    assert (ran.code, ran.document["code"]) == (1, "protocol")


def test_what_a_newer_server_says_besides_is_left_out() -> None:
    class Account:
        def call(self, *_: object) -> object:
            return type("Answer", (), {"document": {"keys": [{"id": "a", "digest": "x"}]}})

    assert DriveKeys(Account()).every() == [{"id": "a"}]  # type: ignore[arg-type]
