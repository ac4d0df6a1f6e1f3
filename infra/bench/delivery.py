"""A large folder of published resources: what reading one, a page, and searches cost, whatever is in it beside those.

Rows are written as publishing leaves them, but for those that nothing here reads.
"""

import itertools
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.config import Config

from chalicelib import aws
from chalicelib.delivery import queries, searching
from chalicelib.delivery.plans import KEYS
from chalicelib.members import keys
from chalicelib.models import Schema
from chalicelib.models.fields import Field, Kind
from chalicelib.resources import documents, indexing
from chalicelib.resources.indexing import UPDATED, Publication
from chalicelib.resources.tables import PublishedRow
from chalicelib.web.http import Call
from infra.bench.measure import line

FEW, MANY = 1_000, 100_000
RARE = 20
"""Resources that have the rare word, the rare code, and lie in the short range, whatever their number is."""
_NOW = 1_700_000_000
_TOGETHER, _THREADS = 25, 3
_UNASKED = (f"/{UPDATED}/m", "/body/s")
"""Partitions that nothing here reads."""
_KINDS: Mapping[str, Kind] = {
    "rank": "integer",
    "status": "string",
    "shown": "boolean",
    "code": "string",
    "body": "text",
    "rest": "text",
}
SCHEMA = Schema("bench", tuple(Field(key, key, kind, searchable=key != "rest") for key, kind in _KINDS.items()))
SEARCHES: Mapping[str, Mapping[str, Any]] = {
    "list, first page": {},
    "filter that half fulfil": {"where": {"status": "open"}},
    "two filters that half fulfil": {"where": {"status": "open", "shown": True}},
    f"filter that {RARE} fulfil": {"where": {"code": "rare"}},
    "that one, and one that half fulfil": {"where": {"code": "rare", "status": "open"}},
    "that one, sorted by another field": {"where": {"code": "rare"}, "sort": "-rank"},
    "filter that half fulfil, sorted": {"where": {"status": "open"}, "sort": "-rank"},
    f"range that {RARE} lie in": {"where": {"rank__lt": RARE}},
    "that range, the newest first": {"where": {"rank__lt": RARE}, "sort": "-_sys.created_at"},
    "a range that all lie in, likewise": {"where": {"rank__gte": 0}, "sort": "-_sys.created_at"},
    "a word that half have": {"find_text": {"query": "common"}},
    f"a word that {RARE} have": {"find_text": {"query": "seldom"}},
    "both words": {"find_text": {"query": "common seldom"}},
    "one of them": {"find_text": {"query": "common seldom", "threshold": 0.5}},
    "a phrase": {"find_phrase": {"query": "common words"}},
}


@dataclass
class Cost:
    """What some calls took: their operations, and about how many read units."""

    operations: list[str] = field(default_factory=list)
    units: float = 0

    def __str__(self) -> str:
        each = ", ".join(f"{len(list(same))} {name}" for name, same in itertools.groupby(self.operations))
        return f"{each}, {self.units:g} read units"


def run() -> None:
    """Calls and read units at 1,000 and at 100,000 resources."""
    print("delivery, a page of 100")
    _be_patient()
    costs: dict[str, list[str]] = {}
    for count in (FEW, MANY):
        start = time.perf_counter()
        place, middle = _fill(count)
        line(f"{count:>7,} resources written past the API", f"{time.perf_counter() - start:.0f} s")
        for name, work in _works(place, middle).items():
            with _counted() as cost:
                found = work()
            costs.setdefault(name, []).append(f"{found:>3} by {cost}")
    for name, (few, many) in costs.items():
        line(name, few if few == many else f"{few}  at {FEW:,}")
        if few != many:
            line("", f"{many}  at {MANY:,}")


def _be_patient() -> None:
    """The local AWS looks through a whole partition for each page, and takes longer for it than a call may."""
    found = aws.current()
    config = Config(read_timeout=300, retries={"total_max_attempts": 1})
    found.dynamodb = found.session.create_client("dynamodb", region_name=found.settings.region, config=config)
    found.connections.clear()


def _works(place: str, middle: str) -> dict[str, Callable[[], int]]:
    works: dict[str, Callable[[], int]] = {
        "one resource": lambda: len(aws.batch_get(aws.Ref(PublishedRow, place, middle)))
    }
    works |= {name: lambda body=body: _find(place, body) for name, body in SEARCHES.items()}  # type: ignore[misc]
    works["page in the middle, by its cursor"] = lambda: _find(place, {}, f"{KEYS}{middle}")
    works["page after a jump over 500"] = lambda: _find(place, {"offset": 500})
    return works


def _find(place: str, body: Mapping[str, Any], position: str | None = None) -> int:
    call = Call("POST", "", "", {}, {}, {}, json.dumps(body).encode(), "", "")
    query = queries.search(call, SCHEMA, content=True)
    return len(searching.find(query, place, position, whole=False).matches)


def _fill(count: int) -> tuple[str, str]:
    """A place with so many resources, and the key of the one in the middle."""
    folder = f"bench/{count}"
    made = [f"{keys.moment(_NOW + at)}0000" for at in range(count)]
    rows = (row for at, key in enumerate(made) for row in _rows(folder, key, at, count))
    with ThreadPoolExecutor(_THREADS) as pool:
        while some := list(itertools.islice(rows, 40 * _TOGETHER)):
            list(pool.map(_write, (some[start : start + _TOGETHER] for start in range(0, len(some), _TOGETHER))))
    return folder, made[count // 2]


def _write(some: Sequence[aws.Table]) -> None:
    requests: dict[str, list[Any]] = {}
    for row in some:
        requests.setdefault(type(row).physical_name(), []).append({"PutRequest": {"Item": row.serialize()}})
    aws.current().dynamodb.batch_write_item(RequestItems=requests)


def _rows(folder: str, key: str, at: int, count: int) -> Iterator[aws.Table]:
    step = count // RARE
    # Of every other one, `at` is odd.
    is_rare = at % step == at // step % 2
    document = {
        "rank": (at * 7_919) % count,
        "status": "open" if at % 2 else "shut",
        "shown": at // 2 % 2 == 1,
        "code": "rare" if is_rare else "usual",
        "body": " ".join([*(["common words"] if at % 2 else []), *(["seldom"] if is_rare else [])]),
        "rest": "r" * 200,
    }
    packed, _ = documents.pack(document)
    yield PublishedRow(
        place=folder, key=key, revision="r", version=SCHEMA.version, body=packed, created=_NOW + at, published=_NOW
    )
    for row in indexing.rows(SCHEMA, document, Publication(folder, None, key, "r", _NOW)):
        if not row.field.endswith(_UNASKED) and not row.value.startswith("usual"):
            row.size = len(packed)
            yield row


@contextmanager
def _counted() -> Iterator[Cost]:
    cost, events = Cost(), aws.current().dynamodb.meta.events

    def take(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        cost.operations.append(model.name)
        # The local AWS does not tell what DynamoDB would: one for 4 KiB, of a page together, of a batch for each item.
        each = [len(str(item)) for found in parsed.get("Responses", {}).values() for item in found]
        each = each or [sum(len(str(item)) for item in parsed.get("Items", ()))]
        cost.units += sum(max(1, math.ceil(size / 4_096)) for size in each)

    events.register_first("after-call.dynamodb.*", take)
    try:
        yield cost
    finally:
        events.unregister("after-call.dynamodb.*", take)
