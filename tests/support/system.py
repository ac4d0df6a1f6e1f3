"""The services wired as in production, and a caller that speaks to them through the Chalice app."""

import base64
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from moto import mock_aws

from chalicelib.aws import Aws, current
from chalicelib.composition import build
from chalicelib.identity import Accounts
from chalicelib.limits.tables import WindowRow
from chalicelib.settings import Settings
from infra.local.function import LambdaContext
from infra.local.gateway import HttpRequest, from_result, to_event
from infra.local.matching import RouteMatcher
from infra.provision import provision
from infra.template import TABLES
from tests.support.jobs import HeldJobs


@contextmanager
def moto_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS in this process: one operation at a time."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class User:
    """An account with a key of its own."""

    zelid: str
    key: str
    key_id: str

    @property
    def auth(self) -> dict[str, str]:
        return {"authorization": "Basic " + base64.b64encode(f"{self.zelid}:{self.key}".encode()).decode()}


class System:
    """A provisioned system; `call` goes through the app as API Gateway would. `jobs` waits until it is told to work."""

    def __init__(self, app: Any, aws: Aws) -> None:
        self.app = app
        self.aws = aws
        self.jobs = HeldJobs.latest
        self.accounts = Accounts()
        self._routes = RouteMatcher(app.routes)

    @classmethod
    def make(cls, settings: Settings) -> "System":
        HeldJobs.latest = HeldJobs()
        app = build(settings)
        provision(current())
        return cls(app, current())

    def user(self, plan: str = "STARTER", zelid: str | None = None, **account: Any) -> User:
        zelid = zelid or f"user-{uuid.uuid4().hex[:12]}"
        self.accounts.create(zelid, plan, **account)
        row, key = self.accounts.issue_key(zelid, "test")
        return User(zelid, key, row.key_id)

    def call(
        self,
        method: str,
        path: str,
        *,
        user: User | None = None,
        query: Mapping[str, str] | None = None,
        body: Any = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {**(user.auth if user else {}), **(headers or {})}
        request = HttpRequest(method, path, urlencode(query or {}), list(sent.items()), raw, "203.0.113.9")
        match = self._routes.match(path)
        assert match is not None, f"no route, not even a greedy one, for {path}"
        event = to_event(request, match, uuid.uuid4().hex)
        answer = from_result(self.app(event, LambdaContext(uuid.uuid4().hex)), method)
        return Answer(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body)

    def put(self, user: User, *files: tuple[str, bytes], content_type: str = "image/png") -> Answer:
        body, kind = multipart(files, content_type)
        return self.call("POST", "/api/v0/put", user=user, body=body, headers={"content-type": kind})

    def contents(self) -> dict[str, Any]:
        """Everything stored: rows by table and objects by key, to compare before with after.

        But not what a call leaves merely by being made: windows of the limiter, and when a key was used last.
        """
        dynamodb, s3 = self.aws.dynamodb, self.aws.s3
        found: dict[str, Any] = {}
        # Not all tables there are: a MiniStack has those of other systems too.
        for name in (model.physical_name() for model in TABLES if model is not WindowRow):
            pages = dynamodb.get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
            items = [{k: v for k, v in item.items() if k != "last_used"} for page in pages for item in page["Items"]]
            found[name] = sorted(items, key=repr)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.aws.settings.blob_bucket)
        found["objects"] = [(entry["Key"], entry["Size"]) for page in pages for entry in page.get("Contents", ())]
        return found


def multipart(files: Sequence[tuple[str, bytes]], content_type: str = "image/png") -> tuple[bytes, str]:
    """A multipart body as curl sends it, and its content type."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {content_type}\r\n\r\n".encode()
        + data
        + b"\r\n"
        for name, data in files
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
