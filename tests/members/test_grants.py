"""The rules of permissions by themselves (chalicelib.members.permissions)."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.members.permissions import ACTIONS, ANY, EVERYTHING, OBJECT_TYPES, Grants, Need, Permission
from tests.members.permitting import OBJECT_TYPES as EXPECTED
from tests.members.permitting import TYPES

KEYS = ("a", "b", "c")

permissions = st.builds(
    lambda content_type, actions, every, objects: Permission(
        content_type, tuple(actions), every if content_type in OBJECT_TYPES else None, tuple(objects)
    ),
    st.sampled_from(TYPES),
    st.lists(st.sampled_from(ACTIONS), unique=True),
    st.booleans(),
    st.lists(st.sampled_from(KEYS), unique=True),
)
grants = st.lists(permissions, max_size=4).map(Grants.of)
EVERY_NEED = [Need(*each) for each in product(TYPES, ACTIONS, (None, *KEYS))]  # type: ignore[arg-type]  # of literals


def allowed(held: Grants) -> set[Need]:
    return {need for need in EVERY_NEED if held.allow(need)}


@given(held=grants, wanted=permissions)
def test_what_is_covered_adds_nothing(held: Grants, wanted: Permission) -> None:
    more = allowed(Grants.of([wanted])) - allowed(held)

    assert held.cover(wanted) is not bool(more)


@given(held=grants)
def test_any_object_is_some_object(held: Grants) -> None:
    for content_type, action in product(OBJECT_TYPES, ACTIONS):
        some = any(held.allow(Need(content_type, action, key)) for key in KEYS)  # type: ignore[arg-type]  # of literals
        assert held.allow(Need(content_type, action, ANY)) is some  # type: ignore[arg-type]  # likewise


def test_everything_allows_everything_and_nothing_nothing() -> None:
    assert allowed(EVERYTHING) == set(EVERY_NEED)
    assert allowed(Grants()) == set()


def test_types_that_have_objects() -> None:
    assert frozenset(EXPECTED) == OBJECT_TYPES


@pytest.mark.parametrize(("held", "needed"), [("resources", "collection-items"), ("collection-items", "resources")])
def test_items_and_resources_are_the_same(held: str, needed: str) -> None:
    mine = Grants.of([Permission(held, ("read",), all_objects=False, objects=("a",))])  # type: ignore[arg-type]

    assert mine.allow(Need(needed, "read", "a"))  # type: ignore[arg-type]  # of literals
    assert not mine.allow(Need(needed, "read", "b"))  # type: ignore[arg-type]  # likewise
