"""The real server, over HTTP: from a password to a key of one's own, and through what can end a session."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from chalicelib import aws
from infra.local.server import serving
from tests.client.conftest import Ran, session
from tests.client.processes import environment
from tests.support.books import services_of
from tests.support.ministack import Ministack
from tests.support.system import System

PASSWORD = " correct horse "


@dataclass
class Owner:
    """The user of an account; the client, a process of its own, knows nothing but where the server is."""

    zelid: str
    url: str
    cwd: Path

    def __call__(self, *args: str, stdin: str = "", **more: str) -> Ran:
        known = environment(self.url)
        del known["FLUXVAULT_ZELID"], known["FLUXVAULT_API_KEY"]
        command = [sys.executable, "-m", "client", *args]
        done = subprocess.run(
            command,
            cwd=self.cwd,
            env=known | more,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def login(self, password: str = PASSWORD) -> Ran:
        return self("login", "--email", f"{self.zelid}@example.com", stdin=f"{password}\n")


@pytest.fixture(scope="module")
def system(ministack: Ministack) -> Iterator[System]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws.clients, "_current", None)
        yield ministack.system()


@pytest.fixture
def owner(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Owner]:
    monkeypatch.setattr(aws.clients, "_current", system.aws)
    zelid = f"owner-{uuid.uuid4().hex[:12]}"
    system.accounts.create(zelid, "STARTER")
    services_of(system).publishing.users.add(f"{zelid}@example.com", PASSWORD, zelid)
    with serving(system.app) as url:
        yield Owner(zelid, url, tmp_path)


def end_access(home: Path) -> None:
    """The access token that is kept is none that the server takes."""
    kept = json.loads(session(home).read_text())
    session(home).write_text(json.dumps({**kept, "access": "over"}))


def test_from_a_password_to_a_key_and_back(owner: Owner) -> None:
    (owner.cwd / "a.txt").write_bytes(b"mine")
    assert owner.login().code == 0

    saved = owner("keys", "create", "laptop", "--save", "--json").document
    reader = owner("keys", "create", "reader", "--scope", "list", "--expires", "30d", "--json").document

    assert saved["zelid"] == owner.zelid
    assert owner("put", "a.txt").code == 0
    by_reader = {"FLUXVAULT_ZELID": owner.zelid, "FLUXVAULT_API_KEY": reader["key"]["secret"]}
    assert owner("ls", **by_reader).out.endswith("  a.txt\n")
    assert owner("put", "a.txt", **by_reader).code == 3
    listed = {key["name"]: key["scopes"] for key in owner("keys", "list", "--json").document["keys"]}
    assert listed == {"laptop": ["delete", "list", "read", "write"], "reader": ["list"]}
    assert owner("keys", "revoke", saved["key"]["id"]).code == 0
    assert (owner("ls").code, owner("keys", "revoke", saved["key"]["id"]).code) == (3, 4)
    assert owner("logout").code == 0
    assert owner("keys", "list").code == 3


def test_commands_at_once_renew_the_session_and_keep_it(owner: Owner, home: Path) -> None:
    assert owner.login().code == 0
    end_access(home)

    with ThreadPoolExecutor(3) as threads:
        ended = list(threads.map(lambda _: owner("keys", "list"), range(3)))

    assert ended == [Ran(0, "no keys\n", "")] * 3
    end_access(home)
    assert owner("keys", "list").code == 0


def test_a_refresh_token_serves_once(owner: Owner, home: Path) -> None:
    assert owner.login().code == 0
    end_access(home)
    before = session(home).read_text()
    assert owner("keys", "list").code == 0
    session(home).write_text(before)

    ran = owner("keys", "list")

    assert (ran.code, "is over: run the command `login`" in ran.err) == (3, True)
    assert owner.login().code == 0
    assert owner("keys", "list").code == 0


def test_who_is_not_let_in_is_told_why_as_far_as_the_server_tells(system: System, owner: Owner, home: Path) -> None:
    assert owner.login("wrong password").code == 3
    assert owner.login().code == 0

    system.accounts.set_suspended(owner.zelid, suspended=True)
    known, stranger = owner("keys", "list"), owner.login()
    end_access(home)
    over = owner("keys", "list")

    assert (known.code, known.err) == (3, "Account suspended: ask the operator\n")
    assert (stranger.code, "suspended or lapsed account is refused alike" in stranger.err) == (3, True)
    assert (over.code, "is over" in over.err) == (3, True)
    system.accounts.set_suspended(owner.zelid, suspended=False)
    assert owner("keys", "list").code == 0


def test_an_eleventh_key_is_refused(system: System, owner: Owner) -> None:
    assert owner.login().code == 0
    for number in range(10):
        system.accounts.issue_key(owner.zelid, f"key {number}")

    ran = owner("keys", "create", "one more")

    assert (ran.code, ran.err) == (1, "Too many keys: `keys revoke` one that is not needed\n")
