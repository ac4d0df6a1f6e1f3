"""Uploads as clients make them, their parts straight to S3; and what they may leave behind."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from chalicelib import aws, ipfs
from chalicelib.blobs import objects
from chalicelib.jobs import Message, dispatch
from chalicelib.uploads.tables import FilesRow, PartRow
from tests.support.books import faults_in, services_of, stats, status
from tests.support.jobs import HeldJobs
from tests.support.system import Answer, System, User

Json = dict[str, Any]
Contents = Mapping[str, bytes]
"""The files of a folder by path; a single file stands under the empty path."""


def content(size: int, seed: int = 0) -> bytes:
    """Bytes without any pattern, the same each time."""
    return random.Random(f"{seed} {size}").randbytes(size)


def address(contents: Contents) -> str:
    """The address that the whole must have."""
    nodes = {path: ipfs.file_node(data) for path, data in contents.items()}
    return nodes[""].cid if "" in nodes else ipfs.tree(nodes)[""].cid


def body_of(contents: Contents, **more: Any) -> Json:
    """What `upload` is to be told; a single file is called `disk.img` unless `more` says otherwise."""
    if "" in contents:
        return {"name": "disk.img", "size": len(contents[""]), **more}
    return {"files": [{"path": path, "size": len(data)} for path, data in contents.items()], **more}


def start(system: System, user: User, body: Any, **query: str) -> Answer:
    """The answer to `upload`."""
    return system.call("POST", "/api/v0/upload", user=user, body=body, query=query)


def begin(system: System, user: User, body: Any, **query: str) -> Json:
    """Begin an upload, which must succeed."""
    answer = start(system, user, body, **query)
    assert answer.status == 200, answer.body
    return dict(answer.json)


def ask(system: System, user: User, call: str, upload: str) -> Answer:
    """The answer to `upload/status`, `upload/complete` or `upload/abort`."""
    return system.call("POST", f"/api/v0/upload/{call}", user=user, query={"arg": upload})


def state(system: System, user: User, upload: str) -> Json:
    """What `upload/status` says."""
    answer = ask(system, user, "status", upload)
    assert answer.status == 200, answer.body
    return dict(answer.json)


def put_part(part: Json, data: bytes, **headers: str) -> httpx.Response:
    """PUT to a part's link, with the headers it says and no credentials."""
    sent = {**part["headers"], **{name.replace("_", "-"): value for name, value in headers.items()}}
    # Reading the certificates would take longer than all else.
    return httpx.put(part["url"], content=data, headers=sent, verify=False)  # noqa: S501 - there is no TLS on the way


def slices(parts: Sequence[Json], contents: Contents) -> list[tuple[Json, bytes]]:
    """Each part that has a link, and the bytes that belong there."""
    at: dict[str, int] = {}
    cut = []
    for part in parts:
        path = part.get("path", "")
        begins = at.get(path, 0)
        at[path] = begins + part["size"]
        cut.append((part, contents[path][begins : at[path]]))
    assert at == {path: len(data) for path, data in contents.items() if data}
    return [(part, data) for part, data in cut if "url" in part]


def send(parts: Sequence[Json], contents: Contents) -> None:
    """PUT every part that has a link."""
    with httpx.Client(verify=False) as client:  # noqa: S501 - there is no TLS on the way
        for part, data in slices(parts, contents):
            assert client.put(part["url"], content=data, headers=part["headers"]).status_code == 200


def completed(system: System, user: User, contents: Contents, body: Json | None = None, **query: str) -> str:
    """An upload that only has to be processed; its name."""
    begun = begin(system, user, body or body_of(contents), **query)
    send(begun["parts"], contents)
    answer = ask(system, user, "complete", begun["upload"])
    assert answer.status == 202, answer.body
    return str(begun["upload"])


def upload(system: System, user: User, contents: Contents, body: Json | None = None, **query: str) -> Json:
    """A whole upload, which must succeed; the answer of `put` or `putfolder`."""
    name = completed(system, user, contents, body, **query)
    work(system)
    answer = ask(system, user, "complete", name)
    assert answer.status == 200, answer.body
    return dict(answer.json)


def queues(system: System) -> list[HeldJobs]:
    """The queues of the app, and of the services that work for its operator."""
    operators = services_of(system).uploads._jobs
    assert isinstance(operators, HeldJobs)
    return [system.jobs, operators]


def work(system: System) -> int:
    """Do all jobs, and what comes of them; gives their number."""
    return sum(queue.work() for queue in queues(system))


def staged(system: System) -> list[str]:
    """Keys of all objects in the staging bucket."""
    pages = system.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=system.aws.settings.staging_bucket)
    return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


def leftovers(system: System) -> Json:
    """What an upload that is over must not leave: parts, rows of parts and files, and objects of no blob."""
    return {
        "staged": [key for key in staged(system) if key.startswith("uploads/")],
        "parts": [(row.upload, int(row.number)) for row in aws.scan(PartRow)],
        "files": [(row.upload, int(row.page)) for row in aws.scan(FilesRow)],
        "objects": [(key, length) for key, length, _ in objects.listing()],
    }


NOTHING: Json = {"staged": [], "parts": [], "files": [], "objects": []}


def check(system: System, user: User, *, used: int, files: int, size: int) -> None:
    """The books are right: what the account uses, the totals of all records, and all that fsck looks at."""
    assert status(system, user)["storage_used"] == used
    assert stats(system) == (files, size)
    assert faults_in(system) == []


def check_nothing(system: System, user: User) -> None:
    """Nothing is stored and nothing is used, once the janitor has come by; nothing needs it."""
    check(system, user, used=0, files=0, size=0)
    assert leftovers(system) == NOTHING
    services_of(system).janitor(0).run()
    check(system, user, used=0, files=0, size=0)
    assert leftovers(system) == NOTHING


def deliver(system: System, message: Message) -> None:
    """Hand one message to a worker of the app's, as the queue would."""
    dispatch(system.jobs._handlers, message)


def part_message(user: User, upload: str, number: int | None) -> Message:
    """The message of one part, or of the end, as `upload/complete` sends it."""
    return {"job": "part", "account": user.zelid, "upload": upload, "number": number}
