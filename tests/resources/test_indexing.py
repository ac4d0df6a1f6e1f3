"""Index rows: values as text that sorts as they do, and words (decision 15). Pure."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.models import Schema
from chalicelib.models.errors import DataInvalidError
from chalicelib.models.fields import Field, Kind
from chalicelib.resources.indexing import MOST_ROWS, NOTHING, Publication, encode, fold, partition, rows, tokens
from chalicelib.resources.tables import SEPARATOR

OF = Publication("env/folder", None, "res", "rev", 1_700_000_000)
OWNED = Publication("env/folder", "owner", "res", "rev", 1_700_000_000)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
MOMENTS = st.datetimes(timezones=st.just(UTC))


def a(key: str, kind: Kind = "string", **more: Any) -> Field:
    return Field(key, key, kind, **{"searchable": True, **more})


def indexed(fields: list[Field], document: dict[str, Any], of: Publication = OF) -> dict[str, list[str]]:
    """Values without their ends, in their order, by partition without the folder."""
    found: dict[str, list[str]] = {}
    for row in rows(Schema("v", tuple(fields)), document, of):
        value, resource, revision = row.value.split(SEPARATOR)
        assert (resource, revision) == (of.resource, of.revision)
        found.setdefault(row.field.removeprefix("env/folder/"), []).append(value)
    return {field: sorted(values) for field, values in found.items()}


def key(kind: Kind, value: Any) -> str:
    """How a row's key begins: with what follows a value in it."""
    encoded = encode(kind, value)
    assert encoded is not None
    return f"{encoded}{SEPARATOR}zzz"


@given(NUMBERS, NUMBERS)
def test_numbers_sort_as_their_texts(one: float, two: float) -> None:
    assert (key("number", one) < key("number", two)) == (one < two)
    assert (encode("number", one) == encode("number", two)) == (one == two)


def test_numbers_of_both_types_and_signs_are_one() -> None:
    assert encode("number", -0.0) == encode("number", 0) == encode("integer", 0)
    assert encode("number", 1) == encode("integer", 1.0)
    order = [-1.7976931348623157e308, -1, -5e-324, 0, 5e-324, 0.1, 1, 1.7976931348623157e308]
    assert sorted(order, key=lambda value: key("number", value)) == order


@given(st.dates(), st.dates())
def test_dates_sort(one: Any, two: Any) -> None:
    assert (key("date", one.isoformat()) < key("date", two.isoformat())) == (one < two)


@given(st.times(), st.times())
def test_times_sort(one: Any, two: Any) -> None:
    assert (key("time", f"{one.isoformat()}Z") < key("time", f"{two.isoformat()}Z")) == (one < two)


@given(MOMENTS, MOMENTS)
def test_moments_sort(one: datetime, two: datetime) -> None:
    assert (key("datetime", one.isoformat()) < key("datetime", two.isoformat())) == (one < two)


def test_moments_sort_in_utc() -> None:
    same = [
        "2024-01-01T12:00:00Z",
        "2024-01-01T14:00:00+02:00",
        "2024-01-01T00:30:00-11:30",
        "2024-01-01T12:00:00.000Z",
    ]
    assert len({encode("datetime", text) for text in same}) == 1


def test_booleans_sort() -> None:
    assert [encode("boolean", value) for value in (False, True)] == ["0", "1"]


@given(st.text(max_size=60), st.text(max_size=60))
def test_texts_sort_without_case(one: str, two: str) -> None:
    # What cannot stand in a key sorts as a space does.
    plain = [
        fold("".join(" " if letter < " " or letter == NOTHING else letter for letter in text)) for text in (one, two)
    ]
    assert (key("string", one) < key("string", two)) == (plain[0] < plain[1])


@pytest.mark.parametrize(
    ("one", "two"),
    [("Straße", "STRASSE"), ("É", "e\u0301"), ("ΣΑΣ", "σας"), ("a\nb", "a b"), ("K", "k"), ("ǅ", "ǆ")],
)
def test_texts_that_sort_alike(one: str, two: str) -> None:
    assert encode("string", one) == encode("string", two)


def test_keys_and_hashes_keep_their_case() -> None:
    for kind in ("reference", "file"):
        assert encode(kind, "aB") == "aB"


