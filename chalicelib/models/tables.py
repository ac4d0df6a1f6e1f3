"""The rows of schema versions, and of what a new one leaves to be done."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib import aws


class VersionRow(aws.Table):
    """A version of a folder's schema: a draft, or published under a number, and archived when the next one was.

    `revision` counts the changes of `fields`, so that of two at once one is told.
    """

    class Meta:
        table_name = "schema-versions"

    folder = UnicodeAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    number = NumberAttribute(null=True)
    fields = JSONAttribute()
    revision = NumberAttribute(default=0)
    created = NumberAttribute()
    published = NumberAttribute(null=True)
    archived = NumberAttribute(null=True)
    tx = UnicodeAttribute(null=True)


class ReindexRow(aws.Table):
    """A folder whose published resources are to be indexed under another version of its schema."""

    class Meta:
        table_name = "reindexes"

    folder = UnicodeAttribute(hash_key=True)
    version = UnicodeAttribute()
    created = NumberAttribute()


def scope(environment: str, folder: str) -> str:
    """The tenant's part of the keys of all that belongs to a folder."""
    return f"{environment}/{folder}"
