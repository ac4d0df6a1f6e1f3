"""The one way to write.

Services offer steps that add to a transaction; the caller opens it and commits once:

    with transaction() as tx:
        records.add(tx, ...)
        blobs.hold(tx, ...)

The life of a commit, with what a lost answer means at each point:

    send ── applied, answered ──────────────────────────────> done
      │  └─ applied, answer lost ── send again ── marker's condition fails, and the row there is ours ──> done
      ├─ a condition failed ────────────────────────────────> the step's own refusal is raised; nothing was written
      ├─ conflict or throttled ── wait with jitter, send again ── past the deadline ──> StoreBusyError
      └─ no answer, time after time ────────────────────────> OutcomeUnknownError; the reconciler finds out

An update that counts (`used + 5`) must not be applied twice, so a transaction always writes one row that tells whether
it was applied: a row it creates anyway, stamped with the transaction's id, or a `Marker` of its own that expires.
"""

import functools
import random
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import Enum, auto
from types import TracebackType
from typing import Any, Self, TypeVar

from botocore.exceptions import ClientError
from pynamodb.attributes import TTLAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.aws.clients import current
from chalicelib.aws.errors import BUSY_CODES, NO_ANSWER, NOT_SENT, OutcomeUnknownError, StoreBusyError, failing
from chalicelib.aws.model import Table

MOST_ITEMS = 100
"""Most items of one DynamoDB transaction."""
DEADLINE = 3.0
"""Seconds for which conflicts are tried again."""
MARKER_LIFE = timedelta(days=1)
"""How long a marker is kept: far longer than any retry."""

Refusal = Callable[[dict[str, Any] | None], Exception]
"""Makes the error of a failed condition, given the row that stood there (attribute name to DynamoDB value) or None."""
F = TypeVar("F", bound=Callable[..., Any])


class StaleError(Exception):
    """A row changed since it was read: read again and decide again (see `retry_stale`)."""


def stale(_old: dict[str, Any] | None) -> Exception:
    """The refusal of a step whose condition only guards what was read."""
    return StaleError()


class Marker(Table):
    """Tells that a transaction was applied, where no row it makes can tell. Expires after a day."""

    class Meta:
        table_name = "markers"

    id = UnicodeAttribute(hash_key=True)
    expires = TTLAttribute()


class _Verdict(Enum):
    """What one try of a commit came to."""

    APPLIED = auto()
    BUSY = auto()
    LOST = auto()


