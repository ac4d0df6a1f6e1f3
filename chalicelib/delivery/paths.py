"""Paths under an API's prefix: what each connected folder's look like, and which folder a path leads to. Pure.

A folder's path is made of the aliases from the root down to it, and before each strict folder stands the key of the
resource above it that is meant (spec flux-apis, B.3 and C.1).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.content import FolderRow


@dataclass(frozen=True, slots=True)
class Segment:
    """Part of a path: an alias, or the place of a key of the resource above, whose folder is then `owner`."""

    text: str
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads: a folder, the keys of the resources above it by their folders, and what is left over."""

    folder: str
    owners: tuple[tuple[str, str], ...]
    rest: tuple[str, ...]


@dataclass(slots=True)
class Tree:
    """The paths of all folders of an API; an alias goes before the key of a resource."""

    aliases: dict[str, "Tree"] = field(default_factory=dict)
    key: "Tree | None" = None
    owner: str | None = None
    folder: str | None = None

    def add(self, template: Sequence[Segment], folder: str) -> None:
        """Let a template lead to a folder."""
        node = self
        for segment in template:
            if segment.owner is None:
                node = node.aliases.setdefault(segment.text, Tree())
            else:
                node.key = node.key or Tree()
                node.owner = segment.owner
                node = node.key
        node.folder = folder

    def find(self, rest: tuple[str, ...], owners: tuple[tuple[str, str], ...] = ()) -> Iterator[Place]:
        """Where what is left of a path may lead, below these owners; the likeliest first."""
        if rest and (below := self.aliases.get(rest[0])) is not None:
            yield from below.find(rest[1:], owners)
        if rest and self.key is not None and self.owner is not None and not rest[0].startswith("_"):
            yield from self.key.find(rest[1:], (*owners, (self.owner, rest[0])))
        if self.folder is not None:
            yield Place(self.folder, owners, rest)


def template(folder: FolderRow) -> tuple[Segment, ...]:
    """The path of a folder."""
    keys = [*folder.ancestors, folder.key]
    strict = {*folder.required[1:], folder.key} if folder.strict else set()
    found = []
    for at, (key, alias) in enumerate(zip(keys, folder.aliases, strict=True)):
        found.append(Segment(alias))
        if at + 1 < len(keys) and keys[at + 1] in strict:
            found.append(Segment(f"{{{alias}_key}}", owner=key))
    return tuple(found)


def text(segments: Sequence[Segment], keys: Mapping[str, str] | None = None) -> str:
    """A template as text, with the keys of the resources above in their places, if they are given by folder."""
    return "/".join(
        keys[segment.owner] if keys is not None and segment.owner is not None else segment.text for segment in segments
    )
