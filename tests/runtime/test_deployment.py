"""What is run here is what the templates describe."""

from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import Settings
from infra.app import config
from infra.packaging import package
from infra.runtime import deployment
from infra.runtime.task import Task

ACCESS = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
QUEUE = "http://127.0.0.1:9/000000000000/jobs"


@pytest.fixture(scope="module")
def templates() -> dict[str, dict[str, Any]]:
    """Resources of the templates of both sides."""
    return {side: package.app_template(config.stage(name))["Resources"] for side, name in deployment.SIDES.items()}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"jobs_queue_url": QUEUE})


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any, botocore would look for some."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


@pytest.mark.parametrize("side", ["public", "internal"])
@pytest.mark.usefixtures("credentials")
def test_the_paths_are_those_of_the_template(side: Any, templates: dict[str, Any], settings: Settings) -> None:
    paths = templates[side]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]

    assert set(deployment.routes(settings, side)) == set(paths)


def test_each_function_is_what_the_template_says(templates: dict[str, Any], settings: Settings, tmp_path: Path) -> None:
    task = Task(tmp_path, tmp_path, "python", "a test's")

    recipes = deployment.recipes(settings, task, tmp_path, ACCESS)

    functions = [
        (side, one["Properties"])
        for side, resources in templates.items()
        for one in resources.values()
        if one["Type"] == "AWS::Serverless::Function"
    ]
    assert len(functions) == len(recipes) == 4
    for side, properties in functions:
        recipe = recipes[properties["FunctionName"]["Fn::Sub"].rsplit("-", 1)[-1]]
        assert recipe.handler == properties["Handler"]
        assert (recipe.seconds, recipe.memory) == (properties["Timeout"], properties["MemorySize"])
        # No variable but those that the template gives, and what tells where AWS is
        said = properties["Environment"]["Variables"]
        assert recipe.variables.keys() - ACCESS.keys() <= said.keys()
        assert recipe.variables["SURFACE"] == said["SURFACE"] == side
        assert {"JOBS_QUEUE_URL", "TABLE_PREFIX", "PUBLIC_URL"} <= recipe.variables.keys()


def test_what_calls_a_function_is_what_the_template_says(templates: dict[str, Any]) -> None:
    internal = templates["internal"]
    (queue,) = internal["Jobs"]["Properties"]["Events"].values()
    (schedule,) = internal["Janitor"]["Properties"]["Events"].values()

    assert queue["Properties"]["BatchSize"] == 1
    assert queue["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert schedule["Properties"]["Schedule"] == "rate(1 hour)"
    assert deployment.JANITOR_SECONDS == 3600
