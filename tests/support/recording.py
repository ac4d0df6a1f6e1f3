"""Which AWS calls each Lambda function makes, as seen in the tests, in the terms of IAM.

A function is what is deployed: the handler of the internal or of the public surface, the worker `jobs`, the schedule
`janitor`. What a test or an operator's command calls by itself belongs to none of them, and is not recorded.

A transaction counts as the single writes it holds, as IAM judges it; HeadObject as GetObject; a link as the call that
its holder will make with the function's rights.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Any, NamedTuple

import pytest

from chalicelib.aws.clients import Aws
from chalicelib.jobs import queue, receiving
from chalicelib.metadata import routes as metadata_routes
from chalicelib.settings import Settings
from chalicelib.web import routing
from chalicelib.workers.janitor import Janitor
from chalicelib.workers.reconcile import Reconciler
from chalicelib.workers.rotation import Rotation
from tests.support import jobs

_function: ContextVar[str | None] = ContextVar("function", default=None)

_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
_S3 = {
    "HeadObject": "GetObject",
    "DeleteObjects": "DeleteObject",
    "ListObjectsV2": "ListBucket",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
}


class Use(NamedTuple):
    """One thing a function did: an action of IAM on a kind of resource, such as `table/pins` or `staging/copies/*`."""

    function: str
    action: str
    resource: str


@contextmanager
def acting(function: str | None) -> Iterator[None]:
    """What happens inside is done by that function; of two, by the inner one, which a test calls meanwhile."""
    before = _function.set(function)
    try:
        yield
    finally:
        _function.reset(before)


def uses(operation: str, params: Mapping[str, Any], settings: Settings) -> Iterator[tuple[str, str]]:
    """What a call to DynamoDB, S3, KMS or SQS is, as actions and kinds of resources."""
    if operation == "TransactWriteItems":
        for item in params["TransactItems"]:
            for kind, write in item.items():
                yield f"dynamodb:{_WRITES[kind]}", _table(write["TableName"], settings)
    elif operation == "BatchGetItem":
        for name in params["RequestItems"]:
            yield "dynamodb:BatchGetItem", _table(name, settings)
    elif "TableName" in params:
        yield f"dynamodb:{operation}", _table(params["TableName"], settings)
    elif "Bucket" in params:
        yield from _of_s3(operation, params, settings)
    elif "QueueUrl" in params:
        yield f"sqs:{operation.removesuffix('Batch')}", "queue"
    else:
        yield f"kms:{operation}", f"key/{params['EncryptionContext']['purpose']}"


def _of_s3(operation: str, params: Mapping[str, Any], settings: Settings) -> Iterator[tuple[str, str]]:
    bucket = {settings.blob_bucket: "blobs", settings.staging_bucket: "staging"}[params["Bucket"]]
    action = f"s3:{_S3.get(operation, operation)}"
    if operation == "ListObjectsV2":
        yield action, bucket
        return
    keys = [entry["Key"] for entry in params["Delete"]["Objects"]] if "Delete" in params else [params["Key"]]
    for key in keys:
        first, _, rest = key.partition("/")
        named = first in {"quarantine", "uploads", "copies"} and rest
        yield action, f"{bucket}/{first}/*" if named else f"{bucket}/*"


def _table(name: str, settings: Settings) -> str:
    return f"table/{name.removeprefix(settings.table_prefix)}"


@contextmanager
def record(seen: Callable[[Use], None]) -> Iterator[None]:
    """Tell `seen` of all that functions do from now on."""
    with pytest.MonkeyPatch.context() as patch:
        _follow_threads(patch)
        _name_functions(patch)
        _listen(patch, seen)
        yield


def _follow_threads(patch: pytest.MonkeyPatch) -> None:
    submit = ThreadPoolExecutor.submit

    def following(pool: ThreadPoolExecutor, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return submit(pool, copy_context().run, call, *args, **kwargs)

    patch.setattr(ThreadPoolExecutor, "submit", following)


def _name_functions(patch: pytest.MonkeyPatch) -> None:
    answer, dispatch, run = routing._answer, queue.dispatch, Janitor.run

    def answering(service: routing.Service, handle: Any) -> Any:
        with acting("internal" if service.name == metadata_routes.SERVICE.name else "public"):
            return answer(service, handle)

    def dispatching(handlers: Any, message: Any) -> None:
        with acting("jobs"):
            dispatch(handlers, message)

    def running(janitor: Janitor, **how: Any) -> Any:
        with acting("janitor"):
            return run(janitor, **how)

    patch.setattr(routing, "_answer", answering)
    patch.setattr(receiving, "receive", acting("jobs")(receiving.receive))
    for module in (queue, jobs):
        patch.setattr(module, "dispatch", dispatching)
    patch.setattr(Janitor, "run", running)
    # An operator's, also where a test lets it run in the middle of something.
    for worker, work in ((Reconciler, "check"), (Rotation, "sweep")):
        patch.setattr(worker, work, acting(None)(getattr(worker, work)))


def _listen(patch: pytest.MonkeyPatch, seen: Callable[[Use], None]) -> None:
    made, presigner, sent = Aws._client, Aws.__dict__["presigner"].func, jobs.HeldJobs.send_all

    def note(aws: Aws, operation: str, params: Mapping[str, Any]) -> None:
        if (function := _function.get()) is not None:
            for action, resource in uses(operation, params, aws.settings):
                seen(Use(function, action, resource))

    def heard(aws: Aws, client: Any) -> Any:
        call = client._make_api_call

        def calling(operation: str, params: Mapping[str, Any]) -> Any:
            note(aws, operation, params)
            # What a test does in the middle of a call, it does itself.
            with acting(None):
                return call(operation, params)

        client._make_api_call = calling
        return client

    def signing(aws: Aws) -> Any:
        client = presigner(aws)
        sign = client.generate_presigned_url

        def linking(method: str, Params: Mapping[str, Any], **how: Any) -> Any:  # noqa: N803 - as botocore has it
            note(aws, client.meta.method_to_api_mapping[method], Params)
            return sign(method, Params=Params, **how)

        client.generate_presigned_url = linking
        return client

    def sending(held: jobs.HeldJobs, messages: Any) -> None:
        # They stand for SQS.
        if messages and (function := _function.get()) is not None:
            seen(Use(function, "sqs:SendMessage", "queue"))
        sent(held, messages)

    patch.setattr(Aws, "_client", lambda aws, *args, **kwargs: heard(aws, made(aws, *args, **kwargs)))
    patch.setattr(Aws.__dict__["presigner"], "func", signing)
    patch.setattr(jobs.HeldJobs, "send_all", sending)
