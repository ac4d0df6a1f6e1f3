"""Reads, strongly consistent, each of a known number of calls."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from chalicelib.aws.clients import current
from chalicelib.aws.errors import StoreBusyError
from chalicelib.aws.model import Table

T = TypeVar("T", bound=Table)

BATCH = 100
"""Most keys DynamoDB takes in one BatchGetItem."""
_BATCH_TRIES = 5


class Ref(NamedTuple):
    """The key of one row: its model, hash key and, where the table has one, range key."""

    model: type[Table]
    hash_key: Any
    range_key: Any = None


class Page(NamedTuple, Generic[T]):
    """One page of a query: its rows, and where the next one starts (None at the end)."""

    rows: list[T]
    next: Mapping[str, Any] | None


def get(model: type[T], hash_key: Any, range_key: Any = None) -> T | None:
    """One row, or None. One call."""
    try:
        return model.get(hash_key, range_key, consistent_read=True)
    except model.DoesNotExist:
        return None


def batch_get(*refs: Ref) -> list[Any]:
    """Rows of any tables, in the order asked; None where there is none. One call per 100 different keys.

    Raises:
        StoreBusyError: DynamoDB left keys unread, several times over.
    """
    wanted = {_name(ref.model, _key(ref)): ref for ref in refs}
    found: dict[str, Table] = {}
    names = list(wanted)
    for start in range(0, len(names), BATCH):
        _read_batch([wanted[name] for name in names[start : start + BATCH]], found)
    return [found.get(_name(ref.model, _key(ref))) for ref in refs]


def _key(ref: Ref) -> dict[str, Any]:
    return ref.model.item_key(ref.hash_key, ref.range_key)


def _name(model: type[Table], key: dict[str, Any]) -> str:
    return f"{model.physical_name()} {sorted(key.items())}"


def _read_batch(refs: Sequence[Ref], found: dict[str, Table]) -> None:
    models = {ref.model.physical_name(): ref.model for ref in refs}
    request: dict[str, Any] = {}
    for ref in refs:
        table = request.setdefault(ref.model.physical_name(), {"ConsistentRead": True, "Keys": []})
        table["Keys"].append(_key(ref))
    for _ in range(_BATCH_TRIES):
        answer = current().dynamodb.batch_get_item(RequestItems=request)
        for table_name, items in answer["Responses"].items():
            for item in items:
                row = models[table_name].from_raw_data(item)
                found[_name(models[table_name], row.row_key())] = row
        request = answer.get("UnprocessedKeys") or {}
        if not request:
            return
    raise StoreBusyError("DynamoDB left keys unread")


def page(
    model: type[T],
    hash_key: Any,
    *,
    limit: int | None = None,
    start: Mapping[str, Any] | None = None,
    newest_first: bool = False,
) -> Page[T]:
    """One page of one partition, in key order. One call; ends early at 1 MiB, with `next` set."""
    answer = model.connection().query(
        model.hash_attribute().serialize(hash_key),
        consistent_read=True,
        limit=limit,
        exclusive_start_key=dict(start) if start else None,
        scan_index_forward=not newest_first,
    )
    return Page([model.from_raw_data(item) for item in answer["Items"]], answer.get("LastEvaluatedKey"))


class Stretch(NamedTuple):
    """Part of one partition: the rows whose range keys lie between two, both included."""

    hash_key: Any
    least: str
    greatest: str


def between(model: type[T], where: Stretch, *, limit: int, start: str | None, newest_first: bool) -> Page[T]:
    """Rows of a stretch, in key order. One call; ends early at 1 MiB, with `next` set.

    Args:
        model: The table.
        where: Which of its rows.
        limit: Most of them.
        start: Range key after which to go on; it lies in the stretch.
        newest_first: Whether the greatest come first.
    """
    if where.least > where.greatest:
        return Page([], None)
    answer = model.connection().query(
        model.hash_attribute().serialize(where.hash_key),
        range_key_condition=model.range_attribute().between(where.least, where.greatest),
        consistent_read=True,
        limit=limit,
        exclusive_start_key=model.item_key(where.hash_key, start) if start is not None else None,
        scan_index_forward=not newest_first,
    )
    return Page([model.from_raw_data(item) for item in answer["Items"]], answer.get("LastEvaluatedKey"))


def position_after(model: type[T], hash_key: Any, count: int, *, newest_first: bool = True) -> tuple[str | None, bool]:
    """The range key of the `count`-th row of a partition, and whether another follows. Reads keys alone.

    One call per MiB of rows passed over: their whole length counts, though only keys are sent.
    """
    connection, name = model.connection(), model.range_name()
    position, start, left = None, None, count
    while left > 0:
        answer = connection.query(
            model.hash_attribute().serialize(hash_key),
            attributes_to_get=[name],
            consistent_read=True,
            limit=left,
            exclusive_start_key=start,
            scan_index_forward=not newest_first,
        )
        left -= len(answer["Items"])
        position = answer["Items"][-1][name]["S"] if answer["Items"] else position
        start = answer.get("LastEvaluatedKey")
        if start is None:
            return position, False
    return position, True


def scan(model: type[T]) -> Iterator[T]:
    """Every row of a table, for the operator's checks alone: never on a request's path."""
    return iter(model.scan(consistent_read=True))


def scan_page(model: type[T], limit: int, start: Mapping[str, Any] | None = None) -> Page[T]:
    """One page of a whole table, in no order that means anything. One call; for work beside requests alone."""
    place = {"ExclusiveStartKey": dict(start)} if start else {}
    answer = current().dynamodb.scan(TableName=model.physical_name(), Limit=limit, ConsistentRead=True, **place)
    return Page([model.from_raw_data(item) for item in answer["Items"]], answer.get("LastEvaluatedKey"))
