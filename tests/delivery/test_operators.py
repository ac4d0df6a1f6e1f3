"""Operators: what they take, what they find, and that no index row of what they find lies beyond what is read. Pure."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.delivery.errors import InvalidQueryError
from chalicelib.delivery.operators import LISTS, MOST_VALUES, OPERATORS, Leaf, leaf
from chalicelib.models.fields import Field, Kind
from chalicelib.resources.indexing import NOTHING, encode
from chalicelib.resources.tables import SEPARATOR
from tests.delivery.test_search_model import VALUES

EQUAL = {"eq", "ne", "in", "exists", "includes", "excludes"}
YES, NO = True, False
ORDERED = {"gt", "gte", "lt", "lte", "between"}


def a(kind: Kind) -> Field:
    return Field("a", "a", kind, searchable=True)


def holds(kind: Kind, operator: str, given_: Any, *found: Any) -> bool:
    return leaf(a(kind), operator, given_).fulfils(found)


@pytest.mark.parametrize(
    ("kind", "operator", "given_", "yes", "no"),
    [
        ("string", "eq", "Red", ["Red"], ["red", "Red ", ""]),
        ("string", "eq", "", [""], [" "]),
        ("string", "ne", "Red", ["red"], ["Red"]),
        ("string", "ieq", "STRASSE", ["Straße", "strasse"], ["strase"]),
        ("string", "ieq", "caf\u00e9", ["CAFE\u0301"], ["cafe"]),
        ("string", "in", ["a", "b"], ["a", "b"], ["A", "c"]),
        ("string", "iin", ["a", "b"], ["A", "b"], ["c"]),
        ("text", "contains", "ed", ["Red"], ["RED", "e d"]),
        ("text", "icontains", "ED", ["Red", "red"], ["e d"]),
        ("text", "startswith", "Re", ["Red", "Re"], ["red", "R"]),
        ("text", "startswith", "e", ["ef"], ["e\u0301f"]),
        ("text", "istartswith", "re", ["Red", "RE"], ["R"]),
        ("text", "endswith", "ed", ["Red"], ["RED"]),
        ("text", "iendswith", "ED", ["Red"], ["Redd"]),
        ("string", "gt", "b", ["c", "C", "bb"], ["b", "B", "a"]),
        ("string", "lte", "b", ["B", "b", "a", ""], ["bb", "c"]),
        ("string", "between", ["b", "d"], ["B", "c", "D"], ["a", "da"]),
        ("integer", "eq", 5, [5, 5.0], [4, True]),
        ("integer", "in", [1, 2], [2], [3]),
        ("integer", "between", [-1, 1], [-1, 0, 1], [-2, 2]),
        ("number", "gt", 0.1, [0.2, 1], [0.1, -5]),
        ("number", "gte", -0.0, [0, 1], [-5e-324]),
        ("number", "lt", 1e300, [2**53], [1.7e308]),
        ("boolean", "eq", True, [True], [False, 1]),
        ("boolean", "ne", True, [False], [True]),
        ("date", "gte", "2024-02-29", ["2024-02-29", "2024-12-31"], ["2023-12-31"]),
        ("time", "lt", "12:00:00Z", ["11:59:59.9Z"], ["12:00:00Z"]),
        ("datetime", "eq", "2024-01-01T00:00:00Z", ["2024-01-01T02:00:00+02:00"], ["2024-01-01T00:00:01Z"]),
        ("datetime", "gt", "2024-01-01", ["2024-01-01T00:00:01Z"], ["2024-01-01T00:30:00+01:00"]),
        ("reference", "eq", "k1", ["k1"], ["K1"]),
        ("file", "in", ["QmA"], ["QmA"], ["Qma"]),
    ],
)
def test_what_they_find(kind: Kind, operator: str, given_: Any, yes: list[Any], no: list[Any]) -> None:
    for found in yes:
        assert holds(kind, operator, given_, found), found
    for found in no:
        assert not holds(kind, operator, given_, found), found


def test_of_several_values_one_will_do_and_of_none_none_does() -> None:
    assert holds("integer", "includes", 2, 1, 2)
    assert not holds("integer", "excludes", 2, 1, 2)
    assert not holds("integer", "ne", 2, 1, 2)
    assert holds("integer", "ne", 2)
    assert holds("integer", "excludes", 2)
    assert not any(holds("integer", operator, 2) for operator in ("eq", "includes", "gt", "lte"))
    assert [holds("integer", "exists", YES, *found) for found in ([0], [])] == [True, False]
    assert [holds("integer", "exists", NO, *found) for found in ([0], [])] == [False, True]


@pytest.mark.parametrize("kind", ["string", "integer", "number", "boolean", "date", "datetime", "time", "reference"])
@pytest.mark.parametrize("found", ["a text", 5, True, {"an": "object"}, [1]])
def test_a_value_of_an_earlier_schema_is_none(kind: Kind, found: Any) -> None:
    fitting = {"string": str, "reference": str, "integer": int, "number": int, "boolean": bool}.get(kind)
    if type(found) is fitting:
        return
    assert holds(kind, "exists", NO, found)
    for operator, value in (("eq", "1"), ("gt", "1"), ("contains", "1"), ("ne", "1")):
        given_ = {"date": "2024-01-01", "datetime": "2024-01-01", "time": "12:00:00Z"}.get(kind, value)
        try:
            asked = leaf(a(kind), operator, given_)
        except InvalidQueryError:
            continue
        assert asked.fulfils([found]) is (operator == "ne")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "-5", -5),
        ("integer", "5.0", 5.0),
        ("number", "1e3", 1000.0),
        ("boolean", "true", True),
        ("boolean", "0", False),
        ("string", "5", "5"),
        ("date", "2024-02-29", "2024-02-29"),
    ],
)
def test_text_is_read_as_the_type_wants(kind: Kind, text: str, value: Any) -> None:
    assert leaf(a(kind), "eq", text).values == (value,)
    assert leaf(a(kind), "in", f"{text},{text}").values == (value, value)


def each(kind: Kind, *values: Any, operator: str = "eq") -> list[tuple[Kind, str, Any]]:
    return [(kind, operator, value) for value in values]


NO_NUMBERS: list[Any] = ["", "x", "nan", "inf", True, None, [], {}]
WRONG: list[tuple[Kind, str, Any]] = [
    *each("integer", *NO_NUMBERS),
    *each("number", *NO_NUMBERS),
    ("number", "eq", 10**400),
    *each("boolean", "yes", "", 1, [], None),
    *each("string", 5, None, ["a"], {}, YES),
    *each("date", "2023-02-29", "yesterday", 20240101, ""),
    *each("datetime", "2024-13-01T00:00:00Z", "", 5),
    *((kind, operator, "a") for kind in ("boolean", "reference", "file") for operator in sorted(ORDERED)),
    *(
        (kind, operator, "1")
        for kind in ("integer", "date", "reference")
        for operator in ("contains", "ieq", "endswith")
    ),
    ("string", "exists", "maybe"),
    ("string", "in", []),
    ("string", "in", {"a": 1}),
    ("string", "in", 5),
    ("string", "in", ["a", 5]),
    ("string", "in", ["a"] * (MOST_VALUES + 1)),
    ("string", "between", ["a"]),
    ("string", "between", "a,b,c"),
    ("string", "like", "a"),
]


@pytest.mark.parametrize(("kind", "operator", "value"), WRONG)
def test_what_they_do_not_take_is_refused(kind: Kind, operator: str, value: Any) -> None:
    with pytest.raises(InvalidQueryError) as refusal:
        leaf(a(kind), operator, value)
    assert refusal.value.text.startswith("a: ")


@st.composite
def asked(draw: st.DrawFn) -> tuple[Leaf, Any]:
    """A condition and a value."""
    kind: Any = draw(st.sampled_from(sorted(VALUES)))
    known = EQUAL if kind in {"boolean", "reference"} else EQUAL | ORDERED
    operator = draw(st.sampled_from(sorted(OPERATORS if kind in {"string", "text"} else known)))
    value: st.SearchStrategy[Any] = st.booleans() if operator == "exists" else VALUES[kind]
    if operator in LISTS:
        value = st.lists(value, min_size=2, max_size=2)
    return leaf(a(kind), operator, draw(value)), draw(VALUES[kind])


@settings(max_examples=500)
@given(asked())
def test_what_fulfils_a_condition_has_its_row_where_that_is_looked_for(made: tuple[Leaf, Any]) -> None:
    condition, value = made
    points, bounds = condition.points(), condition.bounds()

    if condition.fulfils([value]):
        row = f"{encode(condition.field.type, value)}{SEPARATOR}key{SEPARATOR}revision"
        assert points is None or any(row.startswith(point) for point in points)
        assert bounds is None or bounds[0] <= row <= bounds[1]
    if condition.fulfils([]):
        row = f"{NOTHING}{SEPARATOR}key{SEPARATOR}revision"
        assert points is None or any(row.startswith(point) for point in points)
        assert bounds is None


def test_where_there_may_be_several_having_none_makes_no_row() -> None:
    assert leaf(a("string"), "exists", NO, single=True).points() == [f"{NOTHING}{SEPARATOR}"]
    assert leaf(a("string"), "exists", NO, single=False).points() is None
