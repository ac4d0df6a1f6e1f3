"""A server that lost only some of what it held, or comes back with what it held long ago, gives no old record."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from valkey.connection import Connection

from chalicelib.metadata import valkey as module
from chalicelib.metadata.cache import CacheUnavailableError, Look
from chalicelib.metadata.valkey import ValkeyCache
from tests.support.redis import RedisServer

DAY = 86_400


def fill(cache: ValkeyCache, epoch: str | None = None, value: bytes = b"old") -> int:
    return cache.fill("o", {"a": value}, DAY, epoch or cache.epoch())


def until(happened: Callable[[], object]) -> None:
    give_up = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_a_snapshot_from_before_a_change_is_not_believed(own_server: RedisServer) -> None:
    cache = ValkeyCache(own_server.url)
    epoch = cache.look("o", "a").epoch
    fill(cache)
    with own_server.admin() as admin:
        admin.save()
    cache.bury("o", ["a"])

    own_server.kill()
    own_server.start()

    with own_server.admin() as admin:
        assert admin.exists("{fv}r:o:a"), "the snapshot was not read"
    assert cache.look("o", "a").value is None
    assert fill(cache, epoch) == 0
    assert fill(cache, value=b"new") == 1
    assert cache.look("o", "a").value == b"new"
    assert cache.drop() == 1


def test_a_replica_is_not_asked_and_one_that_takes_over_begins_anew(
    server: RedisServer, own_server: RedisServer
) -> None:
    first, second = ValkeyCache(server.url), ValkeyCache(own_server.url)
    epoch = first.look("o", "a").epoch
    fill(first)
    with own_server.admin() as admin:
        admin.replicaof("127.0.0.1", server.port)
        until(lambda: admin.exists("{fv}r:o:a"))
        with pytest.raises(CacheUnavailableError):
            second.look("o", "a")
        with pytest.raises(CacheUnavailableError):
            second.bury("o", ["a"])
        admin.replicaof("NO", "ONE")
    # The last that the first was told never comes to the second.
    first.bury("o", ["a"])

    assert second.look("o", "a").value is None
    assert fill(second, epoch) == 0
    assert fill(second) == 1


@pytest.mark.parametrize("policy", ["volatile-ttl", "allkeys-lru"])
def test_a_load_during_which_anything_was_evicted_is_not_kept(server: RedisServer, policy: str) -> None:
    """It may have been the tombstone that the load should have met."""
    cache = ValkeyCache(server.url)
    epoch = cache.look("o", "a").epoch
    cache.bury("o", ["a"])
    with server.admin() as admin:
        admin.config_set("maxmemory-policy", policy)
        admin.config_set("maxmemory", admin.info("memory")["used_memory"] + 200_000)
        until(lambda: admin.set(f"other {time.monotonic_ns()}", "x" * 10_000, ex=DAY) and not admin.exists("{fv}r:o:a"))
        admin.config_set("maxmemory", "0")

    assert fill(cache, epoch) == 0
    assert cache.look("o", "a") == Look(None, cache.epoch(), buried=False)


def test_a_fill_that_arrives_late_is_refused(own_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server stood still for longer than the tombstone; the client gave up long ago, and yet its fill is heard."""
    monkeypatch.setattr(module, "EPOCH_SECONDS", 1)
    monkeypatch.setattr(module, "TOMBSTONE_SECONDS", 3)
    cache = ValkeyCache(own_server.url)
    epoch = cache.look("o", "a").epoch
    # Known to the server, so that the fill is one message.
    fill(cache, "no epoch")
    cache.bury("o", ["a"])

    own_server.hang()
    with pytest.raises(CacheUnavailableError):
        fill(cache, epoch)
    time.sleep(3.1)
    own_server.go_on()

    look = ValkeyCache(own_server.url).look("o", "a")
    assert (look.value, look.buried) == (None, False)


def test_an_epoch_holds_for_a_while_and_then_no_more(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EPOCH_SECONDS", 2)
    cache = ValkeyCache(server.url)
    epoch = cache.epoch()

    assert fill(cache, epoch) == 1
    until(lambda: cache.epoch() != epoch)
    assert fill(cache, epoch) == 1
    time.sleep(2.01)
    assert fill(cache, epoch) == 0


def test_a_record_ends_by_the_servers_own_clock(server: RedisServer) -> None:
    cache = ValkeyCache(server.url)
    cache.fill("o", {"a": b"v"}, 1, cache.epoch())
    assert cache.look("o", "a").value == b"v"

    until(lambda: cache.look("o", "a").value is None)


def test_each_call_is_one_round_trip(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ValkeyCache(server.url)
    calls: list[Callable[[], object]] = [
        lambda: cache.look("o", "a"),
        cache.epoch,
        lambda: fill(cache, "an epoch"),
        lambda: cache.bury("o", ["a", "b"]),
        lambda: cache.most_read("o", 10),
    ]
    sent: list[object] = []
    send: Any = Connection.send_packed_command

    def count(connection: Connection, *args: Any, **kwargs: Any) -> None:
        sent.append(args)
        send(connection, *args, **kwargs)

    # The first time, scripts and connections are made.
    for call in calls:
        call()
    monkeypatch.setattr(Connection, "send_packed_command", count)
    for number, call in enumerate(calls, start=1):
        call()
        assert len(sent) == number


def test_nothing_is_kept_for_ever(server: RedisServer) -> None:
    """But for the mark: whatever owners come and go, the server empties itself."""
    cache = ValkeyCache(server.url)
    fill(cache)
    cache.look("o", "a")
    cache.bury("o", ["b"])

    with server.admin() as admin:
        endless = [key for key in admin.scan_iter() if admin.ttl(key) < 0]

        assert endless == ["{fv}epoch"]

        assert cache.drop() == 1
        assert sorted(admin.scan_iter()) == ["{fv}n:o", "{fv}r:o:b"]
