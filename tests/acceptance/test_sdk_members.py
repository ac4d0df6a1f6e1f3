"""Keys, roles, projects and environments through the product's own client, unmodified (spec flux-apis, B.8 and B.9)."""

import contextlib
from collections.abc import Iterator

import pytest
from foxnose_sdk import FoxnoseAPIError, JWTAuth, SimpleKeyAuth  # type: ignore[import-untyped]  # as in test_sdk

from tests.acceptance.publishing import Publisher
from tests.acceptance.test_sdk import Sdk, connect, new, publisher, refusal, sdk

__all__ = ["publisher", "sdk"]
"""Fixtures of this module too."""

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:foxnose_sdk.*", "ignore:.*deprecated.*")
POPULATIONS = pytest.mark.parametrize("kind", ["management", "flux"])
READ = {"content_type": "flux-apis", "actions": ["read"], "all_objects": False}


@pytest.fixture
def role(sdk: Sdk, kind: str) -> Iterator[str]:
    made = sdk(f"create_{kind}_role", {"name": new("role"), "description": "Of a test"}).key
    yield made
    with contextlib.suppress(FoxnoseAPIError):
        sdk(f"delete_{kind}_role", made)


@POPULATIONS
def test_roles(sdk: Sdk, kind: str, role: str, publisher: Publisher) -> None:
    made = sdk(f"get_{kind}_role", role)
    assert (made.environment, made.description) == (publisher.env, "Of a test")
    assert kind == "flux" or made.full_access is False
    assert sdk(f"update_{kind}_role", role, {"name": "Readers"}).name == "Readers"
    listed = sdk(f"list_{kind}_roles")
    assert role in [each.key for each in listed.results]
    assert listed.count == len(listed.results)
    assert sdk(f"delete_{kind}_role", role) is None
    assert refusal(sdk, f"get_{kind}_role", role) == (404, "role_not_found")


@POPULATIONS
def test_permissions(sdk: Sdk, kind: str, role: str) -> None:
    words = f"{kind}_role_permission"
    made = sdk(f"upsert_{words}", role, READ)

    assert (made.content_type, made.actions, made.all_objects) == ("flux-apis", ["read"], False)
    assert sdk(f"list_{words}s", role) == [made]
    added = sdk(f"add_{kind}_permission_object", role, {"content_type": "flux-apis", "object_key": "an-api"})
    assert (added.content_type, added.object_key) == ("flux-apis", "an-api")
    other = sdk(f"add_{kind}_permission_object", role, {"content_type": "flux-apis", "object": "another"})
    assert sdk(f"list_{kind}_permission_objects", role, content_type="flux-apis") == [added, other]
    gone = {"content_type": "flux-apis", "object_key": "an-api"}
    assert sdk(f"delete_{kind}_permission_object", role, gone) is None
    assert sdk(f"list_{words}s", role)[0].objects == ["another"]
    assert sdk(f"delete_{words}", role, "flux-apis") is None
    assert sdk(f"list_{words}s", role) == []
    (batch,) = sdk(f"replace_{words}s", role, [{**READ, "all_objects": True}])
    assert batch.all_objects is True
    assert refusal(sdk, f"upsert_{words}", role, {**READ, "actions": ["fly"]}) == (422, "validation_error")


@POPULATIONS
def test_keys(sdk: Sdk, kind: str, role: str, publisher: Publisher) -> None:
    made = sdk(f"create_{kind}_api_key", {"description": "Of a test", "role": role})

    assert (made.description, made.role, made.environment) == ("Of a test", role, publisher.env)
    shown = sdk(f"get_{kind}_api_key", made.key)
    assert (shown.public_key, set(shown.secret_key)) == (made.public_key, {"*"})
    assert made.key in [each.key for each in sdk(f"list_{kind}_api_keys").results]
    assert refusal(sdk, f"delete_{kind}_role", role) == (422, "role_in_use")
    assert sdk(f"update_{kind}_api_key", made.key, {"role": None}).role is None
    assert sdk(f"delete_{kind}_api_key", made.key) is None
    assert refusal(sdk, f"get_{kind}_api_key", made.key) == (404, "key_not_found")


@pytest.mark.parametrize("kind", ["management"])
def test_a_role_acts_at_once(sdk: Sdk, role: str, publisher: Publisher) -> None:
    mine, other = (sdk("create_api", {"name": "n", "prefix": new("of-roles")}).key for _ in range(2))
    made = sdk("create_management_api_key", {"role": role})
    sdk("upsert_management_role_permission", role, READ)
    sdk("add_management_permission_object", role, {"content_type": "flux-apis", "object_key": mine})

    for limited in connect(publisher, SimpleKeyAuth(made.public_key, made.secret_key)):
        assert limited("get_api", mine).key == mine
        for refused in (("get_api", other), ("list_apis",), ("delete_api", mine), ("list_management_roles",)):
            assert refusal(limited, *refused) == (403, "permission_denied")
        sdk("delete_management_permission_object", role, {"content_type": "flux-apis", "object_key": mine})
        assert refusal(limited, "get_api", mine) == (403, "permission_denied")
        sdk("delete_management_api_key", made.key)
        assert refusal(limited, "get_api", mine) == (401, "authentication_failed")
    for key in (mine, other):
        sdk("delete_api", key)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def user(request: pytest.FixtureRequest, publisher: Publisher) -> Iterator[Sdk]:
    """The client of someone who signed in: organisations are for users alone."""
    yield from connect(publisher, JWTAuth.from_static_token(publisher.access), asynchronous=request.param)


def test_projects_and_environments(user: Sdk, publisher: Publisher) -> None:
    (organization,) = user("list_organizations")
    assert user("get_organization", organization.key) == organization
    standard = user("list_projects", organization.key).results[0]
    assert publisher.env in [each["key"] for each in standard.environments]

    project = user("create_project", organization.key, {"name": new("project")})
    where = organization.key, project.key
    assert user("update_project", *where, {"name": "Renamed"}).name == "Renamed"
    assert user("get_project", *where).organization == organization.key
    made = user("create_environment", *where, {"name": "Staging"})
    assert (made.project, made.is_enabled) == (project.key, True)
    assert user("list_environments", *where) == [made] == [user("get_environment", *where, made.key)]
    assert user("update_environment", *where, made.key, {"name": "Test"}).name == "Test"
    user("toggle_environment", *where, made.key, is_enabled=False)
    assert user("get_environment", *where, made.key).is_enabled is False
    assert refusal(user, "delete_project", *where) == (422, "project_not_empty")
    assert user("delete_environment", *where, made.key) is None
    assert refusal(user, "get_environment", *where, made.key) == (404, "environment_not_found")
    assert user("delete_project", *where) is None
    assert refusal(user, "get_project", *where) == (404, "project_not_found")
    assert refusal(user, "get_project", "nobody", standard.key) == (404, "organization_not_found")


def test_keys_do_not_reach_organisations(publisher: Publisher) -> None:
    for key in connect(publisher, SimpleKeyAuth(publisher.public, publisher.secret)):
        assert refusal(key, "list_organizations") == (401, "authentication_failed")
