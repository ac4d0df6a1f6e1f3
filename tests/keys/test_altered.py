"""Whatever is not exactly what `wrap` made is `invalid_enc_dek`, and never a fault of ours (spec, Invariants)."""

import base64
import string
from collections.abc import Iterator

import pytest

from chalicelib.keys import InvalidEncDekError, Keys, masterkeys
from chalicelib.keys.generations import Generations
from chalicelib.keys.messages import seal
from chalicelib.settings import Settings
from tests.keys.conftest import new_keys
from tests.support.calls import Calls
from tests.support.system import System

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
FOREIGN = "=+/ \n\0.é\u0661"


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def is_refused(keys: Keys, dek_enc: str) -> bool:
    """False if it is taken; any other error than the one for callers goes through."""
    try:
        keys.unwrap(dek_enc)
    except InvalidEncDekError:
        return True
    return False


def flipped(raw: bytes) -> Iterator[bytes]:
    for at in range(len(raw) * 8):
        yield raw[: at // 8] + bytes([raw[at // 8] ^ 1 << at % 8]) + raw[at // 8 + 1 :]


def test_every_flipped_bit_is_refused(keys: Keys) -> None:
    raw = base64.urlsafe_b64decode(keys.wrap(b"0123456789abcdef0123456789abcdef") + "==")
    altered = list(flipped(raw))

    assert len(altered) > 2000
    assert [one for one in altered if not is_refused(keys, text(one))] == []


def test_every_replaced_character_is_refused(keys: Keys) -> None:
    wrapped = keys.wrap(b"0123456789abcdef0123456789abcdef")
    others = {here: ALPHABET[(at + 1) % 64] for at, here in enumerate(ALPHABET)}
    altered = [
        wrapped[:at] + other + wrapped[at + 1 :] for at, here in enumerate(wrapped) for other in others[here] + FOREIGN
    ]

    assert len(altered) > 3000
    assert [one for one in altered if not is_refused(keys, one)] == []


def test_every_truncation_and_every_addition_is_refused(keys: Keys) -> None:
    wrapped = keys.wrap(b"dek")
    altered = [wrapped[:length] for length in range(len(wrapped))]
    altered += [wrapped[length:] for length in range(1, len(wrapped))]
    altered += [wrapped + more for more in ("A", "AA", "AAAA", "=", "==", "\n", " ", "\0", wrapped)]
    altered += [more + wrapped for more in ("A", "AAAA", " ", "\n", "\ufeff")]

    assert [one for one in altered if not is_refused(keys, one)] == []


@pytest.mark.parametrize("length", [1, 2, 3])
def test_another_spelling_of_the_same_bytes_is_refused(keys: Keys, length: int) -> None:
    wrapped = keys.wrap(b"x" * length)
    raw = base64.urlsafe_b64decode(wrapped + "==")
    last = [wrapped[:-1] + other for other in ALPHABET if other != wrapped[-1]]
    spellings = [one for one in last if base64.urlsafe_b64decode(one + "==") == raw]
    spellings += [wrapped + "=" * (-len(wrapped) % 4 or 4), wrapped[:9] + "\n" + wrapped[9:]]
    # What is left of 8 bits in characters of 6: none, 4 or 2.
    assert len(spellings) - 2 == {0: 0, 1: 15, 2: 3}[len(raw) % 3]

    assert [one for one in spellings if not is_refused(keys, one)] == []


NEVER_WRAPPED = [
    "",
    "=",
    "A",
    "enc_k3y_wr4pp3d_by_m4st3r_k3y_00",
    "é" * 40,
    "\ud800",
    "A" * 8192,
    "A" * 8193,
    "-_" * 9**6,
]


def test_what_was_never_wrapped_is_refused(keys: Keys) -> None:
    assert [one for one in NEVER_WRAPPED if not is_refused(keys, one)] == []


def test_another_deployments_key_is_refused(system: System, settings: Settings) -> None:
    ours = new_keys(system)
    ours.wrap(b"so that both have a generation 1")
    other = System.make(settings.model_copy(update={"table_prefix": "other-", "kms_key_id": "alias/other"}))
    theirs = new_keys(other)
    wrapped = theirs.wrap(b"dek")
    assert theirs.unwrap(wrapped) == b"dek"

    System.make(settings)
    assert is_refused(ours, wrapped)
    assert is_refused(new_keys(system), wrapped)


def test_a_generation_that_is_not_there_is_refused(system: System, settings: Settings) -> None:
    wrapped = new_keys(system).wrap(b"dek")
    empty = System.make(settings.model_copy(update={"table_prefix": "empty-"}))

    assert is_refused(new_keys(empty), wrapped)


def test_another_context_is_refused(settings: Settings, keys: Keys) -> None:
    master_key = Generations(settings.kms_key_id, 300).current().master_key
    contexts = [{}, {"purpose": "segment"}, {"purpose": "dek", "more": "x"}, {"Purpose": "dek"}, {"purpose": ""}]

    assert keys.unwrap(text(seal(master_key, b"dek", {"purpose": "dek"}))) == b"dek"
    assert [one for one in contexts if not is_refused(keys, text(seal(master_key, b"dek", one)))] == []


@pytest.mark.parametrize(
    ("names", "reads"),
    [
        ([b"g00000002", b"g99999999"], 1),
        ([b"g-0000001", b"g0000001", b"g 0000001", b"g0000_001", b"x00000001", b"g", b"", b"g" + b"9" * 60], 0),
    ],
)
def test_the_name_of_no_generation_is_refused(keys: Keys, calls: Calls, names: list[bytes], reads: int) -> None:
    """What cannot be a name is not even asked for: DynamoDB answers an error to a number of 60 digits."""
    keys.wrap(b"makes generation 1")
    calls.clear()

    for name in names:
        forged = masterkeys._raw(masterkeys.GENERATION_PROVIDER, name, b"k" * 32)
        assert is_refused(keys, text(seal(forged, b"dek", {"purpose": "dek"})))
    assert calls.total == reads * len(names)


def test_a_message_under_a_dek_is_refused(keys: Keys) -> None:
    dek = b"k" * 32

    assert is_refused(keys, text(seal(masterkeys.dek_key(dek), b"dek", {"purpose": "dek"})))


def test_what_was_never_wrapped_names_no_generation(keys: Keys) -> None:
    for dek_enc in NEVER_WRAPPED:
        with pytest.raises(InvalidEncDekError):
            keys.generation_of(dek_enc)


def test_a_refusal_logs_nothing(keys: Keys, caplog: pytest.LogCaptureFixture) -> None:
    """The SDK would log a traceback for each, with values of the message in it."""
    wrapped = keys.wrap(b"dek")

    assert is_refused(keys, wrapped[:-2])
    assert is_refused(keys, "A" * 100)
    assert caplog.records == []
