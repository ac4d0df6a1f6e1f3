"""What there is when a description is tried out: an account with one of everything, and who may reach it."""

import base64
import uuid
from typing import Any

from tests.support.managing import Manager, field, manager, publishing
from tests.support.system import System, User

PASSWORD = "correct horse battery staple"
PERMISSION = {"content_type": "flux-apis", "actions": ["read"], "all_objects": False, "objects": ["one"]}


class World:
    """One of everything that an operation may name; `renew` makes it, since operations change and delete it.

    Attributes:
        paths: What stands in a path, by the parameter's name.
        said: What a query or a body says, by the field's name.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.me: Manager = manager(system)
        row, key = system.accounts.issue_key(self.me.zelid, "test")
        self.user = User(self.me.zelid, key, row.key_id)
        made = self.me.made("/permissions/flux-api/api-keys/", description="One")
        self.flux = f"Simple {made['public_key']}:{made['secret_key']}"
        self.paths: dict[str, str] = {}
        self.said: dict[str, Any] = {}

    def authorization(self, security: list[dict[str, Any]]) -> dict[str, str]:
        """The header of whoever may do what wants this."""
        names = {name for one in security for name in one}
        if names == {"simple", "secure"}:
            return {"Authorization": self.flux}
        if "basic" in names:
            pair = f"{self.user.zelid}:{self.user.key}".encode()
            return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        return {"Authorization": self.me.bearer} if "bearer" in names else {}

    def renew(self, path: str) -> None:
        """Make what an operation on a path may name."""
        self.paths = {"env": self.me.env, "organization": self.me.zelid}
        self.said = {"external_id": "one", "content_type": None, "cursor": None}
        if path.startswith("/api/v1"):
            self._record()
        elif path.startswith("/api/v0"):
            self._drive(path)
        elif path.startswith("/organizations"):
            self._spaces()
        elif path.startswith("/account"):
            self._user()
        elif "/permissions/" in path:
            self._keys(path)
        elif path.startswith("/flux"):
            self._flux()
        else:
            self._content(path)

    def _record(self) -> None:
        body: dict[str, Any] = {
            "filenameEnc": "x",
            "size": 1,
            "user": "one",
            "mimeType": "image/png",
            "dekEnc": "x",
            "thumb": False,
        }
        self.paths["file_id"] = self.system.call("POST", "/api/v1/meta", body=body).json["id"]
        wrapped = self.system.call("POST", "/api/v1/dek/wrap", body={"dek": "one"}).json["dekEnc"]
        self.said |= {"user": "one", "userId": "one", "dek": "one", "dekEnc": wrapped}

    def _drive(self, path: str) -> None:
        if "/keys" in path:
            body = {"name": "one"}
            made = self.system.call("POST", "/api/v0/keys", body=body, headers={"authorization": self.me.bearer})
            self.paths["id"] = made.json.get("id", self.user.key_id)
            self.said["scopes"] = ["read"]
        elif "/upload" in path:
            one: dict[str, Any] = {"name": "one", "size": 3}
            self.said["arg"] = self.system.call("POST", "/api/v0/upload", user=self.user, body=one).json["upload"]
            self.said["hash"] = None
        else:
            one = self.system.put(self.user, (uuid.uuid4().hex, b"one")).json["files"][0]["hash"]
            self.said |= {"arg": None if path.endswith("/ls") else one, "hash": one}

    def _spaces(self) -> None:
        def made(path: str) -> str:
            whole, headers = f"/organizations/{self.me.zelid}{path}", {"authorization": self.me.bearer}
            return str(self.system.call("POST", whole, body={"name": "One"}, headers=headers).json["key"])

        self.paths["project"] = made("/projects")
        self.paths["environment"] = made(f"/projects/{self.paths['project']}/environments")

    def _user(self) -> None:
        email = f"{uuid.uuid4().hex}@example.com"
        users = publishing(self.system).users
        row = users.add(email, PASSWORD, self.me.zelid)
        self.said |= {"email": email, "password": PASSWORD, "refresh": users.issue(row)[1]}

    def _keys(self, path: str) -> None:
        base = path[path.index("/permissions") : path.index("-api/")] + "-api"
        self.paths["role"] = self.said["role"] = self.me.made(f"{base}/roles/", name="One")["key"]
        if "api-keys" in path:
            self.paths["key"] = self.me.made(f"{base}/api-keys/", description="One")["key"]
        assert self.me.ask("POST", f"{base}/roles/{self.paths['role']}/permissions/", PERMISSION).status == 201
        self.said |= {"content_type": "flux-apis", "object": None, "object_key": "one", "key": "one"}

    def _content(self, path: str) -> None:
        folder = self.paths["folder"] = self.said["folder"] = self.said["key"] = self.me.folder()
        self.said |= {"parent": None, "path": None, "copy_from": None}
        if "{version}" in path:
            self.paths["version"] = self.me.draft(folder, field("title")).split("/")[-2]
            self.said["path"] = "title"
        elif "/resources" in path:
            self.me.schema(folder, field("title"))
            self.paths["resource"] = self.me.resource(folder, {"title": "One"}, external_id="one")
            self.paths["revision"] = self.me.revisions(folder, self.paths["resource"])[0]["key"]
        elif "{api}" in path:
            self.paths["api"] = self.me.api()
            if "{folder}" in path:
                self.me.connect(self.paths["api"], folder, "get_one")

    def _flux(self) -> None:
        self._content("/resources")
        prefix, folder = f"p{uuid.uuid4().hex}", self.paths["folder"]
        self.me.connect(self.me.api(prefix), folder, "get_one", "get_many")
        assert self.me.publish(folder, self.paths["resource"]).status == 200
        alias = self.me.ask("GET", "/folders/tree/folder/", query={"key": folder}).json["alias"]
        self.paths["proxy"] = f"{prefix}/{alias}"
