"""The product's own client, unmodified, pointed at this server (spec flux-apis, D)."""

import asyncio
import contextlib
import inspect
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import pytest
from foxnose_sdk import (  # type: ignore[import-untyped]  # it has no marker of its types
    AsyncManagementClient,
    AuthStrategy,
    FoxnoseAPIError,
    JWTAuth,
    ManagementClient,
    RetryConfig,
    SecureKeyAuth,
    SimpleKeyAuth,
)

from tests.acceptance.client import Target
from tests.acceptance.publishing import Publisher
from tests.acceptance.running import Running

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:foxnose_sdk.*", "ignore:.*deprecated.*")

SCHEMES: dict[str, Callable[[Publisher], AuthStrategy]] = {
    "jwt": lambda who: JWTAuth.from_static_token(who.access),
    "simple": lambda who: SimpleKeyAuth(who.public, who.secret),
    "secure": lambda who: SecureKeyAuth(who.public, who.secret),
}


class Sdk(Protocol):
    """Calls the SDK's method of a name, and waits for its answer."""

    def __call__(self, method: str, *args: Any, **kwargs: Any) -> Any: ...


@pytest.fixture(scope="module")
def publisher(_running: Running | None, target: Target) -> Publisher:
    return Publisher.of(_running, target)


def connect(who: Publisher, auth: AuthStrategy, *, asynchronous: bool = False) -> Iterator[Sdk]:
    """A client, sync or async, that asks once and gives up."""
    made: Any = (AsyncManagementClient if asynchronous else ManagementClient)(
        base_url=who.base_url, environment_key=who.env, auth=auth, retry_config=RetryConfig(attempts=1)
    )
    with asyncio.Runner() as runner:

        def call(method: str, *args: Any, **kwargs: Any) -> Any:
            found = getattr(made, method)(*args, **kwargs)
            return runner.run(found) if inspect.iscoroutine(found) else found

        yield call
        call("aclose" if asynchronous else "close")


@pytest.fixture(params=[(scheme, twin) for scheme in SCHEMES for twin in (False, True)], ids=str)
def sdk(request: pytest.FixtureRequest, publisher: Publisher) -> Iterator[Sdk]:
    """The client under each scheme, sync and async."""
    scheme, twin = request.param
    yield from connect(publisher, SCHEMES[scheme](publisher), asynchronous=twin)


@pytest.fixture
def one(publisher: Publisher) -> Iterator[Sdk]:
    """The client where the scheme does not matter."""
    yield from connect(publisher, SCHEMES["secure"](publisher))


def refusal(sdk: Sdk, method: str, *args: Any, **kwargs: Any) -> tuple[int, str]:
    with pytest.raises(FoxnoseAPIError) as caught:
        sdk(method, *args, **kwargs)
    return caught.value.status_code, str(caught.value.error_code)


def new(word: str) -> str:
    return f"{word}-{uuid.uuid4().hex[:12]}"


def folder(sdk: Sdk, parent: str | None = None, *, strict: bool = False) -> str:
    """A new folder's key."""
    alias = new("folder")
    payload = {"name": "Folder", "alias": alias, "parent": parent, "strict_reference": strict}
    return str(sdk("create_collection", payload).key)


@pytest.fixture
def api(sdk: Sdk) -> Iterator[str]:
    made = sdk("create_api", {"name": "SDK", "prefix": new("sdk")})
    yield made.key
    with contextlib.suppress(FoxnoseAPIError):
        sdk("delete_api", made.key)


def test_apis(sdk: Sdk, api: str, publisher: Publisher) -> None:
    made = sdk("get_api", api)
    assert (made.name, made.version, made.environment, made.is_auth_required) == ("SDK", "1", publisher.env, False)

    changed = sdk("update_api", api, {"name": "Über", "description": "With its description", "is_auth_required": True})

    assert (changed.name, changed.prefix, changed.is_auth_required) == ("Über", made.prefix, True)
    listed = sdk("list_apis")
    assert listed.count == len(listed.results)
    assert api in [each.key for each in listed.results]
    assert refusal(sdk, "create_api", {"name": "n", "prefix": made.prefix}) == (422, "api_prefix_exists")
    assert refusal(sdk, "create_api", {"name": "n", "prefix": "a b"}) == (422, "validation_error")
    assert sdk("delete_api", api) is None
    assert refusal(sdk, "get_api", api) == (404, "api_not_found")


