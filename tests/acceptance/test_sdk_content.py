"""What is published, by the product's own client, unmodified: schemas, resources, revisions (spec flux-apis, D)."""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from foxnose_sdk import (  # type: ignore[import-untyped]  # it has no marker of its types
    FoxnoseAPIError,
)
from foxnose_sdk.errors import ContentValidationFailed, ExternalIdConflict  # type: ignore[import-untyped]
from foxnose_sdk.management.models import BatchUpsertItem  # type: ignore[import-untyped]

from tests.acceptance.client import Target
from tests.acceptance.publishing import Publisher
from tests.acceptance.running import Running
from tests.acceptance.test_sdk import SCHEMES, Sdk, connect, folder, new, refusal

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:foxnose_sdk.*", "ignore:.*deprecated.*")


@pytest.fixture(scope="module")
def who(_running: Running | None, target: Target) -> Publisher:
    return Publisher.of(_running, target)


@pytest.fixture(params=[(scheme, twin) for scheme in SCHEMES for twin in (False, True)], ids=str)
def every(request: pytest.FixtureRequest, who: Publisher) -> Iterator[Sdk]:
    """The client under each scheme, sync and async."""
    scheme, twin = request.param
    yield from connect(who, SCHEMES[scheme](who), asynchronous=twin)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def both(request: pytest.FixtureRequest, who: Publisher) -> Iterator[Sdk]:
    """Both clients, where the scheme does not matter."""
    yield from connect(who, SCHEMES["secure"](who), asynchronous=request.param)


@dataclass(frozen=True)
class Site:
    """Authors; posts, which refer to them; and comments, each of which belongs to a post."""

    sdk: Sdk
    authors: str
    posts: str
    comments: str

    @classmethod
    def of(cls, sdk: Sdk) -> "Site":
        authors, posts = folder(sdk), folder(sdk)
        return cls(sdk, authors, posts, folder(sdk, posts, strict=True))

    def clear(self) -> None:
        for key in (self.posts, self.authors):
            for resource in self.sdk("list_resources", key).results:
                self.sdk("delete_resource", key, resource.key)
        for key in (self.comments, self.posts, self.authors):
            self.sdk("delete_collection", key)

    def schema(self, key: str, *fields: dict[str, Any]) -> str:
        """The key of a new version, published."""
        version = self.sdk("create_collection_version", key, {"name": "v"})
        for field in fields:
            self.sdk("create_collection_field", key, version.key, field)
        return str(self.sdk("publish_collection_version", key, version.key).key)

    def schemas(self) -> None:
        """One for each."""
        name = {"key": "name", "name": "Name", "type": "string", "required": True, "meta": {"max_length": 50}}
        self.schema(self.authors, name)
        refers = {"folder": self.authors}
        self.schema(
            self.posts,
            {"key": "title", "name": "Title", "type": "string", "required": True, "searchable": True},
            {"key": "author", "name": "Author", "type": "reference", "meta": refers},
            {"key": "picture", "name": "Picture", "type": "file"},
        )
        self.schema(self.comments, {"key": "text", "name": "Text", "type": "text"})


@contextlib.contextmanager
def site_of(sdk: Sdk) -> Iterator[Site]:
    made = Site.of(sdk)
    yield made
    made.clear()


@pytest.fixture
def site(both: Sdk) -> Iterator[Site]:
    with site_of(both) as made:
        made.schemas()
        yield made


def test_from_folders_to_a_connected_api(every: Sdk) -> None:
    with site_of(every) as site:
        site.schemas()
        author = every("create_resource", site.authors, {"data": {"name": "Ada"}})
        post = every("create_resource", site.posts, {"title": "Hello", "author": author.key}, external_id="hello")
        comment = every("create_resource", site.comments, {"data": {"text": "First"}, "resource_owner": post.key})
        assert (post.folder, post.external_id, comment.resource_owner) == (site.posts, "hello", post.key)
        for key, resource in ((site.authors, author), (site.posts, post), (site.comments, comment)):
            (draft,) = every("list_revisions", key, resource.key).results
            assert (draft.number, draft.status, draft.is_valid, draft.published_at) == (1, "draft", True, None)
            published = every("publish_revision", key, resource.key, draft.key)
            assert (published.status, published.unpublished_at) == ("published", None)
            assert every("get_resource", key, resource.key).current_revision == draft.key
        assert every("get_resource_data", site.posts, post.key) == {"title": "Hello", "author": author.key}

        api = every("create_api", {"name": "Site", "prefix": new("site")}).key
        every("add_api_collection", api, site.comments, allowed_methods=["get_many", "get_one"])
        assert {one.folder for one in every("list_api_collections", api).results} == {site.posts, site.comments}
        assert refusal(every, "remove_api_collection", api, site.posts) == (422, "strict_reference_error")
        assert refusal(every, "delete_collection", site.authors) == (422, "folder_not_empty")
        every("delete_api", api)

        every("delete_resource", site.posts, post.key)
        assert refusal(every, "get_resource", site.comments, comment.key) == (404, "resource_not_found")


