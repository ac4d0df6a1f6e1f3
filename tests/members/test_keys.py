"""Keys and their roles: given, exchanged, counted, in pages (spec flux-apis, B.8)."""

from typing import Any

import pytest

from chalicelib import aws
from chalicelib.members.populations import POPULATIONS, Population
from chalicelib.members.tables import EnvironmentRow
from tests.members.permitting import FLUX, MANAGEMENT, holder, role
from tests.support.managing import Manager, invalid, refused

BASES = pytest.mark.parametrize("base", [MANAGEMENT, FLUX])


def population(base: str) -> Population:
    return next(each for each in POPULATIONS if base.endswith(each.name))


def held(me: Manager, base: str, key: str) -> int:
    """How many keys have a role, as its row says."""
    row = aws.get(population(base).roles, me.env, key)
    assert row is not None
    return int(row.keys)


@BASES
def test_a_role_counts_its_keys(me: Manager, base: str) -> None:
    one, two = role(me, base=base), role(me, base=base)
    key = holder(me, one, base)[1]
    at = f"{base}/api-keys/{key}/"
    steps: list[tuple[dict[str, Any], tuple[int, int]]] = [
        ({}, (1, 0)),
        ({"description": "d"}, (1, 0)),
        ({"role": one}, (1, 0)),
        ({"role": two}, (0, 1)),
        ({"role": None}, (0, 0)),
        ({"role": two, "description": None}, (0, 1)),
    ]
    for body, expected in steps:
        assert me.ask("PUT", at, body).json == me.ask("GET", at).json
        assert (held(me, base, one), held(me, base, two)) == expected
    assert me.ask("DELETE", at).status == 204
    assert held(me, base, two) == 0


@BASES
@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"role": "nothing"}, "role"),
        ({"role": ""}, "role"),
        ({"role": 1}, "role"),
        ({"description": "d" * 501}, "description"),
        ({"public_key": "p"}, "public_key"),
    ],
)
def test_validation_error(me: Manager, base: str, body: dict[str, Any], where: str) -> None:
    key = holder(me, None, base)[1]
    before = me.ask("GET", f"{base}/api-keys/").json

    invalid(me.ask("POST", f"{base}/api-keys/", body), where)
    invalid(me.ask("PUT", f"{base}/api-keys/{key}/", body), where)

    assert me.ask("GET", f"{base}/api-keys/").json == before


@BASES
def test_an_environment_has_a_hundred_of_each(me: Manager, base: str) -> None:
    with aws.transaction() as tx:
        tx.update(EnvironmentRow(key=me.env), [population(base).key_count.set(100)])

    refused(me.ask("POST", f"{base}/api-keys/"), 403, "permission_denied")


@BASES
def test_pages(me: Manager, base: str) -> None:
    for each in me.ask("GET", f"{base}/api-keys/").json["results"]:
        me.ask("DELETE", f"{base}/api-keys/{each['key']}/")
    keys = [holder(me, None, base)[1] for _ in range(5)]

    pages = [me.ask("GET", f"{base}/api-keys/", query={"limit": "2", "offset": f"{at}"}).json for at in (0, 2, 4)]

    assert [[each["key"] for each in page["results"]] for page in pages] == [keys[:2], keys[2:4], keys[4:]]
    assert {page["count"] for page in pages} == {5}
