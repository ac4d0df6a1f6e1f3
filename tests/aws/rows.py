"""Tables of the tests' own, so that the transaction is tested apart from every domain."""

from collections.abc import Callable
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import Aws, Table, Transaction, get, transaction

Step = Callable[[Transaction], None]


class Counter(Table):
    """A figure that must be counted exactly once per commit."""

    class Meta:
        table_name = "counters"

    id = UnicodeAttribute(hash_key=True)
    value = NumberAttribute(default=0)


class Claim(Table):
    """A row that a transaction stamps as its own."""

    class Meta:
        table_name = "claims"

    owner = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(range_key=True)
    text = UnicodeAttribute(null=True)
    tx = UnicodeAttribute(null=True)


def make_tables(aws: Aws) -> None:
    for model in (Counter, Claim):
        aws.dynamodb.create_table(TableName=model.physical_name(), BillingMode="PAY_PER_REQUEST", **model.key_schema())


def commit(*steps: Step) -> str:
    """Commit these steps together; the transaction's id."""
    with transaction() as tx:
        for step in steps:
            step(tx)
    return tx.id


def one_more(counter: str = "a") -> Step:
    """Count one more, as the totals of the metadata service are counted."""
    return lambda tx: tx.upsert(Counter(id=counter), [Counter.value.set((Counter.value | 0) + 1)])


def value(counter: str = "a") -> int:
    row = get(Counter, counter)
    return int(row.value) if row is not None else 0


class RefusedError(Exception):
    """What a step of a test refuses with: the row that stood there, or None."""

    def __init__(self, old: dict[str, Any] | None) -> None:
        super().__init__(old)
        self.old = old
