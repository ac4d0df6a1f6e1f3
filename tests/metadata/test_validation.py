"""What a request may say, at both edges of every limit, and how it is told what is wrong (spec, Conventions)."""

import json
from typing import Any

import pytest

from tests.metadata.records import EXAMPLE, META, create, fields_at_fault, read
from tests.support.calls import Calls
from tests.support.system import System

MOST_SIZE = 2**53 - 1
TEXTS = {"filenameEnc": 8192, "user": 256, "mimeType": 255, "dekEnc": 8192}
NO_RECORD = f"{META}/file_{'0' * 48}"
WRONG_TYPES: dict[str, list[Any]] = {
    **{field: [None, 1, 1.5, True, ["x"], {"x": 1}] for field in TEXTS},
    "size": [None, "1", 1.0, 1.5, True, [1], {}, -1, MOST_SIZE + 1, 10**400, float("nan"), float("inf")],
    "thumb": [None, 0, 1, "true", [], {}],
}
NO_OBJECTS: dict[str, bytes] = {
    "an array": b"[]",
    "an array of one": json.dumps([EXAMPLE]).encode(),
    "a string": b'"x"',
    "null": b"null",
    "cut off": json.dumps(EXAMPLE).encode()[:-1],
    "with more after it": json.dumps(EXAMPLE).encode() + b"x",
    "a form": b"size=1&user=u",
    "not UTF-8": b'{"user": "\xff"}',
    "UTF-16": json.dumps(EXAMPLE).encode("utf-16"),
    "with a byte order mark": b"\xef\xbb\xbf" + json.dumps(EXAMPLE).encode(),
    "half a surrogate pair": b'{"user": "\\ud800"}',
    "nested deeply": b'{"user": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a number of 5,000 digits": b'{"size": ' + b"9" * 5000 + b"}",
}


def test_what_is_within_the_limits_is_kept_as_it_is(system: System, subtests: pytest.Subtests) -> None:
    cases: list[dict[str, Any]] = [{field: "x"} for field in TEXTS]
    cases += [{field: "é" * most} for field, most in TEXTS.items()]
    cases += [{"size": 0}, {"size": MOST_SIZE}, {"user": " "}, {"user": "\0"}, {"filenameEnc": "\U0001f511" * 8192}]

    for fields in cases:
        with subtests.test(f"{fields!a:.40}"):
            made = create(system, **fields)
            kept = {"user": made["user"], **read(system, made["id"])}
            assert {name: (made[name], kept[name]) for name in fields} == {n: (v, v) for n, v in fields.items()}


def test_a_create_names_the_field_at_fault(system: System, calls: Calls, subtests: pytest.Subtests) -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = []
    cases += [({**EXAMPLE, field: value}, [field]) for field, values in WRONG_TYPES.items() for value in values]
    cases += [({**EXAMPLE, field: "x" * length}, [field]) for field, most in TEXTS.items() for length in (0, most + 1)]
    cases += [({name: value for name, value in EXAMPLE.items() if name != field}, [field]) for field in EXAMPLE]
    unknown = ("id", "thumbs", "uploadedDate", "filename_enc", "heldBy", "User", "")
    cases += [({**EXAMPLE, field: "x"}, [field]) for field in unknown]
    cases += [({}, list(EXAMPLE)), ({**EXAMPLE, "size": "1", "user": "", "more": 1}, ["size", "user", "more"])]

    for body, fields in cases:
        with subtests.test(f"{fields} in {body!r:.80}"):
            assert fields_at_fault(system.call("POST", META, body=body)) == fields
    assert fields_at_fault(system.call("POST", META)) == list(EXAMPLE)
    assert calls.total == 0


@pytest.mark.parametrize(("method", "path"), [("POST", META), ("PATCH", NO_RECORD), ("PUT", f"{NO_RECORD}/thumbs")])
def test_what_is_no_json_object_is_a_fault_of_the_whole_body(
    system: System, calls: Calls, subtests: pytest.Subtests, method: str, path: str
) -> None:
    for what, body in NO_OBJECTS.items():
        with subtests.test(what):
            assert fields_at_fault(system.call(method, path, body=body)) == [""]
    assert calls.total == 0


def test_a_change_names_the_field_at_fault(system: System, calls: Calls, subtests: pytest.Subtests) -> None:
    changeable = ("filenameEnc", "mimeType", "dekEnc")
    cases: list[tuple[dict[str, Any], list[str]]] = []
    cases += [({field: value}, [field]) for field in changeable for value in WRONG_TYPES[field]]
    cases += [({field: "x" * length}, [field]) for field in changeable for length in (0, TEXTS[field] + 1)]
    cases += [({field: "x"}, [field]) for field in ("size", "user", "thumb", "thumbs", "id", "held_by", "dek_enc")]
    cases += [({"mimeType": "", "size": 1}, ["mimeType", "size"])]

    for body, fields in cases:
        with subtests.test(f"{fields} in {body!r:.80}"):
            assert fields_at_fault(system.call("PATCH", NO_RECORD, body=body)) == fields
    assert calls.total == 0


def test_a_report_of_thumbnails_names_the_field_at_fault(
    system: System, calls: Calls, subtests: pytest.Subtests
) -> None:
    for field in ("mobile", "web", "webPre"):
        for value in WRONG_TYPES["thumb"]:
            with subtests.test(f"{field}={value!r}"):
                answer = system.call("PUT", f"{NO_RECORD}/thumbs", body={field: value})
                assert fields_at_fault(answer) == [field]
    for field in ("thumb", "web_pre", "mimeType"):
        assert fields_at_fault(system.call("PUT", f"{NO_RECORD}/thumbs", body={field: True})) == [field]
    assert calls.total == 0


QUERIES: list[tuple[list[tuple[str, str]], list[str]]] = [
    ([], ["userId"]),
    ([("userId", "")], ["userId"]),
    ([("userId", "x" * 257)], ["userId"]),
    ([("userId", "u"), ("userId", "u")], ["userId"]),
    ([("user", "u")], ["userId", "user"]),
    ([("user_id", "u")], ["userId", "user_id"]),
    ([("userId", "u"), ("offset", "0")], ["offset"]),
    ([("userId", "u"), ("limit", "1"), ("limit", "2"), ("userId", "v")], ["userId", "limit"]),
    ([("userId", "u"), ("cursor", "")], ["cursor"]),
    ([("userId", "u"), ("cursor", "x"), ("cursor", "x")], ["cursor"]),
    ([("userId", "u"), ("cursor", "x" * 100_000)], ["cursor"]),
    *[
        ([("userId", "u"), ("limit", limit)], ["limit"])
        for limit in ("0", "-1", "1001", "abc", "", "1.5", "1e2", "0x10", "nan", "9" * 5000, "\u0661\u0662")
    ],
]


def test_a_list_names_the_parameter_at_fault(system: System, calls: Calls, subtests: pytest.Subtests) -> None:
    for query, fields in QUERIES:
        with subtests.test(f"{query!a:.80}"):
            # urlencode takes pairs too, and pairs can repeat.
            answer = system.call("GET", META, query=query)  # type: ignore[arg-type]
            assert sorted(fields_at_fault(answer)) == sorted(fields)
    assert "Query" not in calls.by_operation()
