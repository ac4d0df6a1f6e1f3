"""Whatever tree of fields is accepted makes a valid JSON Schema, whose documents hold exactly the values it finds."""

from collections.abc import Callable
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.models.fields import NESTING, Field, Kind, children, json_schema, values
from chalicelib.models.schema import Schema, fault
from chalicelib.models.trees import add
from chalicelib.web.errors import Refusal

QUIET = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CID = "Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD"
Draw = Callable[[st.SearchStrategy[Any]], Any]
TYPES: tuple[Kind, ...] = get_args(Kind)
SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=20),
    "text": st.text(max_size=20),
    "integer": st.integers(-(2**53) + 1, 2**53 - 1),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "date": st.dates().map(lambda day: day.isoformat()),
    "time": st.times().map(lambda time: time.isoformat() + "Z"),
    "datetime": st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    "reference": st.text("abc", min_size=1),
    "file": st.just(CID),
}
RULES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.lists(st.text()))
WORDS = ["min_length", "max_length", "minimum", "maximum", "multiple_of", "enum", "min_items", "max_items", "other"]


@st.composite
def trees(draw: st.DrawFn, *, rules: bool) -> list[Field]:
    """Fields that are accepted, one after the other."""
    fields: list[Field] = []
    for _ in range(draw(st.integers(0, 8))):
        places = [None, *(one.path for one in fields if one.type in NESTING)]
        kind = draw(st.sampled_from(TYPES))
        meta = draw(st.dictionaries(st.sampled_from(WORDS), RULES, max_size=2)) if rules else {}
        new = Field(
            draw(st.sampled_from("abcde")),
            "A field",
            kind,
            draw(st.sampled_from(places)),
            meta=meta | ({"folder": "f"} if kind == "reference" else {}),
            required=draw(st.booleans()),
            nullable=draw(st.booleans()),
            multiple=kind != "array" and draw(st.booleans()),
        )
        try:
            fields = add(fields, new)
        except Refusal:
            continue
    return fields


def documents(draw: Draw, fields: list[Field], parent: str | None, path: str) -> tuple[Any, list[Any]]:
    """A document that fits, and its leaves: path of the field, JSON path, value."""
    document: dict[str, Any] = {}
    leaves: list[Any] = []
    for one in children(fields, parent):
        if not one.required and draw(st.booleans()):
            continue
        where = f"{path}.{one.key}"
        if one.nullable and draw(st.booleans()):
            document[one.key] = None
            continue
        spots = [f"{where}[{at}]" for at in range(draw(st.integers(0, 3)))] if one.listed else [where]
        found = []
        for spot in spots:
            if one.type in NESTING:
                inner, below = documents(draw, fields, one.path, spot)
                leaves += below
            else:
                inner = draw(SIMPLE[one.type])
                leaves.append((one.path, spot, inner))
            found.append(inner)
        document[one.key] = found if one.listed else found[0]
    return document, leaves


@QUIET
@given(trees(rules=True))
def test_what_is_accepted_makes_a_valid_schema(fields: list[Field]) -> None:
    made = json_schema(fields)

    assert fault(made) is None
    # And one that can judge, whatever its rules
    assert isinstance(Schema("v", tuple(fields)).errors({"a": 1, "b": [1.5], "c": "x", "d": 10**400, "e": [{}]}), list)


@QUIET
@given(st.data())
def test_values_are_exactly_the_leaves(data: st.DataObject) -> None:
    fields = data.draw(trees(rules=False))
    document, leaves = documents(data.draw, fields, None, "$")

    assert Schema("v", tuple(fields)).errors(document) == []
    assert [(one.path, where, value) for one, where, value in values(fields, document)] == leaves


@QUIET
@given(trees(rules=True))
def test_a_row_keeps_what_a_field_is(fields: list[Field]) -> None:
    assert [Field(**one.stored()) for one in fields] == fields
