import string
from hashlib import sha256

import base58
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.ipfs import InvalidCid, Node, encode_cid, parse_cid
from tests.ipfs import oracle

EMPTY_FOLDER = "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"
ZEROS = encode_cid(bytes(32))

digests = st.binary(min_size=32, max_size=32)


def test_text_of_a_known_block() -> None:
    digest = sha256(b"\x0a\x02\x08\x01").digest()

    assert encode_cid(digest) == EMPTY_FOLDER
    assert parse_cid(EMPTY_FOLDER) == digest


@given(digests)
def test_a_digest_survives_its_text(digest: bytes) -> None:
    text = encode_cid(digest)

    assert text == oracle.cid(digest)
    assert len(text) == 46
    assert parse_cid(text) == digest


@pytest.mark.parametrize("digest", [bytes(32), b"\xff" * 32], ids=["lowest", "highest"])
def test_the_extremes_of_a_digest_survive(digest: bytes) -> None:
    assert parse_cid(encode_cid(digest)) == digest


@given(digests, st.integers(0, 45), st.sampled_from(string.printable) | st.characters())
def test_one_changed_character_is_refused_or_another_digest(digest: bytes, place: int, character: str) -> None:
    text = encode_cid(digest)
    assume(text[place] != character)
    changed = text[:place] + character + text[place + 1 :]

    try:
        parsed = parse_cid(changed)
    except InvalidCid:
        return
    assert parsed != digest
    assert encode_cid(parsed) == changed


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_digest_of_another_length_has_no_text(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        encode_cid(bytes(size))


@pytest.mark.parametrize(
    "text",
    [
        "",
        EMPTY_FOLDER[:-1],
        EMPTY_FOLDER + "1",
        "1" + EMPTY_FOLDER,
        " " + EMPTY_FOLDER[:-1],
        EMPTY_FOLDER[:-1] + " ",
        EMPTY_FOLDER[:-1] + "\n",
        EMPTY_FOLDER + "\n",
        EMPTY_FOLDER[:-1] + "\x00",
        EMPTY_FOLDER[:20] + " " + EMPTY_FOLDER[21:],
        "\uff31" + EMPTY_FOLDER[1:],
        EMPTY_FOLDER[:-1] + "\ud800",
        EMPTY_FOLDER[:-1] + "0",
        EMPTY_FOLDER[:-1] + "O",
        EMPTY_FOLDER[:-1] + "I",
        EMPTY_FOLDER[:-1] + "l",
        EMPTY_FOLDER.swapcase(),
        "z" + EMPTY_FOLDER,
        "/ipfs/" + EMPTY_FOLDER,
        "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354",
        "1" * 46,
        "z" * 46,
        base58.b58encode(b"\x12\x21" + bytes(32)).decode(),
        base58.b58encode(b"\x13\x20" + bytes(32)).decode(),
        base58.b58encode(b"\x12\x20" + bytes(31)).decode(),
    ],
)
def test_anything_but_a_canonical_cid_is_refused(text: str) -> None:
    with pytest.raises(InvalidCid):
        parse_cid(text)


def test_a_long_text_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(InvalidCid, match="46 characters"):
        parse_cid("Qm" * 1000)


def test_the_greatest_digest_is_the_last_text() -> None:
    # Given the text just above the highest CIDv0, still 46 characters of the alphabet
    highest = int.from_bytes(b"\x12\x20" + b"\xff" * 32)
    above = base58.b58encode((highest + 1).to_bytes(34)).decode()
    assert len(above) == 46

    with pytest.raises(InvalidCid):
        parse_cid(above)


def test_a_node_tells_its_cid() -> None:
    assert Node(bytes(32), size=0, dag_size=6).cid == ZEROS


@pytest.mark.parametrize(("digest", "size", "dag_size"), [(bytes(31), 0, 0), (bytes(32), -1, 0), (bytes(32), 0, -1)])
def test_a_node_that_cannot_be_is_refused(digest: bytes, size: int, dag_size: int) -> None:
    with pytest.raises(ValueError, match=r"32 bytes|not negative"):
        Node(digest, size, dag_size)
