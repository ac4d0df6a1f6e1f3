"""Addressing and encrypting content, beside plain SHA-256 of the same bytes."""

import hashlib
import os

from chalicelib import ipfs
from chalicelib.blobs import segments
from chalicelib.keys.masterkeys import dek_key
from infra.bench.measure import best, line

SIZE = 64 * 2**20


def run() -> None:
    """Ratios of speed to SHA-256: of addresses, of encryption, and of both one after the other, on one core."""
    data = memoryview(os.urandom(SIZE))
    key, total = dek_key(os.urandom(32)), segments.count(SIZE)
    cuts = [data[at : at + segments.SEGMENT] for at in range(0, SIZE, segments.SEGMENT)]

    def seal() -> list[bytes]:
        return [segments.seal(key, "b" * 32, i, total, cut) for i, cut in enumerate(cuts)]

    sealed = seal()
    plain = best(lambda: hashlib.sha256(data).digest())
    address = best(lambda: ipfs.file_node(data))
    encrypt = best(seal)
    decrypt = best(lambda: [segments.unseal(key, "b" * 32, i, total, one) for i, one in enumerate(sealed)])
    print(f"content, as ratios to SHA-256 ({SIZE / plain / 2**20:.0f} MiB/s here), one core")
    line("address", f"{plain / address:.2f}")
    line("encrypt", f"{plain / encrypt:.2f}")
    line("address and encrypt", f"{plain / (address + encrypt):.2f}")
    line("decrypt", f"{plain / decrypt:.2f}")
