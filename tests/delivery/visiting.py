"""An API on a system, and the stranger who visits it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.members.permitting import FLUX, holder
from tests.support.managing import Manager, field, refused
from tests.support.system import Answer, System, User

BOTH = ("get_one", "get_many")
FIELDS: tuple[dict[str, Any], ...] = (
    field("title", searchable=True),
    field("rank", "integer", searchable=True),
    field("secret", searchable=True, private=True),
)


@dataclass(frozen=True)
class Site:
    """An API of an account, by its key and its prefix."""

    me: Manager
    api: str
    prefix: str

    @classmethod
    def of(cls, me: Manager, **more: Any) -> "Site":
        """A new one; `more` are its attributes."""
        made = me.made("/api/", **{"name": "An API", "prefix": "site", **more})
        return cls(me, str(made["key"]), str(made["prefix"]))

    @property
    def system(self) -> System:
        return self.me.system

    def path(self, path: str) -> str:
        """What stands in the URL of a path under the prefix."""
        return f"/flux/{self.me.env}/{self.prefix}/{path}".rstrip("/")

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        auth: str | None = None,
        query: Mapping[str, str] | None = None,
        body: Any = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call a path under the prefix; nobody's, but for what `auth` says."""
        sent = {**(headers or {}), **({"authorization": auth} if auth is not None else {})}
        return self.system.call(method, self.path(path), query=query, body=body, headers=sent)

    def read(self, path: str, **more: Any) -> Any:
        """What a path gives, which must be there."""
        answer = self.ask(path, **more)
        assert answer.status == 200, answer.body
        return answer.json

    def follow(self, url: str) -> Answer:
        """What an absolute URL of an answer gives."""
        parts = urlsplit(url)
        return self.system.call("GET", parts.path, query=dict(parse_qsl(parts.query)))

    def folder(
        self, alias: str, *methods: str, parent: str | None = None, strict: bool = False, fields: Any = FIELDS
    ) -> str:
        """A folder of the API with a schema; its key. Connected with both methods unless others are named."""
        key = self.me.folder(alias, parent, strict=strict)
        self.me.schema(key, *fields)
        self.me.connect(self.api, key, *(methods or BOTH))
        return key

    def post(self, folder: str, data: Mapping[str, Any], **more: Any) -> str:
        """The key of a resource that is published."""
        key = self.me.resource(folder, data, **more)
        assert self.me.publish(folder, key).status == 200
        return key

    def change(self, **facts: Any) -> None:
        """Change the API's attributes."""
        assert self.me.ask("PUT", f"/api/{self.api}/", facts).status == 200

    def allow(self, folder: str, *methods: str) -> None:
        """Change what a connection allows."""
        answer = self.me.ask("PUT", f"/api/{self.api}/folders/{folder}/", {"allowed_methods": list(methods)})
        assert answer.status == 200, answer.body

    def key(self, role: str | None = None) -> str:
        """The `Authorization` of a new Flux key with a role, or without one."""
        return holder(self.me, role, FLUX)[0]

    def user(self) -> User:
        """The account as the drive knows it."""
        row, key = self.system.accounts.issue_key(self.me.zelid, "test")
        return User(self.me.zelid, key, row.key_id)


def titles(answer: Answer) -> list[str]:
    """The titles that a list shows, in its order."""
    assert answer.status == 200, answer.body
    return [one["data"]["title"] for one in answer.json["results"]]


__all__ = ["BOTH", "FIELDS", "Site", "refused", "titles"]
