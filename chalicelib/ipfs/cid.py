"""The text of a CIDv0 and the SHA-256 digest it stands for."""

from typing import Final

import base58

DIGEST_BYTES: Final = 32
# Multihash header: function sha2-256 (0x12), digest of 32 bytes (0x20).
_MULTIHASH: Final = b"\x12\x20"
# Every number of 34 bytes that begins 12 20 takes 46 base58 digits, and the first two are "Qm".
_TEXT_LENGTH: Final = 46


class InvalidCid(ValueError):  # noqa: N818 - reads as what it is, as every refusal of this package does
    """The text is not a canonical CIDv0."""


def encode_cid(digest: bytes) -> str:
    """Write the CIDv0 of a block.

    Args:
        digest: SHA-256 of the encoded block, 32 bytes.

    Returns:
        46 characters of base58btc, beginning "Qm".

    Raises:
        ValueError: The digest is not 32 bytes long.
    """
    if len(digest) != DIGEST_BYTES:
        raise ValueError(f"a SHA-256 digest has {DIGEST_BYTES} bytes, not {len(digest)}")
    return base58.b58encode(_MULTIHASH + digest).decode("ascii")


def parse_cid(text: str) -> bytes:
    """Read a CIDv0, strictly: one digest has one text, so that a CID can serve as a key.

    Args:
        text: 46 characters of base58btc; nothing around them is forgiven.

    Returns:
        The 32-byte SHA-256 digest of the block.

    Raises:
        InvalidCid: The text is anything else: another version or base, another hash, white space, a wrong length.
    """
    # Asked first, since decoding takes time quadratic in the length.
    if len(text) != _TEXT_LENGTH:
        raise InvalidCid("not a CIDv0: 46 characters are expected")
    try:
        digest = base58.b58decode(text)[len(_MULTIHASH) :]
    except ValueError as error:
        raise InvalidCid("not a CIDv0: a character is outside base58btc") from error
    # Writing it again proves the multihash header too, and the white space at the end that b58decode forgives.
    if len(digest) != DIGEST_BYTES or encode_cid(digest) != text:
        raise InvalidCid("not a CIDv0: the text is not a sha2-256 multihash in canonical form")
    return digest
