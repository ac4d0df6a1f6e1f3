"""A little that a process remembers, to ask for it along with the rest: never trusted, only a guess."""

from collections.abc import Sequence
from typing import Any

from chalicelib import aws

MOST_REMEMBERED = 10_000


class Memory:
    """Texts by text; those that came first go first. Safe among threads: a guess that is lost costs a read."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """What was remembered last, or None."""
        return self._known.get(name)

    def set(self, name: str, value: str | None) -> None:
        """Remember it; None forgets."""
        if value is None:
            self._known.pop(name, None)
            return
        if name not in self._known and len(self._known) >= MOST_REMEMBERED:
            # The copy is one step to the interpreter, so that no other thread changes it meanwhile.
            for oldest in list(self._known)[: MOST_REMEMBERED // 10]:
                self._known.pop(oldest, None)
        self._known[name] = value


def completed(wanted: Sequence[aws.Ref], guessed: Sequence[aws.Ref], rows: Sequence[Any]) -> list[Any]:
    """The wanted rows, where `guessed` were read already and gave `rows`. No call if all were guessed, else one."""
    known = dict(zip(guessed, rows, strict=True))
    missing = [ref for ref in wanted if ref not in known]
    known |= dict(zip(missing, aws.batch_get(*missing) if missing else (), strict=True))
    return [known[ref] for ref in wanted]
