"""Bodies of requests that bring documents: bare, or in an envelope with what else is said (spec flux-apis, B.7)."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic_core import from_json

from chalicelib.web.http import Call
from chalicelib.web.management import JsonParseError, issue

_BESIDE = frozenset({"external_id", "name", "component", "resource_owner"})
_TEXTS = {
    "external_id": TypeAdapter(Annotated[str, StringConstraints(min_length=1, max_length=255)] | None),
    "name": TypeAdapter(Annotated[str, StringConstraints(min_length=1, max_length=255)] | None),
    "resource_owner": TypeAdapter(Annotated[str, StringConstraints(min_length=1, max_length=100)] | None),
}


@dataclass(frozen=True, slots=True)
class Brought:
    """A document, and what was said with it."""

    document: dict[str, Any]
    external_id: str | None = None
    name: str | None = None
    owner: str | None = None


def brought(call: Call) -> Brought:
    """What a call brings. A body whose `data` is an object, beside nothing that is not known, is an envelope.

    Raises:
        JsonParseError: The body is not JSON.
        InvalidDataError: It is no object, or what it says beside the document is not of the right shape.
    """
    try:
        # NaN and infinity are not JSON, whatever Python says.
        found = from_json(call.body or b"{}", allow_inf_nan=False)
    except ValueError:
        raise JsonParseError from None
    if not isinstance(found, dict):
        raise issue([], "an object", "dict_type")
    if isinstance(found.get("data"), dict) and found.keys() <= {"data", *_BESIDE}:
        said = [text(name, found.get(name)) for name in ("external_id", "name", "resource_owner")]
        return Brought(found["data"], *said)
    external_id = text("external_id", found.pop("external_id", None))
    return Brought(found, external_id)


def text(name: str, value: Any) -> str | None:
    """A value that is said beside a document, by name.

    Raises:
        InvalidDataError: It is not of the right shape.
    """
    try:
        checked: str | None = _TEXTS[name].validate_python(value, strict=True)
    except ValidationError as error:
        raise issue([name], error.errors()[0]["msg"]) from None
    return checked
