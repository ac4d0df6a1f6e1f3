from typing import Any

import pytest
from pydantic import Field

from chalicelib.web.errors import InvalidRequestError
from chalicelib.web.http import Call
from chalicelib.web.parsing import Shape, json_body, query


class Inner(Shape):
    name: str


class Body(Shape):
    text: str = "none"
    number: int = Field(default=0, le=10)
    flag: bool = False
    parts: list[Inner] = Field(default=[])


class Query(Shape):
    text: str
    number: int = Field(default=0, le=10)
    flag: bool = False


def call(body: bytes = b"", parameters: dict[str, list[str]] | None = None) -> Call:
    return Call(
        method="POST",
        route="/x",
        path="/x",
        params={},
        query=parameters or {},
        headers={},
        body=body,
        source_ip="203.0.113.9",
        request_id="r",
    )


def faults(error: pytest.ExceptionInfo[InvalidRequestError]) -> dict[str, str]:
    """The problems by field."""
    assert error.value.detail
    return {fault["field"]: fault["problem"] for fault in error.value.detail}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", Body()),
        (b"{}", Body()),
        (b' {"text": "\xc3\xa9"} \n', Body(text="é")),
        (b'{"text": "\\ud83d\\udd11", "number": -3, "flag": true}', Body(text="\U0001f511", number=-3, flag=True)),
        (b'{"parts": [{"name": "a"}]}', Body(parts=[Inner(name="a")])),
    ],
)
def test_a_body_is_read_as_its_shape(raw: bytes, expected: Body) -> None:
    assert json_body(call(raw), Body) == expected


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        (b'{"number": "1"}', ["number"]),
        (b'{"number": 1.0}', ["number"]),
        (b'{"number": true}', ["number"]),
        (b'{"number": null}', ["number"]),
        (b'{"number": 11}', ["number"]),
        (b'{"number": 1e400}', ["number"]),
        (b'{"number": NaN}', ["number"]),
        (b'{"number": Infinity}', ["number"]),
        (b'{"number": 1' + b"0" * 400 + b"}", ["number"]),
        (b'{"flag": 1}', ["flag"]),
        (b'{"flag": "true"}', ["flag"]),
        (b'{"text": 1}', ["text"]),
        (b'{"Text": "x"}', ["Text"]),
        (b'{"": 1}', [""]),
        (b'{"a": 1, "number": "1", "b": 2}', ["number", "a", "b"]),
        (b'{"parts": [{"name": "a"}, {"name": 1}, {}]}', ["parts.1.name", "parts.2.name"]),
        (b'{"parts": [{"name": "a", "more": 1}]}', ["parts.0.more"]),
    ],
    ids=lambda value: f"{value[:30]!r}" if isinstance(value, bytes) else None,
)
def test_every_field_at_fault_is_named(raw: bytes, fields: list[str]) -> None:
    with pytest.raises(InvalidRequestError) as error:
        json_body(call(raw), Body)

    assert list(faults(error)) == fields
    assert all(faults(error).values())


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"1",
        b"text=x",
        b"{} {}",
        b"{'text': 'x'}",
        b'{"text": "x",}',
        b'{"text": "\xff"}',
        b'{"text": "\xed\xa0\x80"}',
        b'{"text": "\\ud800"}',
        b'{"text": "\\udc00\\ud800"}',
        b'{"text": "\n"}',
        b'\xef\xbb\xbf{"text": "x"}',
        '{"text": "x"}'.encode("utf-16"),
        b'{"number": 1' + b"0" * 5000 + b"}",
        b'{"parts": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 100_000,
    ],
    ids=lambda raw: f"{raw[:24]!r}",
)
def test_what_is_no_json_object_is_a_fault_of_the_whole_body(raw: bytes) -> None:
    with pytest.raises(InvalidRequestError) as error:
        json_body(call(raw), Body)

    assert list(faults(error)) == [""]


def test_a_fault_repeats_nothing_of_what_was_sent() -> None:
    with pytest.raises(InvalidRequestError) as error:
        json_body(call(b'{"number": "s3cret", "flag": "s3cret", "text": ["s3cret"]}'), Body)

    assert list(faults(error)) == ["text", "number", "flag"]
    assert "s3cret" not in repr(error.value.detail)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"text": ["x"]}, Query(text="x")),
        ({"text": [""]}, Query(text="")),
        ({"text": ["1"], "number": ["-3"], "flag": ["true"]}, Query(text="1", number=-3, flag=True)),
        ({"text": ["x"], "flag": ["false"]}, Query(text="x")),
    ],
)
def test_a_query_is_read_as_its_shape(parameters: dict[str, list[str]], expected: Query) -> None:
    assert query(call(parameters=parameters), Query) == expected


@pytest.mark.parametrize(
    ("parameters", "fields"),
    [
        ({}, ["text"]),
        ({"text": ["x", "x"]}, ["text"]),
        ({"text": []}, ["text"]),
        ({"text": ["x", "y"], "number": ["1", "2"]}, ["text", "number"]),
        ({"text": ["x"], "number": ["abc"]}, ["number"]),
        ({"text": ["x"], "number": [""]}, ["number"]),
        ({"text": ["x"], "number": ["1.5"]}, ["number"]),
        ({"text": ["x"], "number": ["0x1"]}, ["number"]),
        ({"text": ["x"], "number": ["11"]}, ["number"]),
        ({"text": ["x"], "number": ["9" * 5000]}, ["number"]),
        ({"text": ["x"], "number": ["nan"]}, ["number"]),
        ({"text": ["x"], "flag": ["maybe"]}, ["flag"]),
        ({"text": ["x"], "more": ["1"]}, ["more"]),
        ({"TEXT": ["x"]}, ["text", "TEXT"]),
    ],
    ids=lambda value: f"{value!a}"[:40],
)
def test_every_parameter_at_fault_is_named(parameters: dict[str, list[str]], fields: list[str]) -> None:
    with pytest.raises(InvalidRequestError) as error:
        query(call(parameters=parameters), Query)

    assert list(faults(error)) == fields


def test_a_shape_cannot_be_changed() -> None:
    body: Any = json_body(call(), Body)

    with pytest.raises(ValueError, match="frozen"):
        body.text = "other"
