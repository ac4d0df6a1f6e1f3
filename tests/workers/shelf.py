"""A small set of contents, each with what belongs to it, for checks that miss some of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib import aws
from chalicelib.drive.tables import ManifestRow
from chalicelib.workers.finding import Finding
from tests.drive.asking import put_ok
from tests.support.books import faults_in, reconciler
from tests.support.system import System, User
from tests.workers.collecting import (
    PICTURE,
    put_folder,
    put_unused,
)

FILES = {"a/b": b"in a folder", "c": b"likewise"}


@dataclass(frozen=True)
class Shelf:
    """An account that holds a folder, a picture with its thumbnails, and has removed a file."""

    system: System
    user: User
    folder: str
    picture: str
    unused: str

    @classmethod
    def fill(cls, system: System) -> "Shelf":
        user = system.user()
        (picture,) = put_ok(system, user, ("picture.png", PICTURE))
        assert system.jobs.work() == 1
        (unused,) = put_unused(system, user, ("unused", b"unused"))
        shelf = cls(system, user, put_folder(system, user, FILES), picture, unused)
        assert faults_in(system) == []
        return shelf

    def page(self) -> ManifestRow:
        row = aws.get(ManifestRow, f"{self.folder}/0")
        assert row is not None
        return row

    def put_object(self, key: str, body: bytes = b"stray") -> None:
        self.system.aws.s3.put_object(Bucket=self.system.aws.settings.blob_bucket, Key=key, Body=body)

    def drop_object(self, key: str) -> None:
        self.system.aws.s3.delete_object(Bucket=self.system.aws.settings.blob_bucket, Key=key)

    def thumb(self, size: str) -> int:
        query = {"arg": self.picture, "size": size}
        return self.system.call("GET", "/api/v0/thumb", user=self.user, query=query).status


def told(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.kind, finding.subject, finding.says) for finding in findings]


def repaired(shelf: Shelf) -> list[tuple[str, str, str]]:
    """What a check finds, which looking alone finds too without a change, and which is gone after it."""
    before = shelf.system.contents()
    looked = told(faults_in(shelf.system))
    assert shelf.system.contents() == before
    found = told(reconciler(shelf.system).check(repair=True))
    assert found == looked
    assert faults_in(shelf.system) == []
    return found
