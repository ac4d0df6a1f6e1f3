"""A folder whose resources have files: made, published, and read as whoever delivers them would."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib import aws
from chalicelib.blobs import BlobRow
from chalicelib.drive import names
from chalicelib.resources import documents
from chalicelib.resources.tables import PublishedRow, place
from tests.support.books import new_blobs, rm
from tests.support.managing import Manager
from tests.support.managing import field as a_field
from tests.support.system import Answer, System, User

FIELDS: tuple[dict[str, Any], ...] = (
    a_field("title", searchable=True),
    a_field("text", "text", searchable=True),
    a_field("rank", "integer", searchable=True),
    a_field("pictures", "file", multiple=True),
)


def words(count: int) -> str:
    """A text of so many different words, each of which makes an index row."""
    return " ".join(f"w{number}" for number in range(count))


@dataclass
class Library:
    """Someone's folder, and their drive."""

    me: Manager
    user: User
    folder: str = ""
    contents: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, me: Manager) -> "Library":
        """With a schema that is published."""
        row, key = me.system.accounts.issue_key(me.zelid, "test")
        made = cls(me, User(me.zelid, key, row.key_id), me.folder())
        made.schema()
        return made

    def beside(self, parent: str | None = None, *, strict: bool = False) -> "Library":
        """Another folder of the same account's."""
        made = Library(self.me, self.user, self.me.folder(parent=parent, strict=strict), self.contents)
        made.schema()
        return made

    @property
    def system(self) -> System:
        return self.me.system

    @property
    def scope(self) -> str:
        return f"{self.me.env}/{self.folder}"

    def schema(self, *fields: Mapping[str, Any]) -> str:
        """Publish another version; with all fields unless some are given."""
        return self.me.schema(self.folder, *(fields or FIELDS))

    def put(self, data: bytes, name: str = "one.png") -> str:
        """Put a file; its hash."""
        answer = self.system.put(self.user, (name, data))
        assert answer.status == 200, answer.body
        cid = str(answer.json["files"][0]["hash"])
        self.contents[cid] = data
        return cid

    def rm(self, cid: str) -> int:
        """Remove a file from the drive; the status."""
        return rm(self.system, self.user, cid).status

    def document(self, title: str = "A title", text: str = "", *cids: str) -> dict[str, Any]:
        return {"title": title, "text": text, "rank": len(text), "pictures": list(cids)}

    def create(self, document: Mapping[str, Any]) -> tuple[str, str]:
        """A new resource, and its first revision."""
        resource = self.me.resource(self.folder, document)
        return resource, str(self.me.revisions(self.folder, resource)[0]["key"])

    def path(self, resource: str, revision: str | None = None, act: str | None = None) -> str:
        path = f"/folders/{self.folder}/resources/{resource}/"
        path += f"revisions/{revision}/" if revision else ""
        return path + (f"{act}/" if act else "")

    def publish(self, resource: str, revision: str) -> Answer:
        return self.me.ask("POST", self.path(resource, revision, "publish"))

    def unpublish(self, resource: str, revision: str) -> Answer:
        return self.me.ask("POST", self.path(resource, revision, "unpublish"))

    def delete(self, resource: str) -> Answer:
        return self.me.ask("DELETE", self.path(resource))

    def published(self, document: Mapping[str, Any]) -> tuple[str, str]:
        """A resource that is published, and its revision."""
        resource, revision = self.create(document)
        assert self.publish(resource, revision).status == 200
        return resource, revision

    def shown(self, resource: str) -> dict[str, Any] | None:
        """What the world may read of a resource: the document, each of whose files can be read whole, under its name.

        None if it is not published.
        """
        answer = self.me.ask("GET", self.path(resource, act="data"))
        if answer.status == 404:
            return None
        assert answer.status == 200, answer.body
        row = aws.get(PublishedRow, place(self.scope, None), resource)
        assert row is not None
        document = documents.unpack(row.body)
        assert json.loads(answer.body) == document
        assert sorted(row.files or ()) == sorted(set(document.get("pictures", ())))
        for cid in row.files or ():
            assert self.read(row, cid) == self.contents[cid]
        return document

    def read(self, row: PublishedRow, cid: str) -> bytes:
        """A file of a published resource, as delivery reads it: by what the resource's own row says."""
        kept, blobs = row.files[cid], new_blobs(self.system)
        assert names.open_name(blobs.dek(kept["dek_enc"]), kept["blob"], kept["name_enc"])
        blob = BlobRow(cid=cid, blob=kept["blob"], size=kept["size"], dek_enc=kept["dek_enc"])
        return blobs.read(blob)
