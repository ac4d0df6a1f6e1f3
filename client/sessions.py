"""Upload sessions as the server offers them: opened, asked about, completed, given up."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .answers import Answer
from .errors import ProtocolError
from .http import Api, as_json

OPEN, PROCESSING, DONE = "open", "processing", "done"
ENDED = frozenset({"upload_not_found", "upload_ended", "upload_failed"})
"""Codes of refusals after which a session serves no more."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where one part goes.

    Attributes:
        url: It is PUT there, without credentials of ours.
        headers: What the signature in `url` covers, to be sent as it is.
        until: When it stops working, by this machine's `time.monotonic`.
    """

    url: str
    headers: Mapping[str, str]
    until: float


@dataclass(frozen=True, slots=True)
class Session:
    """How an upload stands.

    Attributes:
        upload: Its id.
        state: open, processing, done, failed or aborted.
        reason: Why it failed.
        part_size: Bytes of a part; the last of each file may be shorter.
        sizes: Bytes of each part, by number.
        missing: Numbers of the parts that have not arrived, in order.
        links: Where to send them: at least to the first of `missing`, if any is.
        left: Parts that are still to be processed.
        result: Once done, the answer that `put` or `putfolder` gives.
    """

    upload: str
    state: str
    reason: str
    part_size: int
    sizes: Mapping[int, int]
    missing: Sequence[int]
    links: Mapping[int, Link]
    left: int
    result: Mapping[str, Any] | None


class Sessions:
    """The calls of one account."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def begin(self, request: Mapping[str, Any], params: Mapping[str, str]) -> Session:
        """Open a session for a file or folder."""
        return _session(self._api.call("upload", params, as_json(request)))

    def status(self, upload: str) -> Session:
        """How it stands, with fresh links."""
        return _session(self._api.call("upload/status", {"arg": upload}))

    def complete(self, upload: str) -> Session:
        """Say that all parts are there."""
        answer = self._api.call("upload/complete", {"arg": upload})
        if "state" in answer.document:
            return _session(answer)
        return Session(upload, DONE, "", 0, {}, [], {}, 0, answer.document)

    def abort(self, upload: str) -> None:
        """Give it up: its parts are removed and its room given back."""
        self._api.call("upload/abort", {"arg": upload})


def _session(answer: Answer) -> Session:
    document = answer.document
    try:
        parts = document["parts"]
        sizes = {int(part["number"]): int(part["size"]) for part in parts}
        missing = sorted(int(part["number"]) for part in parts if not part.get("in", False))
        links = {int(part["number"]): _link(part, answer.clock) for part in parts if "url" in part}
        return Session(
            upload=str(document["upload"]),
            state=str(document.get("state", OPEN)),
            reason=str(document.get("reason") or "no reason is given"),
            part_size=max(1, int(document["part_size"])),
            sizes=sizes,
            missing=missing,
            links=links,
            left=int(document.get("left") or 0),
            result=document.get("result"),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ProtocolError("The server's answer about the upload makes no sense: is this client too old?") from None


def _link(part: Mapping[str, Any], clock: float) -> Link:
    # This machine's clock may be wrong; how long a link lives by the server's is what counts.
    until = time.monotonic() + float(part["expires"]) - clock
    return Link(str(part["url"]), {str(k): str(v) for k, v in part["headers"].items()}, until)
