"""The whole route table of the public services, with a call for each route: its path filled, a query and a body."""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.members.permitting import FLUX, MANAGEMENT, holder, permission, role
from tests.support.managing import Manager
from tests.support.system import System, User

TENANTS = ("/v1/{env}", "/organizations", "/api/v0")
"""Where paths begin that speak of what a tenant has."""
OTHERS = ("/account/auth", "/api/v1", "/health", "/openapi.json", "/docs", "/flux/{env}/{proxy+}", "/{unknown+}")
"""Where others begin: what these know of a caller is in the body, or they take no credential. Of delivery, which is one
route to all that is published, `test_strangers` asks by itself."""
NO_ROW = "0000nothing0"


@dataclass(frozen=True)
class Route:
    """One verb on one path pattern."""

    method: str
    path: str

    @property
    def named(self) -> list[str]:
        """Names of its parameters."""
        return re.findall(r"\{(\w+)\+?\}", self.path)

    def under(self, prefix: str) -> bool:
        return self.path.startswith(prefix)


def routes(system: System) -> Iterator[Route]:
    """Every verb on every path that speaks of what a tenant has; fails on a path that is in no known place."""
    for path in system.app.routes:
        if path == "/" or path.startswith(OTHERS):
            continue
        assert path.startswith(TENANTS), f"{path}: say in tests/members/everywhere.py whether tenants have it"
        allowed = system.call("OPTIONS", re.sub(r"[{}+]", "", path)).headers["allow"]
        yield from (Route(method, path) for method in allowed.split(", "))


@dataclass(frozen=True)
class Names:
    """What calls speak of: values of path parameters, and a hash; each as some tenant has it, or as nobody does."""

    env: str
    organization: str
    project: str
    api: str
    folder: str
    version: str
    resource: str
    revision: str
    role: str
    flux_role: str
    key: str
    flux_key: str
    id: str
    hash: str
    upload: str

    @property
    def environment(self) -> str:
        return self.env

    @classmethod
    def of(cls, me: Manager) -> "Names":
        """Something of everything, made by a tenant."""
        api, folder = me.api(), me.folder("theirs")
        me.connect(api, folder, "get_one")
        at = f"/folders/{folder}"
        version = me.made(f"{at}/model/versions/", name="v")["key"]
        me.made(f"{at}/model/versions/{version}/schema/tree/", key="field", name="f", type="string")
        assert me.ask("POST", f"{at}/model/versions/{version}/publish/").status == 200
        resource = me.made(f"{at}/resources/", data={"field": "a secret"}, external_id="theirs")["key"]
        revisions = f"{at}/resources/{resource}/revisions/"
        (revision,) = me.ask("GET", revisions).json["results"]
        assert me.ask("POST", f"{revisions}{revision['key']}/publish/").status == 200
        roles = [
            role(me, permission("flux-apis", every=False, objects=[api]), base=base) for base in (MANAGEMENT, FLUX)
        ]
        keys = [holder(me, held, base)[1] for held, base in zip(roles, (MANAGEMENT, FLUX), strict=True)]
        headers = {"authorization": me.bearer}
        (project,) = me.system.call("GET", f"/organizations/{me.zelid}/projects/", headers=headers).json["results"]
        user = drive_user(me)
        hashed = me.system.put(user, ("theirs", f"of {me.zelid}".encode())).json["hash"]
        upload = me.system.call("POST", "/api/v0/upload", user=user, body={"name": "theirs", "size": 9}).json["upload"]
        found = [project["key"], api, folder, version, resource, revision["key"], *roles, *keys, user.key_id]
        return cls(*[me.env, me.zelid, *found, hashed, upload])

    @classmethod
    def nobody(cls) -> "Names":
        """What nobody has, of the same length."""
        cid = "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"
        return cls(*["0" * 8, "nobody", *[NO_ROW] * 11, cid, "0" * 32])

    def fill(self, route: Route) -> str:
        """The route's path; fails on a parameter that nobody told of."""
        flux = "/flux-api/" in route.path
        values = {
            name: getattr(self, f"flux_{name}" if flux and name in ("role", "key") else name, None)
            for name in route.named
        }
        assert None not in values.values(), f"{route}: say in tests/members/everywhere.py what fills its path"
        return route.path.format(**values) + "/"

    def query(self, route: Route) -> dict[str, str]:
        """What names things beside the path."""
        if route.under("/api/v0"):
            return {"arg": self.upload if "/upload/" in route.path else self.hash}
        if "/tree/folder" in route.path or "/tree/collection" in route.path:
            return {"key": self.folder}
        if route.path.endswith(("/folders/tree", "/collections/tree")):
            return {"key": self.folder} if route.method == "GET" else {}
        if route.path.endswith("/field"):
            return {"path": "field"}
        if route.path.endswith("/resources") and route.method == "PUT":
            return {"external_id": "theirs"}
        return {"content_type": "flux-apis"} if route.path.endswith(("/permissions", "/objects")) else {}

    def body(self, route: Route) -> Any:
        """A body that the route takes; fails on a route that nobody told of."""
        if route.method in ("GET", "HEAD", "DELETE") and not route.path.endswith("/objects"):
            return b""
        for pattern, make in BODIES.items():
            if re.search(pattern, f"{route.method} {route.path}"):
                return make(self)
        raise AssertionError(f"{route}: say in tests/members/everywhere.py what it takes")


