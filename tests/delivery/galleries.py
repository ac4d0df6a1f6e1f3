"""An API whose resources have files, and the drive they are from."""

import io
import itertools
from typing import Any

from PIL import Image

from tests.delivery.visiting import Site
from tests.support.managing import Manager, field
from tests.support.system import Answer, User

FIELDS = (
    field("title"),
    field("picture", "file"),
    field("more", "file", multiple=True),
    field("kept", "file", private=True),
    field("inner", "object", private=True),
    field("deep", "file", parent="inner"),
)
_numbers = itertools.count()


class Gallery:
    """An API whose folder `things` has files, and the drive they are from."""

    def __init__(self, me: Manager) -> None:
        self.site = Site.of(me)
        self.user: User = self.site.user()
        self.folder = self.site.folder("things", fields=FIELDS)

    def put(self, data: bytes | None = None, name: str = "a.png", kind: str = "image/png") -> str:
        """The hash of a file on the drive; of one that there was not before, unless `data` says which."""
        data = data if data is not None else b"file %d" % next(_numbers)
        answer = self.site.system.put(self.user, (name, data), content_type=kind)
        assert answer.status == 200, answer.body
        return str(answer.json["files"][0]["hash"])

    def show(self, cid: str, **more: Any) -> str:
        """The key of a published resource that has a file."""
        return self.site.post(self.folder, {"title": "One", "picture": cid, **more})

    def file(self, key: str, cid: str, method: str = "GET", **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.site.ask(f"things/{key}/_files/{cid}", method, headers=sent)

    def thumb(self, key: str, cid: str, size: str | None = None, method: str = "GET") -> Answer:
        return self.site.ask(f"things/{key}/_thumbs/{cid}", method, query={"size": size} if size else None)

    def republish(self, key: str, data: dict[str, Any]) -> None:
        revision = self.site.me.revise(self.folder, key, data)
        assert self.site.me.publish(self.folder, key, revision).status == 200


def a_picture(width: int = 40, height: int = 20) -> bytes:
    """A picture that is like no other."""
    number = next(_numbers)
    kept = io.BytesIO()
    Image.new("RGB", (width, height), (number % 256, number // 256, 77)).save(kept, "PNG")
    return kept.getvalue()
