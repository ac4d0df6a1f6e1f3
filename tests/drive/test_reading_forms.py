"""The hash of a read or a removal, in a multipart form: what `curl -F hash=...` sends."""

import pytest

from tests.support.system import System, User

CID = "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"
FORM = {"content-type": "multipart/form-data; boundary=B"}


def form(name: bytes, value: bytes) -> bytes:
    return b'--B\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value + b"\r\n--B--\r\n"


@pytest.fixture
def user(system: System) -> User:
    user = system.user()
    assert system.put(user, ("hello.txt", b"hello world\n")).status == 200
    return user


@pytest.mark.parametrize("name", [b"hash", b"arg"])
def test_a_multipart_form_names_the_hash(system: System, user: User, name: bytes) -> None:
    answer = system.call("POST", "/api/v0/cat", user=user, body=form(name, CID.encode()), headers=FORM)
    assert (answer.status, answer.body) == (200, b"hello world\n")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (form(b"hash", b"nonsense"), "invalid_hash"),
        (form(b"other", CID.encode()), "invalid_hash"),
        (form(b'hash"; filename="f', CID.encode()), "invalid_hash"),
        (form(b"hash", b"\xff"), "invalid_request"),
        (form(b"hash", CID.encode())[:-6], "invalid_request"),
    ],
)
def test_a_form_without_a_hash_is_told(system: System, user: User, body: bytes, code: str) -> None:
    answer = system.call("POST", "/api/v0/cat", user=user, body=body, headers=FORM)
    assert (answer.status, answer.json["code"]) == (400, code)
