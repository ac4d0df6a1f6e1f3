"""Bad input of every kind: the documented error, and nothing stored."""

from collections.abc import Iterator

import pytest

from tests.drive.asking import UNKNOWN, body_of, put_body, put_ok, refusal
from tests.support.system import System, User

FILE = 'form-data; name="file"; filename="a.png"'
KIND = "multipart/form-data; boundary=limit"
WHOLE = body_of((FILE, b"hello"))
INVALID = (400, "Invalid request", "invalid_request")
NO_FILE = (400, "No file provided", "no_file_provided")


@pytest.fixture(autouse=True)
def _nothing_is_stored(system: System, user: User) -> Iterator[None]:
    """Given one file there is; then, whatever the test puts, all tables and the bucket are as they were."""
    put_ok(system, user, ("kept", b"kept"))
    before = system.contents()
    yield
    assert system.contents() == before


def part(head: bytes) -> bytes:
    return b"--limit\r\n" + head + b"\r\n\r\nhello\r\n--limit--\r\n"


MALFORMED: dict[str, tuple[bytes, str | None]] = {
    "no content type": (WHOLE, None),
    "not multipart": (b"hello", "application/octet-stream"),
    "JSON": (b'{"file": 1}', "application/json"),
    "another multipart": (WHOLE, "multipart/mixed; boundary=limit"),
    "no boundary": (WHOLE, "multipart/form-data"),
    "empty boundary": (WHOLE, "multipart/form-data; boundary="),
    "boundary too long": (WHOLE, "multipart/form-data; boundary=" + "x" * 5_000),
    "wrong boundary": (WHOLE, "multipart/form-data; boundary=other"),
    "no final boundary": (WHOLE.removesuffix(b"--limit--\r\n"), KIND),
    "no closing dashes": (WHOLE.replace(b"--limit--", b"--limit"), KIND),
    "LF only": (WHOLE.replace(b"\r\n", b"\n"), KIND),
    "header without colon": (part(b"Content-Disposition form-data"), KIND),
    "header with a space": (part(b"Content Disposition: x"), KIND),
    "huge header": (part(b"Content-Disposition: form-data; filename=" + b"x" * 100_000), KIND),
    "huge header that backtracks": (part(b"Content-Disposition: form-data" + b';filename="x' * 20_000), KIND),
    "many headers": (part(b"\r\n".join(b"X-%d: y" % n for n in range(1_000))), KIND),
    "name not UTF-8": (part(b'Content-Disposition: form-data; filename="\xff\xfe"'), KIND),
    "extended name not UTF-8": (part(b"Content-Disposition: form-data; filename*=UTF-8''%FF%FE"), KIND),
    "extended surrogate": (part(b"Content-Disposition: form-data; filename*=UTF-8''%ED%A0%80"), KIND),
    "text before the boundary": (b"hello" + WHOLE, KIND),
    "zeros": (bytes(1_000), KIND),
    "dashes": (b"-" * 10_000, KIND),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_bodies_are_invalid_requests(system: System, user: User, case: str) -> None:
    assert refusal(put_body(system, user, *MALFORMED[case])) == INVALID


@pytest.mark.parametrize(
    "body",
    [
        body_of(('form-data; name="file"', b"hello")),
        body_of(('form-data; name="file"; filename=""', b"")),
        body_of(("form-data", b"hello"), ("attachment", b"hello")),
        part(b"Content-Type: text/plain"),
        b"--limit--\r\n",
    ],
    ids=["no file name", "empty file name", "no names at all", "no disposition", "no parts"],
)
def test_a_form_without_any_file(system: System, user: User, body: bytes) -> None:
    assert refusal(put_body(system, user, body, KIND)) == NO_FILE


@pytest.mark.parametrize("kind", [None, "application/octet-stream", "application/x-www-form-urlencoded"])
def test_an_empty_body_has_no_file(system: System, user: User, kind: str | None) -> None:
    assert refusal(put_body(system, user, b"", kind)) == NO_FILE


def test_a_body_cut_off_at_any_byte_is_refused(system: System, user: User) -> None:
    for length in range(len(WHOLE) - len(b"\r\n")):
        answer = put_body(system, user, WHOLE[:length], KIND)
        assert refusal(answer) in (INVALID, NO_FILE), length
        assert length == 0 or refusal(answer) == INVALID, length


def test_one_bad_part_refuses_the_good_ones_too(system: System, user: User) -> None:
    good = body_of((FILE, b"good")).removesuffix(b"--limit--\r\n")
    bad = part(b'Content-Disposition: form-data; filename="\xff"')

    assert refusal(put_body(system, user, good + bad, KIND)) == INVALID


def test_a_nested_multipart_is_bytes_like_any_other(system: System, user: User) -> None:
    """What looks like an inner multipart is the content of one file; without a name it is none."""
    inner = body_of((FILE, b"inner"), boundary="inner")

    answer = put_body(system, user, body_of(('form-data; name="files"', inner)), KIND)

    assert refusal(answer) == NO_FILE


@pytest.mark.parametrize("call", ["cat", "get", "rm"])
def test_what_is_not_pinned_is_not_found(system: System, user: User, call: str) -> None:
    answer = system.call("POST", f"/api/v0/{call}", user=user, query={"arg": UNKNOWN})

    assert refusal(answer) == (404, "File not found", "file_not_found")