@pytest.mark.parametrize("word", ["collection", "folder"])
def test_connections_under_both_names(sdk: Sdk, api: str, word: str) -> None:
    key = folder(sdk)

    made = sdk(f"add_api_{word}", api, key, allowed_methods=["get_many", "get_one"])

    assert (made.folder, sorted(made.allowed_methods)) == (key, ["get_many", "get_one"])
    for name in ("collection", "folder"):
        assert sdk(f"get_api_{name}", api, key) == made
        assert [each.folder for each in sdk(f"list_api_{name}s", api).results] == [key]
    assert refusal(sdk, f"add_api_{word}", api, key) == (422, "folder_already_connected_to_api")
    assert sdk(f"update_api_{word}", api, key, description_search="Find").allowed_methods == made.allowed_methods
    assert sdk(f"update_api_{word}", api, key, allowed_methods=["get_one"]).allowed_methods == ["get_one"]
    assert sdk(f"update_api_{word}", api, key).allowed_methods == []
    assert sdk(f"remove_api_{word}", api, key) is None
    assert refusal(sdk, f"get_api_{word}", api, key) == (404, "folder_not_found")
    sdk("delete_collection", key)


@pytest.mark.parametrize("word", ["collection", "folder"])
def test_the_tree_under_both_names(sdk: Sdk, word: str) -> None:
    alias = new("top")
    top = sdk(f"create_{word}", {"name": "Top", "alias": alias})
    low = sdk(f"create_{word}", {"name": "Low", "alias": "low", "parent": top.key, "strict_reference": True})

    assert (low.parent, low.strict_reference, low.content_type) == (top.key, True, "document")
    assert sdk(f"get_{word}", low.key) == low
    assert sdk(f"get_{word}_by_path", f"{alias}/low") == sdk(f"get_{word}_by_path", f"{alias}.low") == low
    assert top.key in [each.key for each in sdk(f"list_{word}s").results]
    tree = sdk(f"list_{word}_tree", key=top.key, mode="children")
    assert [each.key for each in tree.results] == [low.key]
    assert sdk(f"update_{word}", low.key, {"name": "Lower"}).name == "Lower"
    assert refusal(sdk, f"delete_{word}", top.key) == (422, "folder_not_empty")
    assert sdk(f"delete_{word}", low.key) is None
    assert sdk(f"delete_{word}", top.key) is None
    assert refusal(sdk, f"get_{word}", top.key) == (404, "folder_not_found")


def test_strict_reference_error(sdk: Sdk, api: str) -> None:
    top = folder(sdk)
    low = folder(sdk, top, strict=True)
    sdk("add_api_collection", api, low, allowed_methods=["get_one"])

    assert {each.folder for each in sdk("list_api_collections", api).results} == {top, low}
    assert refusal(sdk, "remove_api_collection", api, top) == (422, "strict_reference_error")
    assert refusal(sdk, "delete_collection", low) == (422, "strict_reference_error")
    sdk("remove_api_collection", api, low)
    sdk("remove_api_collection", api, top)
    sdk("delete_collection", low)
    sdk("delete_collection", top)


def test_pagination(one: Sdk) -> None:
    top = folder(one)
    keys = [folder(one, top) for _ in range(5)]

    seen, params = [], {"key": top, "limit": "2"}
    while True:
        page = one("list_collections", params=params)
        assert page.count == 5
        seen.append([each.key for each in page.results])
        if page.next is None:
            break
        params = dict(parse_qsl(urlsplit(str(page.next)).query))
    assert seen == [keys[0:2], keys[2:4], keys[4:5]]
    assert refusal(one, "list_collections", params={"key": top, "cursor": "garbage"}) == (422, "validation_error")
    for key in (*keys, top):
        one("delete_collection", key)


@pytest.mark.parametrize(("minutes", "let_in"), [(-14, True), (14, True), (-16, False), (16, False)])
def test_clocks_may_differ_by_fifteen_minutes(publisher: Publisher, minutes: int, let_in: bool) -> None:
    auth = SecureKeyAuth(
        publisher.public, publisher.secret, clock=lambda: datetime.now(UTC) + timedelta(minutes=minutes)
    )
    for sdk in connect(publisher, auth):
        if let_in:
            assert sdk("list_apis").count >= 0
        else:
            assert refusal(sdk, "list_apis") == (401, "authentication_failed")


def test_another_s_environment_and_a_wrong_token(publisher: Publisher) -> None:
    elsewhere = Publisher(publisher.base_url, "nowhere0", publisher.public, publisher.secret, publisher.access)
    for scheme in SCHEMES.values():
        for sdk in connect(elsewhere, scheme(elsewhere)):
            assert refusal(sdk, "list_apis") == (404, "environment_not_found")
    for sdk in connect(publisher, JWTAuth.from_static_token(publisher.access[:-4])):
        assert refusal(sdk, "list_apis") == (401, "authentication_failed")
