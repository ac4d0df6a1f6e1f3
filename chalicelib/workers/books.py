"""Everything the books say, read once: what `reconcile` compares."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from chalicelib import aws
from chalicelib.blobs import BlobRow, objects
from chalicelib.blobs.tables import TombstoneRow
from chalicelib.drive.tables import BatchRow, EntryRow, ManifestRow, PinRow
from chalicelib.identity.tables import AccountRow
from chalicelib.members import EnvironmentRow
from chalicelib.metadata import ids
from chalicelib.metadata.tables import Record, Total
from chalicelib.resources.tables import PublishedRow, RemainsRow, UseRow
from chalicelib.uploads.tables import UploadRow


@dataclass(slots=True)
class Books:
    """All rows that must agree with one another, by their keys, and all objects."""

    accounts: dict[str, AccountRow] = field(default_factory=dict)
    pins: dict[tuple[str, str], PinRow] = field(default_factory=dict)
    entries: dict[tuple[str, str], EntryRow] = field(default_factory=dict)
    batches: list[BatchRow] = field(default_factory=list)
    blobs: dict[str, BlobRow] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    totals: dict[int, Total] = field(default_factory=dict)
    manifests: dict[str, ManifestRow] = field(default_factory=dict)
    tombstones: list[TombstoneRow] = field(default_factory=list)
    uploads: list[UploadRow] = field(default_factory=list)
    uses: dict[tuple[str, str], UseRow] = field(default_factory=dict)
    published: list[PublishedRow] = field(default_factory=list)
    remains: list[RemainsRow] = field(default_factory=list)
    environments: dict[str, str] = field(default_factory=dict)
    stored: dict[str, tuple[int, float]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Books":
        """Read all tables and list all objects. Scans: for the operator's checks alone.

        What counts is read before what is counted, and a pin before its entries: a repair whose guard then finds the
        counting row unchanged knows that what it counted is so.
        """
        return cls(
            accounts={row.zelid: row for row in aws.scan(AccountRow)},
            blobs={row.cid: row for row in aws.scan(BlobRow)},
            totals={int(row.shard): row for row in aws.scan(Total)},
            pins={(row.account, row.cid): row for row in aws.scan(PinRow)},
            entries={(row.account, row.order): row for row in aws.scan(EntryRow)},
            batches=list(aws.scan(BatchRow)),
            manifests={row.page: row for row in aws.scan(ManifestRow)},
            tombstones=list(aws.scan(TombstoneRow)),
            uploads=list(aws.scan(UploadRow)),
            records={ids.join(row.owner, row.order): row for row in aws.scan(Record)},
            uses={(row.account, row.cid): row for row in aws.scan(UseRow)},
            published=list(aws.scan(PublishedRow)),
            remains=list(aws.scan(RemainsRow)),
            environments={row.key: row.account for row in aws.scan(EnvironmentRow)},
            stored={key: (length, when) for key, length, when in objects.listing()},
        )

    def used(self) -> Counter[str]:
        """Bytes in use by account: its entries, what its batches and uploads have reserved, what it has published."""
        used: Counter[str] = Counter()
        for entry in self.entries.values():
            used[entry.account] += int(entry.size)
        for batch in self.batches:
            used[batch.account] += int(batch.reserved)
        for upload in self.uploads:
            used[upload.account] += int(upload.reserved)
        for use in self.uses.values():
            used[use.account] += int(use.size)
        return used

    def references(self) -> Counter[str]:
        """Pins, and files kept by publications, by CID."""
        return Counter(cid for _, cid in (*self.pins, *self.uses))

    def publications(self) -> Counter[tuple[str, str]]:
        """How many publications of an account use a file, those counted that are still to give it back."""
        found: Counter[tuple[str, str]] = Counter()
        for row in self.published:
            found.update((self.owner(row), cid) for cid in row.files or ())
        for left in self.remains:
            found.update((left.account, cid) for cid in left.files)
        return found

    def owner(self, row: PublishedRow) -> str:
        """The account that has published this; an empty text if its environment is lost."""
        return self.environments.get(row.place.partition("/")[0], "")

    def counted(self) -> dict[int, tuple[int, int]]:
        """Files and bytes of all records, by shard."""
        sums: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for row in self.records.values():
            files, size = sums[ids.shard(row.order)]
            sums[ids.shard(row.order)] = (files + 1, size + int(row.size))
        return sums
