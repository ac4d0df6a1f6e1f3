"""Queues of work: SQS on AWS, a thread in the only process elsewhere. Either may hand a message over twice."""

import json
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from chalicelib import aws
from chalicelib.web import observe

_MOST_SENT = 10
"""Most messages of one call of SQS."""
Message = Mapping[str, Any]
"""What a worker needs to know, as JSON holds it; `job` names the handler."""
Handler = Callable[[Message], None]


class Jobs(Protocol):
    """Where messages go."""

    def send(self, message: Message) -> None:
        """Ask for work to be done, soon and elsewhere."""

    def send_all(self, messages: Sequence[Message]) -> None:
        """Ask for work in many pieces, to be done in any order."""


class SqsJobs:
    """Messages to SQS; a Lambda function hands them to `dispatch`."""

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, message: Message) -> None:
        """See `Jobs`. One call."""
        aws.current().sqs.send_message(QueueUrl=self._url, MessageBody=json.dumps(message))

    def send_all(self, messages: Sequence[Message]) -> None:
        """See `Jobs`. One call per ten.

        Raises:
            StoreBusyError: SQS did not take them all.
        """
        for start in range(0, len(messages), _MOST_SENT):
            some = messages[start : start + _MOST_SENT]
            entries = [{"Id": str(at), "MessageBody": json.dumps(one)} for at, one in enumerate(some)]
            answer = aws.current().sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise aws.StoreBusyError("SQS did not take every message")


class LocalJobs:
    """Threads of this process work through the messages; what they have not done when the process ends is lost."""

    def __init__(self, threads: int = 1) -> None:
        self._messages: queue.Queue[Message] = queue.Queue()
        self._handlers: Mapping[str, Handler] = {}
        self._threads = threads
        self._started = 0
        self._lock = threading.Lock()

    def handle(self, handlers: Mapping[str, Handler]) -> None:
        """Which handler does which job."""
        self._handlers = handlers

    def send(self, message: Message) -> None:
        """See `Jobs`."""
        self.send_all([message])

    def send_all(self, messages: Sequence[Message]) -> None:
        """See `Jobs`."""
        for message in messages:
            self._messages.put(message)
        with self._lock:
            for _ in range(min(self._threads - self._started, len(messages))):
                self._started += 1
                threading.Thread(target=self._work, name="jobs", daemon=True).start()

    def wait(self) -> None:
        """Return once all that was sent, and all that came of it, is done."""
        self._messages.join()

    def _work(self) -> None:
        while True:
            message = self._messages.get()
            try:
                dispatch(self._handlers, message)
            except Exception as error:  # noqa: BLE001 - one failed job must not end the others
                observe.note("job failed", job=str(message.get("job")), why=type(error).__name__)
            finally:
                self._messages.task_done()


def dispatch(handlers: Mapping[str, Handler], message: Message) -> None:
    """Hand a message to the handler of its job.

    Raises:
        KeyError: Nobody does that job.
    """
    handlers[message["job"]](message)
