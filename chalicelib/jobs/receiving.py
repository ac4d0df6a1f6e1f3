"""What a Lambda function does with the messages that SQS hands it: each by itself, and what failed comes again soon.

The queue hides a message that is being worked on for six times as long as the work may take, 90 minutes; one that
failed for a trouble that passes would wait for all of it. So it is given back for a little while only.
"""

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, FailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws
from chalicelib.jobs.queue import Handler, dispatch
from chalicelib.web import observe

FIRST_WAIT = 30
"""Seconds until a message that failed once is tried again; each further time, twice as many."""
LONGEST_WAIT = 900


def receive(event: Mapping[str, Any], queue_url: str, handlers: Mapping[str, Handler]) -> dict[str, Any]:
    """Do the messages of one event; gives what AWS wants to know: which of them failed.

    Raises:
        BatchProcessingError: All of them did, so that the function's errors count it.
    """

    def work(record: SQSRecord) -> None:
        dispatch(handlers, json.loads(record.body))

    processor = _Receiving(queue_url)
    with processor(list(event["Records"]), work):
        processor.process()
    return dict(processor.response())


class _Receiving(BatchProcessor):
    def __init__(self, queue_url: str) -> None:
        super().__init__(event_type=EventType.SQS)
        self._queue_url = queue_url

    def failure_handler(self, record: Any, exception: Any) -> FailureResponse:
        job, tries = _about(record)
        observe.note("job failed", job=job, why=getattr(exception[0], "__name__", ""), tries=tries)
        wait = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
        try:
            aws.current().sqs.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=record.receipt_handle, VisibilityTimeout=wait
            )
        except (ClientError, BotoCoreError) as error:
            # It comes again all the same, later.
            observe.note("message not given back", job=job, why=type(error).__name__)
        return super().failure_handler(record, exception)


def _about(record: SQSRecord) -> tuple[str, int]:
    """Name of the job, as far as the message says so, and how often it was tried."""
    tries = max(1, int(record.attributes.approximate_receive_count or 1))
    try:
        return str(json.loads(record.body)["job"]), tries
    except (ValueError, KeyError, TypeError):
        return "", tries
