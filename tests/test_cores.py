"""Cores are those that the process may use, not those that the machine has."""

import os
import subprocess
import sys

import pytest

from chalicelib import cores


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes cannot be pinned here")
def test_a_pinned_process_has_the_cores_it_is_pinned_to() -> None:
    script = "import os, chalicelib.cores; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])"
    script += "; print(chalicelib.cores.available())"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "1\n"


def test_where_pinning_is_known_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 7}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)

    assert cores.available() == 3


@pytest.mark.parametrize(("machine", "expected"), [(6, 6), (None, 1)])
def test_elsewhere_all_of_the_machine_counts(
    monkeypatch: pytest.MonkeyPatch, machine: int | None, expected: int
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: machine)

    assert cores.available() == expected
