"""One deployment on this machine: the functions of both sides, on a local AWS, with their queue and their schedule."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from chalicelib import aws
from chalicelib.composition import build
from chalicelib.settings import Settings, Surface
from infra import environment
from infra.app import config, functions
from infra.runtime.function import Function
from infra.runtime.gateway import Stage, Stages
from infra.runtime.sandbox import Recipe
from infra.runtime.sources import Polling, every, strike
from infra.runtime.task import Task
from infra.stateful.names import Names
from infra.stateful.queues import dead_letters, jobs_queue

LOG_FILE = "functions.log"
HANDLERS = {"public": "app.app", "internal": "app.app", "jobs": "app.jobs", "janitor": "app.janitor"}
"""What Chalice calls each function's entry point."""
SIDES = {"public": "prod", "internal": "internal"}
"""The stages of `.chalice/config.json` that are run."""
PROCESSES = {"public": 4, "internal": 2, "jobs": 2, "janitor": 1}
"""Most processes of each function: a machine is not a region."""
JANITOR_SECONDS = 3600
_NAMES = {
    "STAGE": "local",
    "AWS_REGION": "us-east-1",
    "TABLE_PREFIX": "fluxvault-lambda-",
    "BLOB_BUCKET": "fluxvault-lambda-blobs",
    "STAGING_BUCKET": "fluxvault-lambda-blobs-staging",
    "KMS_KEY_ID": "alias/fluxvault-lambda",
}


def describe(local: Path, public_url: str, access: Mapping[str, str]) -> Settings:
    """Make the queue, and say what this deployment is, to this process and to operator's commands by `local`.

    Args:
        local: Gets the file that operator's commands read.
        public_url: Where it will be.
        access: Variables by which AWS is found, and as whom.
    """
    values = {**_NAMES, "PUBLIC_URL": public_url, **access}
    os.environ.update(values)
    values["JOBS_QUEUE_URL"] = _queue(Settings.from_env(os.environ))
    os.environ.update(values)
    environment.write(local / environment.STACK_FILE, values)
    return Settings.from_env(os.environ)


@contextmanager
def running(settings: Settings, task: Task, local: Path, access: Mapping[str, str]) -> Iterator[Stages]:
    """The functions, called by their queue and their schedule; gives what is to be served.

    Args:
        settings: What `describe` gave.
        task: What the functions are run from.
        local: Takes their log.
        access: As for `describe`.
    """
    with ExitStack() as until:
        made = {
            name: until.enter_context(Function(recipe, PROCESSES[name]))
            for name, recipe in recipes(settings, task, local, access).items()
        }
        until.enter_context(
            Polling(aws.current().sqs, str(settings.jobs_queue_url), made["jobs"], pollers=PROCESSES["jobs"])
        )
        every(JANITOR_SECONDS, lambda: strike(made["janitor"], "janitor", settings.region))
        yield Stages(*(Stage(routes(settings, side), made[side]) for side in ("public", "internal")))


def routes(settings: Settings, surface: Surface) -> list[str]:
    """The paths that `chalice package` writes into the template of a side."""
    return list(build(settings.model_copy(update={"surface": surface})).routes)


def recipes(settings: Settings, task: Task, local: Path, access: Mapping[str, str]) -> dict[str, Recipe]:
    """Every function of both sides by its name, as its template describes it; arguments as for `running`."""
    made = {}
    for stage in map(config.stage, SIDES.values()):
        variables = {**_variables(stage, settings), **access}
        for one in stage.functions:
            made[one.name] = Recipe(
                name=f"fluxvault-local-{one.name}",
                handler=HANDLERS[one.name],
                task=task,
                variables=variables,
                seconds=one.timeout,
                memory=config.load()["lambda_functions"][_chalice_name(one)]["lambda_memory_size"],
                log=local / LOG_FILE,
            )
    return made


def _variables(stage: config.Stage, settings: Settings) -> dict[str, str]:
    """What the templates give a function and nothing else, with the values of this deployment."""
    values = {name.upper(): value for name, value in settings.model_dump(exclude_none=True).items()}
    named = functions.environment(stage)
    return {**stage.environment, **{name: str(values[name]) for name in named if name in values}}


def _chalice_name(function: config.Function) -> str:
    return function.name if function.name in {"jobs", "janitor"} else "api_handler"


def _queue(settings: Settings) -> str:
    """The queue of work as the template describes it, made if missing; gives its address."""
    sqs, names = aws.connect(settings).sqs, Names.of(settings)
    dead = _made(sqs, dead_letters(names)["Properties"], None)
    attributes = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    return _made(sqs, jobs_queue(names)["Properties"], attributes["QueueArn"])


def _made(sqs: Any, properties: Mapping[str, Any], dead: str | None) -> str:
    attributes = {}
    for name, value in properties.items():
        if name == "RedrivePolicy":
            attributes[name] = json.dumps({**value, "deadLetterTargetArn": dead})
        elif name != "QueueName":
            attributes[name] = str(value).lower() if isinstance(value, bool) else str(value)
    url: str = sqs.create_queue(QueueName=properties["QueueName"], Attributes=attributes)["QueueUrl"]
    return url