@pytest.mark.parametrize("word", ["collection", "folder"])
def test_versions_and_fields_under_both_names(both: Sdk, word: str) -> None:
    key = folder(both)
    version = both(f"create_{word}_version", key, {"name": "One", "description": "D"})
    assert (version.name, version.version_number, version.published_at) == ("One", None, None)
    seo = {"key": "seo", "name": "SEO", "type": "object"}
    assert both(f"create_{word}_field", key, version.key, seo).path == "seo"
    inner = {"key": "words", "name": "Words", "type": "string", "parent": "seo", "multiple": True}
    made = both(f"create_{word}_field", key, version.key, inner)
    assert (made.path, made.parent, made.multiple, made.localizable) == ("seo.words", "seo", True, False)
    assert both(f"get_{word}_field", key, version.key, "seo.words") == made
    assert both(f"update_{word}_field", key, version.key, "seo.words", {"required": True}).required is True
    children = both(f"list_{word}_fields", key, version.key, params={"path": "seo", "mode": "children"})
    assert [one.key for one in children.results] == ["words"]
    shown = both(f"get_{word}_version", key, version.key, include_schema=True)
    assert shown.json_schema["properties"]["seo"]["required"] == ["words"]
    assert both(f"update_{word}_version", key, version.key, {"name": "Two"}).name == "Two"

    published = both(f"publish_{word}_version", key, version.key)

    assert (published.version_number, published.archived_at) == (1, None)
    assert refusal(both, f"delete_{word}_version", key, version.key) == (422, "version_already_published")
    assert refusal(both, f"create_{word}_field", key, version.key, seo) == (422, "version_already_published")
    copy = both(f"create_{word}_version", key, {"name": "Copy"}, copy_from=version.key)
    both(f"delete_{word}_field", key, copy.key, "seo")
    assert both(f"list_{word}_fields", key, copy.key).count == 0
    assert [one.key for one in both(f"list_{word}_versions", key).results] == [version.key, copy.key]
    assert both(f"publish_{word}_version", key, copy.key).version_number == 2
    assert both(f"get_{word}_version", key, version.key).archived_at is not None
    assert refusal(both, f"get_{word}_version", key, "nothing") == (404, "schema_version_not_found")
    both("delete_collection", key)


def test_revisions(site: Site) -> None:
    sdk, at = site.sdk, site.posts
    post = sdk("create_resource", at, {"title": "1"}).key
    assert sdk("update_resource", at, post, {"title": "2"}).key == post
    third = sdk("create_revision", at, post, {"data": {"title": "3"}})
    assert sdk("update_revision", at, post, third.key, {"title": "three"}).size == len('{"title":"three"}')
    rows = sdk("list_revisions", at, post).results
    assert [row.number for row in rows] == [1, 2, 3]

    for row, title in ((rows[1], "2"), (third, "three"), (rows[0], "1")):
        sdk("publish_revision", at, post, row.key)
        assert sdk("get_resource_data", at, post) == sdk("get_revision_data", at, post, row.key) == {"title": title}
    assert sdk("get_revision", at, post, third.key).status == "unpublished"
    assert refusal(sdk, "update_revision", at, post, third.key, {"title": "t"}) == (422, "revision_published")
    assert sdk("validate_revision", at, post, third.key).get("errors") == []

    sdk("delete_revision", at, post, rows[0].key)
    assert refusal(sdk, "get_resource_data", at, post) == (404, "revision_not_found")
    assert refusal(sdk, "get_revision", at, post, rows[0].key) == (404, "revision_not_found")


