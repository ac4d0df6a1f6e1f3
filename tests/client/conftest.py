"""A fake drive, and the client as its users start it."""

import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import client.http
from client import downloading, putting
from client.cli import app
from client.patience import Patience
from tests.client.faking import KEY, ZELID, Drive
from tests.client.managing import EMAIL, PASSWORD, Managed

SMALL = 400_000
"""What still goes in one request in these tests, so that sessions need no large files."""


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


class Cli:
    """Commands in this process."""

    def __init__(self, url: str) -> None:
        self.environment = {"FLUXVAULT_URL": url, "FLUXVAULT_ZELID": ZELID, "FLUXVAULT_API_KEY": KEY}

    def __call__(self, *args: object, stdin: str | None = None, **environment: str | None) -> Ran:
        done = CliRunner().invoke(app, [str(arg) for arg in args], input=stdin, env={**self.environment, **environment})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ran(done.exit_code, done.stdout, done.stderr)

    def to_stdout(self, *args: object) -> None:
        """Run a command on this process's own stdout; it must succeed."""
        for name, value in self.environment.items():
            os.environ[name] = value
        try:
            app([str(arg) for arg in args], standalone_mode=False)
        finally:
            for name in self.environment:
                del os.environ[name]

    def json(self, *args: object) -> Any:
        ran = self(*args, "--json")
        assert ran.code == 0, ran.err
        return ran.document


@pytest.fixture
def drive() -> Iterator[Drive]:
    made = Drive()
    with made.started():
        yield made


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where settings and state are, instead of the home of whoever runs the tests."""
    place = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(place / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(place / "state"))
    for name in ("FLUXVAULT_URL", "FLUXVAULT_ZELID", "FLUXVAULT_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return place


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of calls to the drive, which do not take their time."""
    slept: list[float] = []
    monkeypatch.setattr(client.http, "Patience", partial(Patience, first=0.001, sleep=slept.append))
    return slept


@pytest.fixture
def cli(drive: Drive, waits: list[float], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The commands, on the fake drive, with little that counts as small and short ranges."""
    del waits
    monkeypatch.setattr(putting, "SMALL", SMALL)
    monkeypatch.setattr(downloading, "STRETCH", 262_144)
    return Cli(drive.api.url)


@pytest.fixture
def managed() -> Iterator[Managed]:
    made = Managed()
    with made.started():
        yield made


@pytest.fixture
def owner(managed: Managed, waits: list[float]) -> Cli:
    """The commands, for someone who has no key yet."""
    del waits
    made = Cli(managed.api.url)
    made.environment = {"FLUXVAULT_URL": managed.api.url}
    return made


@pytest.fixture
def signed_in(owner: Cli, managed: Managed) -> Cli:
    """The same, signed in; the log is empty."""
    ran = owner("login", stdin=f"{EMAIL}\n{PASSWORD}\n")
    assert ran.code == 0, ran.err
    managed.api.log.clear()
    return owner


def session(home: Path) -> Path:
    """The file of the one session that is kept."""
    (found,) = (home / "config/fluxvault/sessions").glob("*.json")
    return found


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


PARTS = 10
SIZE = 262_144 * (PARTS - 1) + 1000
"""Of a file that goes in so many parts of the fake drive's size."""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    (tmp_path / "large.bin").write_bytes(content(SIZE))
    return tmp_path / "large.bin"


def kept(home: Path) -> list[Path]:
    """What is remembered of uploads under way."""
    return list((home / "state/fluxvault").glob("*"))


def content(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)
