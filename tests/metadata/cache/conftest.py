"""Both kinds of cache that keep something, behind one face: how they lose it, and how time passes for them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.metadata.cache import Cache
from chalicelib.metadata.embedded import EmbeddedCache
from chalicelib.metadata.valkey import ValkeyCache
from chalicelib.settings import Settings
from tests.support.redis import MISSING, PROGRAM, RedisServer
from tests.support.system import System, moto_aws

needs_server = pytest.mark.skipif(PROGRAM is None, reason=MISSING)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Embedded:
    """The embedded cache, over a clock of the test's."""

    clock: Clock
    cache: EmbeddedCache

    def lose(self) -> None:
        self.cache.lose()

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds


@dataclass
class Served:
    """The cache on a server; keys are made older, since its clock cannot be set."""

    admin: Any
    cache: ValkeyCache

    def lose(self) -> None:
        self.admin.flushall()

    def wait(self, seconds: float) -> None:
        for key in self.admin.scan_iter("{fv}*"):
            left = self.admin.pttl(key)
            if left > 0:
                self.admin.pexpire(key, int(left - seconds * 1000))


Kept = Embedded | Served


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if PROGRAM is None:
        pytest.skip(MISSING)
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def server(shared_server: RedisServer) -> Iterator[RedisServer]:
    """A running server, empty; what a test sets on it is set back."""
    with shared_server.admin() as admin:
        admin.flushall()
        yield shared_server
        for name, value in {"maxmemory": "0", "maxmemory-policy": "noeviction"}.items():
            admin.config_set(name, value)


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A running server that the test may kill or hang."""
    if PROGRAM is None:
        pytest.skip(MISSING)
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["embedded", "server"])
def kept(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Kept]:
    """A cache that keeps things, empty."""
    if request.param == "embedded":
        yield Embedded(clock, EmbeddedCache(clock))
        return
    server: RedisServer = request.getfixturevalue("server")
    with server.admin() as admin:
        yield Served(admin, ValkeyCache(server.url))


@pytest.fixture
def cache(kept: Kept) -> Cache:
    return kept.cache


@pytest.fixture
def make_system(settings: Settings, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[Callable[..., System]]:
    """Makes systems with these settings over one AWS; each has an embedded cache, which goes by the test's clock."""
    monkeypatch.setattr("chalicelib.composition.EmbeddedCache", lambda: EmbeddedCache(clock))
    with moto_aws(monkeypatch):
        yield lambda **fields: System.make(settings.model_copy(update={"cache_url": "embedded", **fields}))
