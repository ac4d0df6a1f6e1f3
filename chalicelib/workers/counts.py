"""Checks that what is counted is what there is: quota, references, uses, totals."""

from collections.abc import Iterator
from functools import partial

from chalicelib.workers import repairs
from chalicelib.workers.books import Books
from chalicelib.workers.finding import Finding


def wrong_use(books: Books) -> Iterator[Finding]:
    """Accounts that use another number of bytes than their lists add up to."""
    used = books.used()
    for zelid, row in books.accounts.items():
        if row.used != used[zelid]:
            says = f"uses {int(row.used)} bytes by its row, {used[zelid]} by its list"
            yield Finding("wrong_use", zelid, says, partial(repairs.apply, repairs.set_use, row, used[zelid]))


def wrong_references(books: Books) -> Iterator[Finding]:
    """Contents that more or fewer accounts pin than their row says."""
    counted = books.references()
    for cid, row in books.blobs.items():
        if row.refs != counted[cid]:
            says = f"{int(row.refs)} references by its row, {counted[cid]} by pins"
            repair = partial(repairs.apply, repairs.set_references, row, counted[cid])
            yield Finding("wrong_references", cid, says, repair)


def wrong_uses(books: Books) -> Iterator[Finding]:
    """Files that more or fewer publications use than their rows say."""
    counted = books.publications()
    for account, cid in sorted(counted.keys() | books.uses.keys()):
        row, uses = books.uses.get((account, cid)), counted[account, cid]
        if row is None:
            # Otherwise its references would be put right, and the content collected.
            shown = next(
                (one for one in books.published if books.owner(one) == account and cid in (one.files or ())), 0
            )
            repair = partial(repairs.apply, repairs.add_use, account, cid, shown, uses) if shown else None
            says = f"{uses} publications use a file that nothing keeps"
            yield Finding("use_missing", f"{account}/{cid}", says, repair)
        elif row.uses != uses:
            says = f"used {int(row.uses)} times by its row, {uses} by publications"
            yield Finding("wrong_uses", f"{account}/{cid}", says, partial(repairs.apply, repairs.set_uses, row, uses))


def wrong_totals(books: Books) -> Iterator[Finding]:
    """Shards of the metadata service's totals that their records do not add up to."""
    counted = books.counted()
    for shard in sorted(counted.keys() | books.totals.keys()):
        row = books.totals.get(shard)
        says_row = (int(row.files), int(row.size)) if row is not None else (0, 0)
        if says_row != counted[shard]:
            says = f"{says_row} files and bytes by its row, {counted[shard]} by records"
            repair = partial(repairs.apply, repairs.set_totals, shard, row, counted[shard])
            yield Finding("wrong_totals", f"shard {shard}", says, repair)
