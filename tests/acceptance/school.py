"""A school that publishes its lessons, made by the product's own client; and that client for whoever reads them."""

import asyncio
import contextlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from foxnose_sdk import (  # type: ignore[import-untyped]  # it has no marker of its types
    AsyncFluxClient,
    AuthStrategy,
    FluxClient,
    RetryConfig,
)

from tests.acceptance.publishing import Publisher
from tests.acceptance.test_sdk import Sdk, new

SETS = {"both": ("get_many", "get_one"), "many": ("get_many",), "one": ("get_one",), "none": ()}
COUNT = 5
LESSON = {"key": "title", "name": "Title", "type": "string", "searchable": True}
TEXT = {"key": "text", "name": "Text", "type": "text", "searchable": True}
RANK = {"key": "rank", "name": "Rank", "type": "integer", "searchable": True}
SECRET = {"key": "secret", "name": "Secret", "type": "string", "private": True}


@dataclass
class School:
    """Courses, their lessons, which belong to them, and two APIs: key and prefix of the open and of the locked one."""

    sdk: Sdk
    courses: str = ""
    lessons: str = ""
    alias: str = ""
    course: str = ""
    keys: list[str] = field(default_factory=list)
    apis: dict[str, tuple[str, str]] = field(default_factory=dict)

    def make(self) -> "School":
        self.alias = new("courses")
        self.courses = self._folder(self.alias)
        self.lessons = self._folder("lessons", self.courses, strict=True)
        self.course = self._publish(self.courses, {"title": "Über Fische", "text": "c", "rank": 0, "secret": "x"})
        for number in range(COUNT):
            document = {"title": f"Lesson {number}", "text": f"on fish {number}", "rank": number, "secret": "x"}
            self.keys.append(self._publish(self.lessons, document, resource_owner=self.course))
        for name in ("open", "locked"):
            self.publish_api(name)
        return self

    def publish_api(self, name: str) -> None:
        made = self.sdk("create_api", {"name": "School", "prefix": new("school"), "is_auth_required": name == "locked"})
        self.apis[name] = made.key, made.prefix
        self.sdk("add_api_collection", made.key, self.lessons)
        self.allow(name, *SETS["both"])

    def allow(self, name: str, *methods: str) -> None:
        for folder in (self.courses, self.lessons):
            self.sdk("update_api_collection", self.apis[name][0], folder, allowed_methods=list(methods))

    def _folder(self, alias: str, parent: str | None = None, *, strict: bool = False) -> str:
        payload = {"name": alias, "alias": alias, "parent": parent, "strict_reference": strict}
        key = str(self.sdk("create_collection", payload).key)
        version = self.sdk("create_collection_version", key, {"name": "One"}).key
        for one in (LESSON, TEXT, RANK, SECRET):
            self.sdk("create_collection_field", key, version, one)
        self.sdk("publish_collection_version", key, version)
        return key

    def _publish(self, folder: str, data: dict[str, Any], **more: str) -> str:
        resource = str(self.sdk("create_resource", folder, {"data": data, **more}).key)
        (draft,) = self.sdk("list_revisions", folder, resource).results
        self.sdk("publish_revision", folder, resource, draft.key)
        return resource

    @property
    def path(self) -> str:
        """Where the lessons are."""
        return f"{self.alias}/{self.course}/lessons"

    def clear(self) -> None:
        for key, _ in self.apis.values():
            self.sdk("delete_api", key)
        self.sdk("delete_resource", self.courses, self.course)
        for folder in (self.lessons, self.courses):
            self.sdk("delete_collection", folder)


@contextlib.contextmanager
def flux(who: Publisher, prefix: str, auth: AuthStrategy, *, asynchronous: bool = False) -> Iterator[Sdk]:
    """A client of an API, sync or async, that asks once and gives up."""
    made: Any = (AsyncFluxClient if asynchronous else FluxClient)(
        base_url=f"{who.base_url}/flux/{who.env}",
        api_prefix=prefix,
        auth=auth,
        retry_config=RetryConfig(attempts=1),
    )
    with asyncio.Runner() as runner:

        def call(method: str, *args: Any, **kwargs: Any) -> Any:
            found = getattr(made, method)(*args, **kwargs)
            return runner.run(found) if inspect.iscoroutine(found) else found

        try:
            yield call
        finally:
            # It leaves its connections open when it is closed.
            inner = made._transport
            runner.run(inner._async_client.aclose())
            inner._client.close()
