"""What a role may permit, and what an operation needs (spec flux-apis, B.8). Pure: no row is read here."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum, auto
from typing import Any, Final, Literal, Self, get_args

Action = Literal["create", "read", "update", "delete"]
ContentType = Literal[
    "collection-structure",
    "collection-items",
    "resources",
    "schemas",
    "environment",
    "locales",
    "management-roles",
    "management-keys",
    "flux-apis",
    "flux-roles",
    "flux-keys",
]
FluxContentType = Literal["flux-apis"]
"""All that a Flux role speaks of."""

ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
OBJECT_TYPES: Final = frozenset({"flux-apis", "collection-structure", "collection-items", "resources", "schemas"})
"""Content types that may be permitted for some objects alone: APIs, or (all the others) folders."""
_SAME: Final = {"resources": ("resources", "collection-items"), "collection-items": ("collection-items", "resources")}


class _Object(Enum):
    ANY = auto()


ANY: Final = _Object.ANY
"""Stands for an object that is not known yet, as when it is named by a path: whoever is let in so is asked again, by
`Member.require`, once it is."""


@dataclass(frozen=True, slots=True)
class Need:
    """What an operation must be permitted.

    Attributes:
        content_type: What it is done to; `resources` and `collection-items` are two names for the same.
        action: What is done.
        object_key: The one API (`flux-apis`) or folder (all types of content) it is done to; None for a list or a new
            one, which takes a permission for all objects, and for types that have no objects; `ANY` if found out later.
    """

    content_type: ContentType
    action: Action
    object_key: str | _Object | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """What a role permits of one content type, as rows keep it and answers show it.

    Attributes:
        content_type: What it speaks of.
        actions: What may be done, in the order of `ACTIONS`.
        all_objects: Whether to all objects, or only to `objects`; None for types that have no objects.
        objects: Keys of APIs or folders; they mean nothing while `all_objects` is true.
    """

    content_type: ContentType
    actions: tuple[Action, ...]
    all_objects: bool | None = None
    objects: tuple[str, ...] = ()

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """From what a row keeps."""
        return cls(kept["content_type"], tuple(kept["actions"]), kept["all_objects"], tuple(kept["objects"]))

    def kept(self) -> dict[str, Any]:
        """As a row keeps it."""
        return {**asdict(self), "actions": list(self.actions), "objects": list(self.objects)}

    @property
    def limited(self) -> bool:
        """Whether it is for some objects alone."""
        return self.content_type in OBJECT_TYPES and not self.all_objects

    def allows(self, need: Need) -> bool:
        """Whether it permits an operation on its content type."""
        if need.action not in self.actions:
            return False
        return not self.limited or (bool(self.objects) if need.object_key is ANY else need.object_key in self.objects)


@dataclass(frozen=True, slots=True)
class Grants:
    """All that a caller is permitted: everything in the environment, or what the permissions of a role say."""

    permissions: Mapping[str, Permission] = field(default_factory=dict)
    unrestricted: bool = False

    @classmethod
    def of(cls, permissions: Iterable[Permission]) -> Self:
        """Of these permissions, one a content type."""
        return cls({each.content_type: each for each in permissions})

    def allow(self, need: Need) -> bool:
        """Whether an operation is permitted."""
        names = _SAME.get(need.content_type, (need.content_type,))
        found = (self.permissions.get(name) for name in names)
        return self.unrestricted or any(each is not None and each.allows(need) for each in found)

    def cover(self, wanted: Permission) -> bool:
        """Whether all that a permission gives is permitted here: nobody may give what they do not have."""
        objects = wanted.objects if wanted.limited else (None,)
        needs = (Need(wanted.content_type, action, each) for action in wanted.actions for each in objects)
        return self.unrestricted or all(self.allow(need) for need in needs)


EVERYTHING: Final = Grants(unrestricted=True)
"""Of a user of the account, and of a key without a role."""
