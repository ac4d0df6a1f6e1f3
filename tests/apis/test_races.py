"""Many at once: names are given once, limits hold, chains stay whole, and all that is counted adds up."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest

from tests.apis.recount import miscounts, unfinished
from tests.drive.failing import patience
from tests.support.managing import Manager, manager
from tests.support.ministack import Ministack
from tests.support.system import Answer, System
from tests.support.threads import at_once

TIMES = 8
Outcomes = Counter[str]


@pytest.fixture(scope="module")
def over_ministack(ministack: Ministack) -> System:
    return ministack.system()


@pytest.fixture
def me(over_ministack: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """Someone whose calls do not give up soon: a slow machine is not what is tested. Afterwards all adds up."""
    monkeypatch.setattr("chalicelib.aws.clients._current", over_ministack.aws)
    patience(monkeypatch, 30)
    yield manager(over_ministack)
    assert miscounts() == []
    assert unfinished() == 0


def outcomes(works: Sequence[Callable[[], Answer]]) -> Outcomes:
    """How often each outcome came of doing all at once: a status, or an error code."""
    answers = at_once(works)
    return Counter(answer.json["error_code"] if answer.status >= 400 else str(answer.status) for answer in answers)


def folder_body(alias: str, parent: str | None = None, *, strict: bool = False) -> dict[str, object]:
    return {"name": alias, "alias": alias, "parent": parent, "strict_reference": strict}


def disconnect(me: Manager, api: str, folder: str) -> Answer:
    return me.ask("DELETE", f"/api/{api}/folders/{folder}/")


def connect(me: Manager, api: str, folder: str) -> Answer:
    return me.ask("POST", f"/api/{api}/folders/", {"folder": folder})


def delete_folder(me: Manager, folder: str) -> Answer:
    return me.ask("DELETE", "/folders/tree/folder/", query={"key": folder})


def test_one_of_eight_gets_a_prefix(me: Manager) -> None:
    works = [partial(me.ask, "POST", "/api/", {"name": str(n), "prefix": "same"}) for n in range(TIMES)]

    assert outcomes(works) == {"201": 1, "api_prefix_exists": TIMES - 1}
    assert me.ask("GET", "/api/").json["count"] == 1


def test_one_of_eight_changes_to_a_prefix(me: Manager) -> None:
    apis = [me.api() for _ in range(TIMES)]

    assert outcomes([partial(me.ask, "PUT", f"/api/{key}/", {"prefix": "same"}) for key in apis]) == {
        "200": 1,
        "api_prefix_exists": TIMES - 1,
    }


def test_one_api_is_given_eight_prefixes_and_has_one(me: Manager) -> None:
    api = me.api()

    assert outcomes([partial(me.ask, "PUT", f"/api/{api}/", {"prefix": f"p{n}"}) for n in range(TIMES)]) == {
        "200": TIMES
    }
    assert me.ask("GET", f"/api/{api}/").json["prefix"] in {f"p{n}" for n in range(TIMES)}


def test_one_of_eight_gets_an_alias(me: Manager) -> None:
    parent = me.folder()
    for where in (None, parent):
        works = [partial(me.ask, "POST", "/folders/tree/", folder_body("same", where))] * TIMES
        assert outcomes(works) == {"201": 1, "folder_alias_exists": TIMES - 1}


def test_one_of_eight_changes_to_an_alias(me: Manager) -> None:
    folders = [me.folder() for _ in range(TIMES)]

    assert outcomes(
        [partial(me.ask, "PUT", "/folders/tree/folder/", {"alias": "same"}, query={"key": key}) for key in folders]
    ) == {"200": 1, "folder_alias_exists": TIMES - 1}


def test_a_folder_is_renamed_while_others_are_made_in_it(me: Manager) -> None:
    parent = me.folder("before")
    rename = partial(me.ask, "PUT", "/folders/tree/folder/", {"alias": "after"}, query={"key": parent})
    makes = [partial(me.ask, "POST", "/folders/tree/", folder_body(f"f{n}", parent)) for n in range(4)]

    found = outcomes([rename, *makes])

    assert found["201"] == 4
    assert found["200"] + found["validation_error"] == 1
    alias = me.ask("GET", "/folders/tree/folder/", query={"key": parent}).json["alias"]
    below = me.ask("GET", "/folders/tree/", query={"key": parent}).json["results"]
    assert sorted(folder["path"] for folder in below) == [f"{alias}.f{n}" for n in range(4)]


def test_a_folder_is_deleted_while_others_are_made_in_it(me: Manager) -> None:
    parent = me.folder()
    makes = [partial(me.ask, "POST", "/folders/tree/", folder_body(f"f{n}", parent)) for n in range(4)]

    found = outcomes([partial(delete_folder, me, parent), *makes])

    assert found in ({"204": 1, "folder_not_found": 4}, {"folder_not_empty": 1, "201": 4})


def test_a_folder_is_connected_eight_times_and_is_once(me: Manager) -> None:
    api, (*_, low) = me.api(), me.strict_chain()

    assert outcomes([partial(connect, me, api, low)] * TIMES) == {
        "201": 1,
        "folder_already_connected_to_api": TIMES - 1,
    }
    assert me.ask("GET", f"/api/{api}/folders/").json["count"] == 3


def test_strict_folders_of_one_parent_bring_it_once(me: Manager) -> None:
    api, top = me.api(), me.folder()
    strict = [me.folder(parent=top, strict=True) for _ in range(6)]

    assert outcomes([partial(connect, me, api, folder) for folder in strict]) == {"201": 6}
    assert me.ask("GET", f"/api/{api}/folders/").json["count"] == 7
    assert miscounts() == []
    found = outcomes([partial(disconnect, me, api, folder) for folder in (*strict, top)])
    assert found["204"] + found["strict_reference_error"] == 7
    assert found["204"] >= 6


def test_chains_are_connected_and_disconnected_at_once(me: Manager) -> None:
    api, (top, middle, low) = me.api(), me.strict_chain()
    for _ in range(3):
        works = [partial(act, me, api, folder) for folder in (top, middle, low) for act in (connect, disconnect)]
        found = outcomes(works)
        assert found.keys() <= {
            "201",
            "204",
            "folder_not_found",
            "folder_already_connected_to_api",
            "strict_reference_error",
        }
        assert miscounts() == []


def test_a_folder_is_deleted_while_it_is_connected(me: Manager) -> None:
    for _ in range(3):
        api, folder = me.api(), me.folder()

        found = outcomes([partial(connect, me, api, folder), partial(delete_folder, me, folder)])

        assert found in ({"201": 1, "strict_reference_error": 1}, {"204": 1, "folder_not_found": 1})


def test_an_api_is_deleted_while_folders_come_go_and_change(me: Manager) -> None:
    for _ in range(3):
        api, folders = me.api(), [me.folder() for _ in range(6)]
        for folder in folders[3:]:
            me.connect(api, folder)
        change = partial(me.ask, "PUT", f"/api/{api}/folders/{folders[5]}/", {"allowed_methods": ["get_one"]})
        works = [
            partial(me.ask, "DELETE", f"/api/{api}/"),
            *(partial(connect, me, api, folder) for folder in folders[:3]),
            *(partial(disconnect, me, api, folder) for folder in folders[3:5]),
            change,
        ]

        found = outcomes(works)

        assert found.keys() <= {"200", "201", "204", "api_not_found", "folder_not_found"}
        assert [delete_folder(me, folder).status for folder in folders] == [204] * 6


def test_an_api_is_deleted_eight_times_at_once(me: Manager) -> None:
    api = me.api()
    for _ in range(5):
        me.connect(api, me.folder())

    assert outcomes([partial(me.ask, "DELETE", f"/api/{api}/")] * TIMES) == {"204": 1, "api_not_found": TIMES - 1}


def test_the_plan_s_last_places_are_given_once(over_ministack: System, me: Manager) -> None:
    assert me.env
    small = manager(over_ministack, "STARTER")
    works = [partial(small.ask, "POST", "/api/", {"name": "n", "prefix": f"p{n}"}) for n in range(TIMES)]
    assert outcomes(works) == {"201": 3, "plan_limit_exceeded": TIMES - 3}
    for _ in range(17):
        small.folder()
    makes = [partial(small.ask, "POST", "/folders/tree/", folder_body(f"f{n}")) for n in range(TIMES)]
    assert outcomes(makes) == {"201": 3, "plan_limit_exceeded": TIMES - 3}


def test_a_key_is_revoked_eight_times_at_once(me: Manager) -> None:
    path = "/permissions/management-api/api-keys/"
    key = me.made(path)["key"]

    assert outcomes([partial(me.ask, "DELETE", f"{path}{key}/")] * TIMES) == {"204": 1, "key_not_found": TIMES - 1}


def test_one_of_two_refreshes_at_once_wins(me: Manager) -> None:
    body = {"refresh": me.refresh}

    found = outcomes([partial(me.system.call, "POST", "/account/auth/refresh", body=body)] * 2)

    assert found == {"200": 1, "authentication_failed": 1}