def drive_user(me: Manager) -> User:
    """A tenant as a caller of the drive, with a new key."""
    made = me.system.call("POST", "/api/v0/keys", body={"name": "n"}, headers={"authorization": me.bearer}).json
    return User(me.zelid, made["secret"], made["id"])


def _fresh() -> str:
    return f"n{uuid.uuid4().hex[:10]}"


_OBJECT = {"content_type": "flux-apis"}
_DOCUMENT = {"data": {"field": "another"}}
BODIES: dict[str, Callable[[Names], Any]] = {
    r"management-api/api-keys(/\{key\})?$": lambda its: {"role": its.role},
    r"flux-api/api-keys(/\{key\})?$": lambda its: {"role": its.flux_role},
    r"/roles(/\{role\})?$": lambda _: {"name": "n"},
    r"/permissions$": lambda _: {**_OBJECT, "actions": ["read"]},
    r"/batch$": lambda _: [],
    r"/objects$": lambda its: {**_OBJECT, "object_key": its.api},
    r"PUT .*/tree/(folder|collection)$": lambda _: {"name": "n"},
    r"POST /v1/\{env\}/\w+/tree$": lambda its: {"name": "n", "alias": _fresh(), "parent": its.folder},
    r"POST .*/versions$": lambda _: {"name": "n"},
    r"PUT .*/\{version\}$": lambda _: {"name": "n"},
    r"POST .*/schema/tree$": lambda _: {"key": _fresh(), "name": "n", "type": "string"},
    r"PUT .*/field$": lambda _: {"name": "n"},
    r"/(resources|revisions|\{resource\}|\{revision\})$": lambda _: _DOCUMENT,
    r"/(publish|unpublish|validate)$": lambda _: b"",
    r"POST .*/api$": lambda _: {"name": "n", "prefix": _fresh()},
    r"PUT .*/\{api\}$": lambda _: {"name": "n"},
    r"/\{api\}/\w+$": lambda its: {"folder": its.folder},
    r"/\{api\}/\w+/\{folder\}$": lambda _: {"allowed_methods": []},
    r"/(projects|environments)(/\{\w+\})?$": lambda _: {"name": "n"},
    r"/toggle$": lambda _: {"is_enabled": False},
    r"/api/v0/keys$": lambda _: {"name": "n"},
    r"/api/v0/(put|putfolder)$": lambda _: b"",
    r"/api/v0/upload$": lambda _: {"name": "n", "size": 1},
    r"/api/v0/": lambda _: b"",
}
