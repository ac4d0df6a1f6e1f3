"""What addressing and encrypting one file takes, timed in a process of its own: `python -m infra.bench.compute FILE`.

A process of its own begins with a fresh heap, as a put does, and runs on the cores that its parent chose.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, cast
from unittest.mock import patch

import aleph_cid

from chalicelib import ipfs
from chalicelib.blobs import Blobs, Plaintext, objects, segments
from chalicelib.keys.masterkeys import dek_key
from infra.bench.measure import fastest

if TYPE_CHECKING:
    from chalicelib.keys import Keys

PIECE = 2**20
"""Bytes of each piece, where a file is taken in pieces."""


class _NoKeys:
    """Stands in for KMS and its tables, which a put asks once for a content."""

    def wrap(self, dek: bytes) -> str:
        return dek.decode()


def main(path: str, rounds: int) -> None:
    """Print as JSON: seconds of the fastest round of each work, and the file's address by who computed it."""
    whole = Path(path).read_bytes()
    data, pieces = memoryview(whole), [whole[at : at + PIECE] for at in range(0, len(whole), PIECE)]
    blobs = Blobs(cast("Keys", _NoKeys()))
    cid = ipfs.file_node(data).cid
    master_key = dek_key(os.urandom(32))
    cuts = [data[at : at + segments.SEGMENT] for at in range(0, len(data), segments.SEGMENT)]
    sealed = [segments.seal(master_key, "b" * 32, i, len(cuts), cut) for i, cut in enumerate(cuts)]

    def decrypt() -> None:
        for i, message in enumerate(sealed):
            segments.unseal(master_key, "b" * 32, i, len(cuts), message)

    works = {
        "sha256": lambda: hashlib.sha256(data).digest(),
        "sha256 of halves": lambda: _of_halves(data),
        "address": lambda: ipfs.file_node(data),
        "address in pieces": lambda: _in_pieces(pieces),
        "encrypt": lambda: blobs.write({cid: Plaintext([data])}),
        "put": lambda: blobs.write({ipfs.file_node(data).cid: Plaintext([data])}),
        "decrypt": decrypt,
        "aleph-cid": lambda: aleph_cid.compute_cid(whole),
        "aleph-cid in pieces": lambda: _aleph_in_pieces(pieces),
    }
    # All that a put does but for its calls to AWS.
    with patch.object(objects, "put", lambda *_: None):
        seconds = fastest(works, rounds)
    cids = {
        "address": cid,
        "address in pieces": _in_pieces(pieces),
        "aleph-cid": aleph_cid.compute_cid(whole),
        "aleph-cid in pieces": _aleph_in_pieces(pieces),
    }
    json.dump({"seconds": seconds, "cids": cids}, sys.stdout)


def _of_halves(data: memoryview) -> None:
    middle = len(data) // 2
    with ThreadPoolExecutor(1) as other:
        first = other.submit(hashlib.sha256, data[:middle])
        hashlib.sha256(data[middle:])
        first.result()


def _in_pieces(pieces: Iterable[bytes]) -> str:
    hasher = ipfs.FileHasher()
    for piece in pieces:
        hasher.update(piece)
    return hasher.node().cid


def _aleph_in_pieces(pieces: Iterable[bytes]) -> str:
    hasher = aleph_cid.CidHasher.for_ipfs()
    for piece in pieces:
        hasher.update(piece)
    return hasher.finalize()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
