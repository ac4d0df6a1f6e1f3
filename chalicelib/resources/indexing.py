"""The index rows of a document: one per searchable value, ordered by it, and one per word (decision 15). Pure.

An ordered value is text that sorts as the value does. Texts sort without regard to case, and are cut off after 400
bytes: so rows are candidates, and whoever filters compares with the document itself. A field that has one value at most
has a row where it has none, too, which sorts last: so whoever sorts by it misses nothing.
"""

import re
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Final

from chalicelib.models.errors import misfit
from chalicelib.models.fields import Field, Kind, hidden, values
from chalicelib.models.schema import Schema
from chalicelib.resources.documents import Document
from chalicelib.resources.tables import SEPARATOR, IndexRow, place

MOST_ROWS = 2_000
"""Index rows of one document: each is a write."""
WORDS = "words"
"""Last part of the hash key of the rows of words; no field ends so, since each has its class there."""
UPDATED = "_sys.updated_at"
_MOMENT = "%Y-%m-%dT%H:%M:%S.%f"
_MOST_TEXT = 400
_MOST_WORD = 64
_SIGN: Final = 1 << 63
# Scripts written without spaces: each character is a word, and a phrase finds those that stand together.
_ALONE = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_ALONE}]|[^\W{_ALONE}]+")
NOTHING = "\U0010ffff"
"""Stands for no value: above every character that an encoded value has."""
_UNUSED = re.compile(r"[\x00-\x1f\U0010ffff]")
_CLASSES: Final[dict[Kind, str]] = {
    "string": "s",
    "text": "s",
    "reference": "s",
    "file": "s",
    "integer": "n",
    "number": "n",
    "boolean": "b",
    "date": "d",
    "time": "h",
    "datetime": "m",
}
TEXTS: Final = frozenset({"string", "text"})


@dataclass(frozen=True, slots=True)
class Publication:
    """A revision that is, was, or is to be published.

    Attributes:
        folder: Scope of its folder.
        owner: Key of the resource that its resource belongs to, in a strict folder.
        resource: Key of its resource.
        revision: Its own key.
        moment: When it was published, in seconds since the epoch.
    """

    folder: str
    owner: str | None
    resource: str
    revision: str
    moment: int


def rows(schema: Schema, document: Document, of: Publication) -> list[IndexRow]:
    """All index rows of a published document: of its searchable values that are not private, as far as they fit.

    Raises:
        DataInvalidError: There would be more than 2,000.
    """
    where, tail = place(of.folder, of.owner), f"{SEPARATOR}{of.resource}{SEPARATOR}{of.revision}"
    found: dict[tuple[str, str], IndexRow] = {}
    words: set[str] = set()
    ordered = [(UPDATED, "m", datetime.fromtimestamp(of.moment, UTC).strftime(_MOMENT))]
    # What is private is asked for by nobody, and its words must not even cost anybody time.
    asked = {one.path for one in schema.fields if one.searchable and not hidden(schema.fields, one)}
    for one, _, value in values(schema.fields, document):
        encoded = encode(one.type, value) if one.path in asked else None
        if encoded is not None:
            ordered.append((one.path, _CLASSES[one.type], encoded))
            words.update(tokens(value) if one.type in TEXTS else ())
    present = {path for path, _, _ in ordered}
    absent = (one for one in schema.fields if one.path in asked - present and single(schema, one))
    ordered += [(one.path, _CLASSES[one.type], NOTHING) for one in absent]
    for path, kind, encoded in ordered:
        row = IndexRow(field=f"{where}/{path}/{kind}", value=f"{encoded}{tail}")
        found[row.field, row.value] = row
    for word in sorted(words):
        row = IndexRow(field=f"{where}/{WORDS}", value=f"{word}{tail}")
        found[row.field, row.value] = row
    if len(found) > MOST_ROWS:
        raise misfit("$", f"its searchable fields make {len(found)} index rows, and may make {MOST_ROWS}")
    return list(found.values())


def single(schema: Schema, one: Field) -> bool:
    """Whether a document has one value of a field at most: neither it, nor what it is in, is a list."""
    keys = one.path.split(".")
    return not any(schema.by_path[".".join(keys[:end])].listed for end in range(1, len(keys) + 1))


def partition(where: str, one: Field) -> str:
    """Hash key of the ordered rows of a field, at a `place`."""
    return f"{where}/{one.path}/{_CLASSES[one.type]}"


def encode(kind: Kind, value: Any) -> str | None:
    """A value as text that sorts as it does; None if it is not of that type."""
    if kind in {"integer", "number"}:
        return _number(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if kind == "boolean":
        return str(int(value)) if isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    if kind in {"date", "time", "datetime"}:
        return _time(kind, value)
    return _cut(value if kind in {"reference", "file"} else fold(value))


def fold(text: str) -> str:
    """Text as it is sorted, and compared where case does not matter."""
    return unicodedata.normalize("NFC", text.casefold())


def plain(text: str) -> str:
    """Text without the characters that index rows have for themselves."""
    return _UNUSED.sub(" ", text)


def tokens(text: str) -> Iterator[str]:
    """The words of a text, in their order."""
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        yield match.group()[:_MOST_WORD]


def _number(value: float) -> str | None:
    try:
        (bits,) = struct.unpack(">Q", struct.pack(">d", value + 0.0))
    except OverflowError:
        return None
    # As doubles sort: negative ones by all bits turned over, others above them.
    return f"{bits ^ (_SIGN | (_SIGN - 1)) if bits & _SIGN else bits | _SIGN:016x}"


def _time(kind: Kind, value: str) -> str | None:
    try:
        if kind == "datetime":
            moment = datetime.fromisoformat(value)
            utc = moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
            return utc.strftime(_MOMENT).rjust(26, "0")
        if kind == "time":
            return time.fromisoformat(value).strftime("%H:%M:%S.%f")
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).strftime("%Y-%m-%d").rjust(10, "0")
    except (ValueError, OverflowError):
        return None


def _cut(text: str) -> str:
    return plain(text).encode()[:_MOST_TEXT].decode(errors="ignore")
