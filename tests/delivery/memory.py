"""Rows in memory, read by the calls that the search engine makes: hundreds of times as fast as a store.

What it must have in common with DynamoDB is asserted: keys in the order of their bytes, none of them empty or too
long, and pages that begin within their stretch. The same tests run over a store, with fewer examples.
"""

from collections.abc import Iterable
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.resources.tables import IndexRow, PublishedRow

_LONGEST = 1024


class Memory:
    """Two tables."""

    def __init__(self) -> None:
        self.rows: dict[tuple[Any, str], dict[str, Any]] = {}

    def write(self, rows: Iterable[aws.Table]) -> None:
        for row in rows:
            if isinstance(row, PublishedRow):
                self.rows.setdefault((PublishedRow, row.place), {})[row.key] = row
            elif isinstance(row, IndexRow):
                self.rows.setdefault((IndexRow, row.field), {})[row.value] = row

    def between(
        self, model: Any, where: aws.Stretch, *, limit: int, start: str | None, newest_first: bool
    ) -> aws.Page[Any]:
        low, high = where.least.encode(), where.greatest.encode()
        assert limit > 0
        if where.least > where.greatest:
            return aws.Page([], None)
        assert 0 < len(low) <= len(high.ljust(len(low))) <= _LONGEST
        there = [one for one in self.rows.get((model, where.hash_key), ()) if low <= one.encode() <= high]
        if start is not None:
            assert low <= start.encode() <= high
            there = [one for one in there if (one < start if newest_first else one > start)]
        there.sort(key=str.encode, reverse=newest_first)
        found = [self.rows[model, where.hash_key][one] for one in there[:limit]]
        return aws.Page(found, {"more": found[-1]} if len(there) >= limit and found else None)

    def batch_get(self, *refs: aws.Ref) -> list[Any]:
        assert all(0 < len(ref.range_key.encode()) <= _LONGEST for ref in refs)
        return [self.rows.get((ref.model, ref.hash_key), {}).get(ref.range_key) for ref in refs]

    def position_after(self, model: Any, hash_key: str, count: int, *, newest_first: bool) -> tuple[str | None, bool]:
        there = sorted(self.rows.get((model, hash_key), ()), reverse=newest_first)
        return there[min(count, len(there)) - 1] if there else None, len(there) >= count

    def stand_in(self, patch: pytest.MonkeyPatch) -> None:
        """Be what the engine reads."""
        for name in ("between", "batch_get", "position_after"):
            patch.setattr(aws, name, getattr(self, name))