def test_upserts(site: Site) -> None:
    sdk, at = site.sdk, site.posts
    first = sdk("upsert_resource", at, {"title": "1"}, external_id="a/b c")
    assert sdk("upsert_resource", at, {"data": {"title": "2"}}, external_id="a/b c").key == first.key
    assert sdk("list_revisions", at, first.key).count == 2
    with pytest.raises(ExternalIdConflict):
        sdk("create_resource", at, {"title": "3"}, external_id="a/b c")

    items = [BatchUpsertItem(external_id=str(n % 10), payload={"title": str(n)}) for n in range(20)]
    bad = BatchUpsertItem(external_id="bad", payload={"title": 1})
    seen: list[tuple[int, int]] = []
    result = sdk("batch_upsert_resources", at, [*items, bad], on_progress=lambda *both: seen.append(both))

    assert (result.success_count, [one.external_id for one in result.failed]) == (20, ["bad"])
    assert isinstance(result.failed[0].exception, ContentValidationFailed)
    assert seen[-1] == (21, 21)
    rows = sdk("list_resources", at).results
    assert sorted(row.external_id for row in rows) == sorted([*map(str, range(10)), "a/b c"])
    assert [sdk("list_revisions", at, row.key).count for row in rows] == [2] * 11


def test_refusals_are_of_the_client_s_own_types(site: Site) -> None:
    sdk, at = site.sdk, site.posts
    with pytest.raises(ContentValidationFailed) as caught:
        sdk("create_resource", at, {"title": 1, "author": "x", "stranger": True})
    assert {one["json_path"] for one in caught.value.errors} == {"$", "$.title"}
    with pytest.raises(ContentValidationFailed) as caught:
        sdk("create_resource", at, {"title": "t", "author": "nobody"})
    assert [one["json_path"] for one in caught.value.errors] == ["$.author"]
    assert refusal(sdk, "create_resource", site.comments, {"data": {"text": "t"}}) == (422, "validation_error")
    assert refusal(sdk, "get_resource", at, "nothing") == (404, "resource_not_found")
    assert refusal(sdk, "list_resources", "nothing") == (404, "folder_not_found")
    bare = folder(sdk)
    assert refusal(sdk, "create_resource", bare, {}) == (422, "schema_not_published")
    sdk("delete_collection", bare)


def test_another_schema_version_judges_anew(site: Site) -> None:
    sdk, at = site.sdk, site.authors
    author = sdk("create_resource", at, {"name": "Ada"}).key
    (row,) = sdk("list_revisions", at, author).results
    sdk("publish_revision", at, author, row.key)

    version = site.schema(at, {"key": "born", "name": "Born", "type": "date", "required": True})

    assert sdk("get_revision", at, author, row.key).is_valid is None
    said = sdk("validate_revision", at, author, row.key)
    assert said["is_valid"] is False
    assert said["errors"]
    assert sdk("get_resource_data", at, author) == {"name": "Ada"}
    made = sdk("create_revision", at, author, {"born": "1815-12-10"})
    assert (made.schema_version, made.is_valid) == (version, True)


def test_a_file_of_the_drive(site: Site, target: Target) -> None:
    sdk, at = site.sdk, site.posts
    with target.client(target) as drive:
        cid = put(drive, f"picture {uuid.uuid4().hex}".encode())
        post = sdk("create_resource", at, {"title": "t", "picture": cid}).key
        (row,) = sdk("list_revisions", at, post).results
        before = used(drive)
        sdk("publish_revision", at, post, row.key)
        assert used(drive) == before + 40

        assert drive.post("/api/v0/rm", params={"arg": cid}).status_code == 200

        assert used(drive) == before
        assert sdk("get_resource_data", at, post) == {"title": "t", "picture": cid}
        sdk("delete_resource", at, post)
        assert used(drive) == before - 40
        with pytest.raises(FoxnoseAPIError) as caught:
            sdk("create_resource", at, {"title": "t", "picture": cid})
        assert caught.value.error_code == "data_validation_error"


def put(drive: httpx.Client, data: bytes) -> str:
    answer = drive.post("/api/v0/put", files={"file": ("picture.png", data, "image/png")})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["files"][0]["hash"])


def used(drive: httpx.Client) -> int:
    return int(drive.post("/api/v0/status").json()["result"]["storage_used"])
