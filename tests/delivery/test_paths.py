"""Where paths lead: templates of folders, and what of an API a path stands for (spec flux-apis, B.3 and C.1)."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from chalicelib.apis.tables import ConnectionRow
from chalicelib.content import FolderRow
from chalicelib.delivery import paths, visits
from chalicelib.delivery.tables import Folder, Table
from chalicelib.delivery.visits import FILE, LIST, NOTHING, ONE, ROUTER, SCHEMA, SEARCH, THUMB, Target, target

BOTH = ("get_one", "get_many")


def row(path: str, strict: Sequence[str] = ()) -> FolderRow:
    """A folder at a path of aliases, each of which is its key too, in capitals; these of them are strict."""
    aliases = path.split("/")
    chain = [alias.upper() for alias in aliases]
    required: list[str] = []
    for at, alias in enumerate(aliases):
        required = [*required, chain[at - 1]] if alias in strict else []
    return FolderRow(
        environment="env",
        key=chain[-1],
        alias=aliases[-1],
        aliases=aliases,
        ancestors=chain[:-1],
        strict=aliases[-1] in strict,
        required=required,
    )


def an_api(*rows: FolderRow, methods: Sequence[str] = BOTH) -> Table:
    """The table of an API that has these folders."""
    tree, folders = paths.Tree(), {}
    for one in rows:
        connection = ConnectionRow(api="api", folder=one.key, methods=list(methods))
        folders[one.key] = Folder(one, connection, paths.template(one), None)
        tree.add(folders[one.key].template, one.key)
    return Table(cast("Any", None), cast("Any", None), cast("Any", None), folders, tree)


def where(table: Table, path: str) -> tuple[str, str | None, Mapping[str, str], str, str]:
    """What a path stands for: kind, folder, key above by folder, key, and hash."""
    found = target(table, path.split("/") if path else [])
    folder = found.folder.row.key if found.folder is not None else None
    return found.kind, folder, dict(found.owners), found.key, found.cid


@pytest.mark.parametrize(
    ("path", "strict", "template"),
    [
        ("blog", (), "blog"),
        ("ecommerce/products", (), "ecommerce/products"),
        ("a/b/c/d", (), "a/b/c/d"),
        ("courses/modules", ("modules",), "courses/{courses_key}/modules"),
        (
            "courses/modules/lessons",
            ("modules", "lessons"),
            "courses/{courses_key}/modules/{modules_key}/lessons",
        ),
        # The one of the product's own samples: a folder above that needs no key.
        (
            "realty/accounts/listings/photos",
            ("listings", "photos"),
            "realty/accounts/{accounts_key}/listings/{listings_key}/photos",
        ),
        ("a/b/c/d", ("b", "c", "d"), "a/{a_key}/b/{b_key}/c/{c_key}/d"),
    ],
)
def test_templates(path: str, strict: Sequence[str], template: str) -> None:
    assert paths.text(paths.template(row(path, strict))) == template


def test_a_template_with_its_keys() -> None:
    template = paths.template(row("courses/modules/lessons", ("modules", "lessons")))

    assert paths.text(template, {"COURSES": "c1", "MODULES": "m1"}) == "courses/c1/modules/m1/lessons"


NESTED = an_api(row("ecommerce"), row("ecommerce/products"))
STRICT = an_api(
    row("courses"),
    row("courses/modules", ("modules",)),
    row("courses/modules/lessons", ("modules", "lessons")),
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("ecommerce", (LIST, "ECOMMERCE", {}, "", "")),
        ("ecommerce/k1", (ONE, "ECOMMERCE", {}, "k1", "")),
        ("ecommerce/products", (LIST, "PRODUCTS", {}, "", "")),
        ("ecommerce/products/k1", (ONE, "PRODUCTS", {}, "k1", "")),
        ("ecommerce/products/_search", (SEARCH, "PRODUCTS", {}, "", "")),
        ("ecommerce/products/_schema", (SCHEMA, "PRODUCTS", {}, "", "")),
        ("ecommerce/products/k1/_files/Qm1", (FILE, "PRODUCTS", {}, "k1", "Qm1")),
        ("ecommerce/k1/_thumbs/Qm1", (THUMB, "ECOMMERCE", {}, "k1", "Qm1")),
        ("_router", (ROUTER, None, {}, "", "")),
    ],
)
def test_folders_in_folders(path: str, expected: object) -> None:
    assert where(NESTED, path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("courses/c1", (ONE, "COURSES", {}, "c1", "")),
        ("courses/c1/modules", (LIST, "MODULES", {"COURSES": "c1"}, "", "")),
        ("courses/c1/modules/_search", (SEARCH, "MODULES", {"COURSES": "c1"}, "", "")),
        ("courses/c1/modules/m1", (ONE, "MODULES", {"COURSES": "c1"}, "m1", "")),
        ("courses/c1/modules/m1/lessons", (LIST, "LESSONS", {"COURSES": "c1", "MODULES": "m1"}, "", "")),
        ("courses/c1/modules/m1/lessons/_schema", (SCHEMA, "LESSONS", {"COURSES": "c1", "MODULES": "m1"}, "", "")),
        ("courses/c1/modules/m1/lessons/l1", (ONE, "LESSONS", {"COURSES": "c1", "MODULES": "m1"}, "l1", "")),
        (
            "courses/c1/modules/m1/lessons/l1/_files/Qm1",
            (FILE, "LESSONS", {"COURSES": "c1", "MODULES": "m1"}, "l1", "Qm1"),
        ),
        # What is asked for at its own place, and not below it.
        ("courses/c1/_files/Qm1", (FILE, "COURSES", {}, "c1", "Qm1")),
        # An alias as a key, where no alias fits.
        ("courses/modules", (ONE, "COURSES", {}, "modules", "")),
        ("courses/courses/modules", (LIST, "MODULES", {"COURSES": "courses"}, "", "")),
        (
            "courses/lessons/modules/modules/lessons",
            (LIST, "LESSONS", {"COURSES": "lessons", "MODULES": "modules"}, "", ""),
        ),
    ],
)
def test_strict_folders_three_deep(path: str, expected: object) -> None:
    assert where(STRICT, path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nowhere",
        "nowhere/_schema",
        "_search",
        "_schema",
        "_mcp",
        "_files/Qm1",
        "courses/_router",
        "courses/_batch",
        "courses/_files/Qm1",
        "courses/c1/_schema",
        "courses/c1/_search",
        "courses/c1/_files",
        "courses/c1/_files/Qm1/more",
        "courses/c1/_other/Qm1",
        "courses/c1/m1",
        "courses/_schema/modules",
        "courses/_x/_files/Qm1",
        "courses/c1/lessons",
        "courses/c1/modules/lessons/l1",
        "modules",
        "courses/c1/modules/m1/lessons/l1/more",
        "Courses",
        "_router/more",
    ],
)
def test_what_is_nowhere(path: str) -> None:
    assert target(STRICT, path.split("/") if path else []) == Target(NOTHING)


def test_a_folder_that_is_not_connected_is_part_of_paths_and_no_more() -> None:
    table = an_api(row("ecommerce/products"))

    assert where(table, "ecommerce/products/k1") == (ONE, "PRODUCTS", {}, "k1", "")
    assert target(table, ["ecommerce"]) == target(table, ["ecommerce", "k1"]) == Target(NOTHING)
    assert target(table, ["products"]) == Target(NOTHING)


def test_an_alias_goes_before_a_key_and_gives_way_where_it_leads_nowhere() -> None:
    # A folder and a strict one in the same: `sale` is an alias, and may be the key of a shop too.
    table = an_api(row("shops"), row("shops/sale"), row("shops/rooms", ("rooms",)), row("shops/sale/x/y"))

    assert where(table, "shops/sale") == (LIST, "SALE", {}, "", "")
    assert where(table, "shops/sale/k1") == (ONE, "SALE", {}, "k1", "")
    assert where(table, "shops/sale/x/y") == (LIST, "Y", {}, "", "")
    # `shops/sale/x` is no folder of the API, so `x` is a key.
    assert where(table, "shops/sale/x") == (ONE, "SALE", {}, "x", "")
    assert where(table, "shops/s1/rooms/r1") == (ONE, "ROOMS", {"SHOPS": "s1"}, "r1", "")
    assert where(table, "shops/sale/rooms/r1") == (ONE, "ROOMS", {"SHOPS": "sale"}, "r1", "")


def test_empty_segments_are_no_folders() -> None:
    assert target(STRICT, ["courses", "", "modules"]).owners == (("COURSES", ""),)
    assert target(STRICT, ["", "courses"]) == Target(NOTHING)


READ = ("GET", "HEAD")


@pytest.mark.parametrize(
    ("path", "methods", "allowed", "writes"),
    [
        ("courses", ("get_many",), READ, {"POST"}),
        ("courses", ("get_one",), (), {"POST"}),
        ("courses/_search", ("get_many",), ("POST",), set()),
        ("courses/_search", ("get_one",), (), set()),
        ("courses/c1", ("get_one",), READ, {"PUT"}),
        ("courses/c1", ("get_many",), (), {"PUT"}),
        ("courses/_schema", ("get_many",), READ, set()),
        ("courses/_schema", ("get_one",), READ, set()),
        ("courses/_schema", (), (), set()),
        ("courses/c1/_files/Qm1", ("get_one",), READ, set()),
        ("courses/c1/_thumbs/Qm1", ("get_many",), (), set()),
        ("_router", (), READ, set()),
    ],
)
def test_verbs(path: str, methods: Sequence[str], allowed: Sequence[str], writes: set[str]) -> None:
    found = target(an_api(row("courses"), methods=methods), path.split("/"))

    assert found.allowed == allowed
    assert found.writes == writes


def test_every_kind_has_a_path() -> None:
    kinds = {value for name, value in vars(visits).items() if name.isupper() and isinstance(value, str)}
    asked = ("courses", "courses/_search", "courses/_schema", "courses/c1", "_router", "_openapi.json", "nowhere")
    files = ("courses/c1/_files/Qm1", "courses/c1/_thumbs/Qm1")

    assert {target(STRICT, path.split("/")).kind for path in (*asked, *files)} == kinds
