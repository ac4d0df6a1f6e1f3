"""Copies of what is too large for one answer, as clients meet them."""

from typing import Any

import httpx

from chalicelib import aws
from chalicelib.drive.tables import CopyRow
from tests.drive.asking import folder_ok, read, refusal
from tests.support.ministack import Ministack
from tests.support.system import System, User
from tests.uploads.sending import content, staged, upload, work

MOST = 1_000
"""Bytes of one answer, in place of 4.4 million."""
LARGE = content(5_000)
FOLDER = {"docs/a.txt": content(3_000, 1), "docs/deep/b.html": content(2_000, 2), "empty": b"", "small": b"hello"}


def placed(system: System, user: User, *, uploaded: bool) -> str:
    """`FOLDER`, called `mine`, put or uploaded; its hash."""
    if not uploaded:
        return folder_ok(system, user, *FOLDER.items(), name="mine")
    return str(upload(system, user, FOLDER, name="mine")["folder"]["hash"])


def limited(ministack: Ministack, **settings: Any) -> System:
    """A system whose answers hold little."""
    return ministack.system(**{"max_inline_bytes": MOST, **settings})


def fetch(url: str, **headers: str) -> httpx.Response:
    """The answer to a link, without credentials."""
    return httpx.get(url, headers=headers, verify=False)  # noqa: S501 - nothing is encrypted on the way


def not_ready(system: System, user: User, arg: str, call: str = "cat") -> None:
    """A plain read is told to come back."""
    answer = read(system, user, arg, call)
    assert refusal(answer) == (503, "A copy is being made, try again", "copy_not_ready")
    assert answer.headers["retry-after"] == "5"


def link(system: System, user: User, arg: str, call: str = "cat", verb: str = "GET") -> str:
    """Where a plain read is sent once the copy is made."""
    answer = read(system, user, arg, call, verb)
    assert answer.status == 303, answer.body
    assert answer.json["url"] == answer.headers["location"]
    return str(answer.headers["location"])


def copied(system: System, user: User, arg: str, call: str = "cat") -> httpx.Response:
    """The whole of something, by its copy, which is made."""
    not_ready(system, user, arg, call)
    work(system)
    answer = fetch(link(system, user, arg, call))
    assert answer.status_code == 200, answer.text
    return answer


def copies(system: System) -> list[str]:
    """Keys of all copies that stand in the staging bucket."""
    return [key for key in staged(system) if key.startswith("copies/")]


def row(tag: str) -> CopyRow | None:
    """What is noted of a copy."""
    return aws.get(CopyRow, tag)
