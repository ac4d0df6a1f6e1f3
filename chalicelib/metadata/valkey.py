"""A cache on a Valkey or Redis server, shared by every process (decision 23).

    {fv}epoch             a mark that goes when the server loses what it held, or drops something
    {fv}r:<owner>:<order> a tombstone (empty), or one record behind the life of the server that it was cached in
    {fv}i:<owner>         orders of the owner's records that may be cached
    {fv}n:<owner>         how often each was read (sorted set)

The braces keep all keys together in a cluster. What must not be torn apart by another process runs as a script on the
server, and so does what depends on the time: a call may hang on its way for longer than a tombstone stands.

A server can also come back with an old state: from a snapshot, or as the replica that takes over. It is then in another
life, by its run id, and nothing that was cached in an earlier one counts. And it may evict a tombstone to make room, so
a load during which it evicted anything fills nothing.
"""

import functools
import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import valkey
from valkey.exceptions import ValkeyError

from chalicelib.metadata.cache import EPOCH_SECONDS, SYNC_SECONDS, TOMBSTONE_SECONDS, CacheUnavailableError, Look

F = TypeVar("F", bound=Callable[..., Any])

TIMEOUT = 0.5
"""Seconds to wait for the server: a read that gives up on it still has the table to ask."""
BATCH = 1000
"""Most records that one script drops, so that none holds the server up."""
_TOMBSTONE = b""
_MARK = "{fv}epoch"
_INDEX_SECONDS = 2 * SYNC_SECONDS
_READS_SECONDS = 30 * SYNC_SECONDS

# Each script has KEYS: mark, then its own; ARGV: the seconds of an epoch, then its own.
_LIFE = "local life = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')\n"
_TIME = f"""{_LIFE}
local evicted = string.match(redis.call('INFO', 'stats'), 'evicted_keys:(%d+)')
local now = math.floor(redis.call('TIME')[1] / ARGV[1])
local function epoch(time)
  return table.concat({{life, evicted, redis.call('GET', KEYS[1]) or '', time}}, '.')
end
"""
# ARGV: a new mark.
_EPOCH = f"""{_TIME}
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SET', KEYS[1], ARGV[2]) end
"""
# KEYS: record, reads. ARGV: a new mark, order, the reads' seconds.
_LOOK = f"""{_EPOCH}
-- A full server can still be read, so the count, which needs room, may fail; a replica refuses the next line too.
redis.pcall('ZINCRBY', KEYS[3], 1, ARGV[3])
redis.call('EXPIRE', KEYS[3], ARGV[4])
local value = redis.call('GET', KEYS[2])
if value and value ~= '' then
  value = string.sub(value, 1, #life) == life and string.sub(value, #life + 1)
end
return {{value, epoch(now)}}
"""
# KEYS: index, then one a record. ARGV: epoch, seconds, the index's seconds, then order and value of each.
_FILL = f"""{_TIME}
if ARGV[2] ~= epoch(now) and ARGV[2] ~= epoch(now - 1) then return 0 end
local filled = 0
for i = 3, #KEYS do
  if redis.call('GET', KEYS[i]) ~= '' then
    local seconds = math.max(tonumber(ARGV[3]), redis.call('TTL', KEYS[i]))
    redis.call('SET', KEYS[i], life .. ARGV[2 * i], 'EX', seconds)
    redis.call('SADD', KEYS[2], ARGV[2 * i - 1])
    filled = filled + 1
  end
end
if filled > 0 then redis.call('EXPIRE', KEYS[2], ARGV[4]) end
return filled
"""
# KEYS: index, then one a record. ARGV: order of each. Nothing here needs room, so a full server can be emptied.
_DROP = f"""{_LIFE}
local dropped = 0
for i = 3, #KEYS do
  local value = redis.call('GET', KEYS[i])
  if value and value ~= '' then
    redis.call('DEL', KEYS[i])
    if string.sub(value, 1, #life) == life then dropped = dropped + 1 end
  end
  redis.call('SREM', KEYS[2], ARGV[i - 1])
end
return dropped
"""


def _reached(method: F) -> F:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except ValkeyError as error:
            raise CacheUnavailableError from error

    return call  # type: ignore[return-value]


class ValkeyCache:
    """Records on a server; `url` is `valkey://`, `valkeys://`, `redis://` or `rediss://`."""

    def __init__(self, url: str) -> None:
        self._server: Any = valkey.Valkey.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
        self._epoch = self._script(f"{_EPOCH} return epoch(now)")
        self._look = self._script(_LOOK)
        self._fill = self._script(_FILL)
        self._drop = self._script(_DROP)

    def _script(self, text: str) -> Callable[..., Any]:
        script = self._server.register_script(text)
        return lambda keys, *args: script(keys=[_MARK, *keys], args=[EPOCH_SECONDS, *args])

    @_reached
    def look(self, owner: str, order: str) -> Look:
        """See `Cache`. One round trip."""
        keys = [_record(owner, order), _reads(owner)]
        value, epoch = self._look(keys, uuid.uuid4().hex, order, _READS_SECONDS)
        return Look(value or None, epoch.decode(), buried=value == _TOMBSTONE)

    @_reached
    def epoch(self) -> str:
        """See `Cache`. One round trip."""
        return str(self._epoch([], uuid.uuid4().hex).decode())

    @_reached
    def fill(self, owner: str, values: Mapping[str, bytes], seconds: int, epoch: str) -> int:
        """See `Cache`. One round trip."""
        if not values:
            return 0
        pairs = [part for pair in values.items() for part in pair]
        keys = [_index(owner), *(_record(owner, order) for order in values)]
        return int(self._fill(keys, epoch, seconds, _INDEX_SECONDS, *pairs))

    @_reached
    def bury(self, owner: str, orders: Iterable[str]) -> None:
        """See `Cache`. One round trip."""
        pipe = self._server.pipeline(transaction=True)
        for order in orders:
            pipe.set(_record(owner, order), _TOMBSTONE, ex=TOMBSTONE_SECONDS)
        pipe.execute()

    @_reached
    def most_read(self, owner: str, limit: int) -> Sequence[str]:
        """See `Cache`. One round trip."""
        return [order.decode() for order in self._server.zrevrange(_reads(owner), 0, limit - 1)]

    @_reached
    def drop(self, owner: str | None = None, order: str | None = None) -> int:
        """See `Cache`. Round trips grow with what is dropped."""
        # First of all, so that loads under way fill nothing.
        self._server.delete(_MARK)
        if owner is None:
            indexes = self._server.scan_iter(match=_index("*"), count=BATCH)
            return sum(self._drop_owner(index.decode().removeprefix(_index(""))) for index in indexes)
        return self._drop_owner(owner) if order is None else self._drop_some(owner, [order])

    def _drop_owner(self, owner: str) -> int:
        orders = (order.decode() for order in self._server.sscan_iter(_index(owner), count=BATCH))
        return sum(self._drop_some(owner, batch) for batch in _batches(orders))

    def _drop_some(self, owner: str, orders: Sequence[str]) -> int:
        return int(self._drop([_index(owner), *(_record(owner, order) for order in orders)], *orders))


def _batches(orders: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(itertools.islice(orders, BATCH)):
        yield batch


def _record(owner: str, order: str) -> str:
    return f"{{fv}}r:{owner}:{order}"


def _index(owner: str) -> str:
    return f"{{fv}}i:{owner}"


def _reads(owner: str) -> str:
    return f"{{fv}}n:{owner}"
