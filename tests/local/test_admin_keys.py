"""`python -m infra.admin keys`: what an operator sees of rotation, sweep, count and retirement."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.client import listed, on, stored
from tests.acceptance.operating import Operator
from tests.acceptance.running import REPOSITORY, environment
from tests.local.stack import Start, assert_books_balance, drive, target
from tests.metadata.records import EXAMPLE
from tests.support.ministack import Ministack
from tests.support.system import System
from tests.workers.rotating import STORED, Store, new_keys, rotate

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Plain(Operator):
    """The commands as a person gives them."""

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "infra.admin", *args]
        return subprocess.run(
            command, cwd=REPOSITORY, env=self._variables, capture_output=True, text=True, timeout=60, check=False
        )

    def start(self, *args: str) -> "subprocess.Popen[str]":
        """Start a command, and wait for nothing."""
        command, pipe = [sys.executable, "-m", "infra.admin", *args], subprocess.PIPE
        return subprocess.Popen(command, cwd=REPOSITORY, env=self._variables, stdout=pipe, stderr=pipe, text=True)


@pytest.fixture
def system(ministack: Ministack) -> System:
    """Whose processes ask for their keys each time, so that a generation can be retired at once."""
    return ministack.system(key_cache_seconds=0)


@pytest.fixture
def operator(ministack: Ministack, system: System) -> Operator:
    return Operator(ministack.environment(system))


@pytest.fixture
def plain(ministack: Ministack, system: System) -> Plain:
    return Plain(ministack.environment(system))


def refused(done: "subprocess.CompletedProcess[str]") -> str:
    """The one line with which a command ends that did nothing."""
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return line


def test_a_generations_life(system: System, operator: Operator) -> None:
    store = Store.keep(system)
    (first,) = operator("keys", "list")
    assert MOMENT.fullmatch(first["created"])
    assert first == {"generation": 1, "created": first["created"], "retired": None}
    assert operator("keys", "rotate") == {"generation": 2}
    assert operator("keys", "count") == {"not_ours": 0, "generation 1": STORED}
    assert refused(operator.run("keys", "retire", "1", "--yes")).startswith(f"{STORED} stored keys are under")

    swept = operator("keys", "sweep", "--rate", "1000")

    assert swept == {"rewrapped": STORED, "not_ours": 0, "generation 2": STORED}
    assert operator("keys", "sweep") == {**swept, "rewrapped": 0}
    assert operator("keys", "retire", "1", "--yes") == {"retired": 1}
    second, again = operator("keys", "list")
    assert (second["generation"], second["retired"], again["created"]) == (2, None, first["created"])
    assert MOMENT.fullmatch(again["retired"])
    store.assert_whole()


def test_for_people_it_is_a_line_a_fact(system: System, plain: Plain) -> None:
    assert plain.run("keys", "list").stdout == "no generation yet\n"
    Store.keep(system).add_record("enc_k3y_wr4pp3d_by_m4st3r_k3y_00")
    rotate(system)

    assert plain.run("keys", "sweep").stdout.splitlines() == [
        f"rewrapped     {STORED}",
        "not_ours      1",
        f"generation 2  {STORED}",
    ]
    new_keys(system, 0).retire_generation(1)
    second, first = plain.run("keys", "list").stdout.splitlines()
    assert re.fullmatch(rf"2  {MOMENT.pattern}", second)
    assert re.fullmatch(rf"1  {MOMENT.pattern}  {MOMENT.pattern}", first)


@pytest.mark.parametrize("kind", ["operator", "plain"])
def test_retiring_asks_to_be_sure(system: System, kind: str, request: pytest.FixtureRequest) -> None:
    command: Operator = request.getfixturevalue(kind)
    new_keys(system).wrap(b"makes generation 1")
    rotate(system)
    before = system.contents()

    line = refused(command.run("keys", "retire", "1"))

    assert "cannot be seen" in line
    assert "--yes" in line
    assert system.contents() == before


@pytest.mark.parametrize(
    ("number", "says"), [("2", "It is the current generation"), ("1", "wait "), ("7", "no generation 7")]
)
def test_what_cannot_be_retired_is_refused_in_one_line(ministack: Ministack, number: str, says: str) -> None:
    system = ministack.system()
    new_keys(system).wrap(b"makes generation 1")
    rotate(system)
    before = new_keys(system).generations()

    assert says in refused(Operator(ministack.environment(system)).run("keys", "retire", number, "--yes"))
    assert new_keys(system).generations() == before


@pytest.mark.parametrize("args", [("retire", "one", "--yes"), ("sweep", "--rate", "0")])
def test_what_is_no_command_is_told_as_such(operator: Operator, args: tuple[str, ...]) -> None:
    done = operator.run("keys", *args)

    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage" in done.stderr


def test_with_the_master_key_disabled_nothing_is_done(system: System, operator: Operator) -> None:
    store = Store.keep(system)
    described = system.aws.kms.describe_key(KeyId=system.aws.settings.kms_key_id)
    system.aws.kms.disable_key(KeyId=described["KeyMetadata"]["KeyId"])
    before = store.texts()

    for args in (("rotate",), ("sweep",)):
        assert refused(operator.run("keys", *args)).endswith("(key_disabled)")

    assert store.texts() == before
    assert [one.number for one in new_keys(system).generations()] == [1]


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that happens in another process."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def slow_sweep(system: System, plain: Plain) -> Iterator["subprocess.Popen[str]"]:
    """A sweep of the small store that has rewrapped some keys, and takes a second for each."""
    store = Store.keep(system)
    rotate(system)
    sweep = plain.start("keys", "sweep", "--rate", "1")
    until(lambda: store.generations()[2] >= 2)
    yield sweep
    if sweep.poll() is None:
        sweep.kill()
    sweep.communicate(timeout=10)


def test_a_killed_sweep_goes_on_where_it_was(
    system: System, operator: Operator, slow_sweep: "subprocess.Popen[str]"
) -> None:
    slow_sweep.send_signal(signal.SIGKILL)
    assert slow_sweep.wait(10) == -signal.SIGKILL

    done = operator("keys", "sweep")

    assert 1 <= done["rewrapped"] <= STORED - 2
    assert done["generation 2"] == STORED
    assert new_keys(system).generations()[0].number == 2


def test_the_slower_of_two_sweeps_gives_way_in_one_line(
    operator: Operator, slow_sweep: "subprocess.Popen[str]"
) -> None:
    assert operator("keys", "sweep", "--rate", "1000")["generation 2"] == STORED

    out, errors = slow_sweep.communicate(timeout=30)

    assert (slow_sweep.returncode, out) == (1, "")
    assert errors == "Another process is at the same work and goes on with it; look again when it is done\n"


def test_a_running_stack_goes_on_through_it_all(start: Start, local: Path) -> None:
    more = {"KEY_CACHE_SECONDS": "0"}
    running, operator = start(local, more=more).ready(), Operator(environment(local, **more))
    with drive(running) as client:
        (cid,) = stored(client, ("kept.txt", b"kept"))
    with target(running).client() as anyone:
        elsewhere = anyone.post("/api/v1/dek/wrap", json={"dek": "elsewhere"}).json()
        kept = anyone.post("/api/v1/dek/wrap", json={"dek": "kept"}).json()
        record = "/api/v1/meta/" + anyone.post("/api/v1/meta", json={**EXAMPLE, **kept}).json()["id"]
        # Twice, so that it comes from the server's cache.
        assert [anyone.get(record).json()["dekEnc"] for _ in range(2)] == [kept["dekEnc"]] * 2

        assert operator("keys", "rotate") == {"generation": 2}
        assert operator("keys", "sweep")["generation 2"] == 4
        assert operator("keys", "retire", "1", "--yes") == {"retired": 1}

        swept = {"dekEnc": anyone.get(record).json()["dekEnc"]}
        assert anyone.post("/api/v1/dek/unwrap", json=swept).json() == {"dek": "kept"}
        for lost in (elsewhere, kept):
            assert anyone.post("/api/v1/dek/unwrap", json=lost).json() == {"error": "invalid_enc_dek"}
    for again in (False, True):
        if again:
            running.interrupt()
            running = start(local, more=more).ready()
        with drive(running) as client:
            assert [file["name"] for file in listed(client)] == ["kept.txt"]
            assert on(client, "cat", cid).content == b"kept"
    assert_books_balance(local)
