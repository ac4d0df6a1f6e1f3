"""Resources of strict folders belong to one of the folder above, and go with it (spec flux-apis, B.3 and B.7)."""

from typing import Any

import pytest

from tests.resources.recount import recount, settle
from tests.support.managing import Manager, field, invalid, manager, refused


@pytest.fixture
def chain(me: Manager) -> tuple[str, str, str]:
    """A folder, a strict one in it, and a strict one in that, each with a schema."""
    found = me.strict_chain()
    for folder in found:
        me.schema(folder, field("title", searchable=True), field("n", "integer", multiple=True, searchable=True))
    return found


def make(me: Manager, folder: str, **said: Any) -> Any:
    return me.ask("POST", f"/folders/{folder}/resources/", {"data": {"title": "t"}, **said})


def test_an_owner_is_shown(me: Manager, chain: tuple[str, str, str]) -> None:
    top, middle, low = chain
    one = me.resource(top, {})
    two = me.resource(middle, {}, resource_owner=one)
    three = make(me, low, resource_owner=two).json

    assert three["resource_owner"] == two
    path = f"/folders/{low}/resources/{three['key']}"
    assert me.ask("GET", path).json == three
    assert me.ask("PUT", path, {"data": {}, "resource_owner": two}).status == 200
    assert me.ask("PUT", path, {"title": "bare"}).status == 200
    assert me.publish(low, three["key"]).status == 200
    assert me.ask("GET", f"{path}/data").json == {"title": "bare"}
    assert me.ask("GET", f"/folders/{low}/resources/").json["count"] == 1
    assert recount(me.system) == []


def test_a_resource_of_a_strict_folder_needs_an_owner(me: Manager, chain: tuple[str, str, str]) -> None:
    _, middle, _ = chain

    invalid(make(me, middle), "resource_owner")
    invalid(make(me, middle, resource_owner=None), "resource_owner")
    invalid(make(me, middle, resource_owner=""), "resource_owner")
    # A bare document says nothing of an owner.
    invalid(me.ask("POST", f"/folders/{middle}/resources/", {"title": "t"}), "resource_owner")
    assert me.ask("GET", f"/folders/{middle}/resources/").json["count"] == 0


def test_a_resource_of_another_folder_has_none(me: Manager, chain: tuple[str, str, str]) -> None:
    top, _, _ = chain
    one = me.resource(top, {})

    invalid(make(me, top, resource_owner=one), "resource_owner")
    # A folder in another that is not strict is none either.
    below = me.folder(parent=top)
    me.schema(below, field("title"))
    invalid(make(me, below, resource_owner=one), "resource_owner")
    assert make(me, below).status == 201


def test_the_owner_is_one_of_the_folder_above(me: Manager, chain: tuple[str, str, str]) -> None:
    top, middle, low = chain
    one = me.resource(top, {})
    two = me.resource(middle, {}, resource_owner=one)
    stranger = manager(me.system)
    theirs = stranger.folder()
    stranger.schema(theirs, field("title"))
    other = me.folder()
    me.schema(other, field("title"))
    wrong = ["nothing", two, "a/b", f"{one} ", stranger.resource(theirs, {}), me.resource(other, {})]

    for owner in wrong:
        invalid(make(me, middle, resource_owner=owner), "resource_owner")
    for owner in (one, "nothing"):
        invalid(make(me, low, resource_owner=owner), "resource_owner")
    assert me.ask("GET", f"/folders/{middle}/resources/").json["count"] == 1
    assert recount(me.system) == []


