"""What documents must fulfil: formats, ranges, and what is said of what does not (spec flux-apis, B.6 and B.7)."""

import time
from typing import Any

import pytest

from chalicelib.models.fields import Field, Kind
from chalicelib.models.schema import MOST_ERRORS, Schema
from tests.drive.asking import HELLO


def a(key: str, kind: Kind = "string", **more: Any) -> Field:
    return Field(key, key, kind, **more)


def fits(kind: Kind, value: Any, **more: Any) -> bool:
    return not Schema("v", (a("f", kind, **more),)).errors({"f": value})


DATES = ["2024-02-29", "0001-01-01", "9999-12-31", "1900-01-01"]
NO_DATES = ["2023-02-29", "0000-01-01", "2024-13-01", "2024-1-1", "20240101", "2024-W01-1", "2024-01-01T00:00:00Z", ""]
NO_DATES += [" 2024-01-01", "2024-01-01\n", "٢٠٢٤-٠١-٠١", "-2024-01-01", "2024-001"]
TIMES = ["00:00:00Z", "23:59:59Z", "12:00:00.5Z", "12:00:00.123Z", "12:00:00.123456Z"]
NO_TIMES = ["24:00:00Z", "23:60:00Z", "23:59:60Z", "12:00:00", "12:00Z", "12:00:00+01:00", "12:00:00z", "T12:00:00Z"]
NO_TIMES += ["12:00:00.Z", "12:00:00.1234567Z", "12:00:00,5Z", "12:00:00Z\n", ""]
MOMENTS = ["2024-02-29T12:00:00Z", "2024-01-01T00:00:00.123456Z", "2024-01-01T00:00:00+14:00"]
MOMENTS += ["2024-01-01T00:00:00-23:59", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"]
NO_MOMENTS = [
    "2024-01-01",
    "2024-01-01T00:00:00",
    "2024-01-01 00:00:00Z",
    "2024-01-01t00:00:00z",
    "2023-02-29T00:00:00Z",
]
NO_MOMENTS += ["2024-01-01T24:00:00Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+0100", "20240101T000000Z", ""]
# In UTC, before the first and after the last that there is
NO_MOMENTS += ["0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"]
NO_CIDS = ["", "Qm", HELLO[:-1], f"{HELLO}x", f" {HELLO}", HELLO.lower(), f"/ipfs/{HELLO}", "ü" * 46, "0" * 46]
NO_CIDS += ["bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"]
FORMATS: list[tuple[Kind, list[str], list[str]]] = [
    ("date", DATES, NO_DATES),
    ("time", TIMES, NO_TIMES),
    ("datetime", MOMENTS, NO_MOMENTS),
    ("file", [HELLO], NO_CIDS),
]


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, good, _ in FORMATS for value in good])
def test_well_formed(kind: Kind, value: str) -> None:
    assert fits(kind, value)


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, _, bad in FORMATS for value in bad])
def test_malformed(kind: Kind, value: str) -> None:
    assert not fits(kind, value)


@pytest.mark.parametrize("kind", ["date", "time", "datetime", "file", "string", "text", "reference", "boolean"])
@pytest.mark.parametrize("value", [1, 1.5, None, [], {}, ["x"]])
def test_another_type(kind: Kind, value: object) -> None:
    assert not fits(kind, value)


@pytest.mark.parametrize("value", [2**53 - 1, -(2**53) + 1, 0, 7.0])
def test_integers(value: float) -> None:
    assert fits("integer", value)


@pytest.mark.parametrize("value", [2**53, -(2**53), 10**400, 1e300, 1.5, True, "1", float("inf"), float("nan")])
def test_no_integers(value: object) -> None:
    assert not fits("integer", value)


@pytest.mark.parametrize("value", [0, -0.0, 5e-324, 1.7976931348623157e308, -1e308, 2**60])
def test_numbers(value: float) -> None:
    assert fits("number", value)


@pytest.mark.parametrize("value", [10**309, -(10**309), 10**4_299, float("inf"), -float("inf"), True, "1"])
def test_no_numbers(value: object) -> None:
    assert not fits("number", value)


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (0.01, [19.99, 0.07, -4.35, 0, 1e15], [0.001, 19.995, float("inf"), 10**400]),
        (0.1, [0.3, 0.7, 1.1], [0.25]),
        (3, [9, -3.0, 3e300], [10, 1.5, 10**400]),
        (10**400, [0], [15, 1.5]),
        (5e-324, [1.5, 5e-324, 1e308], []),
        (1e308, [1e308], [1, 1e-308]),
    ],
)
def test_multiples_are_judged_as_the_numbers_are_written(rule: float, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if not fits("number", value, meta={"multiple_of": rule})] == []
    assert [value for value in bad if fits("number", value, meta={"multiple_of": rule})] == []


def test_lengths_are_counted_in_characters() -> None:
    assert fits("string", "ü" * 255)
    assert fits("string", "😀" * 255)
    assert not fits("string", "a" * 256)
    assert fits("text", "a" * 1_000_000)
    assert not fits("reference", "")
    assert not fits("reference", "a" * 101)


def test_true_is_no_one() -> None:
    assert not fits("boolean", 1)
    for value in (True, False):
        assert not fits("number", value, meta={"enum": [0, 1]})
        assert not fits("integer", value, meta={"enum": [0, 1]})


def test_required_is_not_nullable_and_the_other_way_round() -> None:
    schema = Schema("v", (a("f", required=True), a("g", nullable=True)))

    assert schema.errors({"f": "x"}) == schema.errors({"f": "x", "g": None}) == []
    assert [one["json_path"] for one in schema.errors({"g": "x"})] == ["$"]
    assert [one["json_path"] for one in schema.errors({"f": None})] == ["$.f"]


def test_what_is_said_of_faults() -> None:
    schema = Schema("v", (a("list", "array"), Field("in", "in", "integer", "list"), a("title", required=True)))

    found = schema.errors({"list": [{"in": 1}, {"in": "x"}, {"out": 1}, 5]})

    assert {one["json_path"] for one in found} == {"$", "$.list[1].in", "$.list[2]", "$.list[3]"}
    assert all(one.keys() == {"json_path", "message"} and one["message"] for one in found)
    assert schema.errors([]) == [{"json_path": "$", "message": "[] is not of type 'object'"}]


def test_many_faults_are_cut_off_and_so_are_long_ones() -> None:
    found = Schema("v", (a("f", "integer", multiple=True),)).errors({"f": ["x" * 10_000] * 5_000})

    assert len(found) == MOST_ERRORS
    assert all(len(one["message"]) <= 300 for one in found)


def test_a_huge_nested_document_is_judged_in_reasonable_time() -> None:
    fields = (a("rows", "array"), Field("cells", "cells", "array", "rows"), Field("n", "n", "integer", "rows.cells"))
    document = {"rows": [{"cells": [{"n": n} for n in range(100)]} for _ in range(250)]}
    start = time.monotonic()

    assert Schema("v", fields).errors(document) == []

    # 25,000 objects, 250 KB: a second where this was written
    assert time.monotonic() - start < 20
