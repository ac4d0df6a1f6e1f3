"""What the check of the books finds."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not add up.

    Attributes:
        kind: Stable name of the kind of fault.
        subject: Which row or object: keys alone, nothing secret.
        says: What is wrong.
        repair: Puts it right; None where only a person can.
    """

    kind: str
    subject: str
    says: str
    repair: Callable[[], None] | None = field(default=None, compare=False)