def test_the_owner_never_changes(me: Manager, chain: tuple[str, str, str]) -> None:
    top, middle, _ = chain
    one, other = me.resource(top, {}), me.resource(top, {})
    two = me.resource(middle, {}, resource_owner=one, external_id="x")

    invalid(
        me.ask("PUT", f"/folders/{middle}/resources/{two}", {"data": {}, "resource_owner": other}), "resource_owner"
    )
    query = {"external_id": "x"}
    path = f"/folders/{middle}/resources"
    invalid(me.ask("PUT", path, {"data": {}, "resource_owner": other}, query=query), "resource_owner")
    assert me.ask("PUT", path, {"data": {}}, query=query).status == 200
    invalid(me.ask("PUT", path, {"data": {}}, query={"external_id": "y"}), "resource_owner")
    made = me.ask("PUT", path, {"data": {}, "resource_owner": other}, query={"external_id": "y"})
    assert (made.status, made.json["resource_owner"]) == (201, other)


def test_what_belongs_to_it_goes_with_it_three_levels_deep(me: Manager, chain: tuple[str, str, str]) -> None:
    top, middle, low = chain
    gone: list[tuple[str, str]] = []
    kept: list[tuple[str, str]] = []
    for keep in (False, True):
        one = me.resource(top, {"title": "t"})
        (kept if keep else gone).append((top, one))
        for m in range(2):
            two = me.resource(middle, {"title": "t"}, resource_owner=one, external_id=f"{keep}{m}")
            (kept if keep else gone).append((middle, two))
            for _ in range(2):
                three = me.resource(low, {"n": list(range(110 if not keep and m else 3))}, resource_owner=two)
                (kept if keep else gone).append((low, three))
    for folder, resource in (*gone, *kept[:4]):
        assert me.publish(folder, resource).status == 200

    assert me.ask("DELETE", f"/folders/{top}/resources/{gone[0][1]}").status == 204

    for folder, resource in gone:
        refused(me.ask("GET", f"/folders/{folder}/resources/{resource}"), 404, "resource_not_found")
        refused(me.ask("GET", f"/folders/{folder}/resources/{resource}/data"), 404, "resource_not_found")
    for folder, resource in kept:
        assert me.ask("GET", f"/folders/{folder}/resources/{resource}").status == 200
    counts = [me.ask("GET", f"/folders/{folder}/resources/").json["count"] for folder in chain]
    assert counts == [1, 2, 4]
    assert make(me, middle, resource_owner=kept[0][1], external_id="False0").status == 201
    assert recount(me.system) == []


def test_deleting_from_the_middle_leaves_the_owner(me: Manager, chain: tuple[str, str, str]) -> None:
    top, middle, low = chain
    one = me.resource(top, {})
    two = me.resource(middle, {}, resource_owner=one)
    three = me.resource(low, {}, resource_owner=two)

    assert me.ask("DELETE", f"/folders/{middle}/resources/{two}").status == 204

    assert me.ask("GET", f"/folders/{top}/resources/{one}").status == 200
    refused(me.ask("GET", f"/folders/{low}/resources/{three}"), 404, "resource_not_found")
    invalid(make(me, low, resource_owner=two), "resource_owner")
    assert recount(me.system) == []


def test_a_folder_with_resources_stays(me: Manager, chain: tuple[str, str, str]) -> None:
    top, middle, low = chain
    one = me.resource(top, {})
    me.resource(middle, {}, resource_owner=one)

    def delete(folder: str) -> Any:
        return me.ask("DELETE", "/folders/tree/folder/", query={"key": folder})

    assert delete(low).status == 204
    refused(delete(middle), 422, "folder_not_empty")
    assert me.ask("DELETE", f"/folders/{top}/resources/{one}").status == 204
    assert delete(middle).status == delete(top).status == 204
    settle(me.system)
    assert recount(me.system) == []


def test_many_belong_to_one(me: Manager, chain: tuple[str, str, str]) -> None:
    top, middle, _ = chain
    one = me.resource(top, {})
    owned = [me.resource(middle, {}, resource_owner=one) for _ in range(25)]
    assert me.ask("GET", f"/folders/{middle}/resources/").json["count"] == len(owned)

    assert me.ask("DELETE", f"/folders/{top}/resources/{one}").status == 204

    assert me.ask("GET", f"/folders/{middle}/resources/").json["count"] == 0
    assert recount(me.system) == []
