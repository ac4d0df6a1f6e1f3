"""The report on content says what it must, whatever the machine; how fast anything is, no test asks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.bench import content, javascript
from infra.bench.content import AddressesDifferError, Timed

SIZE = 300_000
CIDS = {"address": "Qm1", "aleph-cid": "Qm1"}


@pytest.fixture
def no_javascript(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(javascript.shutil, "which", lambda _: None)


def timed(cids: dict[str, str], sha256: float = 1.0, second_core: float = 1.0) -> Timed:
    """A process in which everything takes a second, and which has so much of a second core."""
    halves = sha256 / (1 + second_core)
    return Timed({"sha256": sha256, "sha256 of halves": halves, **dict.fromkeys(content.NAMES, 1.0)}, cids)


@pytest.mark.usefixtures("no_javascript")
def test_every_work_is_reported_and_every_address_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    content.run(SIZE, rounds=1)

    report = capsys.readouterr().out
    assert [name for name in content.NAMES.values() if f"{name}, one core" not in report] == []
    assert f"{javascript.NAME}: address" in report
    assert "left out: there is no node and npm" in report
    assert "addresses that agree" in report


@pytest.mark.usefixtures("no_javascript")
@pytest.mark.parametrize(("sha256", "verdict"), [(0.5, "NOT met"), (2.0, "met")])
def test_each_budget_is_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sha256: float, verdict: str
) -> None:
    # Given processes in which everything runs at half, or at twice the speed of SHA-256
    monkeypatch.setattr(content, "_timed", lambda *_: timed(CIDS, sha256))
    monkeypatch.setattr(content, "cores", lambda: 2)

    content.run(SIZE, rounds=1)

    judged = [line for line in capsys.readouterr().out.splitlines() if "budget" in line]
    assert [line.rpartition(": ")[2] for line in judged] == [verdict] * len(content.BUDGETS)


@pytest.mark.usefixtures("no_javascript")
@pytest.mark.parametrize("sha256", [0.5, 2.0])
def test_two_cores_are_not_judged_where_the_second_is_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sha256: float
) -> None:
    # Given a machine on which something else has a fourth of the second core
    monkeypatch.setattr(content, "_timed", lambda *_: timed(CIDS, sha256, second_core=0.75))
    monkeypatch.setattr(content, "cores", lambda: 2)

    content.run(SIZE, rounds=1)

    lines = capsys.readouterr().out.splitlines()
    judged = {line.rpartition(": ")[2] for line in lines if "two cores" in line and "budget" in line}
    assert judged == {"not judged"}
    assert ["1.75  no second core was free" in line for line in lines if "two halves" in line] == [True]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes cannot be pinned here")
@pytest.mark.usefixtures("no_javascript")
def test_each_number_of_cores_has_a_process_of_its_own_that_is_kept_to_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given processes that tell on which cores they may run
    script = "import os; print(os.getpid(), len(os.sched_getaffinity(0)))"
    ran: list[list[str]] = []

    def tell(*_: object) -> Timed:
        ran.append(
            subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
        )
        return timed(CIDS)

    monkeypatch.setattr(content, "_timed", tell)
    before = os.sched_getaffinity(0)

    content.run(SIZE, rounds=1)

    # Then the first has one, the second two if there are so many, and this one has all it had
    assert [int(count) for _, count in ran] == [1, 2][: len(before)]
    assert len({pid for pid, _ in ran}) == len(ran)
    assert os.sched_getaffinity(0) == before
    assert ("two halves" in capsys.readouterr().out) == (len(before) > 1)


@pytest.mark.parametrize("who", ["aleph-cid", javascript.NAME])
def test_another_address_stops_the_bench(monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    cids = {**CIDS, who: "Qm2"}
    monkeypatch.setattr(content, "_timed", lambda *_: timed({"address": "Qm1", "aleph-cid": cids["aleph-cid"]}))
    monkeypatch.setattr(javascript, "timed", lambda *_: javascript.Timed(cids.get(javascript.NAME, "Qm1"), 1.0))

    with pytest.raises(AddressesDifferError, match=f"{who}: Qm2"):
        content.run(SIZE, rounds=1)


@pytest.mark.usefixtures("no_javascript")
def test_one_core_leaves_out_what_wants_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(content, "_timed", lambda *_: timed(CIDS))
    monkeypatch.setattr(content, "cores", lambda: 1)

    content.run(SIZE, rounds=1)

    report = capsys.readouterr().out
    assert "left out: there is one" in report
    assert "two cores " not in report.replace("on two cores", "")


@pytest.mark.parametrize("failing", ["npm", "node"])
def test_programs_that_fail_are_a_line_not_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failing: str
) -> None:
    # Given a node and an npm of which one fails
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nexit {int(name == failing)}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(javascript, "ROOM", tmp_path / "room")

    with pytest.raises(javascript.LeftOutError, match=f"{failing} cannot"):
        javascript.timed(tmp_path / "content", 1)

    # Then what was not installed is tried again
    assert (tmp_path / "room" / "installed").exists() == (failing == "node")
