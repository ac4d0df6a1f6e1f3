"""Counts calls to AWS, as they leave botocore: retries count, cached answers do not.

`UpdateItem` is kept apart: `aws.nudge` alone sends it, for tokens of the limiter and for the last use of a key, which
budgets do not count (docs: Budgets).
"""

import json
from collections import Counter
from typing import Any

from chalicelib.aws import Aws


class Calls:
    """The calls since it was made, or since `clear`.

    Attributes:
        made: Their operations, in order.
        nudges: The tables of the updates beside them, in order.
    """

    def __init__(self, aws: Aws) -> None:
        self.made: list[str] = []
        self.nudges: list[str] = []
        for client in (aws.dynamodb, aws.s3, aws.kms):
            client.meta.events.register_first("before-send.*.*", self._count)

    def _count(self, event_name: str, request: Any, **_: Any) -> None:
        operation = event_name.rsplit(".", 1)[-1]
        if operation == "UpdateItem":
            self.nudges.append(json.loads(request.body)["TableName"])
        else:
            self.made.append(operation)

    def clear(self) -> None:
        self.made.clear()
        self.nudges.clear()

    @property
    def total(self) -> int:
        return len(self.made)

    def by_operation(self) -> dict[str, int]:
        return dict(Counter(self.made))
