"""What all management routes share: envelope, bodies, and lists in pages (spec flux-apis, B.0 and E)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from chalicelib.web import cursors
from chalicelib.web.errors import Refusal
from chalicelib.web.http import Call

M = TypeVar("M", bound=BaseModel)

MOST_LISTED = 100
MOST_OFFSET = 10_000


class Shape(BaseModel):
    """Base of the shapes of bodies: no unknown fields, no coercion of types."""

    # A process that begins has no time for what no call has sent yet.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class FactsRefusal(Refusal):
    """A refusal whose `detail` is an object, and not a list of issues."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        super().__init__()
        self.facts = dict(facts)


class JsonParseError(Refusal):
    """The body is not JSON."""

    status = 400
    code = "json_parse_error"
    text = "The body is not JSON"


class InvalidDataError(Refusal):
    """The body or the query is not of the shape it must have; `detail` is a list of issues."""

    status = 422
    code = "validation_error"
    text = "Invalid data"


def envelope(refusal: Refusal) -> Mapping[str, Any]:
    """Errors of the management and delivery services: `message`, `error_code` and `detail`, all always there."""
    detail: Any = list(refusal.detail) if refusal.detail is not None else None
    if isinstance(refusal, FactsRefusal):
        detail = refusal.facts
    return {"message": refusal.text, "error_code": refusal.code, "detail": detail}


def moment(seconds: float) -> str:
    """A moment in UTC, from seconds since the epoch."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def issue(where: Sequence[str], problem: str, kind: str = "value_error") -> InvalidDataError:
    """A validation error of one issue."""
    return InvalidDataError(detail=[{"type": kind, "loc": list(where), "msg": problem}])


def body(call: Call, shape: type[M]) -> M:
    """The call's body as `shape`; an empty one is an empty object.

    Raises:
        JsonParseError: It is not JSON.
        InvalidDataError: It is not of that shape.
    """
    try:
        return shape.model_validate_json(call.body or b"{}")
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        if any(fault["type"] == "json_invalid" for fault in faults):
            raise JsonParseError from None
        raise InvalidDataError(detail=[dict(fault) for fault in faults]) from None


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is wanted.

    Attributes:
        limit: Most entries.
        offset: How many come before it, as the caller counts.
        position: Where it stands, from a cursor; None to count `offset` entries from the beginning.
        backwards: Whether it ends before `position`, instead of beginning after it.
    """

    AFTER: ClassVar[str] = ">"
    BEFORE: ClassVar[str] = "<"

    limit: int
    offset: int
    position: str | None = None
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """Part of a list: its rows, where the first and last stand, whether more follow, and how many there are in all."""

    rows: Sequence[Any]
    first: str | None
    last: str | None
    more: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Lists:
    """Reads paging arguments and writes pages; `signer` signs cursors, `base_url` begins absolute URLs."""

    signer: cursors.Signer
    base_url: str

    def window(self, call: Call, binding: str) -> Window:
        """The paging arguments of a call; a cursor belongs to the list that `binding` names.

        Raises:
            InvalidDataError: They are malformed, jump beyond 10,000 entries, or the cursor is not of this list.
        """
        limit = min(_number(call, "limit", MOST_LISTED, least=1), MOST_LISTED)
        offset, cursor = _number(call, "offset", 0, least=0), call.first("cursor")
        if cursor is None:
            if offset > MOST_OFFSET:
                raise issue(["offset"], f"a jump goes to {MOST_OFFSET} at most: follow next")
            return Window(limit, offset)
        text = cursors.decode(self.signer, binding, cursor, lambda: issue(["cursor"], "not a cursor of this list"))
        return Window(limit, offset, text[1:], backwards=text[0] == Window.BEFORE)

    def page(self, call: Call, binding: str, window: Window, found: Rows, show: Callable[[Any], Any]) -> dict[str, Any]:
        """The envelope of a list: how many there are, where its neighbours are, and its entries."""
        base = self.base_url.rstrip("/")
        # Behind a gateway, both may begin with the stage.
        path = call.path.removeprefix(urlsplit(base).path)

        def at(offset: int, mark: str | None) -> str:
            arguments: dict[str, Any] = {"limit": window.limit, "offset": offset}
            if mark is not None:
                arguments["cursor"] = cursors.encode(self.signer, binding, mark)
            kept = {name: values[0] for name, values in call.query.items() if name not in {*arguments, "cursor"}}
            return f"{base}{path}?{urlencode({**kept, **arguments})}"

        following, previous = None, None
        if found.more and found.last is not None:
            following = at(window.offset + len(found.rows), Window.AFTER + found.last)
        if window.offset > 0 and found.first is not None:
            before = max(window.offset - window.limit, 0)
            previous = at(before, Window.BEFORE + found.first if before else None)
        return {
            "count": found.count,
            "next": following,
            "previous": previous,
            "results": [show(row) for row in found.rows],
        }


def part(rows: Sequence[Any], window: Window) -> Rows:
    """The part of a list that was read whole; a row stands where its number says."""
    if window.position is None:
        start = window.offset
    else:
        at = int(window.position)
        start = max(at - window.limit, 0) if window.backwards else at + 1
    end = start + window.limit
    shown = rows[start:end]
    first, last = (str(start), str(start + len(shown) - 1)) if shown else (None, None)
    return Rows(shown, first, last, more=end < len(rows), count=len(rows))


def _number(call: Call, name: str, default: int, *, least: int) -> int:
    text = call.first(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= least):  # noqa: PLR2004 - digits
        raise issue([name], f"a number of {least} or more")
    return int(text)