@pytest.mark.parametrize("letter", ["a", "ü", "語", "😀"])
def test_long_texts_are_cut_off_between_characters(letter: str) -> None:
    found = encode("text", letter * 1_000)

    assert found is not None
    assert set(found) == {letter}
    assert 400 - 4 < len(found.encode()) <= 400


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", "1"),
        ("integer", True),
        ("number", None),
        ("number", []),
        ("number", 10**400),
        ("boolean", 1),
        ("boolean", "true"),
        ("string", 1),
        ("text", {}),
        ("reference", 1),
        ("date", "2023-02-29"),
        ("date", 20240101),
        ("time", "25:00:00Z"),
        ("datetime", "yesterday"),
        ("datetime", "0001-01-01T00:00:00+23:59"),
        ("object", {}),
    ],
)
def test_what_does_not_fit_has_no_place(kind: Kind, value: object) -> None:
    assert encode(kind, value) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("  ...!?\n\t", []),
        ("Hello, World!", ["hello", "world"]),
        ("STRASSE straße", ["strasse", "strasse"]),
        ("it's 3.14 snake_case", ["it", "s", "3", "14", "snake_case"]),
        ("ＡＢＣ ﬁne ①", ["abc", "fine", "1"]),
        ("日本語", ["日", "本", "語"]),
        ("iPhone手机 2台", ["iphone", "手", "机", "2", "台"]),
        ("カタカナとひらがな", list("カタカナとひらがな")),
        ("한국어 검색", ["한국어", "검색"]),
        ("Привет, ΚΌΣΜΕ", ["привет", "κόσμε"]),
        ("a\x00b\x1fc", ["a", "b", "c"]),
        ("w" * 65 + " x", ["w" * 64, "x"]),
        ("ß" * 64, ["s" * 64]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert list(tokens(text)) == words


@given(st.text())
def test_words_can_stand_in_keys(text: str) -> None:
    for word in tokens(text):
        assert 0 < len(word) <= 64
        assert SEPARATOR not in word
        assert len(word.encode()) <= 256


def test_the_rows_of_a_document() -> None:
    fields = [
        a("title"),
        a("tags", multiple=True),
        a("count", "integer"),
        a("on", "boolean"),
        a("hidden", searchable=False),
        a("box", "object", searchable=False),
        a("body", "text", parent="box"),
        a("day", "date", parent="box"),
    ]
    document = {
        "title": "Two words",
        "tags": ["A", "b", "a"],
        "count": 2,
        "on": True,
        "hidden": "secret",
        "box": {"body": "More words", "day": "2024-01-02"},
    }

    found = indexed(fields, document)

    assert found == {
        "title/s": ["two words"],
        "tags/s": ["a", "b"],
        "count/n": [encode("integer", 2)],
        "on/b": ["1"],
        "box.body/s": ["more words"],
        "box.day/d": ["2024-01-02"],
        "_sys.updated_at/m": ["2023-11-14T22:13:20.000000"],
        "words": ["a", "b", "more", "two", "words"],
    }
    every = rows(Schema("v", tuple(fields)), document, OF)
    # Once, though two fields have it.
    assert len([row for row in every if row.value.startswith(f"words{SEPARATOR}")]) == 1
    assert partition("env/folder", fields[0]) in {row.field for row in every}
    assert len({(row.field, row.value) for row in every}) == len(every)


def test_an_owned_resource_s_rows_stand_under_its_owner() -> None:
    every = rows(Schema("v", (a("title"),)), {"title": "x"}, OWNED)

    assert {row.field for row in every} == {
        f"env/folder/owner/{end}" for end in ("title/s", "words", "_sys.updated_at/m")
    }


def test_the_class_of_a_value_is_part_of_its_place() -> None:
    assert indexed([a("f")], {"f": "1"}).keys() == {"f/s", "words", "_sys.updated_at/m"}
    assert indexed([a("f", "integer")], {"f": 1}).keys() == {"f/n", "_sys.updated_at/m"}


@pytest.mark.parametrize("document", [{}, {"f": None}, {"f": "1"}, {"f": {"f": 1}}, {"f": []}, {"f": [["x"], None]}])
def test_no_value_sorts_after_all_values(document: dict[str, Any]) -> None:
    # Or one of another type, in a document of another schema version
    assert indexed([a("f", "integer")], document)["f/n"] == [NOTHING]
    assert indexed([a("f", "integer", searchable=False)], document).keys() == {"_sys.updated_at/m"}
    for texts in ("\U0010ffff", "\U0010fffe", "zzz"):
        assert key("string", texts) < f"{NOTHING}{SEPARATOR}"


def test_lists_have_no_row_for_no_value() -> None:
    fields = [a("tags", multiple=True), a("rows", "array", searchable=False), a("in", "integer", parent="rows")]

    documents: list[dict[str, Any]] = [{}, {"tags": [], "rows": []}, {"tags": None, "rows": [{}, {"in": None}]}]
    for document in documents:
        assert indexed(fields, document).keys() == {"_sys.updated_at/m"}


def test_two_thousand_rows_and_no_more() -> None:
    fields = [a("n", "integer", multiple=True)]
    assert len(rows(Schema("v", tuple(fields)), {"n": list(range(MOST_ROWS - 1))}, OF)) == MOST_ROWS

    with pytest.raises(DataInvalidError):
        rows(Schema("v", tuple(fields)), {"n": list(range(MOST_ROWS))}, OF)
    # The same value many times is one
    assert indexed(fields, {"n": [1] * 10_000})["n/n"] == [encode("integer", 1)]
    with pytest.raises(DataInvalidError):
        rows(Schema("v", (a("t", "text"),)), {"t": " ".join(f"w{n}" for n in range(MOST_ROWS))}, OF)


@given(st.text(), st.text(), st.lists(st.text(), max_size=5), st.floats(allow_nan=False, allow_infinity=False))
def test_keys_are_of_a_length_that_a_row_can_have(title: str, body: str, tags: list[str], number: float) -> None:
    fields = [a("title"), a("body", "text"), a("tags", multiple=True), a("n", "number")]

    for row in rows(Schema("v", tuple(fields)), {"title": title, "body": body, "tags": tags, "n": number}, OF):
        assert len(row.value.encode()) <= 1_024
        assert row.value.count(SEPARATOR) == 2
    assert math.isfinite(number)
