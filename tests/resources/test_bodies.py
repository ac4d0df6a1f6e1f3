"""Bodies that bring documents: bare, or in an envelope (spec flux-apis, B.7)."""

import json
from typing import Any

import pytest

from chalicelib.resources.bodies import Brought, brought
from chalicelib.web.http import Call
from chalicelib.web.management import InvalidDataError, JsonParseError


def read(body: Any) -> Brought:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return brought(Call("POST", "/r", "/r", {}, {}, {}, raw, "", ""))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"a": 1},
        {"data": []},
        {"data": "x"},
        {"data": None},
        {"data": {"a": 1}, "title": "x"},
        {"data": {"a": 1}, "external_ID": "x"},
        {"name": "n", "component": "c", "resource_owner": 1},
    ],
)
def test_a_bare_document(body: dict[str, Any]) -> None:
    assert read(body) == Brought(body)


def test_the_external_id_is_no_part_of_a_bare_document() -> None:
    assert read({"a": 1, "external_id": "x"}) == Brought({"a": 1}, "x")
    assert read({"data": 1, "external_id": "x"}) == Brought({"data": 1}, "x")
    assert read({"a": 1, "external_id": None}) == Brought({"a": 1})


@pytest.mark.parametrize("document", [{}, {"a": 1}, {"data": {"data": 1}}, {"external_id": 7, "name": []}])
def test_an_envelope(document: dict[str, Any]) -> None:
    assert read({"data": document}) == Brought(document)
    said = {"external_id": "x", "name": "n", "component": {"any": 1}, "resource_owner": "o"}
    assert read({"data": document, **said}) == Brought(document, "x", "n", "o")
    assert read({"data": document, **dict.fromkeys(said)}) == Brought(document)


def test_of_the_same_name_twice_the_last_counts() -> None:
    assert read(b'{"a": 1, "a": 2}') == Brought({"a": 2})


def test_no_body_is_an_empty_document() -> None:
    assert read(b"") == Brought({})


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"}",
        b"nothing",
        b"\xff",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1,}',
        b"{'a': 1}",
        b'{"a": 1} x',
        b'{"a": "\\ud800"}',
        b'{"a": "\\udc00\\ud800"}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\x00"}',
        b'{"a": 01}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b'{"a": ' + b"9" * 5_000 + b"}",
        b'{"a": ' * 10_000,
        b'{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    ],
    ids=lambda body: repr(body[:16]),
)
def test_json_parse_error(body: bytes) -> None:
    with pytest.raises(JsonParseError):
        read(body)


@pytest.mark.parametrize("body", [[], [{}], "x", 1, None, True])
def test_no_object(body: object) -> None:
    with pytest.raises(InvalidDataError):
        read(body)


@pytest.mark.parametrize("name", ["external_id", "name", "resource_owner"])
@pytest.mark.parametrize("value", ["", "x" * 256, 1, True, [], {}])
def test_what_is_said_beside_it_is_short_text(name: str, value: object) -> None:
    with pytest.raises(InvalidDataError) as caught:
        read({"data": {}, name: value})

    assert [dict(issue)["loc"] for issue in caught.value.detail or ()] == [[name]]


def test_surrogates_in_pairs_are_characters() -> None:
    assert read(b'{"a": "\\ud83d\\ude00"}') == Brought({"a": "\U0001f600"})
