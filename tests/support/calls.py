"""Counts calls to AWS, as they leave botocore: retries count, cached answers do not."""

from collections import Counter
from typing import Any

from chalicelib.aws import Aws


class Calls:
    """The calls since it was made, or since `clear`."""

    def __init__(self, aws: Aws) -> None:
        self.made: list[str] = []
        for client in (aws.dynamodb, aws.s3, aws.kms):
            client.meta.events.register_first("before-send.*.*", self._count)

    def _count(self, event_name: str, **_: Any) -> None:
        self.made.append(event_name.rsplit(".", 1)[-1])

    def clear(self) -> None:
        self.made.clear()

    @property
    def total(self) -> int:
        return len(self.made)

    def by_operation(self) -> dict[str, int]:
        return dict(Counter(self.made))
