"""What S3 does not delete is not forgotten: the upload is over, and the janitor comes again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.blobs import staging
from chalicelib.blobs.objects import ObjectsLeftError
from chalicelib.uploads.tables import UploadRow
from tests.support.books import services_of, status
from tests.support.system import System, User
from tests.uploads.sending import ask, check, check_nothing, completed, content, leftovers, staged, state, work

CONTENTS = {"a": content(700), "b": content(300)}


@contextmanager
def keeping(system: System) -> Iterator[None]:
    """S3 answers, and has deleted nothing."""

    def keep(params: dict[str, Any], **_: Any) -> None:
        params["Delete"] = {"Objects": [{"Key": "nothing"}], "Quiet": True}

    def tell(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Errors"] = [{"Key": "some", "Code": "InternalError", "Message": "not now"}]

    events = system.aws.s3.meta.events
    events.register("provide-client-params.s3.DeleteObjects", keep)
    events.register("after-call.s3.DeleteObjects", tell)
    try:
        yield
    finally:
        events.unregister("provide-client-params.s3.DeleteObjects", keep)
        events.unregister("after-call.s3.DeleteObjects", tell)


def untidy() -> list[str]:
    return [row.id for row in aws.scan(UploadRow) if not row.tidy]


def test_what_s3_does_not_delete_is_told(system: System) -> None:
    with keeping(system), pytest.raises(ObjectsLeftError):
        staging.delete(["uploads/x/0"])


def test_parts_that_could_not_be_deleted_are_deleted_later(system: System, user: User) -> None:
    upload = completed(system, user, CONTENTS)

    with keeping(system):
        assert ask(system, user, "abort", upload).status == 500
    assert (state(system, user, upload)["state"], untidy()) == ("aborted", [upload])
    assert len(staged(system)) == 2
    assert status(system, user)["storage_used"] == 0

    services_of(system).janitor(0).run()
    assert untidy() == []
    check_nothing(system, user)


def test_a_file_is_there_though_its_parts_could_not_be_deleted(system: System, user: User) -> None:
    upload = completed(system, user, CONTENTS)

    with keeping(system), pytest.raises(ObjectsLeftError):
        work(system)
    assert state(system, user, upload)["state"] == "done"
    check(system, user, used=1_000, files=1, size=1_000)

    services_of(system).janitor(0).run()
    assert (untidy(), leftovers(system)["staged"]) == ([], [])
    check(system, user, used=1_000, files=1, size=1_000)
