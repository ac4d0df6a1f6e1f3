"""What a query should find, told by looking at every document: the model that the search engine is held against.

Written from docs/api.md alone, with its own idea of values, order, words and time; it knows no index.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

Document = Mapping[str, Any]
SORTED_BY = 400
"""Bytes of a text that it is sorted by."""


@dataclass(frozen=True)
class Known:
    """A published resource."""

    key: str
    document: Document
    created: int
    published: int


def values(one: Known, path: str) -> list[Any]:
    """All that stands under a path, in lists or not; nulls left out."""
    if path == "_sys.key":
        return [one.key]
    if path.startswith("_sys."):
        return [datetime.fromtimestamp(one.created if path == "_sys.created_at" else one.published, UTC).isoformat()]
    found: list[Any] = [one.document]
    for key in path.split("."):
        found = [inner.get(key) for inner in found if isinstance(inner, Mapping)]
        found = [each for inner in found for each in (inner if isinstance(inner, list) else [inner])]
    return [each for each in found if each is not None]


def comparable(kind: str, value: Any) -> Any:
    """What a value is ordered by."""
    if kind in {"string", "text"}:
        # Controls count as spaces, and so does what no text has.
        return re.sub(r"[\x00-\x1f\U0010ffff]", " ", folded(value))
    if kind == "datetime":
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "time":
        return time.fromisoformat(value)
    return value


def folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold())


def words(text: str) -> list[str]:
    """Letters, digits and marks that stand together; of Chinese and Japanese each sign for itself."""
    normal = unicodedata.normalize("NFKC", text).casefold()
    return re.findall(
        r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+", normal
    )


def any_of(test: Callable[[Any, Any], bool]) -> Callable[[str, list[Any], Any], bool]:
    return lambda kind, found, given: any(test(comparable(kind, one), comparable(kind, given)) for one in found)


def raw(test: Callable[[Any, Any], bool]) -> Callable[[str, list[Any], Any], bool]:
    return lambda _, found, given: any(test(one, given) for one in found)


def equal(kind: str, found: list[Any], given: Any) -> bool:
    textual = kind in {"string", "text"}
    return any(one == given if textual else comparable(kind, one) == comparable(kind, given) for one in found)


OPERATORS: Mapping[str, Callable[[str, list[Any], Any], bool]] = {
    "eq": equal,
    "includes": equal,
    "ne": lambda kind, found, given: not equal(kind, found, given),
    "excludes": lambda kind, found, given: not equal(kind, found, given),
    "in": lambda kind, found, given: any(equal(kind, found, one) for one in given),
    "exists": lambda _, found, given: bool(found) is given,
    "gt": any_of(lambda one, other: bool(one > other)),
    "gte": any_of(lambda one, other: bool(one >= other)),
    "lt": any_of(lambda one, other: bool(one < other)),
    "lte": any_of(lambda one, other: bool(one <= other)),
    "between": lambda kind, found, given: any(
        comparable(kind, given[0]) <= comparable(kind, one) <= comparable(kind, given[1]) for one in found
    ),
    "ieq": raw(lambda one, given: folded(one) == folded(given)),
    "iin": lambda _, found, given: any(folded(one) == folded(other) for one in found for other in given),
    "contains": raw(lambda one, given: given in one),
    "icontains": raw(lambda one, given: folded(given) in folded(one)),
    # What a mark stands on is another letter with it than without.
    "startswith": raw(lambda one, given: one.startswith(given) and folded(one).startswith(folded(given))),
    "istartswith": raw(lambda one, given: folded(one).startswith(folded(given))),
    "endswith": raw(lambda one, given: one.endswith(given)),
    "iendswith": raw(lambda one, given: folded(one).endswith(folded(given))),
}


def fulfils(one: Known, node: Mapping[str, Any], kinds: Mapping[str, str]) -> bool:
    """Whether a resource fulfils a `where`."""
    for name, given in node.items():
        if name in {"all_of", "any_of"}:
            judged = [fulfils(one, inner, kinds) for inner in given]
            if not (all(judged) if name == "all_of" else any(judged)):
                return False
        else:
            path, _, operator = name.rpartition("__")
            if not OPERATORS[operator](kinds[path], values(one, path), given):
                return False
    return True


def has_words(one: Known, asked: Mapping[str, Any], fields: Sequence[str], *, phrase: bool) -> bool:
    """Whether a resource's texts have what `find_text` or `find_phrase` asks for."""
    wanted = words(asked["query"])
    texts = [words(value) for path in asked.get("fields") or fields for value in values(one, path)]
    if phrase:
        each = [text[at : at + len(wanted)] for text in texts for at in range(len(text))]
        return any(one == wanted for one in each)
    distinct = set(wanted)
    there = {word for text in texts for word in text}
    least: int = max(1, round(asked.get("threshold", 1) * len(distinct)))
    return len(distinct & there) >= least


def in_order(found: Sequence[Known], sort: Sequence[str], kinds: Mapping[str, str]) -> list[Known]:
    """Resources in an order: the newest first without any; what has no value last."""
    done = sorted(found, key=lambda one: one.key, reverse=not sort or sort[-1].startswith("-"))
    for name in reversed(sort):
        path, turned = name.removeprefix("-"), name.startswith("-")
        if sort == [name] and path == "_sys.created_at":
            done.sort(key=lambda one: one.key, reverse=turned)
            continue

        def place(one: Known, path: str = path) -> Any:
            (value,) = values(one, path)
            found = comparable(kinds[path], value)
            return found.encode()[:SORTED_BY].decode(errors="ignore") if isinstance(found, str) else found

        have = [one for one in done if values(one, path)]
        done = sorted(have, key=place, reverse=turned) + [one for one in done if not values(one, path)]
    return done
