"""Connections of folders, endpoint by endpoint, under both names (seed 002; spec flux-apis, B.2)."""

import itertools
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.managing import Manager, invalid, refused

SEED = {"folder", "api", "allowed_methods", "created_at"}
TEXTS = {"description_get_one", "description_get_many", "description_search", "description_schema"}
METHODS = ("get_many", "get_one")
SETS = [list(some) for count in range(3) for some in itertools.permutations(METHODS, count)]
BOTH = ("folders", "collections")
IGNORED: dict[str, Any] = {
    "unscoped_levels": [1],
    "unscoped_ancestors": ["a"],
    "expose_owner": True,
    "flat_route": "x",
    "flat_routes": [],
}


@pytest.mark.parametrize("methods", SETS, ids=str)
@pytest.mark.parametrize("word", BOTH)
def test_connect_answers_the_seed_s_object(me: Manager, word: str, methods: list[str]) -> None:
    api, folder = me.api(), me.folder()

    answer = me.ask("POST", f"/api/{api}/{word}/", {"folder": folder, "allowed_methods": methods})

    assert answer.status == 201
    made = answer.json
    assert made.keys() == SEED | TEXTS
    assert (made["folder"], made["api"], sorted(made["allowed_methods"])) == (folder, api, sorted(methods))
    moment = datetime.strptime(made["created_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(moment.timestamp() - time.time()) < 60


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("made_as", "read_as"), list(itertools.product(BOTH, BOTH)))
def test_both_names_are_of_the_same_rows(me: Manager, made_as: str, read_as: str, slash: str) -> None:
    api, folder = me.api(), me.folder()
    made = me.ask("POST", f"/api/{api}/{made_as}{slash}", {"folder": folder, "allowed_methods": ["get_one"]}).json
    every, one = f"/api/{api}/{read_as}{slash}", f"/api/{api}/{read_as}/{folder}{slash}"

    assert me.ask("GET", one).json == made
    assert me.ask("GET", every).json == {"count": 1, "next": None, "previous": None, "results": [made]}
    changed = {**made, "allowed_methods": ["get_many"]}
    assert me.ask("PUT", one, {"allowed_methods": ["get_many"]}).json == changed
    assert me.ask("GET", one).json == changed
    gone = me.ask("DELETE", one)
    assert (gone.status, gone.body) == (204, b"")
    refused(me.ask("GET", one), 404, "folder_not_found")
    assert me.ask("GET", every).json["results"] == []


def test_without_methods_a_folder_is_connected_for_its_address_alone(me: Manager) -> None:
    api = me.api()

    given: list[dict[str, Any]] = [{}, {"allowed_methods": []}, {"allowed_methods": None}]
    for body in given:
        assert me.made(f"/api/{api}/folders/", folder=me.folder(), **body)["allowed_methods"] == []


def test_update_sets_what_is_given_and_an_empty_body_takes_all_methods(me: Manager) -> None:
    api, folder = me.api(), me.folder()
    path = f"/api/{api}/folders/{folder}/"
    made = me.connect(api, folder, "get_one", "get_many")

    assert me.ask("PUT", path, {"description_search": "Find"}).json == {**made, "description_search": "Find"}
    more = me.ask("PUT", path, {"description_get_one": "One", "allowed_methods": ["get_one"]}).json
    assert more == {
        **made,
        "description_search": "Find",
        "description_get_one": "One",
        "allowed_methods": ["get_one"],
    }
    assert me.ask("PUT", path, {}).json == {**more, "allowed_methods": []}
    assert me.ask("PUT", path, {"allowed_methods": ["get_many"]}).json["allowed_methods"] == ["get_many"]
    assert me.ask("PUT", path).json["allowed_methods"] == []
    assert me.ask("GET", path).json == {**more, "allowed_methods": []}


def test_a_method_given_twice_counts_once(me: Manager) -> None:
    made = me.connect(me.api(), me.folder(), "get_one", "get_one")

    assert made["allowed_methods"] == ["get_one"]


def test_fields_of_clients_that_are_not_built_are_taken_and_change_nothing(me: Manager) -> None:
    api, folder = me.api(), me.folder()
    made = me.made(f"/api/{api}/folders/", folder=folder, allowed_methods=["get_one"], **IGNORED)

    assert made.keys() == SEED | TEXTS
    assert me.ask("PUT", f"/api/{api}/folders/{folder}/", IGNORED).json == made


WRONG: list[tuple[dict[str, Any], list[Any]]] = [
    ({"allowed_methods": ["get_all"]}, ["allowed_methods", 0]),
    ({"allowed_methods": ["get_one", "GET_MANY"]}, ["allowed_methods", 1]),
    ({"allowed_methods": ["get_one", None]}, ["allowed_methods", 1]),
    ({"allowed_methods": "get_one"}, ["allowed_methods"]),
    ({"allowed_methods": {"get_one": True}}, ["allowed_methods"]),
    ({"description_schema": "d" * 501}, ["description_schema"]),
    ({"description_search": 1}, ["description_search"]),
    ({"colour": "red"}, ["colour"]),
]


@pytest.mark.parametrize(("wrong", "where"), WRONG, ids=repr)
def test_validation_error_on_connect_and_update(me: Manager, wrong: dict[str, Any], where: list[Any]) -> None:
    api, folder = me.api(), me.folder()
    invalid(me.ask("POST", f"/api/{api}/folders/", {"folder": folder, **wrong}), *where)
    assert me.ask("GET", f"/api/{api}/folders/").json["count"] == 0

    before = me.connect(api, folder, "get_one")
    invalid(me.ask("PUT", f"/api/{api}/folders/{folder}/", wrong), *where)
    assert me.ask("GET", f"/api/{api}/folders/{folder}/").json == before


@pytest.mark.parametrize("body", [{}, b"", {"folder": ""}, {"folder": 1}, {"folder": None}, {"folder": "k" * 101}])
def test_validation_error_of_the_folder(me: Manager, body: Any) -> None:
    invalid(me.ask("POST", f"/api/{me.api()}/folders/", body), "folder")


def test_validation_error_on_update_of_the_folder(me: Manager) -> None:
    api, folder = me.api(), me.folder()
    me.connect(api, folder)

    invalid(me.ask("PUT", f"/api/{api}/folders/{folder}/", {"folder": folder}), "folder")


def test_folder_already_connected_to_api(me: Manager) -> None:
    api, folder = me.api(), me.folder()
    made = me.connect(api, folder, "get_one")

    for word in BOTH:
        answer = me.ask("POST", f"/api/{api}/{word}/", {"folder": folder})
        assert refused(answer, 422, "folder_already_connected_to_api") is None

    assert me.ask("GET", f"/api/{api}/folders/").json["results"] == [made]
    assert me.connect(me.api(), folder)


@pytest.mark.parametrize("word", BOTH)
@pytest.mark.parametrize(
    ("method", "rest"), [("GET", ""), ("POST", ""), *((m, "/{}") for m in ("GET", "PUT", "DELETE"))]
)
def test_api_not_found(me: Manager, word: str, method: str, rest: str) -> None:
    folder = me.folder()
    body = {"folder": folder} if method == "POST" else b""

    refused(me.ask(method, f"/api/nothing/{word}{rest.format(folder)}/", body), 404, "api_not_found")


@pytest.mark.parametrize("word", BOTH)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("folder", ["nothing", "k" * 2_000])
def test_folder_not_found(me: Manager, word: str, method: str, folder: str) -> None:
    api, unconnected = me.api(), me.folder()
    other = me.api()
    me.connect(other, unconnected)

    for key in (folder, unconnected):
        assert refused(me.ask(method, f"/api/{api}/{word}/{key}/"), 404, "folder_not_found") is None


def test_folder_not_found_on_connect(me: Manager) -> None:
    refused(me.ask("POST", f"/api/{me.api()}/folders/", {"folder": "nothing"}), 404, "folder_not_found")


def test_deleting_an_api_disconnects_its_folders(me: Manager) -> None:
    api, other, plain = me.api(), me.api(), me.folder()
    *_, strict = me.strict_chain()
    for folder in (plain, strict):
        me.connect(api, folder)
    me.connect(other, plain)

    assert me.ask("DELETE", f"/api/{api}/").status == 204

    refused(me.ask("GET", f"/api/{api}/folders/{plain}/"), 404, "api_not_found")
    assert me.ask("GET", f"/api/{other}/folders/").json["count"] == 1
    assert me.ask("DELETE", "/folders/tree/folder/", query={"key": strict}).status == 204
    refused(me.ask("DELETE", "/folders/tree/folder/", query={"key": plain}), 422, "strict_reference_error")


def test_an_api_of_more_connections_than_a_transaction_holds_is_deleted_whole(me: Manager) -> None:
    api = me.api()
    folders = [me.folder() for _ in range(47)]
    for folder in folders:
        me.connect(api, folder)

    assert me.ask("DELETE", f"/api/{api}/").status == 204

    for folder in (folders[0], folders[-1]):
        assert me.ask("DELETE", "/folders/tree/folder/", query={"key": folder}).status == 204
