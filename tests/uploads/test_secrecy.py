"""What an upload leaves at rest tells neither its content nor a name, whatever state it is in."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.uploads.tables import FilesRow
from tests.support.logs import Logs, recorded
from tests.support.markers import hides
from tests.support.system import System, User
from tests.uploads.sending import ask, begin, body_of, deliver, put_part, send, staged, state, work


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator[Logs]:
    with recorded(capsys) as logs:
        yield logs


def at_rest(system: System) -> dict[str, Any]:
    """All rows, all keys, and all objects but those under way in the staging bucket, which is where plaintext is."""
    s3, bucket = system.aws.s3, system.aws.settings.blob_bucket
    found = system.contents()
    bodies = {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key, _ in found["objects"]}
    return {**found, "bodies": bodies, "staged": staged(system)}


NAME, CONTENT = secrets.token_hex(32), secrets.token_bytes(64)
FILE = {"": CONTENT}
FOLDER = {f"docs {NAME}/{NAME}.txt": CONTENT, "z": CONTENT}


@pytest.mark.parametrize(
    ("contents", "ends"), [(FILE, "done"), (FOLDER, "done"), (FOLDER, "aborted"), (FOLDER, "failed")]
)
def test_a_marker_is_found_nowhere(
    system: System, user: User, logs: Logs, contents: dict[str, bytes], ends: str
) -> None:
    def check() -> None:
        found = at_rest(system)
        for marker in (NAME.encode(), CONTENT):
            assert not hides(marker, found)
            assert not hides(marker, logs.text)

    # Given an upload of a name and a content that are found easily, and each step of it
    query = {"name": NAME} if contents is FOLDER else {}
    begun = begin(system, user, body_of(contents, **({} if query else {"name": NAME})), **query)
    check()
    send(begun["parts"], contents)
    state(system, user, begun["upload"])
    check()
    assert ask(system, user, "complete", begun["upload"]).status == 202
    check()
    deliver(system, system.jobs.held[0])
    check()

    # When it ends
    if ends == "aborted":
        ask(system, user, "abort", begun["upload"])
    if ends == "failed":
        put_part(begun["parts"][1], CONTENT[::-1])
    work(system)

    # Then there is still nothing
    assert state(system, user, begun["upload"])["state"] == ends
    check()


def test_a_list_of_files_that_was_altered_is_not_believed(system: System, user: User) -> None:
    """Nor that of another upload, or another page."""
    first, second = (begin(system, user, {"files": [{"path": path, "size": 1}]})["upload"] for path in "ab")
    other = aws.get(FilesRow, second, 0)
    assert other is not None
    with aws.transaction() as tx:
        tx.update(FilesRow(upload=first, page=0), [FilesRow.body.set(other.body)])

    assert ask(system, user, "status", first).status == 500
    assert state(system, user, second)["parts"][0]["path"] == "b"
    # It can still be given up.
    assert ask(system, user, "abort", first).status == 200
