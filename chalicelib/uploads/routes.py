"""Routes of upload sessions (spec drive, Large files): parse, one call, answer."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from chalicelib.drive.limiting import Limited
from chalicelib.drive.routes import PREFIX
from chalicelib.identity import Credential
from chalicelib.uploads import schemas
from chalicelib.uploads.service import Standing, Uploads
from chalicelib.uploads.tables import DONE
from chalicelib.web.errors import Refusal
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.routing import Route

T = TypeVar("T")


class _Views:
    """One method a call."""

    def __init__(self, uploads: Uploads, public_url: str) -> None:
        self._uploads = uploads
        self._thumb_url = f"{public_url.rstrip('/')}{PREFIX}/thumb"

    def start(self, call: Call, credential: Credential) -> Reply:
        shape = self._judged(lambda: schemas.parse_upload(call), credential)
        folder = shape.files is not None
        name = call.first("name") if folder else shape.name
        standing = self._uploads.start(credential, shape.declared(), name, shape.hash, folder=folder)
        return as_json(schemas.started_answer(standing))

    def status(self, call: Call, credential: Credential) -> Reply:
        upload = self._judged(lambda: schemas.parse_id(call), credential)
        return self._standing(self._uploads.status(credential, upload), HTTPStatus.OK)

    def complete(self, call: Call, credential: Credential) -> Reply:
        upload = self._judged(lambda: schemas.parse_id(call), credential)
        standing = self._uploads.complete(credential, upload)
        if standing.state == DONE:
            return as_json(schemas.result_answer(self._uploads.result(standing.row), self._thumb_url))
        return self._standing(standing, HTTPStatus.ACCEPTED)

    def _standing(self, standing: Standing, status: int) -> Reply:
        result = None
        if standing.state == DONE:
            result = schemas.result_answer(self._uploads.result(standing.row), self._thumb_url)
        return as_json(schemas.status_answer(standing, result), status)

    def abort(self, call: Call, credential: Credential) -> Reply:
        upload = self._judged(lambda: schemas.parse_id(call), credential)
        self._uploads.abort(credential, upload)
        return as_json(schemas.aborted_answer(upload))

    def _judged(self, parse: Callable[[], T], credential: Credential) -> T:
        """What a call says; what is wrong with it is told only to those who are let in."""
        try:
            return parse()
        except Refusal:
            self._uploads.enter(credential, "write")
            raise


def routes(uploads: Uploads, limited: Limited, public_url: str) -> list[Route]:
    """The routes, over one service; they stand among the drive's, and count against its limits."""
    views = _Views(uploads, public_url)
    return [
        Route("POST", f"{PREFIX}/upload", limited.write(views.start)),
        Route("POST", f"{PREFIX}/upload/complete", limited.write(views.complete)),
        Route("POST", f"{PREFIX}/upload/abort", limited.write(views.abort)),
        *(Route(verb, f"{PREFIX}/upload/status", limited.read(views.status)) for verb in ("POST", "GET", "HEAD")),
    ]
