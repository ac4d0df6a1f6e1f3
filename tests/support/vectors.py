"""The golden CID vectors in tests/data/cid_vectors.json, and the bytes and folders they describe."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

Vector = Mapping[str, Any]
Generator = Mapping[str, Any]

_FILE: Final = Path(__file__).parents[1] / "data" / "cid_vectors.json"
# The alphabet of kubo's own test: 39 characters, "0" twice.
_HAMT_ALPHABET: Final = b"abcdefghijklmnopqrstuvwxyz01234567890-_"


@cache
def _document() -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return document


def file_vectors() -> list[Vector]:
    """All vectors of single files."""
    return list(_document()["files"])


def folder_vectors() -> list[Vector]:
    """All vectors of folders; `hamt_shards` tells those with shards from those of flat blocks alone."""
    return list(_document()["dirs"])


class Contents:
    """Makes the bytes that a vector's generator describes.

    Many vectors are prefixes of one long stream, so each stream is kept and only ever made longer.
    """

    def __init__(self) -> None:
        self._streams: dict[str, bytearray] = {}

    def __call__(self, generator: Generator) -> bytes:
        """Make the whole content; an unknown kind is a KeyError or ValueError, never empty bytes."""
        match generator["kind"]:
            case "utf8":
                return str(generator["text"]).encode()
            case "zeros":
                return bytes(generator["size"])
            case "sha256ctr":
                return self._sha256ctr(generator["seed"], generator["size"])
            case "chacha20":
                return chacha20(generator["seed"], generator["size"])
            case kind:
                raise ValueError(f"no generator is called {kind}")

    def _sha256ctr(self, seed: str, size: int) -> bytes:
        stream = self._streams.setdefault(seed, bytearray())
        prefix = seed.encode()
        counters = range(len(stream) // 32, -(-size // 32))
        stream += b"".join([sha256(prefix + counter.to_bytes(8)).digest() for counter in counters])
        return bytes(memoryview(stream)[:size])


def chacha20(seed: str, size: int) -> bytes:
    """The IETF ChaCha20 keystream under SHA-256 of the seed, nonce and counter zero."""
    # cryptography takes the block counter (4 bytes) and the nonce (12 bytes) as one.
    cipher = Cipher(ChaCha20(sha256(seed.encode()).digest(), nonce=bytes(16)), mode=None)
    return cipher.encryptor().update(bytes(size))


def folder_entries(vector: Vector) -> Iterator[tuple[str, Generator | None]]:
    """Every path of a folder vector, "/" between its levels, with its generator; None stands for an empty folder."""
    rule = vector.get("rule")
    if rule is None:
        yield from ((entry["path"], entry.get("gen")) for entry in vector["entries"])
    elif rule["kind"] == "counted":
        yield from _counted(rule)
    elif rule["kind"] == "kubo-hamt":
        yield from _kubo_hamt(rule)
    else:
        raise ValueError(f"no folder rule is called {rule['kind']}")


def _counted(rule: Mapping[str, Any]) -> Iterator[tuple[str, Generator | None]]:
    for number in range(rule["count"]):
        path = f"{rule['prefix']}{number:0{rule['pad']}}{rule['suffix']}"
        yield path, {"kind": "utf8", "text": rule.get("text", f"{number}\n")}
    yield from ((entry["path"], entry.get("gen")) for entry in rule.get("plus", ()))


def _kubo_hamt(rule: Mapping[str, Any]) -> Iterator[tuple[str, Generator | None]]:
    length = rule["name_len"]
    stream = chacha20(rule["seed"], rule["count"] * length)
    for start in range(0, len(stream), length):
        name = bytes(_HAMT_ALPHABET[byte % len(_HAMT_ALPHABET)] for byte in stream[start : start + length])
        yield name.decode("ascii"), {"kind": "utf8", "text": "x"}
