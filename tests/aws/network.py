"""What the network does to one operation, request by request, botocore's own retries included.

network = Network(aws, "TransactWriteItems")
network.then(conflict, lose_answer, None)     # cancelled; applied, and its answer lost; answered
"""

import json
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from chalicelib.aws import Aws
from tests.support.faults import lose_answer

Fault = Callable[..., Any]


class Network:
    """A script for the requests of one operation: each takes the next entry, and goes through when there is none."""

    def __init__(self, aws: Aws, operation: str) -> None:
        self.sent = 0
        self._script: deque[Fault | None] = deque()
        self._rest: Fault | None = None
        self._now: Fault | None = None
        events = aws.dynamodb.meta.events
        events.register_first(f"before-send.dynamodb.{operation}", self._before)
        events.register_first(f"response-received.dynamodb.{operation}", self._after)

    def then(self, *faults: Fault | None, rest: Fault | None = None) -> None:
        """What happens to the next requests, and to all the rest; forgets what was said before."""
        self.sent, self._script, self._rest = 0, deque(faults), rest

    def _before(self, request: Any, **_: Any) -> Any:
        self.sent += 1
        self._now = self._script.popleft() if self._script else self._rest
        return None if self._now in (None, lose_answer) else self._now(request)

    def _after(self, exception: Exception | None, **_: Any) -> None:
        if exception is None and self._now is lose_answer:
            lose_answer()


def delivered_twice(aws: Aws) -> Fault:
    """A fault: the request arrives, its answer does not, and botocore sends it again of its own accord."""
    address, region = aws.dynamodb.meta.endpoint_url, aws.settings.region
    other = aws.session.create_client("dynamodb", region_name=region, endpoint_url=address)

    def deliver(request: Any) -> None:
        # It may have been applied before; nobody hears that it is refused then.
        with suppress(other.exceptions.TransactionCanceledException):
            other.transact_write_items(**json.loads(request.body))

    return deliver
