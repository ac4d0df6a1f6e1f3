"""Signing in and out: what is asked for, what is kept, and what is said when it does not work."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from client import settings
from tests.client.conftest import Cli, session
from tests.client.managing import AUTH, EMAIL, KEYS, PASSWORD, Managed
from tests.client.processes import on_terminal
from tests.client.serving import Fault, hang_up, instead

HTML = b"<html>Welcome</html>"


def test_login_keeps_the_session_for_the_owner_alone(owner: Cli, managed: Managed, home: Path) -> None:
    ran = owner("login", stdin=f"{EMAIL}\n{PASSWORD}\n")

    file = session(home)
    assert (ran.code, ran.out, ran.err) == (0, f"{EMAIL} is signed in at {managed.api.url}\n", "")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert file.parent.parent.stat().st_mode & 0o777 == 0o700
    kept = json.loads(file.read_text())
    assert (kept["url"], kept["email"]) == (managed.api.url, EMAIL)
    assert (kept["access"] in managed.access, kept["refresh"] in managed.refresh) == (True, True)
    assert PASSWORD not in file.read_text()
    assert [path.name for path in file.parent.parent.iterdir()] == ["sessions"]


@pytest.mark.parametrize("options", [["--email", EMAIL], ["--email", f" {EMAIL} ", "--password-stdin"]])
def test_the_password_alone_may_come_from_stdin(options: list[str], owner: Cli, managed: Managed) -> None:
    ran = owner("login", *options, "--json", stdin=f"{PASSWORD}\r\n")

    assert (ran.code, ran.document) == (0, {"url": managed.api.url, "email": EMAIL})


@pytest.mark.parametrize(
    ("args", "stdin", "says"),
    [
        ([], "", "E-mail is missing"),
        ([], f"{EMAIL}\n", "Password is missing"),
        (["--email", EMAIL], "\n", "Password is missing"),
        (["--password-stdin"], f"{PASSWORD}\n", "--password-stdin needs --email"),
        (["--password", PASSWORD], "", "No such option"),
    ],
)
def test_what_is_missing_is_named(args: list[str], stdin: str, says: str, owner: Cli, managed: Managed) -> None:
    ran = owner("login", *args, stdin=stdin)

    assert (ran.code, managed.api.log) == (2, [])
    assert says in ran.err


def test_the_password_is_typed_without_echo(managed: Managed, tmp_path: Path, home: Path) -> None:
    typed = [("E-mail: ", f"{EMAIL}\n"), ("Password: ", f"{PASSWORD}\n")]

    code, seen = on_terminal(managed.api.url, tmp_path, 80, "login", typed=typed)

    assert code == 0, seen
    assert EMAIL in seen
    assert PASSWORD.strip() not in seen
    assert session(home).exists()


def test_who_has_no_settings_is_asked_for_the_address_which_is_kept(owner: Cli, managed: Managed, home: Path) -> None:
    path = home / "config/fluxvault/config.toml"
    settings.write({"zelid": "alice"}, path)

    assert owner("login", stdin=f"{managed.api.url}/\n{EMAIL}\n{PASSWORD}\n", FLUXVAULT_URL=None).code == 0

    assert settings.read(path) == {"url": managed.api.url, "zelid": "alice"}
    assert owner("keys", "list", FLUXVAULT_URL=None).out == "no keys\n"


def test_an_address_where_nobody_can_sign_in_is_not_kept(owner: Cli, managed: Managed, home: Path) -> None:
    ran = owner("login", stdin=f"{managed.api.url}/elsewhere\n{EMAIL}\n{PASSWORD}\n", FLUXVAULT_URL=None)

    assert ran.code != 0
    assert not (home / "config").exists()


def test_a_wrong_password(owner: Cli, home: Path) -> None:
    ran = owner("login", "--json", stdin=f"{EMAIL}\nwrong\n")

    assert (ran.code, ran.document["code"], ran.err.count("\n")) == (3, "not_signed_in", 1)
    assert f"does not let {EMAIL} in: check e-mail and password" in ran.err
    assert "suspended or lapsed account is refused alike" in ran.err
    assert not (home / "config").exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nowhere.invalid"])
def test_an_unknown_host(url: str, owner: Cli) -> None:
    ran = owner("login", stdin=f"{EMAIL}\n{PASSWORD}\n", FLUXVAULT_URL=url)

    assert (ran.code, ran.out) == (7, "")
    assert f"{url} cannot be reached" in ran.err


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (instead(200, HTML), "is no Fluxvault drive"),
        (instead(404, HTML), "Nobody can sign in at"),
        (instead(403, {"message": "Missing Authentication Token"}), "(Missing Authentication Token)"),
        (instead(302, HTML, Location="http://evil.invalid/"), "sends us on to http://evil.invalid/"),
        (instead(200, {"access": "a b", "refresh": "c"}), "brings no tokens"),
        (instead(200, {"access": "a"}), "brings no tokens"),
        (instead(200, {"access": ["a"], "refresh": 5}), "brings no tokens"),
        (instead(422, {"message": "Invalid data", "error_code": "validation_error"}), "Invalid data"),
        (instead(500, HTML), "answered 500"),
    ],
)
def test_answers_that_are_none(reply: Callable[..., None], says: str, owner: Cli, managed: Managed, home: Path) -> None:
    managed.api.faults.append(Fault(f"POST {AUTH}", reply, times=9))

    ran = owner("login", stdin=f"{EMAIL}\n{PASSWORD}\n")

    assert (ran.code, ran.err.count("\n"), len(managed.api.log)) == (1, 1, 1)
    assert says in ran.err
    assert not (home / "config").exists()


def test_a_busy_server_is_asked_again(owner: Cli, managed: Managed) -> None:
    managed.api.faults += [Fault(f"POST {AUTH}", instead(503)), Fault(f"POST {AUTH}", hang_up)]

    assert owner("login", stdin=f"{EMAIL}\n{PASSWORD}\n").code == 0


def test_a_password_in_the_clear_is_noticed(owner: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "in_the_clear", lambda _: True)

    ran = owner("login", stdin=f"{EMAIL}\n{PASSWORD}\n")

    assert "is not https: your password and your session cross the network" in ran.err


def test_who_signs_in_last_is_signed_in(signed_in: Cli, managed: Managed, home: Path) -> None:
    managed.users["bob@example.com"] = ("b", "bob")
    left = session(home).with_name(f"{session(home).name}.4711")
    left.write_text('{"refresh": "half a')

    assert signed_in("login", "--email", "bob@example.com", stdin="b\n").code == 0

    assert json.loads(session(home).read_text())["email"] == "bob@example.com"
    assert not left.exists()


def test_logout_forgets_the_session_and_what_a_killed_command_left(
    signed_in: Cli, managed: Managed, home: Path
) -> None:
    left = session(home).with_name(f"{session(home).name}.4711")
    left.write_text('{"refresh": "half a')

    out = signed_in("logout").out
    again = signed_in("logout", "--json").document

    assert (out, again) == (f"signed out of {managed.api.url}\n", {"url": managed.api.url, "signed_out": False})
    assert [path.suffix for path in left.parent.iterdir()] == [".lock"]
    assert managed.api.log == []


def test_each_server_has_a_session_of_its_own(signed_in: Cli, managed: Managed) -> None:
    other = Managed()
    with other.api.started():
        assert signed_in("keys", "list", FLUXVAULT_URL=other.api.url).code == 3
        assert signed_in("logout", FLUXVAULT_URL=other.api.url).code == 0

    assert signed_in("keys", "list").code == 0
    assert len(managed.api.heard(f"GET {KEYS}")) == 1
