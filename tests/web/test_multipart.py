"""Multipart bodies as clients really send them, and everything else refused."""

import contextlib
import time
import tracemalloc
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.web import multipart
from chalicelib.web.errors import InvalidRequestError
from chalicelib.web.http import Call
from chalicelib.web.multipart import FilePart

KIND = "multipart/form-data; boundary=limit"


def call(body: bytes, kind: str | None = KIND) -> Call:
    headers = {"content-type": kind} if kind is not None else {}
    return Call("POST", "/", "/", {}, {}, headers, body, "", "")


def part(disposition: str, data: bytes = b"data", more: str = "") -> bytes:
    return f"--limit\r\nContent-Disposition: {disposition}\r\n{more}\r\n".encode() + data + b"\r\n"


def files(*parts: bytes, kind: str = KIND) -> list[tuple[str, str | None, bytes]]:
    found: list[FilePart] = multipart.files(call(b"".join(parts) + b"--limit--\r\n", kind))
    return [(file.name, file.content_type, bytes(file.data)) for file in found]


def one(disposition: str) -> str:
    ((name, _, data),) = files(part(disposition))
    assert data == b"data"
    return name


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('form-data; name="file"; filename="a.png"', "a.png"),
        ('form-data; filename="a.png"; name="file"', "a.png"),
        ("form-data; name=file; filename=a.png", "a.png"),
        ("form-data; name=file; filename= a.png ", "a.png"),
        ('form-data;name="file";filename="a.png"', "a.png"),
        ('form-data; name="file"; filename="a "b".gz"', 'a "b".gz'),
        ('form-data; name="file"; filename="a "b".gz"; size=5', 'a "b".gz'),
        ('form-data; name="file"; filename="a; b=c.txt"', "a; b=c.txt"),
        ('form-data; name="file"; filename="日本語 — é.txt"', "日本語 — é.txt"),
        ('form-data; name="file"; filename="a%20b%22.txt"', "a%20b%22.txt"),
        ('form-data; name="file"; filename="C:\\dir\\a.txt"', "C:\\dir\\a.txt"),
        ("form-data; name=\"file\"; filename*=UTF-8''na%C3%AFve.txt", "naïve.txt"),
        ("form-data; name=\"file\"; filename*=utf-8'en'na%C3%AFve.txt", "naïve.txt"),
        ('form-data; name="file"; filename="x"; filename*=UTF-8\'\'y', "y"),
        ('form-data; name="file"; filename*=UTF-8\'\'y; filename="x"', "y"),
        ('attachment; name="filename"; filename="a"', "a"),
        ('form-data; name="file"; filename="a; filename*=UTF-8\'\'b"', "a; filename*=UTF-8''b"),
    ],
)
def test_file_names_as_clients_send_them(disposition: str, name: str) -> None:
    assert one(disposition) == name


# Without what ends a line, or may end the name.
QUOTABLE = st.text(st.characters(codec="utf-8", exclude_characters='\r\n\0"'), min_size=1, max_size=60)


@given(QUOTABLE)
def test_any_quoted_name_is_kept_as_it_is(name: str) -> None:
    assert one(f'form-data; name="file"; filename="{name}"') == name


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_any_extended_name_is_decoded(name: str) -> None:
    assert one(f"form-data; name=\"file\"; filename*=UTF-8''{quote(name, safe='')}") == name


def test_a_name_of_1024_bytes_fits_in_both_forms_at_once() -> None:
    name = "🐙" * 256

    assert one(f'form-data; name="file"; filename="{name}"; filename*=UTF-8\'\'{quote(name)}') == name


def test_parts_without_a_file_name_are_left_out() -> None:
    parts = [part('form-data; name="field"'), part('form-data; filename=""'), part('form-data; filename="a"')]

    assert files(*parts) == [("a", None, b"data")]


