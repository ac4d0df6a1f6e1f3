"""What is published, read by the product's own client, unmodified (spec flux-apis, C and D)."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from foxnose_sdk import (  # type: ignore[import-untyped]  # it has no marker of its types
    AnonymousAuth,
    AuthStrategy,
    CollectionNotWritable,
    FoxnoseAPIError,
    SecureKeyAuth,
    SimpleKeyAuth,
)

from tests.acceptance.client import Target
from tests.acceptance.publishing import Publisher
from tests.acceptance.running import Running
from tests.acceptance.school import COUNT, SETS, School, flux
from tests.acceptance.test_sdk import SCHEMES, Sdk, connect, new, refusal

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:foxnose_sdk.*", "ignore:.*deprecated.*")

STALE_SECONDS = 10
"""By when a change of an API shows, whatever the target remembers."""


@pytest.fixture(scope="module")
def publisher(_running: Running | None, target: Target) -> Publisher:
    return Publisher.of(_running, target)


@pytest.fixture(scope="module")
def owner(publisher: Publisher) -> Iterator[Sdk]:
    yield from connect(publisher, SCHEMES["simple"](publisher))


@pytest.fixture(scope="module")
def school(owner: Sdk) -> Iterator[School]:
    made = School(owner).make()
    yield made
    made.clear()


@pytest.fixture(params=[(name, twin) for name in ("nobody", "simple", "secure") for twin in (False, True)], ids=str)
def reader(request: pytest.FixtureRequest, publisher: Publisher, owner: Sdk, school: School) -> Iterator[Sdk]:
    """The client of the open API as nobody, of the other one under each scheme; sync and async."""
    name, twin = request.param
    if name == "nobody":
        with flux(publisher, school.apis["open"][1], AnonymousAuth(), asynchronous=twin) as sdk:
            yield sdk
        return
    made = owner("create_flux_api_key", {"description": "SDK"})
    auth = (SimpleKeyAuth if name == "simple" else SecureKeyAuth)(made.public_key, made.secret_key)
    with flux(publisher, school.apis["locked"][1], auth, asynchronous=twin) as sdk:
        yield sdk
    owner("delete_flux_api_key", made.key)


def test_list_get_and_search(reader: Sdk, school: School) -> None:
    page = reader("list_resources", school.path)
    newest = page["results"][0]

    assert (page["limit"], page["next"], page["previous"]) == (100, None, None)
    assert [one["_sys"]["key"] for one in page["results"]] == school.keys[::-1]
    assert newest["_sys"]["folder"] == school.lessons
    assert newest["data"] == {"title": "Lesson 4", "text": "on fish 4", "rank": 4}
    assert reader("get_resource", school.path, school.keys[-1]) == newest
    found = reader("search", school.path, body={"where": {"$": {"all_of": [{"rank__gte": 2}, {"rank__lt": 4}]}}})
    assert sorted(one["data"]["rank"] for one in found["results"]) == [2, 3]
    by_rank = reader("list_resources", school.path, params={"sort": "-rank", "where__rank__in": ["1", "3"]})
    assert [one["data"]["rank"] for one in by_rank["results"]] == [3, 1]
    assert len(reader("search", school.path, body={"find_text": {"query": "FISH"}})["results"]) == COUNT
    assert (
        reader("search", school.path, body={"limit": 1}, params={"truncate_text": 2})["results"][0]["data"]["text"]
        == "on"
    )
    (course,) = reader("list_resources", f"/{school.alias}/", params={"where__title__eq": "Über Fische"})["results"]
    assert course["_sys"]["key"] == school.course


def test_router_and_schema(reader: Sdk, school: School) -> None:
    told = reader("get_router")
    template = f"/{school.alias}/{{{school.alias}_key}}/lessons"

    assert [one["action"] for one in told["routes"] if one["path_template"].startswith(template)] == [
        "get_many",
        "search",
        "get_one",
        "schema",
    ]
    schema = reader("get_schema", school.path)
    assert schema["json_schema"]["properties"].keys() == {"title", "text", "rank"}
    assert schema["path"] == f"/{told['api']}{template}"
    assert {"title", "text", "rank", "_sys.created_at"} <= set(schema["searchable_fields"])


def test_pages_by_following_next(reader: Sdk, school: School) -> None:
    seen: list[list[str]] = []
    params: dict[str, Any] = {"limit": 2, "sort": "rank"}
    while params:
        page = reader("list_resources", school.path, params=params)
        seen.append([one["_sys"]["key"] for one in page["results"]])
        params = parse_qs(urlsplit(page["next"]).query) if page["next"] else {}
        assert len(seen) <= COUNT
    assert seen == [school.keys[0:2], school.keys[2:4], school.keys[4:5]]
    for name in ("next", "previous"):
        code = refusal(reader, "list_resources", school.path, params={name: "garbage"})
        assert code == (422, "invalid_request")


def test_writes_are_refused(reader: Sdk, school: School, request: pytest.FixtureRequest) -> None:
    for method, *arguments in (("create_resource",), ("update_resource", school.keys[0])):
        with pytest.raises(FoxnoseAPIError) as caught:
            reader(method, school.path, *arguments, {"title": "Mine"})
        if "nobody" in str(request.node.callspec.id):
            assert (caught.value.status_code, caught.value.error_code) == (401, "authentication_required")
        else:
            assert isinstance(caught.value, CollectionNotWritable)
    assert len(reader("list_resources", school.path)["results"]) == COUNT


def eventually(sdk: Sdk, found: Callable[[Any], bool]) -> None:
    """Wait until the router says what it should."""
    until = time.monotonic() + STALE_SECONDS
    while not found(told(sdk)):
        assert time.monotonic() < until
        time.sleep(0.2)


def told(sdk: Sdk) -> Any:
    """What the router says, or the code of its refusal."""
    try:
        return [one["action"] for one in sdk("get_router")["routes"]]
    except FoxnoseAPIError as error:
        return error.status_code, error.error_code


@pytest.mark.parametrize("name", SETS)
def test_each_row_of_the_table_of_methods(name: str, publisher: Publisher, school: School) -> None:
    many, one = ("get_many" in SETS[name]), ("get_one" in SETS[name])
    actions = ["get_many", "search"] * many + ["get_one"] * one + ["schema"] * (many or one)
    calls: list[tuple[bool, str, list[Any], dict[str, Any]]] = [
        (many, "list_resources", [school.path], {}),
        (many, "search", [school.path], {"body": {}}),
        (one, "get_resource", [school.path, school.keys[0]], {}),
        (many or one, "get_schema", [school.path], {}),
    ]
    school.allow("open", *SETS[name])
    with flux(publisher, school.apis["open"][1], AnonymousAuth()) as sdk:
        eventually(sdk, lambda said: said == actions * 2)
        for may, method, arguments, named in calls:
            if not may:
                assert refusal(sdk, method, *arguments, **named) == (405, "method_not_allowed")
                continue
            answer = sdk(method, *arguments, **named)
            for item in answer.get("results", ()):
                assert item.keys() == ({"_sys", "data"} if one else {"_sys"})
            assert method != "get_resource" or answer["data"]["rank"] == 0
        school.allow("open", *SETS["both"])
        eventually(sdk, lambda said: len(said) == 8)


def test_what_is_not_there(reader: Sdk, school: School) -> None:
    assert refusal(reader, "list_resources", "nowhere") == (404, "route_not_found")
    assert refusal(reader, "get_resource", school.path, "nobody") == (404, "resource_not_found")
    elsewhere = f"{school.alias}/nobody/lessons"
    assert refusal(reader, "list_resources", elsewhere) == (404, "resource_not_found")


def test_keys_and_clocks(publisher: Publisher, owner: Sdk, school: School) -> None:
    made = owner("create_flux_api_key", {"description": "SDK"})
    locked = school.apis["locked"][1]

    def outcome(auth: AuthStrategy) -> tuple[int, str] | None:
        with flux(publisher, locked, auth) as sdk:
            try:
                sdk("search", school.path, body={"where": {"title__eq": "ü"}})
            except FoxnoseAPIError as error:
                return error.status_code, str(error.error_code)
        return None

    def shifted(minutes: int) -> AuthStrategy:
        clock = lambda: datetime.now(UTC) + timedelta(minutes=minutes)  # noqa: E731 - the SDK wants a function
        return SecureKeyAuth(made.public_key, made.secret_key, clock=clock)

    unknown = (401, "authentication_required")
    assert [outcome(shifted(minutes)) for minutes in (-16, -14, 0, 14, 16)] == [unknown, None, None, None, unknown]
    assert outcome(AnonymousAuth()) == outcome(SimpleKeyAuth(publisher.public, publisher.secret)) == unknown
    owner("delete_flux_api_key", made.key)
    assert outcome(shifted(0)) == unknown


def test_roles(publisher: Publisher, owner: Sdk, school: School) -> None:
    role = owner("create_flux_role", {"name": new("role")}).key
    made = owner("create_flux_api_key", {"description": "SDK", "role": role})
    api, prefix = school.apis["locked"]
    with flux(publisher, prefix, SecureKeyAuth(made.public_key, made.secret_key)) as sdk:
        assert refusal(sdk, "list_resources", school.path) == (403, "access_denied")
        payload = {"content_type": "flux-apis", "actions": ["read"], "all_objects": False}
        owner("upsert_flux_role_permission", role, payload)
        assert refusal(sdk, "get_router") == (403, "access_denied")
        an_object = {"content_type": "flux-apis", "object_key": api}
        owner("add_flux_permission_object", role, an_object)
        assert len(sdk("list_resources", school.path)["results"]) == COUNT
        owner("delete_flux_permission_object", role, an_object)
        assert refusal(sdk, "list_resources", school.path) == (403, "access_denied")
    owner("delete_flux_api_key", made.key)
    owner("delete_flux_role", role)


def test_an_api_that_is_deleted_is_nowhere(publisher: Publisher, school: School) -> None:
    key, prefix = school.apis["open"]
    with flux(publisher, prefix, AnonymousAuth()) as sdk:
        assert sdk("list_resources", school.path)["results"]
        school.sdk("delete_api", key)
        eventually(sdk, lambda said: said == (404, "route_not_found"))
        assert refusal(sdk, "list_resources", school.path) == (404, "route_not_found")
    school.publish_api("open")


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_loader_of_others_reads_a_folder_to_its_end(publisher: Publisher, school: School, asynchronous: bool) -> None:
    # It takes a second to load, and others of this file do without.
    from langchain_foxnose import FoxNoseLoader  # noqa: PLC0415

    at = {"base_url": f"{publisher.base_url}/flux/{publisher.env}", "api_prefix": school.apis["open"][1]}
    loader = FoxNoseLoader.from_client_params(
        **at,
        auth=AnonymousAuth(),
        collection_path=school.path,
        async_mode=asynchronous,
        page_content_field="text",
        params={"sort": "rank"},
        batch_size=2,
    )

    async def every() -> list[Any]:
        return [one async for one in loader.alazy_load()]

    with asyncio.Runner() as runner:
        found = runner.run(every()) if asynchronous else list(loader.lazy_load())
        inner = (loader.async_client if asynchronous else loader.client)._transport
        runner.run(inner._async_client.aclose())
        inner._client.close()

    assert [one.page_content for one in found] == [f"on fish {number}" for number in range(COUNT)]
    assert [one.metadata["key"] for one in found] == school.keys
