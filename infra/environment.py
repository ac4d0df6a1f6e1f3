"""The environment of operator's commands: what is set, else what `make run` wrote about the local stack."""

import os
from pathlib import Path

from dotenv import dotenv_values

from chalicelib.settings import Settings

LOCAL = Path(os.environ.get("LOCAL_DIR") or Path(__file__).resolve().parent.parent / ".local")
"""Where the local stack keeps its state (`LOCAL_DIR`)."""
STACK_FILE = "stack.env"
DEMO_FILE = "demo.env"


def load() -> Settings:
    """The settings of the deployment that is meant.

    Without `TABLE_PREFIX` in the environment that is the local stack, as `make run` described it.

    Raises:
        SettingsError: Neither says enough.
    """
    described = LOCAL / STACK_FILE
    if not os.environ.get("TABLE_PREFIX") and described.exists():
        for name, value in dotenv_values(described).items():
            os.environ.setdefault(name, value or "")
    return Settings.from_env(os.environ)


def write(path: Path, values: dict[str, str]) -> None:
    """Write `NAME=value` lines, readable by this user alone, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    fresh.replace(path)
