"""References that are followed, and those that stay keys (spec flux-apis, C.3 and C.5)."""

from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.delivery import populating
from tests.delivery.publishing import Shelf
from tests.delivery.visiting import Site, refused
from tests.support.calls import Calls
from tests.support.managing import Manager, field


def refers(key: str, folder: str, **more: Any) -> dict[str, Any]:
    return field(key, "reference", **more) | {"meta": {"folder": folder}}


@pytest.fixture
def site(me: Manager) -> Site:
    return Site.of(me)


@pytest.fixture
def people(site: Site) -> Shelf:
    """People who have friends and a boss among themselves."""
    folder = site.me.folder("people")
    fields = [
        field("name"),
        field("secret", private=True),
        refers("boss", folder),
        refers("friends", folder, multiple=True),
        refers("hidden", folder, private=True),
        field("work", "object"),
        refers("mentor", folder) | {"parent": "work"},
        field("jobs", "array"),
        refers("chief", folder) | {"parent": "jobs"},
    ]
    site.me.schema(folder, *fields)
    site.me.connect(site.api, folder, "get_one", "get_many")
    return Shelf.of(site, folder, fields)


def read(site: Site, key: str, populate: str) -> Any:
    return site.read(f"people/{key}", query={"populate": populate})["data"]


def named(item: Any) -> Any:
    """The name of a populated reference, and what stands there otherwise."""
    return item["data"]["name"] if isinstance(item, Mapping) else item


def test_references_become_resources(site: Site, people: Shelf) -> None:
    ada = {
        "name": "Ada",
        "boss": "bob",
        "friends": ["bob", "gone", "eve"],
        "hidden": "bob",
        "work": {"mentor": "eve"},
        "jobs": [{"chief": "bob"}, {}, {"chief": "eve"}],
    }
    people.put({"ada": ada, "bob": {"name": "Bob", "secret": "hush"}, "eve": {"name": "Eve"}})

    found = read(site, "ada", "boss,friends,work.mentor,jobs.chief")
    assert found["boss"] == site.read("people/bob")
    assert "secret" not in found["boss"]["data"]
    assert [named(one) for one in found["friends"]] == ["Bob", "gone", "Eve"]
    assert named(found["work"]["mentor"]) == "Eve"
    assert [named(one.get("chief")) for one in found["jobs"]] == ["Bob", None, "Eve"]
    assert "hidden" not in found
    # Nothing but what is asked for.
    assert read(site, "ada", "boss")["friends"] == ["bob", "gone", "eve"]
    listed = site.read("people", query={"populate": "boss", "fields": "boss"})["results"]
    assert [named(one["data"]["boss"]) for one in listed if one["data"]] == ["Bob"]
    searched = site.ask("people/_search", "POST", query={"populate": "boss"}, body={}).json["results"]
    assert [named(one["data"]["boss"]) for one in searched if "boss" in one["data"]] == ["Bob"]


def test_three_deep_and_round_in_circles(site: Site, people: Shelf) -> None:
    people.put({"ada": {"name": "Ada", "boss": "bob", "friends": ["ada"]}, "bob": {"name": "Bob", "boss": "ada"}})

    deep = read(site, "ada", "boss.boss.boss")["boss"]["data"]["boss"]["data"]["boss"]
    assert (named(deep), deep["data"]["boss"]) == ("Bob", "ada")
    assert named(read(site, "ada", "friends.friends.boss")["friends"][0]["data"]["friends"][0]["data"]["boss"]) == "Bob"
    for path in ("boss.boss.boss.boss", "friends.friends.friends.boss"):
        refused(site.ask("people/ada", query={"populate": path}), 422, "invalid_request")


@pytest.mark.parametrize(
    "path", ["name", "nosuch", "hidden", "work", "boss.name", "boss.hidden", ".", "boss.", "boss..boss"]
)
def test_what_is_no_reference_is_refused(site: Site, people: Shelf, path: str) -> None:
    people.put({"ada": {"name": "Ada"}})
    for where in ("people/ada", "people"):
        refused(site.ask(where, query={"populate": path}), 422, "invalid_request")


def test_keys_stay_where_the_api_does_not_show_resources_one_by_one(site: Site, me: Manager) -> None:
    source, elsewhere = me.folder("source"), me.folder("elsewhere")
    listed, owner = site.folder("listed", "get_many"), site.folder("owner")
    strict = site.folder("strict", parent=owner, strict=True)
    targets = {"a": elsewhere, "b": listed, "c": strict}
    fields = [refers(key, folder) for key, folder in targets.items()]
    me.schema(source, *fields)
    me.schema(elsewhere, field("name"))
    me.connect(site.api, source, "get_one")
    for folder in targets.values():
        Shelf.of(site, folder, [field("title")]).put({"k1": {"title": "told"}})
    Shelf.of(site, source, fields).put({"one": {"a": "k1", "b": "k1", "c": "k1"}})

    assert site.read("source/one", query={"populate": "a,b,c,a.x"})["data"] == {"a": "k1", "b": "k1", "c": "k1"}


def test_too_much_is_refused(site: Site, people: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what the answer would hold that counts: what stands in several places counts in each."""
    monkeypatch.setattr(populating, "MOST_BYTES", 20_000)
    crowd = {f"p{at}": {"name": "x" * 300, "friends": [f"p{other}" for other in range(10)]} for at in range(10)}
    people.put(crowd)

    assert len(read(site, "p0", "friends")["friends"]) == 10
    for path in ("friends.friends", "friends.friends.friends"):
        refused(site.ask("people/p0", query={"populate": path}), 422, "invalid_request")
    refused(site.ask("people", query={"populate": "friends"}), 422, "invalid_request")
    assert len(site.read("people", query={"populate": "friends", "limit": "2"})["results"]) == 2


def test_many_references_are_not_followed(site: Site, people: Shelf, system: Any) -> None:
    people.put(
        {"ada": {"name": "Ada", "friends": [f"p{at}" for at in range(1_001)]}, "bob": {"friends": ["x" * 3_000]}}
    )
    calls = Calls(system.aws)

    refused(site.ask("people/ada", query={"populate": "friends"}), 422, "invalid_request")
    assert calls.by_operation()["BatchGetItem"] <= 6
    # What no key can be is not even looked up.
    assert read(site, "bob", "friends")["friends"] == ["x" * 3_000]