class Transaction:
    """Steps collected for one TransactWriteItems. Refuses the 101st item and two writes to one key."""

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self._items: list[tuple[dict[str, Any], Refusal]] = []
        self._keys: set[tuple[str, str]] = set()
        self._marker: int | None = None
        self._before: list[Callable[[], None]] = []
        self._after: list[Callable[[], None]] = []

    def create(self, row: Table, refusal: Refusal = stale) -> None:
        """Put a row that must not be there yet; one with a `tx` attribute also marks this transaction as applied."""
        stamped = "tx" in type(row).get_attributes()
        if stamped:
            row.tx = self.id  # type: ignore[attr-defined]
        absent = row.hash_attribute().does_not_exist()
        item = row.get_save_kwargs_from_instance(condition=absent, return_values_on_condition_failure="ALL_OLD")
        if stamped and self._marker is None:
            self._marker = len(self._items)
        self._add("Put", row, item, refusal)

    def put(self, row: Table) -> None:
        """Put a row, whether or not one stands there: one whose key says all it holds."""
        self._add("Put", row, row.get_save_kwargs_from_instance(), stale)

    def update(
        self, row: Table, actions: Sequence[Action], condition: Condition | None = None, refusal: Refusal = stale
    ) -> None:
        """Change attributes of the row with this row's key; it must exist."""
        exists = row.hash_attribute().exists()
        self._update(row, actions, exists if condition is None else exists & condition, refusal)

    def upsert(self, row: Table, actions: Sequence[Action]) -> None:
        """Change attributes of the row with this row's key, or make it with them."""
        self._update(row, actions, None, stale)

    def delete(self, row: Table, condition: Condition | None = None, refusal: Refusal = stale) -> None:
        """Delete the row with this row's key; it must exist."""
        exists = row.hash_attribute().exists()
        item = row.get_delete_kwargs_from_instance(
            condition=exists if condition is None else exists & condition, return_values_on_condition_failure="ALL_OLD"
        )
        self._add("Delete", row, item, refusal)

    def discard(self, row: Table) -> None:
        """Delete the row with this row's key, if there is one."""
        self._add("Delete", row, row.get_delete_kwargs_from_instance(), stale)

    def check(self, row: Table, condition: Condition, refusal: Refusal = stale) -> None:
        """Commit only if the row with this row's key, which may be absent, meets a condition."""
        item = row.get_delete_kwargs_from_instance(condition=condition, return_values_on_condition_failure="ALL_OLD")
        self._add("ConditionCheck", row, item, refusal)

    @property
    def room(self) -> int:
        """How many more steps it takes, with one kept for a marker."""
        return MOST_ITEMS - len(self._items) - (self._marker is None)

    def around(self, before: Callable[[], None], after: Callable[[], None]) -> None:
        """Run `before` as the commit begins, which may call it off by raising, and `after` at its end."""
        self._before.append(before)
        self._after.append(after)

    def commit(self) -> None:
        """Write all steps or none.

        Raises:
            StoreBusyError: Conflicts or throttling went on for `DEADLINE` seconds; nothing was written.
            OutcomeUnknownError: Every answer was lost.
            Exception: The refusal of the first step whose condition failed; nothing was written.
        """
        if not self._items:
            return
        if self._marker is None:
            marker = Marker(id=self.id, expires=MARKER_LIFE)
            item = marker.get_save_kwargs_from_instance(
                condition=Marker.id.does_not_exist(), return_values_on_condition_failure="ALL_OLD"
            )
            self._marker = len(self._items)
            self._add("Put", marker, item, stale)
        for step in self._before:
            step()
        try:
            self._send()
        finally:
            # Also after an error: the outcome may be unknown.
            for step in self._after:
                step()

    def _update(self, row: Table, actions: Sequence[Action], condition: Condition | None, refusal: Refusal) -> None:
        item = row.get_update_kwargs_from_instance(
            list(actions), condition=condition, return_values_on_condition_failure="ALL_OLD"
        )
        self._add("Update", row, item, refusal)

    def _add(self, kind: str, row: Table, item: dict[str, Any], refusal: Refusal) -> None:
        key = (row.physical_name(), str(sorted(row.row_key().items())))
        if key in self._keys:
            raise ValueError("two writes to one key in a transaction")
        if len(self._items) == MOST_ITEMS:
            raise ValueError(f"a transaction holds {MOST_ITEMS} items")
        self._keys.add(key)
        self._items.append(({kind: item}, refusal))

    def _send(self) -> None:
        items = [item for item, _ in self._items]
        give_up = time.monotonic() + DEADLINE
        lost, pause = False, 0.02
        while (verdict := self._try(items)) is not _Verdict.APPLIED:
            # A cancelled attempt wrote nothing, but an earlier one whose answer was lost may have.
            lost = lost or verdict is _Verdict.LOST
            if time.monotonic() + pause > give_up:
                raise OutcomeUnknownError if lost else StoreBusyError
            time.sleep(random.uniform(pause / 2, pause))
            pause = min(pause * 1.7, 0.4)

    def _try(self, items: list[dict[str, Any]]) -> "_Verdict":
        try:
            current().dynamodb.transact_write_items(TransactItems=items, ClientRequestToken=self.id)
        except ClientError as error:
            return self._judge(error)
        except NOT_SENT:
            raise
        except NO_ANSWER:
            return _Verdict.LOST
        return _Verdict.APPLIED

    def _judge(self, error: ClientError) -> "_Verdict":
        """What an error answer means; raises a failed condition's refusal, or the error if trying again cannot help."""
        code = error.response["Error"]["Code"]
        if code in BUSY_CODES:
            return _Verdict.BUSY
        if failing(error):
            return _Verdict.LOST
        reasons = error.response.get("CancellationReasons") or []
        failed = [at for at, reason in enumerate(reasons) if reason.get("Code") == "ConditionalCheckFailed"]
        if self._marker in failed and self._is_ours(reasons[self._marker].get("Item")):
            return _Verdict.APPLIED
        if failed:
            raise self._items[failed[0]][1](reasons[failed[0]].get("Item"))
        if any(reason.get("Code") in BUSY_CODES for reason in reasons):
            return _Verdict.BUSY
        raise error

    def _is_ours(self, item: dict[str, Any] | None) -> bool:
        stamp = (item or {}).get("tx") or (item or {}).get("id") or {}
        return bool(stamp.get("S") == self.id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.commit()


def transaction() -> Transaction:
    """A new transaction, committed at the end of its `with` block unless that raises."""
    return Transaction()


def retry_stale(function: F) -> F:
    """Run a read-decide-write function again when a row changed in between, for `DEADLINE` seconds.

    Raises:
        StoreBusyError: It changed each time.
    """

    @functools.wraps(function)
    def again(*args: Any, **kwargs: Any) -> Any:
        give_up = time.monotonic() + DEADLINE
        while True:
            try:
                return function(*args, **kwargs)
            except StaleError:
                if time.monotonic() > give_up:
                    raise StoreBusyError from None
                time.sleep(random.uniform(0.005, 0.05))

    return again  # type: ignore[return-value]
