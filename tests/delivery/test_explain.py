"""`explain` says what delivery does, step by step, and why: whatever it says, delivery then does."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import aws
from tests.support.managing import Manager, field, manager, refused, shared_moto
from tests.support.system import System


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    with shared_moto() as made:
        yield made


@pytest.fixture
def me(shared: System, monkeypatch: pytest.MonkeyPatch) -> Manager:
    monkeypatch.setattr(aws.clients, "_current", shared.aws)
    return manager(shared)


def explained(me: Manager, api: str, path: str, key: str | None = None) -> dict[str, Any]:
    query = {"path": path} | ({"key": key} if key else {})
    answer = me.ask("GET", f"/api/{api}/explain/", query=query)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


def outcome(me: Manager, api: str, path: str, key: str | None = None) -> tuple[int, str | None, str]:
    """Status, code, and the step it ends at."""
    found = explained(me, api, path, key)
    passed = [step["passed"] for step in found["steps"]]
    assert all(passed[:-1])
    assert passed[-1] is found["allowed"] is (found["status"] == 200)
    return found["status"], found["error_code"], found["steps"][-1]["step"]


def delivered(me: Manager, prefix: str, path: str, auth: str | None = None) -> tuple[int, str | None]:
    headers = {"authorization": auth} if auth else {}
    verb = "POST" if path.endswith("/_search") else "GET"
    answer = me.system.call(verb, f"/flux/{me.env}/{prefix}/{path}", headers=headers)
    return answer.status, answer.json.get("error_code") if answer.status >= 400 else None


def published(me: Manager, folder: str, **more: Any) -> str:
    key = me.resource(folder, {"title": "A"}, **more)
    assert me.publish(folder, key).status == 200
    return key


def flux_key(me: Manager, role: str | None = None) -> tuple[str, str]:
    """Its key, and what presents it."""
    made = me.made("/permissions/flux-api/api-keys/", role=role)
    return made["key"], f"Simple {made['public_key']}:{made['secret_key']}"


@pytest.fixture
def blog(me: Manager) -> tuple[str, str]:
    """An API with a folder that may be listed and read, and that folder."""
    folder = me.folder("blog")
    me.schema(folder, field("title"))
    api = me.api("news")
    me.connect(api, folder, "get_many", "get_one")
    return api, folder


@pytest.mark.parametrize(
    ("methods", "path", "expected"),
    [
        (("get_many", "get_one"), "blog", (200, None, "content")),
        (("get_many", "get_one"), "blog/{key}", (200, None, "resource")),
        (("get_many",), "blog", (200, None, "content")),
        (("get_many",), "blog/_search", (200, None, "content")),
        (("get_many",), "blog/{key}", (405, "method_not_allowed", "connection")),
        (("get_one",), "blog", (405, "method_not_allowed", "connection")),
        (("get_one",), "blog/_search", (405, "method_not_allowed", "connection")),
        (("get_one",), "blog/{key}", (200, None, "resource")),
        ((), "blog/_schema", (405, "method_not_allowed", "connection")),
        (("get_one",), "blog/_schema", (200, None, "connection")),
        (("get_one",), "blog/{draft}", (404, "resource_not_found", "resource")),
        (("get_one",), "blog/nothing", (404, "resource_not_found", "resource")),
        (("get_one",), "elsewhere", (404, "route_not_found", "route")),
        (("get_one",), "_router", (200, None, "introspection")),
    ],
)
def test_what_it_says_is_what_delivery_does(
    me: Manager, blog: tuple[str, str], methods: tuple[str, ...], path: str, expected: tuple[int, str | None, str]
) -> None:
    api, folder = blog
    me.ask("PUT", f"/api/{api}/folders/{folder}/", {"allowed_methods": list(methods)})
    path = path.format(key=published(me, folder), draft=me.resource(folder, {"title": "B"}))

    assert outcome(me, api, path) == expected
    assert delivered(me, "news", path) == expected[:2]


def test_it_tells_content_from_none(me: Manager, blog: tuple[str, str]) -> None:
    api, folder = blog
    with_content = explained(me, api, "blog")["steps"][-1]["why"]

    me.ask("PUT", f"/api/{api}/folders/{folder}/", {"allowed_methods": ["get_many"]})

    assert "with their content" in with_content
    assert "without content" in explained(me, api, "blog")["steps"][-1]["why"]


def test_callers(me: Manager, blog: tuple[str, str]) -> None:
    api, _ = blog
    me.ask("PUT", f"/api/{api}/", {"is_auth_required": True})
    everything, presented = flux_key(me)
    role = me.made("/permissions/flux-api/roles/", name="nothing")["key"]
    nothing, poor = flux_key(me, role)

    assert outcome(me, api, "blog") == (401, "authentication_required", "caller")
    assert outcome(me, api, "blog", everything) == (200, None, "content")
    assert outcome(me, api, "blog", nothing) == (403, "access_denied", "caller")

    assert delivered(me, "news", "blog") == (401, "authentication_required")
    assert delivered(me, "news", "blog", presented) == (200, None)
    assert delivered(me, "news", "blog", poor) == (403, "access_denied")


def test_owners_of_strict_folders(me: Manager) -> None:
    top = me.folder("courses")
    below = me.folder("modules", top, strict=True)
    for folder in (top, below):
        me.schema(folder, field("title"))
    api = me.api("school")
    me.connect(api, below, "get_many", "get_one")
    first, second = published(me, top), published(me, top)
    lesson = published(me, below, resource_owner=first)
    draft = me.resource(top, {"title": "not yet"})

    assert outcome(me, api, f"courses/{first}/modules/{lesson}") == (200, None, "resource")
    foreign = explained(me, api, f"courses/{second}/modules/{lesson}")
    assert (foreign["status"], foreign["steps"][-1]["step"]) == (404, "resource")
    assert "belongs to another" in foreign["steps"][-1]["why"]
    assert outcome(me, api, f"courses/{draft}/modules/{lesson}") == (404, "resource_not_found", "owner")
    for path in (f"courses/{second}/modules/{lesson}", f"courses/{draft}/modules/{lesson}"):
        assert delivered(me, "school", path) == (404, "resource_not_found")


def test_what_it_wants_to_know(me: Manager, blog: tuple[str, str]) -> None:
    api, _ = blog

    refused(me.ask("GET", f"/api/{api}/explain/", query={"path": "blog", "key": "none"}), 404, "key_not_found")
    refused(me.ask("GET", "/api/none/explain/", query={"path": "blog"}), 404, "api_not_found")
    assert outcome(me, api, "")[0] == 404
