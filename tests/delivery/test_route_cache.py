"""What a process remembers of an API: no longer than it may, no more than it has room for, and no refusals."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from chalicelib import aws
from chalicelib.delivery import tables
from chalicelib.settings import Settings
from tests.delivery.visiting import Site, refused
from tests.members.permitting import FLUX, holder
from tests.support.calls import Calls
from tests.support.faults import Faults, server_error
from tests.support.managing import Manager, manager
from tests.support.system import System, moto_aws

SECONDS = 5.0


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    with pytest.MonkeyPatch.context() as patch, moto_aws(patch):
        patch.setattr(aws.clients, "_current", None)
        settings = Settings(
            table_prefix="cached-", blob_bucket="cached", kms_key_id="alias/cached", route_cache_seconds=SECONDS
        )
        yield System.make(settings)


@dataclass
class Clock:
    now: float = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that memory goes by."""
    made = Clock()
    monkeypatch.setattr(tables, "time", SimpleNamespace(monotonic=lambda: made.now))
    return made


@pytest.fixture
def site(me: Manager, clock: Clock) -> Site:
    """An API that nobody has read yet."""
    assert clock
    made = Site.of(me)
    made.folder("things")
    return made


def routes(site: Site) -> int:
    return len(site.read("_router")["routes"])


def test_what_is_remembered_costs_nothing(site: Site) -> None:
    calls = Calls(site.system.aws)
    costs = []
    for _ in range(3):
        calls.clear()
        site.read("_router")
        costs.append(calls.total)

    assert costs[0] > 0
    assert costs[1:] == [0, 0]


def test_many_folders_are_read_together(site: Site) -> None:
    many = Site.of(site.me, prefix="many")
    for number in range(6):
        many.folder(f"folder{number}")
    calls = Calls(site.system.aws)
    costs = []
    for one in (site, many):
        calls.clear()
        one.read("_router")
        costs.append(calls.by_operation())

    assert costs == [{"BatchGetItem": 4, "Query": 1}] * 2


def test_it_is_stale_for_so_long_and_not_longer(site: Site, clock: Clock) -> None:
    assert routes(site) == 4
    site.allow(site.me.ask("GET", f"/api/{site.api}/folders/").json["results"][0]["folder"])

    # Reading it again does not keep it any longer.
    for _ in range(4):
        clock.now += SECONDS / 4 - 0.001
        assert routes(site) == 4
    clock.now += 0.01
    assert routes(site) == 0
    clock.now += SECONDS - 0.01
    assert routes(site) == 0


def test_an_api_that_is_gone_is_gone_after_that_time(site: Site, clock: Clock) -> None:
    assert site.ask("things").status == 200
    assert site.me.ask("DELETE", f"/api/{site.api}/").status == 204

    assert site.ask("things").status == 200
    clock.now += SECONDS
    refused(site.ask("things"), 404, "route_not_found")


def test_keys_are_never_remembered(site: Site) -> None:
    site.change(is_auth_required=True)
    auth, key = holder(site.me, None, FLUX)
    assert site.ask("things", auth=auth).status == 200

    assert site.me.ask("DELETE", f"{FLUX}/api-keys/{key}/").status == 204

    refused(site.ask("things", auth=auth), 401, "authentication_required")


def test_nor_is_what_is_published(site: Site) -> None:
    assert site.read("things")["results"] == []
    folder = site.me.ask("GET", f"/api/{site.api}/folders/").json["results"][0]["folder"]

    key = site.post(folder, {"title": "One"})

    assert site.read(f"things/{key}")["data"]["title"] == "One"


def test_refusals_are_not_remembered(site: Site) -> None:
    path = f"/flux/{site.me.env}/late/things"
    refused(site.system.call("GET", path), 404, "route_not_found")
    Site.of(site.me, prefix="late").folder("later")
    assert site.system.call("GET", path.replace("things", "later")).status == 200

    site.system.accounts.set_suspended(site.me.zelid, suspended=True)
    refused(site.ask("things"), 404, "environment_not_found")
    site.system.accounts.set_suspended(site.me.zelid, suspended=False)
    assert site.ask("things").status == 200


def test_nor_are_faults(site: Site) -> None:
    faults = Faults(site.system.aws)
    faults.add("Query", server_error, times=20)
    assert site.ask("things").status in {500, 503}
    faults.clear()

    assert site.ask("things").status == 200


def test_each_environment_has_its_own(site: Site) -> None:
    other = Site.of(manager(site.system))

    assert (other.prefix, other.me.env != site.me.env) == (site.prefix, True)
    assert routes(site) == 4
    assert routes(other) == 0
    assert routes(site) == 4


def test_there_is_room_for_so_many(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 3
    monkeypatch.setattr(tables, "_MOST_KEPT", most)
    sites = [Site.of(site.me, prefix=f"s{number}") for number in range(5)]
    calls = Calls(site.system.aws)

    def costs(one: Site) -> bool:
        calls.clear()
        routes(one)
        return calls.total > 0

    assert [costs(one) for one in sites] == [True] * 5
    # The latest are still there.
    assert [costs(one) for one in sites[-most:]] == [False] * most
    assert costs(sites[0])
    assert [costs(one) for one in (*sites[-most + 1 :], sites[0])] == [False] * most
    assert costs(sites[2])
