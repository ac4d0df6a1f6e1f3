"""MurmurHash3 x64-128 under seed 0, from its published description: slow, and without the library under test."""

MASK = 2**64 - 1
C1, C2 = 0x87C37B91114253D5, 0x4CF5AD432745937F


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & MASK


def _finish(value: int) -> int:
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & MASK
    value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & MASK
    return value ^ value >> 33


def _mix(block: bytes) -> tuple[int, int]:
    low, high = int.from_bytes(block[:8], "little"), int.from_bytes(block[8:], "little")
    return _rotate(low * C1 & MASK, 31) * C2 & MASK, _rotate(high * C2 & MASK, 33) * C1 & MASK


def first_half(data: bytes) -> bytes:
    """The first 64 bits of the hash, written big-endian."""
    first = second = 0
    whole = len(data) - len(data) % 16
    for start in range(0, whole, 16):
        low, high = _mix(data[start : start + 16])
        first = (_rotate(first ^ low, 27) + second) * 5 + 0x52DCE729 & MASK
        second = (_rotate(second ^ high, 31) + first) * 5 + 0x38495AB5 & MASK
    low, high = _mix(data[whole:])
    first, second = first ^ low ^ len(data), second ^ high ^ len(data)
    first = first + second & MASK
    second = second + first & MASK
    return (_finish(first) + _finish(second) & MASK).to_bytes(8)
