"""The books as a test keeps them: what an account must hold, whatever happened, and what it may hold."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.workers.catalogue import BY_CID

Line = tuple[str, str]
"""An entry of a list: address and name."""


@dataclass
class Ledger:
    """One account's.

    Attributes:
        must: Lines that were promised and not taken back.
        may: Lines of calls that died, or whose outcome nobody told; a check settles them.
        together: Sets of such lines that come all or none, if no other call has touched them since.
        sure: Whether nothing is open: no line, and no quota that a call has reserved and not used.
    """

    must: set[Line] = field(default_factory=set)
    may: set[Line] = field(default_factory=set)
    together: list[frozenset[Line]] = field(default_factory=list)
    sure: bool = True

    @property
    def used(self) -> int:
        return sum(BY_CID[cid].size for cid, _ in self.must)

    @property
    def cids(self) -> set[str]:
        """What it must hold, by address."""
        return {cid for cid, _ in self.must}

    def lines(self, cid: str) -> set[Line]:
        """All lines of an address, sure or not."""
        return {line for line in self.must | self.may if line[0] == cid}

    def put(self, lines: Iterable[Line]) -> None:
        """They were promised."""
        promised = set(lines)
        self._touch(promised)
        self.must |= promised

    def removed(self, cid: str) -> None:
        """An address was taken away."""
        self._touch(gone := self.lines(cid))
        self.must -= gone

    def maybe_put(self, lines: Iterable[Line]) -> None:
        """They may have been put, all or none."""
        new = set(lines) - self.must
        fresh = frozenset(new - self.may)
        self._touch(new)
        self._open(new, fresh)

    def maybe_removed(self, cid: str) -> None:
        """An address may have been taken away."""
        lines = self.lines(cid)
        together = frozenset(lines & self.must)
        self._touch(lines)
        self._open(lines, together)

    def blur(self, lines: set[Line]) -> None:
        """Two calls at once disagree about them, and either may have come last."""
        self._touch(lines)
        for line in lines:
            self._open({line}, frozenset())

    def _open(self, lines: set[Line], together: frozenset[Line]) -> None:
        self.must -= lines
        self.may |= lines
        self.together.append(together)
        self.sure = False

    def _touch(self, lines: set[Line]) -> None:
        self.may -= lines
        self.together = [group - lines for group in self.together]

    def settle(self, seen: set[Line]) -> None:
        """After a check: what is seen is so, if it can be."""
        assert self.must <= seen, f"lost: {self.must - seen}"
        assert seen <= self.must | self.may, f"never put, or removed: {seen - self.must - self.may}"
        for group in self.together:
            assert group <= seen or not group & seen, f"in part: {group & seen} of {group}"
        self.must, self.may, self.together, self.sure = set(seen), set(), [], True
