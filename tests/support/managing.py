"""An account that publishes: an environment of its own, someone signed in, and a management key."""

import base64
import hashlib
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

from chalicelib import aws
from chalicelib.composition import Publishing
from chalicelib.members.tables import UserRow
from chalicelib.settings import Settings
from tests.support.books import services_of
from tests.support.system import Answer, System, moto_aws


@dataclass(frozen=True)
class Manager:
    """A caller of the management service; `ask` goes to paths under the environment, signed in as its user."""

    system: System
    zelid: str
    email: str
    env: str
    public: str
    secret: str
    access: str
    refresh: str

    @property
    def bearer(self) -> str:
        return f"Bearer {self.access}"

    @property
    def simple(self) -> str:
        return f"Simple {self.public}:{self.secret}"

    def ask(
        self,
        method: str,
        path: str,
        body: Any = b"",
        *,
        query: Mapping[str, str] | None = None,
        auth: str | None = None,
    ) -> Answer:
        """Call a path under the environment; `auth` is the header's value if not the user's token."""
        headers = {"authorization": auth if auth is not None else self.bearer}
        return self.system.call(method, f"/v1/{self.env}{path}", query=query, body=body, headers=headers)

    def made(self, path: str, **body: Any) -> dict[str, Any]:
        """What a POST made, which must succeed."""
        answer = self.ask("POST", path, body)
        assert answer.status == 201, answer.body
        found: dict[str, Any] = answer.json
        return found

    def follow(self, url: str) -> dict[str, Any]:
        """The page that a list's `next` or `previous` leads to."""
        parts = urlsplit(url)
        headers = {"authorization": self.bearer}
        answer = self.system.call("GET", parts.path, query=dict(parse_qsl(parts.query)), headers=headers)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    @staticmethod
    def cursor(url: str) -> str:
        """The cursor in a list's `next` or `previous`."""
        return dict(parse_qsl(urlsplit(url).query))["cursor"]

    def api(self, prefix: str | None = None, **more: Any) -> str:
        """A new API's key."""
        prefix = prefix or f"p{uuid.uuid4().hex[:10]}"
        return str(self.made("/api/", **{"name": "An API", "prefix": prefix, **more})["key"])

    def folder(self, alias: str | None = None, parent: str | None = None, *, strict: bool = False) -> str:
        """A new folder's key."""
        alias = alias or f"f{uuid.uuid4().hex[:10]}"
        body = {"name": alias, "alias": alias, "parent": parent, "strict_reference": strict}
        return str(self.made("/folders/tree/", **body)["key"])

    def connect(self, api: str, folder: str, *methods: str) -> dict[str, Any]:
        """A new connection."""
        return self.made(f"/api/{api}/folders/", folder=folder, allowed_methods=list(methods))

    def strict_chain(self) -> tuple[str, str, str]:
        """Keys of a folder, a strict one in it, and a strict one in that."""
        top = self.folder()
        middle = self.folder(parent=top, strict=True)
        return top, middle, self.folder(parent=middle, strict=True)

    def draft(self, folder: str, *fields: Mapping[str, Any], copy: str | None = None) -> str:
        """Path of a new draft of a folder's schema, with these fields, or another version's with them."""
        query = {"copy_from": copy} if copy else None
        made = self.ask("POST", f"/folders/{folder}/model/versions/", {"name": "A version"}, query=query)
        assert made.status == 201, made.body
        path = f"/folders/{folder}/model/versions/{made.json['key']}/"
        for one in fields:
            self.made(f"{path}schema/tree/", **one)
        return path

    def schema(self, folder: str, *fields: Mapping[str, Any]) -> str:
        """The key of a new version with these fields, published."""
        answer = self.ask("POST", f"{self.draft(folder, *fields)}publish/")
        assert answer.status == 200, answer.body
        return str(answer.json["key"])

    def resource(self, folder: str, data: Mapping[str, Any], **more: Any) -> str:
        """The key of a new resource."""
        return str(self.made(f"/folders/{folder}/resources/", data=data, **more)["key"])

    def revise(self, folder: str, resource: str, data: Mapping[str, Any]) -> str:
        """The key of a new revision."""
        return str(self.made(f"/folders/{folder}/resources/{resource}/revisions/", data=data)["key"])

    def revisions(self, folder: str, resource: str) -> list[dict[str, Any]]:
        """The revisions of a resource, in their order."""
        answer = self.ask("GET", f"/folders/{folder}/resources/{resource}/revisions/")
        assert answer.status == 200, answer.body
        return list(answer.json["results"])

    def publish(self, folder: str, resource: str, revision: str | None = None) -> Answer:
        """Publish a revision, or the latest."""
        revision = revision or self.revisions(folder, resource)[-1]["key"]
        return self.ask("POST", f"/folders/{folder}/resources/{resource}/revisions/{revision}/publish/")


def field(key: str, type_: str = "string", **more: Any) -> dict[str, Any]:
    """The body that adds a field."""
    return {"key": key, "type": type_, **more}


@contextmanager
def shared_moto() -> Iterator[System]:
    """A system over moto for several tests: making one takes longer than most of them."""
    with pytest.MonkeyPatch.context() as patch, moto_aws(patch):
        patch.setattr(aws.clients, "_current", None)
        yield System.make(Settings(table_prefix="shared-", blob_bucket="shared", kms_key_id="alias/shared"))


def publishing(system: System) -> Publishing:
    """The domains behind management."""
    return services_of(system).publishing


def manager(system: System, plan: str = "PRO", **account: Any) -> Manager:
    """A fresh account with an environment, a user who is signed in (without a password), and a key."""
    if plan == "PRO":
        account.setdefault("gigabytes", 1)
    user = system.user(plan, **account)
    return colleague(system, user.zelid, publishing(system).members.open(user.zelid, "Test").key)


def colleague(system: System, zelid: str, env: str) -> Manager:
    """Another user of an account, and another key of an environment."""
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    row = UserRow(email=email, account=zelid, password="-", created=1)
    with aws.transaction() as tx:
        tx.create(row)
    access, refresh = publishing(system).users.issue(row)
    key, secret = publishing(system).members.issue_key(env, "test")
    return Manager(system, zelid, email, env, key.public, secret, access, refresh)


def secure(
    who: Manager, path: str, body: bytes = b"", *, at: float | None = None, date: str | None = None
) -> dict[str, str]:
    """Headers that sign a request for `path`, as it stands on the wire, at a moment in seconds."""
    moment = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    date = date if date is not None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    private = load_der_private_key(base64.b64decode(who.secret), password=None)
    assert isinstance(private, EllipticCurvePrivateKey)
    message = f"{path}|{hashlib.sha256(body).hexdigest()}|{date}".encode()
    signature = base64.b64encode(private.sign(message, ECDSA(SHA256()))).decode()
    return {"authorization": f"Secure {who.public}:{signature}", "date": date}


def refused(answer: Answer, status: int, code: str) -> Any:
    """The answer is that error, in management's envelope; gives its `detail`."""
    said = answer.json
    assert said.keys() == {"message", "error_code", "detail"}
    assert (answer.status, said["error_code"]) == (status, code), answer.body
    assert said["message"]
    return said["detail"]


def invalid(answer: Answer, *where: Any) -> None:
    """The answer is 422 `validation_error`, whose first issue is at `where`, in pydantic's shape."""
    detail = refused(answer, 422, "validation_error")
    assert isinstance(detail, list)
    assert all(next(iter(issue)) == "type" and issue.keys() >= {"type", "loc", "msg"} for issue in detail)
    assert detail[0]["loc"] == list(where)
