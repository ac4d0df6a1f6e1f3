"""A version of a schema, ready to judge documents."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from fractions import Fraction
from functools import cache, cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalicelib.ipfs import InvalidCid, parse_cid
from chalicelib.models.fields import LARGEST, Field, json_schema

if TYPE_CHECKING:
    from jsonschema import FormatChecker
    from jsonschema.protocols import Validator

MOST_ERRORS = 20
_MOST_MESSAGE = 300
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True)
class Schema:
    """The fields of a version; `version` is its key."""

    version: str
    fields: tuple[Field, ...]

    @cached_property
    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of its documents."""
        return json_schema(self.fields)

    @cached_property
    def by_path(self) -> Mapping[str, Field]:
        """Its fields by their paths."""
        return {one.path: one for one in self.fields}

    def errors(self, document: Any) -> list[dict[str, str]]:
        """What a document does not fulfil: JSON path and message of each fault, 20 at most; nothing if it fits."""
        found = islice(self._validator.iter_errors(document), MOST_ERRORS)
        return [{"json_path": error.json_path, "message": error.message[:_MOST_MESSAGE]} for error in found]

    @cached_property
    def _validator(self) -> "Validator":
        found: Validator = _judge()(self.json_schema, format_checker=_formats())
        return found


def read(version: str, stored: Sequence[Mapping[str, Any]]) -> Schema:
    """The schema whose fields a version's row keeps."""
    return Schema(version, tuple(Field(**one) for one in stored))


def fault(schema: Mapping[str, Any]) -> str | None:
    """Why something is no JSON Schema; None if it is one."""
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 - loaded at first use: it costs a cold start

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return error.message[:_MOST_MESSAGE]
    return None


@cache
def _judge() -> Any:
    """The class of validators."""
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415 - see `fault`

    return validators.extend(Draft202012Validator, {"multipleOf": _multiple_of})  # type: ignore[no-untyped-call]


def _multiple_of(_validator: Any, rule: float, value: Any, _schema: Any) -> Iterator[Exception]:
    """Judged as the numbers are written: by doubles, 19.99 would be no multiple of 0.01, and large ones overflow."""
    from jsonschema import ValidationError  # noqa: PLC0415 - see `fault`

    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LARGEST:
        return
    if Fraction(str(value)) % Fraction(str(rule)):
        yield ValidationError(f"{value!r} is not a multiple of {rule}")


@cache
def _formats() -> "FormatChecker":
    from jsonschema import FormatChecker  # noqa: PLC0415 - see `fault`

    checker = FormatChecker(formats=())
    for name, is_one in _FORMATS.items():
        checker.checks(name)(is_one)
    return checker


def _parses(pattern: re.Pattern[str], parse: Callable[[str], object]) -> Callable[[object], bool]:
    def is_one(value: object) -> bool:
        if not isinstance(value, str):
            return True
        try:
            return bool(pattern.fullmatch(value)) and bool(parse(value) or True)
        except (ValueError, OverflowError):
            return False

    return is_one


def _is_cid(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        parse_cid(value)
    except InvalidCid:
        return False
    return True


_FORMATS: Mapping[str, Callable[[object], bool]] = {
    "date": _parses(_DATE, date.fromisoformat),
    "time": _parses(_TIME, time.fromisoformat),
    "date-time": _parses(_DATETIME, lambda text: datetime.fromisoformat(text).astimezone(UTC)),
    "cid": _is_cid,
}
