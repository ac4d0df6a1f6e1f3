"""Operations as data: what is taken, what is given, what is refused; by the classes that the routes themselves use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel

from chalicelib.web.errors import Refusal

JSON = "application/json"
NOTHING = ""
"""The security scheme of whoever presents nothing."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query, or of the path.

    Attributes:
        name: As it is sent.
        type: What pydantic would take.
        text: What it is for.
        required: Whether it must be given.
    """

    name: str
    type: Any
    text: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """A body that is taken: a shape, or None for bytes of any kind."""

    shape: Any
    media: Sequence[str] = (JSON,)
    required: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is given.

    Attributes:
        text: What it means.
        shape: Of its JSON; None where there is no body, or one of bytes.
        media: Media type; an empty one where there is no body.
        status: HTTP status.
    """

    text: str
    shape: Any = None
    media: str = JSON
    status: int = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class Operation:
    """One verb on one path.

    Attributes:
        summary: What it does.
        answers: What it gives.
        refusals: What it may refuse with: status, code and text are those of the classes.
        body: What it takes; None if nothing.
        query: What it takes in the query: parameters, or the shape that it is parsed with.
        security: Names of schemes, one of which lets a caller in; empty where nobody is asked.
    """

    summary: str
    answers: Sequence[Answer]
    refusals: Sequence[type[Refusal]] = ()
    body: Body | None = None
    query: Sequence[Parameter] | type[BaseModel] = ()
    security: Sequence[str] = ()


Operations = Mapping[tuple[str, str], Operation]
"""By verb and path, as routes have them."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """The operations of one service, whose errors look alike.

    Attributes:
        title: What readers call it.
        error: Shape of an error.
        code: Name of the field in it that has the code.
        operations: By verb and path.
    """

    title: str
    error: type[BaseModel]
    code: Literal["code", "error", "error_code"]
    operations: Operations


def given(shape: Any, text: str = "What was asked for", status: int = HTTPStatus.OK) -> tuple[Answer, ...]:
    """The one answer of most operations."""
    return (Answer(text, shape, status=status),)


def created(shape: Any) -> tuple[Answer, ...]:
    """The answer of what makes something."""
    return given(shape, "What was made", HTTPStatus.CREATED)


GONE = (Answer("It is gone", media="", status=HTTPStatus.NO_CONTENT),)
"""The answer of what deletes something."""
