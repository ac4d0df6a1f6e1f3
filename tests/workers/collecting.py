"""Helpers for tests of the janitor: things to put, a janitor that comes by, and what is left then."""

import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow, segments
from chalicelib.blobs.objects import QUARANTINE
from chalicelib.blobs.tables import TombstoneRow
from chalicelib.workers.janitor import Report
from tests.drive.asking import put_ok
from tests.support.books import rm, services_of
from tests.support.system import System, User, multipart
from tests.workers.images import png

PICTURE = png((4, 4))
OF_CONTENTS = ("blobs", "manifests", "tombstones", "thumb-jobs", "pins", "entries", "batches")
"""Tables that are empty when nobody holds anything."""


def collect(system: System, grace_seconds: float = 0, *, dry: bool = False) -> Report:
    """The janitor comes by."""
    return services_of(system).janitor(grace_seconds).run(dry=dry)


def come_by(system: System) -> None:
    """The janitor comes by as on AWS: EventBridge calls the function, with the settings' grace time."""
    event = {"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}, "resources": [], "region": "r"}
    system.app.handler_map["janitor"]({**event, "version": "0", "id": "1", "account": "1", "time": "t"}, None)


def put_folder(system: System, user: User, files: Mapping[str, bytes]) -> str:
    """Put a folder, which must succeed; its hash."""
    body, kind = multipart(list(files.items()))
    answer = system.call("POST", "/api/v0/putfolder", user=user, body=body, headers={"content-type": kind})
    assert answer.status == 200, answer.body
    return str(answer.json["folder"]["hash"])


def put_unused(system: System, user: User, *files: tuple[str, bytes]) -> list[str]:
    """Put files and remove them; their hashes."""
    cids = put_ok(system, user, *files, content_type="text/plain")
    for cid in cids:
        assert rm(system, user, cid).status == 200
    return cids


def left(system: System) -> dict[str, Any]:
    """Rows of contents by table, and objects but those that were moved aside; nothing if all is gone."""
    found = system.contents()
    prefix = system.aws.settings.table_prefix
    rows = {name: found[f"{prefix}{name}"] for name in OF_CONTENTS}
    rows["objects"] = [key for key, _ in found["objects"] if not key.startswith(QUARANTINE)]
    return {name: those for name, those in rows.items() if those}


def blob_of(cid: str) -> BlobRow:
    """A content's row, which must be there."""
    row = aws.get(BlobRow, cid)
    assert row is not None
    return row


def tombstones() -> list[TombstoneRow]:
    """All there are."""
    return list(aws.scan(TombstoneRow))


def later(patch: pytest.MonkeyPatch, seconds: float) -> None:
    """The janitor comes by so many seconds from now."""
    patch.setattr("chalicelib.workers.janitor.time", SimpleNamespace(time=lambda: time.time() + seconds))


def small_objects(patch: pytest.MonkeyPatch) -> None:
    """An object holds 768 bytes, so that few bytes make many."""
    patch.setattr(segments, "FRAME", 128)
    patch.setattr(segments, "SEGMENT", 384)
    patch.setattr(segments, "OBJECT", 768)
