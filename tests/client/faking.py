"""A drive and its store, each a server of its own, as far as the client can see them."""

import base64
import json
import re
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from io import BytesIO
from typing import Any
from urllib.parse import quote

from chalicelib.ipfs import file_node, tree
from chalicelib.web import multipart
from tests.client.serving import Reply, Request, Serving

ZELID, KEY = "alice", "fvk_secret"
BASIC = "Basic " + base64.b64encode(f"{ZELID}:{KEY}".encode()).decode()


@dataclass
class Stored:
    """Something on the drive; a folder is its tar."""

    name: str
    data: bytes
    cid: str
    folder: bool = False


@dataclass
class Session:
    """An upload; `parts` says of each its path, where it begins there, and its size."""

    request: dict[str, Any]
    name: str
    parts: list[tuple[str, int, int]]
    state: str = "open"
    left: int = 0
    reason: str = ""
    arrived: dict[int, bytes] = field(default_factory=dict)
    result: dict[str, Any] | None = None


class Drive:
    """What the client speaks to: `api` and `store`."""

    def __init__(self) -> None:
        self.api, self.store = Serving(self._call), Serving(self._keep)
        self.stored: dict[str, Stored] = {}
        self.sessions: dict[str, Session] = {}
        self.part_size = 262_144
        self.links_at_once = 1_000
        self.link_seconds = 900.0
        self.clock_error = 0.0
        self.most_answered = 4_400_000
        self.page = 1_000
        self.ranges = True
        self.processing_rounds = 1
        self.round = 0

    @contextmanager
    def started(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(self.api.started())
            stack.enter_context(self.store.started())
            yield

    def add(self, data: bytes, name: str = "a.bin") -> str:
        cid = file_node(data).cid
        self.stored[cid] = Stored(name, data, cid)
        return cid

    def add_folder(self, files: Mapping[str, bytes], name: str = "folder") -> str:
        cid = tree({path: file_node(data) for path, data in files.items()})[""].cid
        self.stored[cid] = Stored(
            name, packed({f"{cid}/{path}": data for path, data in files.items()}), cid, folder=True
        )
        return cid

    def _call(self, request: Request) -> Reply:
        if request.headers.get("authorization") != BASIC:
            return refused(401, "invalid_credentials", "Invalid credentials")
        name = request.path.removeprefix("/api/v0/").replace("/", "_")
        reply: Reply = getattr(self, f"_{name}")(request)
        reply.headers.setdefault("Date", formatdate(time.time() + self.clock_error, usegmt=True))
        return reply

    def _put(self, request: Request) -> Reply:
        stored = [self.stored[self.add(bytes(part.data), part.name)] for part in multipart.files(request)]  # type: ignore[arg-type]
        return said({"status": "success", "files": [_file(one) for one in stored]})

    def _putfolder(self, request: Request) -> Reply:
        files = {part.name: bytes(part.data) for part in multipart.files(request)}  # type: ignore[arg-type]
        cid = self.add_folder(files, request.query["name"])
        return said({"status": "success", "folder": {"hash": cid, "size": "1"}, "files": []})

    def _ls(self, request: Request) -> Reply:
        start = int(request.query.get("cursor", "0"))
        found = [
            {**_file(one), "timestamp": 1_700_000_000_000, **({"type": "folder"} if one.folder else {})}
            for one in self.stored.values()
        ]
        more = {"next": str(start + self.page)} if start + self.page < len(found) else {}
        return said({"status": "success", "files": found[start : start + self.page], **more})

    def _status(self, _request: Request) -> Reply:
        result = {"active": True, "capacity_gb": 10, "storage_used": 5, "remaining": 10 * 2**30 - 5}
        return said({"status": "success", "result": result, "zelid": ZELID, "plan_name": "STARTER"})

    def _rm(self, request: Request) -> Reply:
        if self.stored.pop(request.query["arg"], None) is None:
            return refused(404, "file_not_found", "File not found")
        return said({"status": "success", "success": "File removed", "hash": request.query["arg"]})

    def _get(self, request: Request) -> Reply:
        found = self.stored.get(request.query["arg"])
        if found is None:
            return refused(404, "file_not_found", "File not found")
        etag = f'"{found.cid}.tar"' if found.folder else f'"{found.cid}"'
        name = f"{found.name}.tar" if found.folder else found.name
        headers = {"ETag": etag, "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
        if request.method == "HEAD":
            return Reply(200, b"", {**headers, "Content-Length": str(len(found.data))})
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
        if not (self.ranges and asked and request.headers.get("if-range", etag) == etag):
            return Reply(200, found.data, headers)
        start, end = int(asked[1]), min(int(asked[2]), int(asked[1]) + self.most_answered - 1, len(found.data) - 1)
        headers["Content-Range"] = f"bytes {start}-{end}/{len(found.data)}"
        return Reply(206, found.data[start : end + 1], headers)

    def _upload(self, request: Request) -> Reply:
        asked = json.loads(request.body)
        files = asked.get("files") or [{"path": asked["name"], "size": asked["size"]}]
        parts = [
            (one["path"], start, min(self.part_size, one["size"] - start))
            for one in files
            for start in range(0, one["size"], self.part_size)
        ]
        upload = f"upload{len(self.sessions)}"
        self.sessions[upload] = Session(asked, asked.get("name") or request.query["name"], parts)
        return said({k: v for k, v in self.standing(upload).items() if k not in {"state", "left"}})

    def standing(self, upload: str) -> dict[str, Any]:
        session = self.sessions[upload]
        self.round += 1
        given = 0
        parts: list[dict[str, Any]] = []
        for number, (path, _, size) in enumerate(session.parts):
            part: dict[str, Any] = {"number": number, "path": path, "size": size, "in": number in session.arrived}
            if not part["in"] and given < self.links_at_once:
                given += 1
                part["url"] = f"{self.store.url}/part/{upload}/{number}?round={self.round}"
                part["headers"] = {"x-signed": "yes"}
                part["expires"] = time.time() + self.clock_error + self.link_seconds
            parts.append(part)
        return {
            "status": "success",
            "upload": upload,
            "state": session.state,
            "reason": session.reason,
            "part_size": self.part_size,
            "expires": time.time() + 86_400,
            "left": session.left,
            "parts": parts,
            "result": session.result,
        }

    def _keep(self, request: Request) -> Reply:
        _, _, upload, number = request.path.split("/")
        session = self.sessions[upload]
        if request.headers.get("x-signed") != "yes" or "authorization" in request.headers:
            return Reply(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        if len(request.body) != session.parts[int(number)][2]:
            return Reply(400, b"<Error><Code>IncompleteBody</Code></Error>")
        session.arrived[int(number)] = request.body
        return Reply()

    def _upload_status(self, request: Request) -> Reply:
        upload = request.query["arg"]
        session = self.sessions.get(upload)
        if session is None:
            return refused(404, "upload_not_found", "Upload not found")
        if session.state == "processing":
            session.left -= 1
            if session.left <= 0:
                self._finish(session)
        return said(self.standing(upload))

    def _upload_complete(self, request: Request) -> Reply:
        upload = request.query["arg"]
        session = self.sessions.get(upload)
        if session is None:
            return refused(404, "upload_not_found", "Upload not found")
        if missing := [number for number in range(len(session.parts)) if number not in session.arrived]:
            detail = [{"number": number} for number in missing]
            return refused(400, "parts_missing", "Parts are missing", detail)
        if session.state == "open":
            session.state, session.left = "processing", self.processing_rounds
            if not session.left:
                self._finish(session)
        if session.state == "done":
            return said(session.result or {})
        return said(self.standing(upload), 202)

    def _upload_abort(self, request: Request) -> Reply:
        session = self.sessions.get(request.query["arg"])
        if session is None:
            return refused(404, "upload_not_found", "Upload not found")
        session.state = "aborted"
        return said({"status": "success", "upload": request.query["arg"]})

    def _finish(self, session: Session) -> None:
        asked = session.request
        files = {one["path"]: b"" for one in asked.get("files", [{"path": session.name}])}
        for number, (path, _, _) in enumerate(session.parts):
            files[path] += session.arrived[number]
        if "files" in asked:
            cid = self.add_folder(files, session.name)
            session.result = {"status": "success", "folder": {"hash": cid, "size": "1"}, "files": []}
        else:
            cid = self.add(files[session.name], session.name)
            session.result = {"status": "success", "files": [_file(self.stored[cid])]}
        session.state = "done" if cid == asked["hash"] else "failed"
        session.reason = "" if session.state == "done" else "the declared hash does not match"


def packed(files: Mapping[str, bytes]) -> bytes:
    """A tar."""
    made = BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, BytesIO(data))
    return made.getvalue()


def _file(one: Stored) -> dict[str, Any]:
    return {"name": one.name, "hash": one.cid, "mimetype": "application/octet-stream", "size": len(one.data)}


def said(document: dict[str, Any], status: int = 200) -> Reply:
    return Reply(status, json.dumps(document).encode(), {"Content-Type": "application/json"})


def refused(status: int, code: str, text: str, detail: Any = None) -> Reply:
    return said({"error": text, "message": text, "code": code, **({"detail": detail} if detail else {})}, status)
