"""Where folders may stand, and when they may go (spec flux-apis, B.3, B.4 and our decisions)."""

import pytest

from tests.support.managing import Manager, invalid, refused


def new(me: Manager, alias: str, parent: str | None, *, strict: bool = False) -> tuple[int, str | None]:
    """Status and code of making a folder."""
    body = {"name": alias, "alias": alias, "parent": parent, "strict_reference": strict}
    answer = me.ask("POST", "/folders/tree/", body)
    return answer.status, answer.json.get("error_code")


def delete(me: Manager, key: str) -> tuple[int, str | None]:
    answer = me.ask("DELETE", "/folders/tree/folder/", query={"key": key})
    return answer.status, answer.json["error_code"] if answer.body else None


def test_folder_alias_exists(me: Manager) -> None:
    top, other = me.folder("top"), me.folder("other")
    me.folder("same", top)

    assert new(me, "top", None) == (422, "folder_alias_exists")
    assert new(me, "same", top) == (422, "folder_alias_exists")
    answer = me.ask("PUT", "/folders/tree/folder/", {"alias": "other"}, query={"key": me.folder("third")})
    assert refused(answer, 422, "folder_alias_exists") is None
    # In another place, in another case, or once it is free
    assert new(me, "same", other) == new(me, "Top", None) == (201, None)
    assert me.ask("PUT", "/folders/tree/folder/", {"alias": "fourth"}, query={"path": "third"}).status == 200
    assert new(me, "third", None) == (201, None)


@pytest.mark.parametrize(
    ("in_strict", "strict", "outcome"),
    [
        (None, True, (422, "strict_reference_error")),
        (None, False, (201, None)),
        (False, True, (201, None)),
        (False, False, (201, None)),
        (True, True, (201, None)),
        (True, False, (422, "strict_reference_error")),
    ],
)
def test_strict_reference_error_by_place(
    me: Manager, in_strict: bool | None, strict: bool, outcome: tuple[int, str | None]
) -> None:
    parent = me.folder() if in_strict is not None else None
    if in_strict:
        parent = me.folder(parent=parent, strict=True)

    assert new(me, "new", parent, strict=strict) == outcome


def test_folder_not_empty(me: Manager) -> None:
    top = me.folder()
    below = me.folder(parent=top)

    assert delete(me, top) == (422, "folder_not_empty")
    assert delete(me, below) == delete(me, top) == (204, None)


def test_strict_reference_error_while_connected(me: Manager) -> None:
    folder, api = me.folder(), me.api()
    me.connect(api, folder)

    assert delete(me, folder) == (422, "strict_reference_error")
    assert me.ask("DELETE", f"/api/{api}/folders/{folder}/").status == 204
    assert delete(me, folder) == (204, None)


def test_folders_go_sixteen_deep(me: Manager) -> None:
    chain = [me.folder()]
    while len(chain) < 16:
        chain.append(me.folder(f"f{len(chain)}", chain[-1]))

    invalid(me.ask("POST", "/folders/tree/", {"name": "n", "alias": "a", "parent": chain[-1]}), "parent")

    deepest = me.ask("GET", "/folders/tree/folder/", query={"key": chain[-1]}).json
    assert me.ask("GET", "/folders/tree/folder/", query={"path": deepest["path"]}).json == deepest
    ancestors = me.ask("GET", "/folders/tree/", query={"key": chain[-1], "mode": "ancestors"}).json
    assert [folder["key"] for folder in ancestors["results"]] == chain[:-1]


def test_a_folder_that_has_folders_keeps_its_alias(me: Manager) -> None:
    top = me.folder("top")
    below = me.folder("below", top)

    invalid(me.ask("PUT", "/folders/tree/folder/", {"alias": "other"}, query={"key": top}), "alias")
    assert me.ask("PUT", "/folders/tree/folder/", {"name": "New", "alias": "top"}, query={"key": top}).status == 200
    assert delete(me, below) == (204, None)
    assert me.ask("PUT", "/folders/tree/folder/", {"alias": "other"}, query={"key": top}).json["path"] == "other"


def test_a_folder_is_deleted_by_its_path(me: Manager) -> None:
    me.folder("below", me.folder("top"))

    assert me.ask("DELETE", "/folders/tree/folder/", query={"path": "top/below"}).status == 204
    assert me.ask("GET", "/folders/tree/folder/", query={"path": "top"}).status == 200
