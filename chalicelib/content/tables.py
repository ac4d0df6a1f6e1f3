"""The rows of folders: each by its key, again among its siblings, and its alias once among them."""

from pynamodb.attributes import BooleanAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from chalicelib import aws


class FolderRow(aws.Table):
    """A folder by its key. `ancestors` are the keys above it, from the root; `aliases` theirs, and its own last.

    `required` are those ancestors that an API must have connected with it: up to and with the first that is not strict.
    `connected` counts the APIs that have it, `children` the folders in it, `resources` and `versions` its resources and
    the versions of its schema, `drafts` of which are not published. `published` is the version that resources must fit,
    and `numbers` how many have been that so far.
    """

    class Meta:
        table_name = "folders"

    environment = UnicodeAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    alias = UnicodeAttribute()
    strict = BooleanAttribute(default=False)
    ancestors: ListAttribute[str] = ListAttribute(default=list)
    aliases: ListAttribute[str] = ListAttribute(default=list)
    required: ListAttribute[str] = ListAttribute(default=list)
    children = NumberAttribute(default=0)
    connected = NumberAttribute(default=0)
    resources = NumberAttribute(default=0)
    versions = NumberAttribute(default=0)
    drafts = NumberAttribute(default=0)
    numbers = NumberAttribute(default=0)
    published = UnicodeAttribute(null=True)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)

    @property
    def parent(self) -> str | None:
        """Key of the folder it stands in; None at the root."""
        return self.ancestors[-1] if self.ancestors else None


class ChildRow(aws.Table):
    """A folder among its siblings, in the order they were made: what a list shows of it."""

    class Meta:
        table_name = "folder-children"

    place = UnicodeAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    alias = UnicodeAttribute()
    strict = BooleanAttribute(default=False)
    aliases: ListAttribute[str] = ListAttribute(default=list)
    parent = UnicodeAttribute(null=True)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class AliasRow(aws.Table):
    """That an alias is taken among the folders of one place."""

    class Meta:
        table_name = "folder-aliases"

    place = UnicodeAttribute(hash_key=True)
    alias = UnicodeAttribute(range_key=True)
    key = UnicodeAttribute()
    tx = UnicodeAttribute(null=True)


class EndedFolderRow(aws.Table):
    """A folder that was deleted, and whose schema versions are still to go."""

    class Meta:
        table_name = "ended-folders"

    folder = UnicodeAttribute(hash_key=True)
    environment = UnicodeAttribute()
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


def place(environment: str, parent: str | None) -> str:
    """Where the folders in `parent` stand; at the root without one."""
    return f"{environment}/{parent or ''}"
