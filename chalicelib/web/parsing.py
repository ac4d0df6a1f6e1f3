"""Strict parsing: a body or a query is exactly what its shape says, or a 400 that names each field and its problem."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from chalicelib.web.errors import InvalidRequestError, PayloadTooLargeError
from chalicelib.web.http import Call

M = TypeVar("M", bound=BaseModel)

MOST_JSON_BYTES = 4 * 1024 * 1024
"""Longest JSON body: a batch of 100 keys of 4,096 bytes fits, each character escaped."""


class Shape(BaseModel):
    """Base of request shapes: no unknown fields, no coercion of types."""

    # A process that begins has no time for what no call has sent yet.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


def json_body(call: Call, shape: type[M]) -> M:
    """The call's body as `shape`. An empty body is an empty object.

    Raises:
        InvalidRequestError: Not JSON, not UTF-8, or not of that shape.
        PayloadTooLargeError: Over `MOST_JSON_BYTES`.
    """
    if len(call.body) > MOST_JSON_BYTES:
        raise PayloadTooLargeError
    return _checked(lambda: shape.model_validate_json(call.body or b"{}"))


def query(call: Call, shape: type[M]) -> M:
    """The call's query parameters as `shape`; text becomes numbers and booleans where the shape says so.

    Raises:
        InvalidRequestError: A parameter is unknown, repeated or malformed.
    """
    repeated = [name for name, values in call.query.items() if len(values) != 1]
    if repeated:
        raise InvalidRequestError(detail=[{"field": name, "problem": "given more than once"} for name in repeated])
    return _checked(lambda: shape.model_validate_strings({name: values[0] for name, values in call.query.items()}))


def _checked(parse: Callable[[], M]) -> M:
    try:
        return parse()
    except ValidationError as error:
        raise InvalidRequestError(detail=_detail(error.errors(include_url=False, include_input=False))) from None


def _detail(faults: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [{"field": ".".join(map(str, fault["loc"])), "problem": fault["msg"]} for fault in faults]
