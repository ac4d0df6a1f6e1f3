"""Objects in S3: immutable, each under a fresh key, `{blob}/{number}`, and beside them thumbnails, `{blob}/{name}`."""

from collections.abc import Iterator, Sequence

from botocore.exceptions import ClientError

from chalicelib import aws

MOST_DELETED = 1000
"""Most keys of one DeleteObjects call."""
QUARANTINE = "quarantine/"
"""Where objects go that no row knows."""


class ObjectsLeftError(Exception):
    """S3 did not delete every object it was asked to."""


Part = int | str
"""What an object of a blob is called: a number, or the name of a thumbnail."""


def key(blob: str, part: Part) -> str:
    """Where one object of a blob stands."""
    return f"{blob}/{part}"


def put(blob: str, part: Part, body: bytes) -> None:
    """Store one object. Doing it again with the same bytes changes nothing. One call."""
    connection = aws.current()
    connection.s3.put_object(Bucket=connection.settings.blob_bucket, Key=key(blob, part), Body=body)


def get(blob: str, part: Part, start: int = 0, stop: int | None = None) -> bytes | None:
    """Bytes `start` to `stop` (the end if None) of one object; None if it is not there. One call."""
    connection = aws.current()
    place = {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"}
    try:
        answer = connection.s3.get_object(Bucket=connection.settings.blob_bucket, Key=key(blob, part), **place)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "InvalidRange"}:
            return None
        raise
    body: bytes = answer["Body"].read()
    return body


def delete(blob: str, parts: Sequence[Part]) -> None:
    """Delete objects of one blob; those already gone do not matter. One call per 1,000.

    Raises:
        ObjectsLeftError: S3 says that some could not be deleted.
    """
    delete_keys(aws.current().settings.blob_bucket, [key(blob, part) for part in parts])


def delete_keys(bucket: str, keys: Sequence[str]) -> None:
    """Delete objects by their keys; those already gone do not matter. One call per 1,000.

    Raises:
        ObjectsLeftError: S3 says that some could not be deleted.
    """
    for start in range(0, len(keys), MOST_DELETED):
        some = {"Objects": [{"Key": one} for one in keys[start : start + MOST_DELETED]], "Quiet": True}
        if aws.current().s3.delete_objects(Bucket=bucket, Delete=some).get("Errors"):
            raise ObjectsLeftError


def listing() -> Iterator[tuple[str, int, float]]:
    """Every object as (key, length, seconds since the epoch it was stored), for the operator's checks alone."""
    connection = aws.current()
    pages = connection.s3.get_paginator("list_objects_v2").paginate(Bucket=connection.settings.blob_bucket)
    for page in pages:
        for entry in page.get("Contents", ()):
            yield entry["Key"], entry["Size"], entry["LastModified"].timestamp()


def quarantine(moved: str) -> None:
    """Move an object that no row knows under `quarantine/`: out of the way, and still there. Two calls."""
    connection = aws.current()
    bucket = connection.settings.blob_bucket
    source = {"Bucket": bucket, "Key": moved}
    connection.s3.copy_object(Bucket=bucket, Key=f"{QUARANTINE}{moved}", CopySource=source)
    connection.s3.delete_object(**source)
