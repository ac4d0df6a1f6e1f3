"""A small store with a wrapped key in every place that holds one, and sweeps over it by processes of their own."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib import aws
from chalicelib.keys import Keys
from chalicelib.metadata import Metadata
from chalicelib.metadata.cache import NoCache
from chalicelib.metadata.service import file_id
from chalicelib.metadata.tables import Record
from chalicelib.resources.tables import PublishedRow
from chalicelib.uploads.tables import UploadRow
from chalicelib.workers.rotation import HOLDERS, Rotation
from tests.metadata.records import META, create
from tests.support.books import cat, faults_in, listed
from tests.support.system import System, User

CACHE_SECONDS = 300
STORED = 6
"""Keys of the small store: a blob's, two entries' and three records'."""

HELD = tuple(model for model in HOLDERS if model not in (UploadRow, PublishedRow))
"""The tables whose rows these tests make; uploads and publications have tests of their own."""


def at_once(_seconds: float) -> None:
    """A sleep that takes no time."""


def new_keys(system: System, cache_seconds: float = CACHE_SECONDS) -> Keys:
    """The key service of a process that just started."""
    return Keys(system.aws.settings.kms_key_id, cache_seconds)


def rotate(system: System) -> int:
    """What `keys rotate` does; the new generation's number."""
    return new_keys(system).add_generation()


def rotation(system: System, sleep: Callable[[float], None] = at_once) -> Rotation:
    """What `keys sweep` has in a process that just started."""
    return Rotation(new_keys(system), Metadata(NoCache()), sleep)


@dataclass
class Store:
    """A drive with files, and records of others.

    Attributes:
        files: Contents by name, of each account.
        records: DEK of each record by its id, the drive's among them; None where `dekEnc` is not a key of ours.
    """

    system: System
    user: User
    other: User
    files: dict[User, dict[str, bytes]] = field(default_factory=dict)
    records: dict[str, bytes | None] = field(default_factory=dict)

    @classmethod
    def keep(cls, system: System) -> "Store":
        """One content of `user` under two names, one empty account, and a record that the drive knows nothing of."""
        store = cls(system, system.user(), system.user())
        store.put(store.user, ("one.txt", b"one"), ("one again.txt", b"one"))
        store.add_record(new_keys(system).wrap(b"own"))
        return store

    def put(self, user: User, *files: tuple[str, bytes]) -> list[str]:
        """Put files; their hashes."""
        answer = self.system.put(user, *files)
        assert answer.status == 200, answer.body
        self.files.setdefault(user, {}).update(files)
        self.learn()
        return [file["hash"] for file in answer.json["files"]]

    def add_record(self, dek_enc: str) -> str:
        """A record of somebody else's file; its id."""
        made = str(create(self.system, dekEnc=dek_enc)["id"])
        self.learn()
        return made

    def patch(self, record_id: str, dek_enc: str) -> None:
        """Give a record another key."""
        assert self.system.call("PATCH", f"{META}/{record_id}", body={"dekEnc": dek_enc}).status == 200
        self.learn()

    def learn(self) -> None:
        """From now on the records are to hold the DEKs that they hold now."""
        self.records = self._deks()

    def _deks(self) -> dict[str, bytes | None]:
        rows, keys = list(aws.scan(Record)), new_keys(self.system)
        opened = keys.batch("unwrap", [row.dek_enc for row in rows])
        deks = [one.encode() if isinstance(one, str) else None for one in opened]
        return {file_id(row): dek for row, dek in zip(rows, deks, strict=True)}

    def assert_whole(self) -> None:
        """Every file can be read under its name, every record has its DEK, and the books balance."""
        self.assert_readable()
        assert faults_in(self.system) == []

    def assert_readable(self) -> None:
        """Every file can be read under its name, and every record has its DEK."""
        for user, files in self.files.items():
            names = listed(self.system, user)
            assert names.keys() == files.keys()
            assert {name: cat(self.system, user, cid).body for name, cid in names.items()} == files
        assert self._deks() == self.records

    def generations(self) -> Counter[int]:
        """Stored keys of ours by the generation they are under, as their rows say."""
        keys, texts = new_keys(self.system), self.texts()
        opened = zip(texts, keys.batch("unwrap", texts), strict=True)
        return Counter(keys.generation_of(text) for text, dek in opened if isinstance(dek, str))

    def texts(self) -> list[str]:
        """Every stored `dek_enc`."""
        rows: list[Any] = [row for model in HOLDERS for row in aws.scan(model)]
        return [row.dek_enc for row in rows]
