"""Addressing and encrypting content, beside plain SHA-256 of the same bytes and beside other implementations."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.bench import javascript
from infra.bench.measure import cores, line, on_cores

SIZE = 64 * 2**20
ROUNDS = 9
BUDGETS = {("address", 1): 0.95, ("put", 1): 0.6, ("put", 2): 1.0}
"""Least ratios of speed to SHA-256 by work and cores (design, "Compute")."""
NAMES = {
    "address": "address",
    "address in pieces": "address, in pieces of 1 MiB",
    "encrypt": "encrypt",
    "put": "put: address, then encrypt",
    "decrypt": "decrypt",
    "aleph-cid": "aleph-cid: address",
    "aleph-cid in pieces": "aleph-cid: address, in pieces of 1 MiB",
}
ON_TWO = ("address", "encrypt", "put")
"""What uses a second core."""
FREE = 1.8
"""Speed of SHA-256 of two halves beside that of the whole, below which something else took the second core."""


class AddressesDifferError(Exception):
    """Two implementations give one file different addresses."""


@dataclass(frozen=True, slots=True)
class Timed:
    """One process: seconds by work, and the file's address by who computed it."""

    seconds: Mapping[str, float]
    cids: Mapping[str, str]

    def ratio(self, work: str) -> float:
        """Speed beside SHA-256 of the same bytes in the same process."""
        return self.seconds["sha256"] / self.seconds[work]


def run(size: int = SIZE, rounds: int = ROUNDS) -> None:
    """Ratios of speed to SHA-256, on one core and on two, and whether they are what they must be.

    Raises:
        AddressesDifferError: Not all compute the same address.
    """
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / "content"
        path.write_bytes(os.urandom(size))
        with on_cores(1):
            one = _timed(path, rounds)
            print(f"content, {size / 2**20:g} MiB, as ratios to SHA-256 ({_speed(one, size):.0f} MiB/s on one core)")
            for work in NAMES:
                _report(one, work, 1)
            cids = {**one.cids, **_beside_javascript(path, rounds, one)}
        cids |= _on_two(path, rounds)
    _agree(cids)


def _timed(path: Path, rounds: int) -> Timed:
    command = [sys.executable, "-m", "infra.bench.compute", str(path), str(rounds)]
    return Timed(**json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))


def _speed(timed: Timed, size: int) -> float:
    return size / timed.seconds["sha256"] / 2**20


def _report(timed: Timed, work: str, count: int, *, judged: bool = True) -> None:
    ratio, least = timed.ratio(work), BUDGETS.get((work, count))
    met = ("met" if least is None or ratio >= least else "NOT met") if judged else "not judged"
    verdict = "" if least is None else f"  budget {least:.2f}: {met}"
    line(f"{NAMES[work]}, {'one core' if count == 1 else 'two cores'}", f"{ratio:.2f}{verdict}")


def _beside_javascript(path: Path, rounds: int, one: Timed) -> dict[str, str]:
    try:
        other = javascript.timed(path, rounds)
    except javascript.LeftOutError as reason:
        line(f"{javascript.NAME}: address", f"left out: {reason}")
        return {}
    line(f"{javascript.NAME}: address, one core", f"{one.seconds['sha256'] / other.seconds:.2f}")
    return {javascript.NAME: other.cid}


def _on_two(path: Path, rounds: int) -> dict[str, str]:
    if cores() == 1:
        line("on two cores", "left out: there is one")
        return {}
    with on_cores(2):
        two = _timed(path, rounds)
    halves = two.ratio("sha256 of halves")
    taken = "" if halves >= FREE else "  no second core was free: what follows says nothing"
    line("SHA-256 itself, of two halves, two cores", f"{halves:.2f}{taken}")
    for work in ON_TWO:
        _report(two, work, 2, judged=not taken)
    return {f"{name}, two cores": cid for name, cid in two.cids.items()}


def _agree(cids: Mapping[str, str]) -> None:
    if len(set(cids.values())) > 1:
        raise AddressesDifferError(", ".join(f"{name}: {cid}" for name, cid in cids.items()))
    line("addresses that agree", f"all {len(cids)}")
