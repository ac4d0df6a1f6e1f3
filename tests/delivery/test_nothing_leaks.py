"""What a list-only folder and private fields do not tell (decision 16).

Two stores whose resources differ in content alone give the same answers, byte for byte, headers and cursors included:
the same keys, moments and revisions, documents of all sizes, with files or without.
"""

import base64
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import aws
from chalicelib.members import keys
from chalicelib.resources.tables import IndexRow
from tests.delivery.publishing import MOMENT, Shelf, write
from tests.delivery.visiting import Site, refused
from tests.support.managing import Manager, field, manager
from tests.support.system import Answer, System

FIELDS = (
    field("title", searchable=True),
    field("body", "text"),
    field("rank", "integer", searchable=True),
    field("files", "file", multiple=True),
    field("secret", "text", searchable=True, private=True),
    field("inner", "object", private=True),
    field("deep", parent="inner", searchable=True),
)
COUNT = 7
KEYS = [f"{keys.moment(MOMENT + at)}0000" for at in range(COUNT)]
CID = "QmPFEywVfA5TNsbHkHSBnrBZGFt6Nj6ZHHnZM8mSWX2JKq"
ASKED: list[tuple[str, str, dict[str, str], Any]] = [
    *(("GET", "things", {"limit": limit}, b"") for limit in ("1", "2", "3", "100")),
    *(
        ("GET", "things", {"sort": sort, "limit": "2"}, b"")
        for sort in ("_sys.created_at", "-_sys.key", "_sys.updated_at")
    ),
    *(
        ("GET", "things", {f"where___sys.{name}": value}, b"")
        for name, value in (("key__eq", KEYS[2]), ("key__ne", KEYS[2]))
    ),
    ("GET", "things", {"where___sys.created_at__gte": "2023-11-14T22:13:23Z"}, b""),
    ("POST", "things/_search", {}, {"limit": 2, "offset": 3}),
    ("POST", "things/_search", {}, {"where": {"_sys.updated_at__gt": "2020-01-01"}, "limit": 3}),
    ("POST", "things/_search", {}, {"sort": ["_sys.updated_at", "-_sys.created_at"], "limit": 3}),
    *(("GET", "things", {name: "title"}, b"") for name in ("populate", "fields", "truncate_text", "raw", "nosuch")),
    *(
        ("GET", "things", {name: "x"}, b"")
        for name in ("where__body__eq", "where__secret__eq", "where__inner.deep__eq", "sort")
    ),
    *(
        ("GET", "things", {"find_text__query": "x", "find_text__fields": name}, b"")
        for name in ("secret", "body", "inner.deep")
    ),
    ("POST", "things/_search", {}, {"fields": ["title"]}),
    ("POST", "things/_search", {}, {"vector_search": {}}),
    ("POST", "things/_search", {}, {"nosuch": 1}),
    ("POST", "things/_search", {}, []),
    *(
        ("GET", path, {}, b"")
        for path in ("things/_schema", "_router", f"things/{KEYS[0]}", f"things/{KEYS[0]}/_schema")
    ),
    *(("GET", f"things/{KEYS[0]}/{part}/{CID}", {}, b"") for part in ("_files", "_thumbs")),
    *((verb, f"things/{KEYS[0]}", {}, b"") for verb in ("HEAD", "PUT", "DELETE", "POST")),
    ("HEAD", "things", {}, b""),
]


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Of all sizes: some make a page end early where content is shown."""
    text = st.text(max_size=20) | st.integers(0, 900_000).map(lambda size: "x" * size)
    return st.fixed_dictionaries(
        {},
        optional={
            "title": st.text(max_size=20),
            "body": text,
            "rank": st.integers(-5, 5),
            "files": st.lists(st.just(CID), max_size=3),
            "secret": st.text(max_size=20),
            "inner": st.fixed_dictionaries({}, optional={"deep": st.text(max_size=5)}),
        },
    )


@pytest.fixture
def site(me: Manager) -> Site:
    """A folder that can be listed alone."""
    made = Site.of(me)
    made.folder("things", "get_many", fields=FIELDS)
    return made


def publish(site: Site, contents: list[dict[str, Any]]) -> list[aws.Table]:
    """Fill the folder; gives the rows of that."""
    shelf, rows = Shelf.of(site, _folder(site), FIELDS), []
    for at, (key, document) in enumerate(zip(KEYS, contents, strict=True)):
        files = {cid: {"size": 5} for cid in document.get("files", ())} or None
        rows += shelf.rows(key, document, moment=MOMENT + 50 - at, created=MOMENT + at, files=files)
    write(rows)
    return rows


def clear(rows: list[aws.Table]) -> None:
    """Take everything out again."""
    for row in rows:
        aws.current().dynamodb.delete_item(TableName=row.physical_name(), Key=row.row_key())


def _folder(site: Site) -> str:
    table = site.me.ask("GET", f"/api/{site.api}/folders/").json["results"]
    return str(table[0]["folder"])


def shown(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    return answer.status, {name: value for name, value in answer.headers.items() if name != "x-request-id"}, answer.body


def pages(site: Site, method: str, path: str, query: Mapping[str, str], body: Any) -> Iterator[Answer]:
    """An answer, and those that its cursors lead to."""
    yield (answer := site.ask(path, method, query=query, body=body))
    while answer.status == 200 and method != "HEAD" and answer.json.get("next"):
        token = answer.json["next"].rpartition("next=")[2]
        answer = site.ask(path, method, query={**query, "next": token}, body=body)
        assert answer.status == 200
        yield answer


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(*(st.lists(documents(), min_size=COUNT, max_size=COUNT) for _ in range(2)))
def test_stores_that_differ_in_content_alone_give_the_same_answers(site: Site, one: Any, other: Any) -> None:
    answers = []
    for contents in (one, other):
        rows = publish(site, contents)
        answers.append([shown(answer) for asked in ASKED for answer in pages(site, *asked)])
        clear(rows)

    assert answers[0] == answers[1]
    bodies = b"".join(body for _, _, body in answers[0])
    assert b'"data"' not in bodies.replace(b'"data_ref"', b"")
    assert all(key.encode() in bodies for key in KEYS)


def test_the_cursor_of_a_list_says_a_key_alone(site: Site) -> None:
    publish(site, [{"title": f"telltale {at}"} for at in range(COUNT)])

    for query in (
        {},
        {"sort": "_sys.created_at"},
        {"where__title__contains": "telltale"},
        {"find_text__query": "telltale"},
    ):
        page = site.read("things", query={**query, "limit": "2"})
        token = page["next"].rpartition("next=")[2]
        payload = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[20:]
        assert payload.decode() == f"k{page['results'][-1]['_sys']['key']}"


@pytest.fixture
def telling(system: System) -> tuple[Site, str]:
    """A folder that shows content, some of it private; and one of its resources."""
    site = Site.of(manager(system))
    folder = site.folder("things", fields=FIELDS)
    shelf = Shelf.of(site, folder, FIELDS)
    shelf.put({KEYS[0]: {"title": "open", "secret": "hushword", "inner": {"deep": "hushword"}}})
    return site, KEYS[0]


def test_private_fields_never_show(telling: tuple[Site, str]) -> None:
    site, key = telling
    answers = [
        site.ask(path, query=query)
        for path, query in itertools.product(
            ("things", f"things/{key}", "things/_schema", "_router"),
            ({}, {"fields": "secret,inner,inner.deep,title"}, {"truncate_text": "3"}),
        )
    ]

    assert b"open" in answers[0].body
    for answer in answers:
        for word in (b"hushword", b"secret", b"inner", b"deep"):
            assert word not in answer.body.replace(b"fields=secret,inner,inner.deep,title", b"")


@pytest.mark.parametrize("name", ["secret", "inner", "inner.deep"])
def test_private_fields_cannot_be_asked_for(telling: tuple[Site, str], name: str) -> None:
    site, key = telling
    queries = [
        {f"where__{name}__eq": "hushword"},
        {f"where__{name}__exists": "true"},
        {"sort": name},
        {"find_text__query": "hushword", "find_text__fields": name},
        {"find_phrase__query": "hushword", "find_phrase__fields": name},
        {"populate": name},
    ]
    for query in queries:
        answer = site.ask("things", query=query)
        refused(answer, 422, "invalid_request")
        # As if there were no such field.
        unknown = {one.replace(name, "nosuch"): value.replace(name, "nosuch") for one, value in query.items()}
        assert site.ask("things", query=unknown).body == answer.body.replace(name.encode(), b"nosuch")
    refused(site.ask(f"things/{key}", query={"populate": name}), 422, "invalid_request")


def test_words_of_private_fields_find_nothing(telling: tuple[Site, str]) -> None:
    site, _ = telling
    for query in ({"find_text__query": "hushword"}, {"find_phrase__query": "hushword"}):
        assert site.read("things", query=query)["results"] == []
    threshold = {"find_text__query": "open hushword", "find_text__threshold": "0.5"}
    assert len(site.read("things", query=threshold)["results"]) == 1
    # Nor do they cost anything: there are no rows of them.
    assert not [row for row in aws.scan(IndexRow) if "hushword" in row.value]
