"""The staging bucket: the only place where S3 ever holds plaintext, for uploads under way and copies to download.

On AWS it is encrypted by S3 with KMS, and a lifecycle rule empties it after a day.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.blobs.objects import delete_keys

UPLOADS = "uploads/"
COPIES = "copies/"
TAG = 8
"""Bytes that tell one state of a part from another."""


@dataclass(frozen=True, slots=True)
class In:
    """A part that is in: its bytes, and what tells it from another that may take its place."""

    size: int
    tag: bytes


def key(upload: str, number: int) -> str:
    """Where a part stands."""
    return f"{UPLOADS}{upload}/{number}"


def put_url(upload: str, number: int, size: int, seconds: int) -> tuple[str, dict[str, str]]:
    """A link to PUT one part of exactly `size` bytes, good for some seconds, and the headers to send. No call."""
    params = {"Bucket": _bucket(), "Key": key(upload, number), "ContentLength": size}
    url: str = aws.current().presigner.generate_presigned_url("put_object", Params=params, ExpiresIn=seconds)
    return url, {"Content-Length": str(size)}


def get_url(at: str, seconds: int, mimetype: str, disposition: str | None) -> str:
    """A link to GET an object, good for some seconds, with the headers it is to come with. No call."""
    params = {"Bucket": _bucket(), "Key": at, "ResponseContentType": mimetype}
    if disposition is not None:
        params["ResponseContentDisposition"] = disposition
    url: str = aws.current().presigner.generate_presigned_url("get_object", Params=params, ExpiresIn=seconds)
    return url


def parts_in(upload: str) -> dict[int, In]:
    """The parts of an upload that are in, by number. One call per 1,000."""
    found = {}
    prefix = f"{UPLOADS}{upload}/"
    for entry in _listing(prefix):
        number = entry["Key"].removeprefix(prefix)
        if number.isdigit():
            found[int(number)] = In(int(entry["Size"]), _tag(entry["ETag"]))
    return found


def get(upload: str, number: int) -> tuple[bytes, bytes] | None:
    """A part and its tag; None if it is not in. One call."""
    try:
        answer = aws.current().s3.get_object(Bucket=_bucket(), Key=key(upload, number))
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
    return answer["Body"].read(), _tag(answer["ETag"])


def put_stream(at: str, stream: Any) -> None:
    """Store what a stream gives, however long it is, holding a few pieces of it at a time."""
    from s3transfer.manager import TransferConfig, TransferManager  # noqa: PLC0415 - needed where large copies are made

    config = TransferConfig(max_request_concurrency=2, max_in_memory_upload_chunks=2)
    with TransferManager(aws.current().s3, config) as manager:
        manager.upload(stream, _bucket(), at).result()


def empty(upload: str) -> None:
    """Delete all that is in of an upload. Two calls per 1,000 parts."""
    delete(entry["Key"] for entry in list(_listing(f"{UPLOADS}{upload}/")))


def delete(keys: Iterable[str]) -> None:
    """Delete objects; those already gone do not matter. One call per 1,000.

    Raises:
        ObjectsLeftError: S3 says that some could not be deleted.
    """
    delete_keys(_bucket(), list(keys))


def _listing(prefix: str) -> Iterator[Mapping[str, Any]]:
    pages = aws.current().s3.get_paginator("list_objects_v2").paginate(Bucket=_bucket(), Prefix=prefix)
    for page in pages:
        yield from page.get("Contents", ())


def _tag(etag: str) -> bytes:
    return hashlib.sha256(etag.encode()).digest()[:TAG]


def _bucket() -> str:
    return aws.current().settings.staging_bucket
