"""A cache server that is gone, full or hanging: reads go on, changes are refused whole, and all is right afterwards."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.metadata import valkey
from chalicelib.settings import Settings
from tests.drive.asking import put_ok
from tests.metadata.cache.conftest import needs_server
from tests.metadata.records import EXAMPLE, META, create, listing, read, stats
from tests.support.calls import Calls
from tests.support.redis import RedisServer
from tests.support.system import Answer, System, User, moto_aws

pytestmark = needs_server

USER = EXAMPLE["user"]
SLOWEST = 2 * valkey.TIMEOUT + 1.0
"""Seconds a call may take, on a busy machine, while the cache hangs."""


def fill_up(server: RedisServer) -> None:
    with server.admin() as admin:
        admin.config_set("maxmemory", "1")


def make_room(server: RedisServer) -> None:
    with server.admin() as admin:
        admin.config_set("maxmemory", "0")


TROUBLES: dict[str, tuple[Callable[[RedisServer], Any], Callable[[RedisServer], Any]]] = {
    "gone": (RedisServer.kill, RedisServer.start),
    "full": (fill_up, make_room),
    "hanging": (RedisServer.hang, RedisServer.go_on),
}


@dataclass
class Trouble:
    """A system whose cache server is in trouble, with a cached record, an uncached one, and a file of the drive."""

    name: str
    server: RedisServer
    system: System
    user: User
    cached: dict[str, Any]
    uncached: dict[str, Any]
    cid: str

    def end(self) -> None:
        TROUBLES[self.name][1](self.server)

    def call(self, method: str, path: str, **more: Any) -> Answer:
        """A call that must not take long."""
        start = time.monotonic()
        answer = self.system.call(method, path, **more)
        assert time.monotonic() - start < SLOWEST
        return answer


@pytest.fixture(params=TROUBLES)
def trouble(
    request: pytest.FixtureRequest, settings: Settings, own_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Trouble]:
    with moto_aws(monkeypatch):
        system = System.make(settings.model_copy(update={"cache_url": own_server.url}))
        user = system.user()
        (cid,) = put_ok(system, user, ("cat.png", b"not really a cat"))
        cached, uncached = create(system), create(system)
        read(system, cached["id"])
        TROUBLES[request.param][0](own_server)
        yield Trouble(request.param, own_server, system, user, cached, uncached, cid)
        # A stopped process takes no other signal.
        own_server.kill()


def refused(answer: Answer) -> None:
    """503 `cache_unavailable`, in the envelope of either service."""
    body = answer.json
    code = body["code"] if "code" in body else body["error"]
    assert (answer.status, code) == (503, "cache_unavailable")
    assert int(answer.headers["retry-after"]) >= 1


def test_reads_go_on(trouble: Trouble) -> None:
    for made in (trouble.cached, trouble.uncached):
        for _ in range(2):
            answer = trouble.call("GET", f"{META}/{made['id']}")
            assert (answer.status, answer.json["dekEnc"]) == (200, made["dekEnc"])
    assert trouble.call("GET", f"{META}/file_{'0' * 48}").status == 404
    assert len(listing(trouble.system, USER).json["files"]) == 2
    assert stats(trouble.system)[0] == 3
    assert trouble.call("POST", "/api/v0/ls", user=trouble.user).status == 200


CHANGES: dict[str, Callable[[Trouble], Answer]] = {
    "patch": lambda at: at.call("PATCH", f"{META}/{at.cached['id']}", body={"mimeType": "image/gif"}),
    "thumbs": lambda at: at.call("PUT", f"{META}/{at.cached['id']}/thumbs", body={"web": True}),
    "delete": lambda at: at.call("DELETE", f"{META}/{at.cached['id']}"),
    "rm": lambda at: at.call("POST", "/api/v0/rm", user=at.user, query={"arg": at.cid}),
}


def test_changes_are_refused_and_change_nothing(trouble: Trouble) -> None:
    before = trouble.system.contents()

    for change in CHANGES.values():
        refused(change(trouble))

    assert trouble.system.contents() == before


def test_what_needs_no_tombstone_goes_on(trouble: Trouble) -> None:
    assert trouble.call("POST", META, body=EXAMPLE).status == 200
    assert trouble.system.put(trouble.user, ("dog.png", b"a dog")).status == 200
    # An empty change writes nothing.
    assert trouble.call("PATCH", f"{META}/{trouble.cached['id']}", body={}).status == 200
    assert stats(trouble.system)[0] == 5


WARMING: list[tuple[str, dict[str, Any]]] = [
    ("sync", {"user": USER, "type": "allOne"}),
    ("sync", {"user": USER, "type": "mostTwo"}),
    ("prefetch", {"user": USER, "limit": 1}),
    ("invalidate", {"type": "all"}),
    ("invalidate", {"type": "user", "user": USER}),
]


def test_warming_is_refused(trouble: Trouble) -> None:
    for path, body in WARMING:
        # Emptying is how to get out of a full one.
        if (trouble.name, path) != ("full", "invalidate"):
            refused(trouble.call("POST", f"/api/v1/e/meta/{path}", body=body))


@pytest.mark.parametrize("trouble", ["full"], indirect=True)
def test_a_full_cache_can_be_emptied(trouble: Trouble) -> None:
    answer = trouble.call("POST", "/api/v1/e/meta/invalidate", body={"type": "all"})

    assert (answer.status, answer.json) == (200, {"type": "all", "invalidated": 1})


def test_afterwards_all_is_right_again(trouble: Trouble) -> None:
    system = trouble.system
    refused(CHANGES["patch"](trouble))
    trouble.end()

    for made in (trouble.cached, trouble.uncached):
        assert read(system, made["id"])["mimeType"] == EXAMPLE["mimeType"]
        assert system.call("PATCH", f"{META}/{made['id']}", body={"mimeType": "image/gif"}).status == 200
        assert read(system, made["id"])["mimeType"] == "image/gif"
        assert system.call("DELETE", f"{META}/{made['id']}").status == 200
        assert system.call("GET", f"{META}/{made['id']}").status == 404
    assert CHANGES["rm"](trouble).status == 200
    assert stats(system) == (0, 0)


@pytest.mark.parametrize("trouble", ["full"], indirect=True)
def test_a_full_cache_still_answers_reads(trouble: Trouble) -> None:
    calls = Calls(trouble.system.aws)

    assert read(trouble.system, trouble.cached["id"])["dekEnc"] == EXAMPLE["dekEnc"]

    assert calls.total == 0
