"""What comes between two calls to AWS of something else; and processes that die between two."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.resources.library import Library
from tests.support.faults import Crash, Faults, crash_before


@dataclass
class Between:
    """Something else that comes before a call of what is done: before the one after the first `skip`."""

    faults: Faults
    operation: str
    skip: int
    done: list[object] = field(default_factory=list)

    @contextmanager
    def comes(self, act: Callable[[], object]) -> Iterator[list[object]]:
        """In the block; the list tells what came of it, and is empty if there were fewer calls."""

        def come(_request: object) -> None:
            self.done.append(act())

        self.faults.add(self.operation, come, skip=self.skip)
        yield self.done
        self.faults.clear()


def every_moment(library: Library, operation: str = "*") -> Iterator[Between]:
    """Before each call in turn; ends when there is no such call."""
    faults = Faults(library.system.aws)
    skip, met = 0, True
    while met:
        between = Between(faults, operation, skip)
        yield between
        met, skip = bool(between.done), skip + 1
    assert skip > 2


def cut_off(library: Library, act: Callable[[], object], skip: int) -> None:
    """Do something in a process that dies at its transaction after the first `skip`, which it must have."""
    assert cut_or_done(library, act, skip)


def cut_or_done(library: Library, act: Callable[[], object], skip: int) -> bool:
    """The same, where it may be done before; tells whether it died."""
    faults = Faults(library.system.aws)
    faults.add("TransactWriteItems", crash_before, skip=skip, times=1_000)
    with suppress(Crash):
        act()
    faults.clear()
    return faults.hits > 0
