"""No test may see a function do on AWS what its policy does not allow.

`RECORD_AWS_CALLS=1 make unit` also notes all that was seen in `tests/infra/aws_calls.json`, by which
`tests/infra/test_rights.py` tells that nothing in a policy is idle. Do so after a function has learned something new;
delete the file before, to forget what none does any more.
"""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.app.config import CHALICE
from tests.support import iam
from tests.support.recording import Use, record

CATALOGUE = Path(__file__).parents[1] / "infra" / "aws_calls.json"
_denied: list[Use] = []


def policy(function: str) -> list[dict[str, object]]:
    """The statements of a function's policy file, as CloudFormation resolves them."""
    found: list[dict[str, object]] = iam.resolved(
        json.loads((CHALICE / f"policy-{function}.json").read_text())["Statement"]
    )
    return found


def catalogue() -> set[Use]:
    """All that was seen when the suite was recorded."""
    noted = json.loads(CATALOGUE.read_text()) if CATALOGUE.exists() else {}
    return {
        Use(function, action, resource)
        for function, actions in noted.items()
        for action, resources in actions.items()
        for resource in resources
    }


@pytest.fixture(autouse=True, scope="session")
def _functions_are_watched() -> Iterator[None]:
    policies = {function: policy(function) for function in ("public", "internal", "jobs", "janitor")}
    seen: set[Use] = set()

    def judge(use: Use) -> None:
        if use not in seen:
            seen.add(use)
            if not iam.allowed(policies[use.function], use):
                _denied.append(use)

    with record(judge):
        yield
    if os.environ.get("RECORD_AWS_CALLS"):
        _note(seen)


@pytest.fixture(autouse=True)
def _nothing_was_denied() -> Iterator[None]:
    _denied.clear()
    yield
    refused = [f"{use.function} may not {use.action} on {use.resource}" for use in _denied]
    assert refused == [], "see infra/rights.py; write the policies with: python -m infra.rights"


def _note(seen: set[Use]) -> None:
    with Path(tempfile.gettempdir(), "fluxvault-aws-calls.lock").open("w") as lock:
        # Each process of xdist has seen something else.
        fcntl.flock(lock, fcntl.LOCK_EX)
        noted: dict[str, dict[str, list[str]]] = {}
        for use in sorted(seen | catalogue()):
            noted.setdefault(use.function, {}).setdefault(use.action, []).append(use.resource)
        CATALOGUE.write_text(json.dumps(noted, indent=1) + "\n")
