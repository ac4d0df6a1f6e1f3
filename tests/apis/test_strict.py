"""Strict folders bring the ancestors they need, and keep them (spec flux-apis, B.3)."""

import pytest

from tests.support.managing import Manager, refused


def connected(me: Manager, api: str) -> dict[str, list[str]]:
    """Methods by folder."""
    return {one["folder"]: one["allowed_methods"] for one in me.ask("GET", f"/api/{api}/folders/").json["results"]}


def disconnect(me: Manager, api: str, folder: str, *, word: str = "folders") -> int:
    return me.ask("DELETE", f"/api/{api}/{word}/{folder}/").status


def test_a_strict_folder_brings_its_ancestors_up_to_the_first_that_is_not_strict(me: Manager) -> None:
    api, above = me.api(), me.folder()
    courses = me.folder(parent=above)
    modules = me.folder(parent=courses, strict=True)
    lessons = me.folder(parent=modules, strict=True)

    me.connect(api, lessons, "get_one")

    assert connected(me, api) == {courses: [], modules: [], lessons: ["get_one"]}
    refused(me.ask("GET", f"/api/{api}/folders/{above}/"), 404, "folder_not_found")


def test_a_folder_that_is_not_strict_brings_nothing(me: Manager) -> None:
    api, top = me.api(), me.folder()
    below = me.folder(parent=top)

    me.connect(api, below)

    assert connected(me, api).keys() == {below}


@pytest.mark.parametrize("word", ["folders", "collections"])
def test_strict_reference_error(me: Manager, word: str) -> None:
    api = me.api()
    top, middle, low = me.strict_chain()
    me.connect(api, low)

    for needed in (top, middle):
        answer = me.ask("DELETE", f"/api/{api}/{word}/{needed}/")
        assert refused(answer, 422, "strict_reference_error") is None
    assert connected(me, api).keys() == {top, middle, low}

    # From below they go one by one, and what was brought does not go by itself.
    assert disconnect(me, api, low, word=word) == 204
    assert connected(me, api).keys() == {top, middle}
    refused(me.ask("DELETE", f"/api/{api}/{word}/{top}/"), 422, "strict_reference_error")
    assert disconnect(me, api, middle) == disconnect(me, api, top) == 204
    assert connected(me, api) == {}


def test_what_was_brought_is_an_ordinary_connection(me: Manager) -> None:
    api = me.api()
    top, middle, low = me.strict_chain()
    me.connect(api, low)

    refused(me.ask("POST", f"/api/{api}/folders/", {"folder": top}), 422, "folder_already_connected_to_api")
    assert me.ask("PUT", f"/api/{api}/folders/{top}/", {"allowed_methods": ["get_one"]}).status == 200
    assert connected(me, api) == {top: ["get_one"], middle: [], low: []}


def test_what_is_connected_already_keeps_its_methods(me: Manager) -> None:
    api = me.api()
    top, middle, low = me.strict_chain()
    me.connect(api, top, "get_many")
    me.connect(api, middle, "get_one")

    me.connect(api, low)

    assert connected(me, api) == {top: ["get_many"], middle: ["get_one"], low: []}
    assert disconnect(me, api, top) == disconnect(me, api, middle) == 422


def test_an_ancestor_stays_until_the_last_that_needs_it_has_gone(me: Manager) -> None:
    api, top = me.api(), me.folder()
    one, two = me.folder(parent=top, strict=True), me.folder(parent=top, strict=True)
    me.connect(api, one)
    me.connect(api, two)

    assert disconnect(me, api, one) == 204
    assert disconnect(me, api, top) == 422
    assert disconnect(me, api, two) == 204
    assert disconnect(me, api, top) == 204


def test_a_folder_that_is_not_strict_does_not_need_its_parent(me: Manager) -> None:
    api, top = me.api(), me.folder()
    below = me.folder(parent=top)
    me.connect(api, top)
    me.connect(api, below)

    assert disconnect(me, api, top) == 204


def test_another_api_s_needs_do_not_count(me: Manager) -> None:
    one, two = me.api(), me.api()
    top, _, low = me.strict_chain()
    me.connect(one, low)
    me.connect(two, top)

    assert disconnect(me, two, top) == 204
    assert disconnect(me, one, top) == 422


def test_the_deepest_chain_goes_with_one_call(me: Manager) -> None:
    api, chain = me.api(), [me.folder()]
    while len(chain) < 16:
        chain.append(me.folder(parent=chain[-1], strict=True))

    me.connect(api, chain[-1])

    assert connected(me, api).keys() == set(chain)
    assert me.ask("DELETE", f"/api/{api}/").status == 204
    assert me.ask("DELETE", "/folders/tree/folder/", query={"key": chain[-1]}).status == 204
