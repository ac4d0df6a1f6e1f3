"""The documents name all there is: routes, settings, error codes, metrics."""

import re
from pathlib import Path

import pytest

from chalicelib.apis import errors as api_errors
from chalicelib.blobs import segments  # noqa: F401 - so that every error class below is loaded
from chalicelib.content import errors as content_errors
from chalicelib.delivery import errors as delivery_errors
from chalicelib.drive import errors as drive_errors
from chalicelib.identity import errors as identity_errors
from chalicelib.keys import errors as key_errors
from chalicelib.limits import errors as limit_errors
from chalicelib.members import errors as member_errors
from chalicelib.metadata import errors as metadata_errors
from chalicelib.models import errors as model_errors
from chalicelib.resources import errors as resource_errors
from chalicelib.settings import Settings
from chalicelib.uploads import errors as upload_errors
from chalicelib.web import errors as web_errors
from chalicelib.web import management
from tests.support.system import System

ROOT = Path(__file__).resolve().parents[2]
API = (ROOT / "docs/api.md").read_text()
OPERATIONS = (ROOT / "docs/operations.md").read_text()

# What only operator's commands can meet: they say it in words.
OPERATORS_ALONE = {
    "account_exists",
    "account_not_found",
    "key_not_found",
    "too_many_keys",
    "invalid_plan",
    "generation_in_use",
    "user_exists",
}


def error_codes() -> set[str]:
    modules = (web_errors, key_errors, metadata_errors, identity_errors, drive_errors, limit_errors, upload_errors)
    modules += (member_errors, content_errors, model_errors, resource_errors, api_errors, delivery_errors, management)
    classes = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    return {error.code for error in classes if issubclass(error, web_errors.Refusal)}


@pytest.mark.parametrize("code", sorted(error_codes() - OPERATORS_ALONE))
def test_every_error_code_is_documented(code: str) -> None:
    assert f"`{code}`" in API


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    alias = Settings.model_fields[name].validation_alias
    assert f"`{str(alias or name).upper()}`" in OPERATIONS


def test_every_route_is_documented_and_every_documented_route_exists(system: System) -> None:
    routes = set(system.app.routes) - {"/{unknown+}", "/"}
    documented = {path for _, path in re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?]+)`", API)}
    # Told once, for all of them.
    twins = {path for path in routes if "/collections" in path}
    assert {
        path.replace("collections", "folders").replace("tree/collection", "tree/folder") for path in twins
    } <= routes
    assert documented == routes - twins


def test_every_kind_of_finding_is_documented() -> None:
    source = "".join(path.read_text() for path in (ROOT / "chalicelib/workers").glob("*.py"))
    kinds = set(re.findall(r"Finding\(\s*\"([a-z_]+)\"", source))
    assert len(kinds) > 14
    assert {kind for kind in kinds if f"`{kind}`" not in OPERATIONS} == set()


def test_the_readme_names_every_package_and_no_other() -> None:
    readme = (ROOT / "README.md").read_text()
    named = re.findall(r"^ {6}([a-z]+)/ ", readme, re.MULTILINE)
    packages = {path.parent.name for path in (ROOT / "chalicelib").glob("*/__init__.py")}
    assert set(named) == packages
