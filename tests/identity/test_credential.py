"""Reading an `Authorization` header: any text in, a credential or nothing out, never an error."""

import base64

from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.identity import Credential, drivekeys

KEY_ID, KEY = drivekeys.new()


def basic(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


def test_a_good_header() -> None:
    assert Credential.parse(basic(f"zelid-1:{KEY}".encode())) == Credential("zelid-1", KEY, KEY_ID)


@given(st.text(st.characters()))
@example("Basic é")
@example("Basic \ud800")
@example("Basic =")
@example("Basic ====")
@example("Basic a")
@example("Basic\tAAAA")
@example("Basic " + "A" * 10_000)
def test_any_text_is_read_without_an_error(header: str) -> None:
    assert Credential.parse(header) is None


@given(st.binary())
@example(b"\xff:\xff")
@example(b"zelid-1:fvk_\xe9")
@example(b":" * 1_000)
@example(b"zelid-1")
def test_any_bytes_in_base64_are_read_without_an_error(raw: bytes) -> None:
    assert Credential.parse(basic(raw)) is None


@given(st.text(max_size=70), st.text(max_size=70))
@example("zelid-1\n", KEY)
@example("ab", KEY)
@example("zelid-1", KEY + "\n")
def test_any_zelid_and_key_are_read_without_an_error(zelid: str, key: str) -> None:
    header = basic(f"{zelid}:{key}".encode(errors="surrogatepass"))

    assert Credential.parse(header) is None


def test_no_header_is_no_credential() -> None:
    assert Credential.parse(None) is None