def test_files_keep_their_order_types_and_bytes() -> None:
    parts = [
        part('form-data; filename="b"', b"", "Content-Type: image/png\r\n"),
        part('form-data; filename="a"', b"\r\n--limi\r\n\r\n--", "CONTENT-TYPE: Text/Plain; charset=x\r\n"),
        part('form-data; filename="b"', bytes(range(256)), "X-Other: y\r\n"),
    ]

    assert files(*parts) == [
        ("b", "image/png", b""),
        ("a", "Text/Plain; charset=x", b"\r\n--limi\r\n\r\n--"),
        ("b", None, bytes(range(256))),
    ]


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5))
def test_any_bytes_come_through(contents: list[bytes]) -> None:
    assume(not any(b"\r\n--limit" in b"\r\n" + data for data in contents))

    found = files(*(part('form-data; filename="a"', data) for data in contents))

    assert [data for _, _, data in found] == contents


@given(st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--limit", b"\r\n--limi", b"x", b"\r\n"]), max_size=30))
def test_bytes_that_look_like_boundaries_come_through(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assume(b"\r\n--limit" not in b"\r\n" + data)

    assert files(part('form-data; filename="a"', data)) == [("a", None, data)]


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=limit",
        'multipart/form-data; boundary="limit"',
        "Multipart/Form-Data; Boundary=limit",
        "multipart/form-data;boundary=limit; charset=utf-8",
        "multipart/form-data; charset=utf-8; boundary=limit",
    ],
)
def test_the_content_type_is_read_as_it_is_written(kind: str) -> None:
    assert files(part('form-data; filename="a"'), kind=kind) == [("a", None, b"data")]


@pytest.mark.parametrize("boundary", ["a b", "'()+_,-./:=?", "x" * 70, "----WebKitFormBoundary7MA4YWxkTrZu0gW"])
def test_any_legal_boundary_will_do(boundary: str) -> None:
    body = f'--{boundary}\r\nContent-Disposition: form-data; filename="a"\r\n\r\ndata\r\n--{boundary}--\r\n'.encode()

    (file,) = multipart.files(call(body, f'multipart/form-data; boundary="{boundary}"'))

    assert bytes(file.data) == b"data"


def test_nothing_at_all_holds_no_files() -> None:
    for kind in (None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert multipart.files(call(b"", kind)) == []


@given(
    st.binary(max_size=300),
    st.sampled_from([None, "", "x", "multipart/form-data", KIND, "multipart/form-data; boundary=\xff"]),
)
def test_noise_is_refused_or_holds_no_files(body: bytes, kind: str | None) -> None:
    found = []
    with contextlib.suppress(InvalidRequestError):
        found = multipart.files(call(body, kind))
    assert found == []


@given(st.binary(max_size=60), st.integers(0, 200))
def test_damage_anywhere_gives_files_or_a_refusal(noise: bytes, at: int) -> None:
    body = part('form-data; name="file"; filename="a.png"', b"data", "Content-Type: image/png\r\n") + b"--limit--\r\n"

    try:
        found = multipart.files(call(body[:at] + noise + body[at:]))
    except InvalidRequestError:
        return
    assert all(file.name for file in found)


def test_file_data_is_not_copied() -> None:
    size = 32 * 2**20
    body = part('form-data; filename="a"', bytes(size)) + b"--limit--\r\n"
    tracemalloc.start()

    (file,) = multipart.files(call(body))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(file.data) == size
    assert peak < size // 8


@pytest.mark.parametrize(
    "data",
    [b"\r" * 2**20, b"\n" * 2**20, b"\r\n" * 2**19, b"-" * 2**20, b"\r\n--limi" * 2**17],
    ids=["CR", "LF", "CRLF", "dashes", "near boundaries"],
)
def test_no_content_is_slow_to_read(data: bytes) -> None:
    began = time.process_time()

    ((_, _, found),) = files(part('form-data; filename="a"', data))

    assert found == data
    assert time.process_time() - began < 5


@pytest.mark.parametrize("piece", [';filename="x', '"; filename="', ";filename*=UTF-8''", '; filename="a"" ', ';  "'])
def test_no_header_is_slow_to_read(piece: str) -> None:
    disposition = "form-data" + piece * (4_000 // len(piece))
    began = time.process_time()

    with contextlib.suppress(InvalidRequestError):
        files(part(disposition))
    assert time.process_time() - began < 1
