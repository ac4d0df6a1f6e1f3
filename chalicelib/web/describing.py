"""Refusals as OpenAPI describes them: the answers of each status, with the codes that they may have."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from chalicelib.web.errors import Refusal


class Given(BaseModel):
    """Base of the shapes of answers: closed, so that an answer that says more than is described does not fit."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class ManagementError(Given):
    """An error of management and delivery: `error_code` is stable."""

    message: str
    error_code: str
    detail: list[dict[str, Any]] | dict[str, Any] | None


def refused(refusals: Iterable[type[Refusal]], error: Mapping[str, Any] | None, code: str) -> dict[int, dict[str, Any]]:
    """The answers of refusals, by status.

    Args:
        refusals: Their classes, whose status, code and text are told.
        error: Schema of the body of an error; None where an answer has no body.
        code: Name of the field in it that has the code.
    """
    by_status: dict[int, dict[str, str]] = {}
    for one in refusals:
        by_status.setdefault(one.status, {}).setdefault(one.code, _text(one))
    return {status: _answer(said, error, code) for status, said in sorted(by_status.items())}


def _text(refusal: type[Refusal]) -> str:
    """What the caller reads; where that is told case by case, what the class stands for."""
    said = refusal.__dict__.get("text")
    return said if said is not None else " ".join((inspect.getdoc(refusal) or "").split())


def _answer(said: Mapping[str, str], error: Mapping[str, Any] | None, code: str) -> dict[str, Any]:
    found: dict[str, Any] = {"description": "\n".join(f"`{name}`: {text}" for name, text in said.items())}
    if error is not None:
        schema = {**error, "properties": {code: {"enum": list(said)}}} if "$ref" in error else dict(error)
        found["content"] = {"application/json": {"schema": schema}}
    return found
