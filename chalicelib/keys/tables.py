"""The rows of the key service: one per key generation."""

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute

from chalicelib import aws

_ALL = "generations"


class Generation(aws.Table):
    """32 random bytes, wrapped by KMS. The highest number is current; a retired one has lost its bytes for good."""

    class Meta:
        table_name = "keys"

    scope = UnicodeAttribute(hash_key=True, default=_ALL)
    number = NumberAttribute(range_key=True)
    key_enc = BinaryAttribute(legacy_encoding=False, null=True)
    created = NumberAttribute()
    retired = NumberAttribute(null=True)
    tx = UnicodeAttribute(null=True)


def latest() -> Generation | None:
    """The current generation's row; None before the first. One call."""
    rows = aws.page(Generation, _ALL, limit=1, newest_first=True).rows
    return rows[0] if rows else None


def get(number: int) -> Generation | None:
    """The row of one generation. One call."""
    return aws.get(Generation, _ALL, number)


def add(number: int, key_enc: bytes, created: int) -> None:
    """Store a new generation.

    Raises:
        StaleError: The number is taken: another process added it first.
    """
    with aws.transaction() as tx:
        tx.create(Generation(scope=_ALL, number=number, key_enc=key_enc, created=created))


def all_of_them() -> list[Generation]:
    """Every generation's row, newest first. One call per some thousand."""
    rows, following = aws.page(Generation, _ALL, newest_first=True)
    while following:
        more, following = aws.page(Generation, _ALL, newest_first=True, start=following)
        rows += more
    return rows


def retire(number: int, now: int) -> None:
    """Forget the bytes of a generation; its number is never used again.

    Raises:
        StaleError: There is no such generation.
    """
    with aws.transaction() as tx:
        row = Generation(scope=_ALL, number=number)
        tx.update(row, [Generation.key_enc.remove(), Generation.retired.set(now)])
