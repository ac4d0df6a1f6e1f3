"""Nothing that schemathesis makes up meets an answer that is not described."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis import Case
from schemathesis.config import SchemathesisConfig

from chalicelib import aws
from tests.openapi.serving import Door
from tests.openapi.trial import CONFIG, Trial
from tests.openapi.world import World
from tests.support.system import System

KEPT = Path(__file__).resolve().parents[2] / "docs/openapi"
"""What is served, as another test proves."""
DOOR = Door()


def kept(surface: str) -> schemathesis.BaseSchema:
    document = json.loads((KEPT / f"{surface}.json").read_text())
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(CONFIG))
    schema.app = DOOR
    return schema


INTERNAL = kept("internal")
# Both words for folders lead to the same views, and so do roles of both populations.
PUBLIC = kept("public").exclude(path_regex="/collections|/flux-api/roles")


class Holder:
    """The trial of the test that runs."""

    trial: Trial


@pytest.fixture(autouse=True)
def _half_of_the_cases_reach_a_domain(shared: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(aws.clients, "_current", shared.aws)
    monkeypatch.setattr(DOOR, "system", shared, raising=False)
    Holder.trial = Trial(World(shared))
    yield
    assert Holder.trial.reached * 2 >= Holder.trial.positive


@INTERNAL.parametrize()
def test_metadata_and_keys(case: Case[Any]) -> None:
    Holder.trial.run(case)


@PUBLIC.parametrize()
def test_the_public_services(case: Case[Any]) -> None:
    Holder.trial.run(case)
