"""The target of the suite, and who may use it. Nothing here or beside it imports the product.

By default the target is a `make run` of the suite's own. With `BASE_URL`, `ZELID` and `API_KEY_SECRET` in the
environment it is what those say; further accounts are then made there by `python -m infra.admin`, if that acts on the
same deployment (`LOCAL_DIR`, or `TABLE_PREFIX` and AWS's variables), and tests that need them are skipped if not.
`MAX_BODY` is the longest request body, in bytes, that the target takes.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.client import Account, Target
from tests.acceptance.operating import Operator
from tests.acceptance.running import STOPPED, Running, environment
from tests.acceptance.sending import Sender

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One server for all: under xdist the whole directory goes to one worker."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("acceptance"))


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running | None]:
    if os.environ.get("BASE_URL"):
        yield None
        return
    running = Running(tmp_path_factory.mktemp("acceptance") / "local").ready()
    yield running
    code = running.interrupt()
    assert code in STOPPED, f"exit code {code}:\n{running.printed}"


@pytest.fixture(scope="session")
def target(_running: Running | None) -> Target:
    """What is tested: `base_url`, `zelid` and `key`."""
    given = _running.demo if _running else os.environ
    return Target(given["ZELID"], given["API_KEY_SECRET"], given["BASE_URL"].rstrip("/"))


@pytest.fixture(scope="session")
def _operator(_running: Running | None, target: Target) -> Operator | None:
    operator = Operator(environment(_running.local) if _running else os.environ)
    return operator if operator.knows(target) else None


@pytest.fixture(scope="session")
def operator(_operator: Operator | None) -> Operator:
    """The operator's commands, as `operator("account", "suspend", zelid)`; skips where they act on something else."""
    if _operator is None:
        pytest.skip("python -m infra.admin does not act on this target: set LOCAL_DIR, or TABLE_PREFIX and AWS's own")
    return _operator


@pytest.fixture(scope="module")
def account(_operator: Operator | None, target: Target) -> Account:
    """A fresh account for the tests of one module (0.8 s); the caller's where no other can be made."""
    return _operator.account() if _operator else Account(target.zelid, target.key)


@pytest.fixture(scope="module")
def drive(target: Target, account: Account) -> Iterator[httpx.Client]:
    """A client of the drive, as the module's account."""
    with target.client(account) as client:
        yield client


@pytest.fixture(scope="module")
def meta(target: Target) -> Iterator[httpx.Client]:
    """A client of the metadata service, and of whatever needs no credentials."""
    with target.client() as client:
        yield client


@pytest.fixture(scope="session")
def send() -> Sender:
    """Puts a file, by an upload session where it is too long for one request to the target."""
    return Sender(int(os.environ.get("MAX_BODY") or 0))


@pytest.fixture
def shell(tmp_path: Path) -> Callable[[str], str]:
    """Runs lines as a reader pastes them, in an empty directory; gives what they print."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")

    def run(lines: str) -> str:
        done = subprocess.run(["bash", "-c", lines], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
