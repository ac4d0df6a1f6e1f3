"""What each set of allowed methods lets be asked: the whole of the table (spec flux-apis, C.5)."""

from dataclasses import dataclass

import pytest

from tests.delivery.visiting import Site, refused
from tests.support.managing import Manager, field

SETS: dict[str, tuple[str, ...]] = {
    "both": ("get_many", "get_one"),
    "many": ("get_many",),
    "one": ("get_one",),
    "none": (),
}
READ = "GET, HEAD"
TABLE = {
    "both": {"list": READ, "search": "POST", "one": READ, "file": READ, "thumb": READ, "schema": READ},
    "many": {"list": READ, "search": "POST", "one": "", "file": "", "thumb": "", "schema": READ},
    "one": {"list": "", "search": "", "one": READ, "file": READ, "thumb": READ, "schema": READ},
    "none": {"list": "", "search": "", "one": "", "file": "", "thumb": "", "schema": ""},
}
"""Verbs of each thing, under each set."""
ACTIONS = {
    "both": ["get_many", "search", "get_one", "schema"],
    "many": ["get_many", "search", "schema"],
    "one": ["get_one", "schema"],
    "none": [],
}
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
WRITES = {("list", "POST"), ("one", "PUT")}


@dataclass(frozen=True)
class Place:
    """A folder `things` with one resource, and the paths to all that may be asked of it."""

    site: Site
    folder: str
    paths: dict[str, str]


@pytest.fixture
def place(me: Manager, request: pytest.FixtureRequest) -> Place:
    site = Site.of(me)
    folder = site.folder("things", fields=(field("title", searchable=True), field("picture", "file")))
    answer = me.system.put(site.user(), ("a.png", b"not quite a picture"))
    cid = answer.json["files"][0]["hash"]
    key = site.post(folder, {"title": "One", "picture": cid})
    site.allow(folder, *SETS[request.param])
    paths = {
        "list": "things",
        "search": "things/_search",
        "one": f"things/{key}",
        "file": f"things/{key}/_files/{cid}",
        "thumb": f"things/{key}/_thumbs/{cid}",
        "schema": "things/_schema",
    }
    return Place(site, folder, paths)


@pytest.mark.parametrize(("place", "name"), [(name, name) for name in SETS], indirect=["place"])
def test_every_verb_of_everything(place: Place, name: str) -> None:
    for what, path in place.paths.items():
        allowed = TABLE[name][what].split(", ")
        for verb in VERBS:
            answer = place.site.ask(path, verb)
            if (what, verb) in WRITES:
                refused(answer, 401, "authentication_required")
            elif verb in allowed:
                # There is a thumbnail of nothing that is no picture.
                assert answer.status == (404 if what == "thumb" else 200), (what, verb, answer.body)
            elif verb == "HEAD":
                assert (answer.status, answer.body) == (405, b"")
                assert answer.headers["allow"] == TABLE[name][what]
            else:
                refused(answer, 405, "method_not_allowed")
                assert answer.headers["allow"] == TABLE[name][what]


@pytest.mark.parametrize(("place", "name"), [(name, name) for name in SETS], indirect=["place"])
def test_content_is_shown_where_one_may_be_got(place: Place, name: str) -> None:
    key = place.paths["one"].split("/")[1]
    if "get_many" in SETS[name]:
        (listed,) = place.site.read("things")["results"]
        (found,) = place.site.read("things/_search", method="POST", body={"where": {"title__eq": "One"}})["results"]
        assert found == listed
        assert listed.keys() == ({"_sys", "data"} if name == "both" else {"_sys"})
        assert listed["_sys"]["key"] == key
    if "get_one" in SETS[name]:
        one = place.site.read(f"things/{key}")
        assert one.keys() == {"_sys", "data"}
        assert one["data"]["title"] == "One"


@pytest.mark.parametrize(("place", "name"), [(name, name) for name in SETS], indirect=["place"])
def test_the_router_says_the_same(place: Place, name: str) -> None:
    routes = place.site.read("_router")["routes"]

    assert [one["action"] for one in routes] == ACTIONS[name]
    if ACTIONS[name]:
        assert sorted(place.site.read("things/_schema")["actions"]) == sorted(SETS[name])


@pytest.mark.parametrize("place", ["many"], indirect=True)
@pytest.mark.parametrize("query", [{"populate": "title"}, {"fields": "title"}, {"truncate_text": "3"}])
def test_nothing_brings_content_back(place: Place, query: dict[str, str]) -> None:
    refused(place.site.ask("things", query=query), 422, "invalid_request")
    refused(place.site.ask("things/_search", "POST", query=query), 422, "invalid_request")
    refused(place.site.ask("things/_search", "POST", body={"fields": ["title"]}), 422, "invalid_request")


@pytest.mark.parametrize("place", ["many"], indirect=True)
def test_conditions_and_sorts_stay_allowed(place: Place) -> None:
    assert place.site.read("things", query={"where__title__eq": "One"})["results"]
    assert not place.site.read("things", query={"where__title__eq": "Two"})["results"]
    assert place.site.read("things", query={"sort": "-title"})["results"]


@pytest.mark.parametrize("place", ["both"], indirect=True)
def test_what_is_not_connected_is_nowhere(place: Place) -> None:
    answer = place.site.me.ask("DELETE", f"/api/{place.site.api}/folders/{place.folder}/")
    assert answer.status == 204

    for what, path in place.paths.items():
        for verb in ("GET", "POST", "PUT", "DELETE"):
            refused(place.site.ask(path, verb), 404, "route_not_found")
        assert place.site.ask(path, "HEAD").status == 404, what
    assert place.site.read("_router")["routes"] == []


def test_another_api_s_connection_is_its_own(me: Manager) -> None:
    first, second = Site.of(me, prefix="first"), Site.of(me, prefix="second")
    folder = first.folder("things")
    key = first.post(folder, {"title": "One"})
    me.connect(second.api, folder, "get_many")

    assert first.ask(f"things/{key}").status == 200
    refused(second.ask(f"things/{key}"), 405, "method_not_allowed")
    assert [one.keys() for one in second.read("things")["results"]] == [{"_sys"}]
