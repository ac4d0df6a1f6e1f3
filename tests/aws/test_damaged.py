"""An answer that came damaged says nothing of what was done; a request that never left says all."""

from typing import Any

import pytest
from botocore.exceptions import ChecksumError, IncompleteReadError, NoCredentialsError
from botocore.parsers import ResponseParserError

from chalicelib import aws
from chalicelib.metadata.tables import Total
from tests.support.system import System

DAMAGED = [
    ChecksumError(checksum_type="crc32", expected_checksum="1", actual_checksum="2"),
    IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ResponseParserError("not JSON"),
]


def once(system: System, event: str, error: Exception) -> None:
    """Raise `error` at the first such event of a transaction."""
    left = [error]

    def fail(**_: Any) -> None:
        if left:
            raise left.pop()

    system.aws.dynamodb.meta.events.register_first(f"{event}.dynamodb.TransactWriteItems", fail)


def count_one() -> None:
    with aws.transaction() as tx:
        tx.upsert(Total(shard=0), [Total.files.set((Total.files | 0) + 1)])


@pytest.mark.parametrize("error", DAMAGED, ids=lambda error: type(error).__name__)
def test_a_transaction_whose_answer_came_damaged_counts_once(system: System, error: Exception) -> None:
    once(system, "response-received", error)
    count_one()
    row = aws.get(Total, 0)
    assert row is not None
    assert row.files == 1


def test_a_request_that_never_left_is_our_own_fault(system: System) -> None:
    once(system, "before-send", NoCredentialsError())
    with pytest.raises(NoCredentialsError):
        count_one()
    assert aws.get(Total, 0) is None
    assert not aws.passes(NoCredentialsError())
