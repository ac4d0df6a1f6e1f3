"""What calls functions without a request: the event source of a queue, and a schedule."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from infra.runtime import events
from infra.runtime.function import FunctionError

Invoke = Callable[[Any], Any]
WAIT_SECONDS = 1
"""How long one request waits for a message; at the end, nobody waits longer than that for this."""
AGAIN_SECONDS = (60.0, 120.0)
"""When Lambda tries an asynchronous event again that failed."""

_logger = logging.getLogger(__name__)


class Polling:
    """An event source mapping with `ReportBatchItemFailures`, from a queue to a function."""

    def __init__(self, client: Any, queue_url: str, invoke: Invoke, *, batch: int = 1, pollers: int = 1) -> None:
        """Prepare.

        Args:
            client: Of SQS, by boto3.
            queue_url: Address of the queue.
            invoke: Calls the function; raises FunctionError.
            batch: Most messages of one event.
            pollers: How many events may be under way at once.
        """
        self._sqs, self._queue_url, self._invoke, self._batch = client, queue_url, invoke, batch
        wanted = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
        self._arn: str = wanted["Attributes"]["QueueArn"]
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(pollers)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Take no more messages; what is under way is not waited for."""
        self._ending.set()

    def once(self) -> int:
        """Take what messages there are, up to a batch, and see to them; gives how many there were."""
        got = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=self._batch,
            MessageSystemAttributeNames=["All"],
            WaitTimeSeconds=WAIT_SECONDS,
        )
        messages: list[dict[str, Any]] = got.get("Messages", [])
        if messages:
            self._see_to(messages)
        return len(messages)

    def _see_to(self, messages: Sequence[Mapping[str, Any]]) -> None:
        try:
            result = self._invoke(events.sqs(messages, self._arn))
        except FunctionError as error:
            _logger.warning("messages failed: %s", error)
            return
        failed = failures(result, [message["MessageId"] for message in messages])
        for message in messages:
            # What failed is left to itself: it shows again when its time is over, or as the function said.
            if message["MessageId"] not in failed:
                self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self.once()
            except (ClientError, BotoCoreError) as error:
                _logger.warning("the queue does not answer: %s", error)
                self._ending.wait(WAIT_SECONDS)


def failures(result: Any, ids: Sequence[str]) -> set[str]:
    """Which messages failed, by the function's answer: all of them, if it names one that is not there or none at all.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if not isinstance(result, Mapping):
        return set() if result is None else set(ids)
    said = result.get("batchItemFailures") or []
    try:
        named = {one["itemIdentifier"] for one in said}
    except (TypeError, KeyError):
        return set(ids)
    return set(ids) if named - set(ids) else named


def strike(invoke: Invoke, rule: str, region: str, again: Sequence[float] = AGAIN_SECONDS) -> bool:
    """One stroke of a schedule; gives whether the function took it, at last.

    The event of all attempts is one and the same.
    """
    event = events.scheduled(rule, region)
    for wait in (*again, None):
        try:
            invoke(event)
        except FunctionError as error:
            _logger.warning("%s failed: %s", rule, error)
            if wait is not None:
                time.sleep(wait)
        else:
            return True
    return False


def every(seconds: float, act: Callable[[], object]) -> None:
    """Act now, and again and again as long as this process lives."""

    def run() -> None:
        while True:
            act()
            time.sleep(seconds)

    threading.Thread(target=run, daemon=True).start()
