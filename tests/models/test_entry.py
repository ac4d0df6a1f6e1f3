"""Who may do what to versions, fields, resources and revisions, and the order of judgement (spec flux-apis, A.4)."""

from dataclasses import asdict, dataclass
from typing import Any

import pytest

from tests.members.permitting import ACTIONS, permission, permitted
from tests.support.managing import Manager, field, manager, refused

VERSION = "/folders/{folder}/model/versions/{version}"
RESOURCE = "/folders/{folder}/resources/{resource}"
REVISION = RESOURCE + "/revisions/{revision}"
CALLS = [  # Content type and action that it takes; method, path
    ("schemas", "read", "GET", "/folders/{folder}/model/versions"),
    ("schemas", "create", "POST", "/collections/{folder}/model/versions"),
    ("schemas", "read", "GET", VERSION),
    ("schemas", "update", "PUT", VERSION),
    ("schemas", "read", "GET", f"{VERSION}/schema/tree"),
    ("schemas", "update", "POST", f"{VERSION}/schema/tree"),
    ("schemas", "read", "GET", f"{VERSION}/schema/tree/field?path=a"),
    ("schemas", "update", "PUT", f"{VERSION}/schema/tree/field?path=a"),
    ("schemas", "update", "DELETE", f"{VERSION}/schema/tree/field?path=a"),
    ("schemas", "update", "POST", f"{VERSION}/publish"),
    ("schemas", "delete", "DELETE", VERSION),
    ("resources", "read", "GET", "/folders/{folder}/resources"),
    ("resources", "create", "POST", "/collections/{folder}/resources"),
    ("resources", "read", "GET", RESOURCE),
    ("resources", "update", "PUT", RESOURCE),
    ("resources", "read", "GET", f"{RESOURCE}/data"),
    ("resources", "read", "GET", f"{RESOURCE}/revisions"),
    ("resources", "update", "POST", f"{RESOURCE}/revisions"),
    ("resources", "read", "GET", REVISION),
    ("resources", "read", "GET", f"{REVISION}/data"),
    ("resources", "read", "POST", f"{REVISION}/validate"),
    ("resources", "update", "PUT", REVISION),
    ("resources", "update", "POST", f"{REVISION}/publish"),
    ("resources", "update", "POST", f"{REVISION}/unpublish"),
    ("resources", "delete", "DELETE", REVISION),
    ("resources", "delete", "DELETE", RESOURCE),
]
BODIES: dict[str, Any] = {"versions": {"name": "n"}, "tree": field("new")}


@dataclass(frozen=True)
class Things:
    """One of each kind."""

    folder: str
    version: str
    resource: str
    revision: str

    @classmethod
    def of(cls, me: Manager) -> "Things":
        folder = me.folder()
        me.schema(folder, field("a"))
        resource = me.resource(folder, {"a": "x"})
        version = me.draft(folder, field("a")).split("/")[-2]
        return cls(folder, version, resource, me.revisions(folder, resource)[0]["key"])

    def call(self, method: str, template: str) -> tuple[str, str, dict[str, str], Any]:
        path, _, query = template.format(**asdict(self)).partition("?")
        body = BODIES.get(path.rsplit("/", 1)[-1], {}) if method in {"POST", "PUT"} else b""
        return method, path, {"path": query.removeprefix("path=")} if query else {}, body


@pytest.mark.parametrize(("kind", "action", "method", "template"), CALLS, ids=lambda value: str(value)[-30:])
def test_what_a_call_takes(me: Manager, kind: str, action: str, method: str, template: str) -> None:
    things = Things.of(me)
    verb, path, query, body = things.call(method, template)
    others = [each for each in ACTIONS if each != action]

    def ask(auth: str) -> Any:
        return me.ask(verb, path, body, query=query, auth=auth)

    other = "resources" if kind == "schemas" else "schemas"
    refused(ask(permitted(me, permission(kind, *others), permission(other))), 403, "permission_denied")
    elsewhere = permission(kind, action, every=False, objects=[me.folder()])
    refused(ask(permitted(me, elsewhere)), 403, "permission_denied")

    answer = ask(permitted(me, permission(kind, action, every=False, objects=[things.folder])))

    allowed = {200, 201, 204} if not path.endswith(("/data", "/unpublish")) else {200, 404, 422}
    assert answer.status in allowed, answer.body
    assert answer.status != 403


def test_creating_by_upsert_takes_both(me: Manager) -> None:
    things = Things.of(me)
    path, query = f"/folders/{things.folder}/resources/", {"external_id": "x"}
    updater = permitted(me, permission("resources", "update"))

    refused(me.ask("PUT", path, {}, query=query, auth=updater), 403, "permission_denied")
    refused(
        me.ask("PUT", path, {}, query=query, auth=permitted(me, permission("resources", "create"))),
        403,
        "permission_denied",
    )
    both = permitted(me, permission("resources", "create", "update"))
    assert me.ask("PUT", path, {}, query=query, auth=both).status == 201
    assert me.ask("PUT", path, {}, query=query, auth=updater).status == 200


@pytest.mark.parametrize(("method", "template"), [(method, path) for _, _, method, path in CALLS])
def test_the_order_of_judgement(me: Manager, method: str, template: str) -> None:
    nothing = Things("nofolder", "noversion", "noresource", "norevision")
    verb, path, query, _ = nothing.call(method, template)
    broken = b"{" if verb in {"POST", "PUT"} else b""
    stranger = manager(me.system)

    def ask(auth: str, env: str = me.env) -> Any:
        return me.system.call(verb, f"/v1/{env}{path}", query=query, body=broken, headers={"authorization": auth})

    refused(ask("Bearer nonsense", "noenv"), 401, "authentication_failed")
    refused(ask("", "noenv"), 401, "authentication_failed")
    refused(ask(me.bearer, "noenv"), 404, "environment_not_found")
    refused(ask(stranger.bearer), 404, "environment_not_found")
    refused(ask(stranger.simple), 404, "environment_not_found")
    refused(ask(permitted(me)), 403, "permission_denied")
    refused(ask(me.simple), 404, "folder_not_found")


@pytest.mark.parametrize("suspended", [True, False])
def test_a_suspended_or_lapsed_account_is_not_let_in(me: Manager, suspended: bool) -> None:
    things = Things.of(me)
    if suspended:
        me.system.accounts.set_suspended(me.zelid, suspended=True)
    else:
        me.system.accounts.set_paid_until(me.zelid, 1)

    for _, _, method, template in CALLS:
        verb, path, query, body = things.call(method, template)
        refused(me.ask(verb, path, body, query=query), 403, "permission_denied")
