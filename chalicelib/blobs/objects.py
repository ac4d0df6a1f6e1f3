"""Objects in S3: immutable, each under a fresh key, `{blob}/{number}`."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from chalicelib import aws

MOST_DELETED = 1000
"""Most keys of one DeleteObjects call."""
QUARANTINE = "quarantine/"
"""Where objects go that no row knows."""


def key(blob: str, number: int) -> str:
    """Where object `number` of a blob stands."""
    return f"{blob}/{number}"


def put(blob: str, number: int, body: bytes) -> None:
    """Store one object. Doing it again with the same bytes changes nothing. One call."""
    connection = aws.current()
    connection.s3.put_object(Bucket=connection.settings.blob_bucket, Key=key(blob, number), Body=body)


def get(blob: str, number: int, start: int, stop: int) -> bytes | None:
    """Bytes `start` to `stop` of one object; None if it is not there. One call."""
    connection = aws.current()
    try:
        answer = connection.s3.get_object(
            Bucket=connection.settings.blob_bucket, Key=key(blob, number), Range=f"bytes={start}-{stop - 1}"
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "InvalidRange"}:
            return None
        raise
    body: bytes = answer["Body"].read()
    return body


def delete(blob: str, numbers: range) -> None:
    """Delete objects of one blob; those already gone do not matter."""
    connection = aws.current()
    for start in range(0, len(numbers), MOST_DELETED):
        keys = [{"Key": key(blob, number)} for number in numbers[start : start + MOST_DELETED]]
        connection.s3.delete_objects(Bucket=connection.settings.blob_bucket, Delete={"Objects": keys, "Quiet": True})


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
