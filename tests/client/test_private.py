"""Files of ours: whole or not at all, and one command at a time."""

import os
import signal
import threading
from pathlib import Path

import pytest

from client import private
from client.errors import UnreachableError
from tests.client.processes import child, until


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    private.write(tmp_path / "a", "old")
    monkeypatch.setattr(os, "fsync", broken)

    with pytest.raises(OSError, match="Input/output"):
        private.write(tmp_path / "a", "new")

    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "old")]


def test_a_killed_write_leaves_what_was_there(tmp_path: Path) -> None:
    private.write(tmp_path / "a", "old")
    code = "import os, signal; os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL); "

    with child(
        code + "from client import private; from pathlib import Path; private.write(Path('a'), 'new')", tmp_path
    ) as it:
        it.wait(30)

    assert (it.returncode, (tmp_path / "a").read_text()) == (-signal.SIGKILL, "old")
    private.sweep(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_lock_lets_one_in_at_a_time(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def enter() -> None:
        for _ in range(5):
            with private.locked(tmp_path / "lock"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1] * 20


def test_a_lock_that_is_not_let_go_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private, "WAIT_SECONDS", 0.1)

    lock = tmp_path / "lock"
    with (
        private.locked(lock),
        pytest.raises(UnreachableError, match="try again later"),
        private.locked(lock),
    ):
        pytest.fail("two are in there")


def test_who_is_killed_lets_the_lock_go(tmp_path: Path) -> None:
    code = "import time; from client import private; from pathlib import Path\n"
    code += "with private.locked(Path('lock')): Path('in').touch(); time.sleep(60)"
    with child(code, tmp_path) as it:
        until((tmp_path / "in").exists)
        it.kill()

    with private.locked(tmp_path / "lock"):
        assert (tmp_path / "lock").exists()
