"""Calls as clients make them, and answers taken apart."""

import json
import re
from collections.abc import Sequence
from urllib.parse import unquote

from tests.support.system import Answer, System, User, multipart

HELLO = "Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD"
"""The address of `hello world`, as every IPFS node gives it."""
EMPTY = "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH"
"""The address of no bytes at all."""
UNKNOWN = "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"
"""A well-formed address that no test pins."""

_ATTR_CHAR = r"[A-Za-z0-9!#$&+.^_`|~-]"
_DISPOSITION = re.compile(
    rf"attachment; filename=\"(?P<plain>[ !#-\[\]-~]*)\"; filename\*=UTF-8''(?P<name>(?:%[0-9A-F]{{2}}|{_ATTR_CHAR})*)"
)


def refusal(answer: Answer) -> tuple[int, str, str]:
    """Status, text and code of an error, which has the drive's shape."""
    assert answer.headers["content-type"] == "application/json"
    body = answer.json
    assert body.keys() <= {"error", "message", "code", "detail"}
    assert body["message"] == body["error"]
    return answer.status, body["error"], body["code"]


def file_name(disposition: str) -> str:
    """The name in a `Content-Disposition`, read by the grammars of RFC 6266 and RFC 8187."""
    match = _DISPOSITION.fullmatch(disposition)
    assert match is not None, disposition
    return unquote(match["name"], errors="strict")


def put_parts(system: System, user: User, *parts: tuple[str, bytes], boundary: str = "limit") -> Answer:
    """Put a multipart body whose parts have these `Content-Disposition` lines and contents."""
    return put_body(system, user, body_of(*parts, boundary=boundary), f"multipart/form-data; boundary={boundary}")


def body_of(*parts: tuple[str, bytes], boundary: str = "limit") -> bytes:
    """A multipart body whose parts have these `Content-Disposition` lines and contents."""
    head = f"--{boundary}\r\nContent-Disposition: "
    return (
        b"".join(f"{head}{line}\r\n\r\n".encode() + data + b"\r\n" for line, data in parts)
        + f"--{boundary}--\r\n".encode()
    )


def put_body(system: System, user: User, body: bytes, content_type: str | None) -> Answer:
    """Put any bytes as a body of any type."""
    headers = {"content-type": content_type} if content_type is not None else {}
    return system.call("POST", "/api/v0/put", user=user, body=body, headers=headers)


def put_ok(system: System, user: User, *files: tuple[str, bytes], content_type: str = "image/png") -> list[str]:
    """Put files, which must succeed; their hashes."""
    answer = system.put(user, *files, content_type=content_type)
    assert answer.status == 200, answer.body
    return [file["hash"] for file in answer.json["files"]]


def many(count: int, what: str = "file") -> Sequence[tuple[str, bytes]]:
    """So many small files, all different."""
    return [(f"{what} {number}.txt", json.dumps([what, number]).encode()) for number in range(count)]


def put_folder(system: System, user: User, *files: tuple[str, bytes], name: str | None = None) -> Answer:
    """Put files, named by their paths, as one folder."""
    body, kind = multipart(files)
    query = {"name": name} if name is not None else {}
    return system.call("POST", "/api/v0/putfolder", user=user, query=query, body=body, headers={"content-type": kind})


def folder_ok(system: System, user: User, *files: tuple[str, bytes], name: str | None = None) -> str:
    """Put a folder, which must succeed; its hash."""
    answer = put_folder(system, user, *files, name=name)
    assert answer.status == 200, answer.body
    return str(answer.json["folder"]["hash"])


def read(system: System, user: User, arg: str, call: str = "cat", verb: str = "GET", **headers: str) -> Answer:
    """The answer to a read of a hash, or of a path in a folder; `if_range` stands for `If-Range`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return system.call(verb, f"/api/v0/{call}", user=user, query={"arg": arg}, headers=sent)
