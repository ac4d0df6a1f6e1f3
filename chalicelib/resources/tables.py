"""The rows of resources: each by its key, its revisions and their documents, and what of it is published.

All keys begin with the environment, then the folder. A published resource, and its index rows, stand under its owner
too, if it has one: so what a strict path leads to is one partition.
"""

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
)

from chalicelib import aws

SEPARATOR = "\x1f"
"""Between the parts of an index row's key: below every character that an encoded value has."""


class ResourceRow(aws.Table):
    """A resource. `current` is its published revision. In a strict folder it belongs to `owner`, of the folder `above`.

    `numbers` counts the revisions that were ever made, `revisions` those that there are.
    """

    class Meta:
        table_name = "resources"

    folder = UnicodeAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    external_id = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    owner = UnicodeAttribute(null=True)
    above = UnicodeAttribute(null=True)
    current = UnicodeAttribute(null=True)
    numbers = NumberAttribute(default=1)
    revisions = NumberAttribute(default=1)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class ExternalIdRow(aws.Table):
    """That an external id is taken in a folder, and by which resource."""

    class Meta:
        table_name = "external-ids"

    folder = UnicodeAttribute(hash_key=True)
    external_id = UnicodeAttribute(range_key=True)
    key = UnicodeAttribute()
    tx = UnicodeAttribute(null=True)


class OwnedRow(aws.Table):
    """That a resource of a strict folder belongs to another one: found when that one goes. Both by `within`."""

    class Meta:
        table_name = "owned-resources"

    owner = UnicodeAttribute(hash_key=True)
    child = UnicodeAttribute(range_key=True)
    tx = UnicodeAttribute(null=True)


class RevisionRow(aws.Table):
    """A revision of a resource, without its document. `edits` counts the changes of a draft."""

    class Meta:
        table_name = "revisions"

    resource = UnicodeAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    number = NumberAttribute()
    version = UnicodeAttribute()
    status = UnicodeAttribute()
    size = NumberAttribute()
    edits = NumberAttribute(default=0)
    created = NumberAttribute()
    published = NumberAttribute(null=True)
    unpublished = NumberAttribute(null=True)
    tx = UnicodeAttribute(null=True)


class DocumentRow(aws.Table):
    """The document of a revision, compressed; `revision` is `resource/revision`."""

    class Meta:
        table_name = "documents"

    folder = UnicodeAttribute(hash_key=True)
    revision = UnicodeAttribute(range_key=True)
    body = BinaryAttribute(legacy_encoding=False)
    tx = UnicodeAttribute(null=True)


class PublishedRow(aws.Table):
    """What is published of a resource: the document of its current revision, and its files.

    `files` holds of each file, by CID, what a list shows of it: `name_enc`, `dek_enc`, `blob`, `size`, `mimetype`.
    `version` is the schema version its index rows were made by, and `also` another one they are being made by.
    """

    class Meta:
        table_name = "published"

    place = UnicodeAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    revision = UnicodeAttribute()
    version = UnicodeAttribute()
    also = UnicodeAttribute(null=True)
    body = BinaryAttribute(legacy_encoding=False)
    files = JSONAttribute(null=True)
    created = NumberAttribute()
    published = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class IndexRow(aws.Table):
    """That a published resource has a value in a field, or a word in its texts.

    Ordered by the value, then the resource. It counts only while its revision is the resource's current one. `size` is
    the length of the document as it is stored.
    """

    class Meta:
        table_name = "index"

    field = UnicodeAttribute(hash_key=True)
    value = UnicodeAttribute(range_key=True)
    size = NumberAttribute(null=True)


class UseRow(aws.Table):
    """That what an account has published uses a file, and how often. Keeps the file, whatever becomes of its pin."""

    class Meta:
        table_name = "uses"

    account = UnicodeAttribute(hash_key=True)
    cid = UnicodeAttribute(range_key=True)
    uses = NumberAttribute(default=1)
    blob = UnicodeAttribute()
    size = NumberAttribute()
    name_enc = UnicodeAttribute()
    mimetype = UnicodeAttribute()
    tx = UnicodeAttribute(null=True)


class RemainsRow(aws.Table):
    """What a publication or a deletion has left to be cleared away (see `clearing`).

    `revision` is the one whose index rows are meant, or `ALL` for all that a deleted resource had. `begun` is set while
    they are being written, for a publication that is still to come. `current`, `versions` and `published` are what
    tells the rows: revision, schema versions, and moment of publication. `files` are uses to be given back, for
    `account`.
    """

    class Meta:
        table_name = "resource-remains"

    ALL = "*"

    resource = UnicodeAttribute(hash_key=True)
    revision = UnicodeAttribute(range_key=True)
    owner = UnicodeAttribute(null=True)
    begun = BooleanAttribute(null=True)
    current = UnicodeAttribute(null=True)
    versions: ListAttribute[str] = ListAttribute(default=list)
    published = NumberAttribute(null=True)
    account = UnicodeAttribute()
    files: ListAttribute[str] = ListAttribute(default=list)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)

    @property
    def folder(self) -> str:
        """Scope of the resource's folder."""
        return self.resource.rpartition("/")[0]

    @property
    def key(self) -> str:
        """The resource's key."""
        return self.resource.rpartition("/")[2]


def place(where: str, owner: str | None) -> str:
    """Where the published resources of a folder, given by its scope, stand: apart for each owner."""
    return f"{where}/{owner}" if owner else where


def within(where: str, resource: str) -> str:
    """The tenant's part of the keys of all that belongs to a resource of the folder with this scope."""
    return f"{where}/{resource}"
