"""`.chalice/config.json`, read as Chalice reads it: what a stage says about a function goes before what all say."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

CHALICE = Path(__file__).resolve().parents[2] / ".chalice"
LOCAL = "local"
RUNTIME = "python3.13"
"""What Lambda runs. Not Python 3.11, which it has on Amazon Linux 2: Pillow's wheels ask for a newer C library."""

Side = Literal["public", "internal"]


class StageError(ValueError):
    """There is no such stage to package."""


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function of a stage.

    Attributes:
        resource: Its name in the template.
        log_group: Its log group's name in the template, which Chalice derives from another spelling.
        role: Its role's name in the template.
        name: What it is called after the deployment: `public`, `internal`, `jobs` or `janitor`.
        timeout: Seconds.
        concurrency: How many of it may run at once.
    """

    resource: str
    log_group: str
    role: str
    name: str
    timeout: int
    concurrency: int | None


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that can be deployed."""

    name: str
    side: Side
    api_stage: str
    functions: tuple[Function, ...]
    environment: dict[str, str]

    @property
    def deployment(self) -> str | None:
        """The deployment it is of, unless told otherwise: the internal side belongs to whichever is named."""
        return self.name if self.side == "public" else None


def load() -> dict[str, Any]:
    """The whole file."""
    found: dict[str, Any] = json.loads((CHALICE / "config.json").read_text())
    return found


def stages() -> list[str]:
    """The stages that can be deployed."""
    return [name for name in load()["stages"] if name != LOCAL]


def stage(name: str) -> Stage:
    """One stage.

    Raises:
        StageError: It is not one of `stages()`.
    """
    if name not in stages():
        raise StageError(f"STAGE is one of {', '.join(stages())}, not {name or 'empty'}")
    config = load()
    own = config["stages"][name]
    side: Side = own["environment_variables"]["SURFACE"]
    known: dict[str, tuple[str, str, str]] = {"api_handler": ("APIHandler", "ApiHandler", side)}
    if side == "internal":
        known |= {"jobs": ("Jobs", "Jobs", "jobs"), "janitor": ("Janitor", "Janitor", "janitor")}
    functions = []
    for chalice_name, (resource, spelt, deployed) in known.items():
        said = {**config["lambda_functions"][chalice_name], **own.get("lambda_functions", {}).get(chalice_name, {})}
        functions.append(
            Function(
                resource,
                f"{spelt}LogGroup",
                f"{spelt}Role",
                deployed,
                said["lambda_timeout"],
                said.get("reserved_concurrency"),
            )
        )
    return Stage(name, side, own["api_gateway_stage"], tuple(functions), own["environment_variables"])
