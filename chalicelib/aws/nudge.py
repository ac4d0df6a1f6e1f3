"""The one write beside the transaction: a conditional update of one row, where a lost or doubled write does no harm.

A transaction carries a row that tells whether it was applied, since what it counts must be counted once. That costs two
items a write, and rounds of asking again. Here nothing tells: botocore sends an update again whose answer was lost, and
it may then be applied twice. So this is only for values where that errs to the safe side, or changes nothing: tokens
that a window has given away (one too many is one call too few), or the time at which a key was last used. Whatever
counts money, bytes or rows goes through `transaction`.
"""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from botocore.exceptions import ClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.aws.clients import current
from chalicelib.aws.model import Table

T = TypeVar("T", bound=Table)


class Nudged(NamedTuple, Generic[T]):
    """What became of an update.

    Attributes:
        applied: Whether the condition held.
        row: The row as it is now; if the condition failed, as it stood there, or None if there was none.
    """

    applied: bool
    row: T | None


def nudge(row: T, actions: Sequence[Action], condition: Condition) -> Nudged[T]:
    """Change attributes of the row with this row's key, if a condition holds; makes the row if that allows it.

    One call, and at most one more by botocore when that found no answer. It stands in front of calls that have more to
    do, so nothing is tried again here: what the store raises goes to the caller, and `passes` tells what it is.
    """
    request = row.get_update_kwargs_from_instance(
        list(actions), condition=condition, return_values_on_condition_failure="ALL_OLD"
    )
    model = type(row)
    try:
        answer = current().dynamodb.update_item(**request, ReturnValues="ALL_NEW")
    except ClientError as error:
        if error.response["Error"].get("Code") != "ConditionalCheckFailedException":
            raise
        old = error.response.get("Item")
        return Nudged(applied=False, row=model.from_raw_data(old) if old else None)
    return Nudged(applied=True, row=model.from_raw_data(answer["Attributes"]))
