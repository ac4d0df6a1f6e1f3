"""Signed cursors: only what `encode` made for the same list is a position (decision 12)."""

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.web.cursors import decode, encode

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
LIST = "meta usr_9f8e7d6c"


class RefusedError(Exception):
    """What the caller of `decode` wants raised."""


class Signer:
    """Two generations, the second of them current."""

    def __init__(self, *secrets: bytes) -> None:
        self.secrets = dict(enumerate(secrets, start=1))

    def secret(self, purpose: str, number: int | None = None) -> tuple[int, bytes]:
        assert purpose == "cursor"
        number = max(self.secrets) if number is None else number
        return number, self.secrets[number]


SIGNER = Signer(b"1" * 32, b"2" * 32)


def position(cursor: str, binding: str = LIST, signer: Signer = SIGNER) -> str | None:
    """The cursor's position, or None if it is refused; any other error goes through."""
    try:
        return decode(signer, binding, cursor, RefusedError)
    except RefusedError:
        return None


@given(binding=st.text(), at=st.text())
def test_decode_gives_what_encode_was_given(binding: str, at: str) -> None:
    cursor = encode(SIGNER, binding, at)

    assert set(cursor) <= set(ALPHABET)
    assert position(cursor, binding) == at


@given(binding=st.text(), other=st.text(), at=st.text())
def test_a_cursor_of_one_list_is_refused_by_every_other(binding: str, other: str, at: str) -> None:
    cursor = encode(SIGNER, binding, at)

    assert position(cursor, other) == (at if other == binding else None)


def test_binding_and_position_do_not_run_into_each_other() -> None:
    assert position(encode(SIGNER, "meta a", "bc"), "meta ab") is None
    cursor = base64.urlsafe_b64decode(encode(SIGNER, "meta a", "bc") + "==")
    moved = base64.urlsafe_b64encode(cursor.replace(b"bc", b"c")).decode().rstrip("=")
    assert position(moved, "meta ab") is None


def test_every_flipped_bit_is_refused() -> None:
    raw = base64.urlsafe_b64decode(encode(SIGNER, LIST, "position") + "==")
    for at in range(len(raw) * 8):
        altered = raw[: at // 8] + bytes([raw[at // 8] ^ 1 << at % 8]) + raw[at // 8 + 1 :]
        assert position(base64.urlsafe_b64encode(altered).decode().rstrip("=")) is None


@pytest.mark.parametrize("at", ["a", "ab", "abc"])
def test_every_replaced_character_is_refused(at: str) -> None:
    """Also one that base64 would decode to the same bytes, or skip."""
    cursor = encode(SIGNER, LIST, at)
    for place, here in enumerate(cursor):
        for other in (ALPHABET + "=+/ \n\0.é\u0661").replace(here, ""):
            assert position(cursor[:place] + other + cursor[place + 1 :]) is None


def test_every_truncation_and_every_addition_is_refused() -> None:
    cursor = encode(SIGNER, LIST, "position")
    altered = [cursor[:length] for length in range(len(cursor))]
    altered += [cursor + more for more in ("A", "AAAA", "=", "==", "\n", " ", "!", "\0", cursor)]
    altered += [more + cursor for more in ("A", "AAAA", "=", "\n", " ", "!", "\ufeff")]

    assert [one for one in altered if position(one) is not None] == []


@pytest.mark.parametrize("cursor", ["", "A", "position", "é", "\ud800", "====", "A" * 27, "A" * 100_000, "\0"])
def test_what_was_never_a_cursor_is_refused(cursor: str) -> None:
    assert position(cursor) is None


def test_an_older_generation_still_verifies() -> None:
    before = Signer(b"1" * 32)
    cursor = encode(before, LIST, "position")

    assert position(cursor, signer=SIGNER) == "position"
    assert encode(SIGNER, LIST, "position") != cursor


def test_another_deployments_cursor_is_refused() -> None:
    assert position(encode(Signer(b"1" * 32, b"x" * 32), LIST, "position")) is None


def test_an_unknown_generations_cursor_is_refused() -> None:
    assert position(encode(Signer(b"1" * 32, b"2" * 32, b"3" * 32), LIST, "position")) is None
