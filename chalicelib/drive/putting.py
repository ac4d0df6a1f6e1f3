"""Put and putfolder: what a request's files are, and where they belong; `placing` does the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib import ipfs
from chalicelib.blobs import Plaintext
from chalicelib.drive import names, paths
from chalicelib.drive.errors import (
    FileTooLargeError,
    FolderTooLargeError,
    InvalidNameError,
    NoFileError,
    TooManyFilesError,
)
from chalicelib.drive.manifests import Child
from chalicelib.drive.mediatypes import FOLDER_TYPE, media_type
from chalicelib.drive.placing import Arrival
from chalicelib.ipfs import Node

MOST_FILES = 1_000
"""Files of one put: with their keys and rows they must fit the time of one call. A folder has one key, and no limit but
that of its manifest."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One file of a request: its name, what the client says it is, and its bytes."""

    name: str
    declared_type: str | None
    data: memoryview


@dataclass(frozen=True, slots=True)
class Stored:
    """One file of the answer; `thumbs` tells whether its thumbnails are made."""

    name: str
    cid: str
    mimetype: str
    size: int
    thumbs: bool = False


@dataclass(frozen=True, slots=True)
class StoredFolder:
    """A folder of the answer; `dag_size` is the cumulative size of its blocks, in bytes."""

    cid: str
    dag_size: int
    files: Sequence[Stored]


def files(incoming: Sequence[Incoming], most_bytes: int) -> tuple[list[Stored], list[Arrival]]:
    """What to answer to a put, and what to place: each content once, however often it came.

    Raises:
        NoFileError: There is none.
        TooManyFilesError: There are more than 1,000.
        FileTooLargeError: One is over `most_bytes`.
        InvalidNameError: A name is empty or too long.
    """
    _check(incoming, most_bytes)
    if len(incoming) > MOST_FILES:
        raise TooManyFilesError
    for one in incoming:
        check_name(one.name)
    stored = [
        Stored(one.name, ipfs.file_node(one.data).cid, media_type(one.declared_type, one.name), len(one.data))
        for one in incoming
    ]
    named: dict[str, dict[str, str]] = {}
    for file in stored:
        named.setdefault(file.cid, {})[file.name] = file.mimetype
    data = {file.cid: one.data for file, one in zip(stored, incoming, strict=True)}
    return stored, [Arrival(cid, len(data[cid]), Plaintext([data[cid]]), given) for cid, given in named.items()]


def folder(incoming: Sequence[Incoming], most_bytes: int, name: str | None) -> tuple[StoredFolder, Arrival]:
    """What to answer to a putfolder, and what to place: its files as one content.

    Raises:
        NoFileError: There is none.
        FileTooLargeError: One is over `most_bytes`.
        FolderTooLargeError: Two names in it cannot be told apart by the folder's address.
        InvalidPathError: A path cannot stand in this folder.
        PathTooDeepError: A path has more than 32 segments.
        PathSegmentTooLongError: A segment has more than 200 characters.
        InvalidNameError: The name is empty or too long.
    """
    _check(incoming, most_bytes)
    for one in incoming:
        paths.check(one.name)
    paths.check_together(one.name for one in incoming)
    nodes = {one.name: ipfs.file_node(one.data) for one in incoming}
    try:
        folders = ipfs.tree(nodes)
    except ipfs.FolderTooDeep:
        raise FolderTooLargeError("Two names in the folder have the same hash: rename one of them") from None
    root = folders.pop("")
    label = root.cid if name is None else name
    check_name(label)
    plaintext, manifest = _layout({one.name: one.data for one in incoming}, nodes)
    manifest |= {path: Child(node.cid, node.size) for path, node in folders.items()}
    # By the ending alone: a folder's blob is shared, and one account's types are not to be seen by another.
    listed = [Stored(path, node.cid, media_type(None, path), node.size) for path, node in nodes.items()]
    arrival = Arrival(root.cid, root.size, plaintext, {label: FOLDER_TYPE}, manifest)
    return StoredFolder(root.cid, root.dag_size, listed), arrival


def _layout(data: Mapping[str, memoryview], nodes: Mapping[str, Node]) -> tuple[Plaintext, dict[str, Child]]:
    """The files of a folder one after another, sorted by path, equal ones once; and where each begins."""
    pieces: list[memoryview] = []
    begins: dict[str, int] = {}
    end = 0
    for path in sorted(data):
        cid = nodes[path].cid
        if cid not in begins:
            begins[cid] = end
            pieces.append(data[path])
            end += len(data[path])
    return Plaintext(pieces), {path: Child(node.cid, node.size, begins[node.cid]) for path, node in nodes.items()}


def _check(incoming: Sequence[Incoming], most_bytes: int) -> None:
    if not incoming:
        raise NoFileError
    if any(len(one.data) > most_bytes for one in incoming):
        raise FileTooLargeError(most_bytes)


def check_name(name: str) -> None:
    """Refuse what cannot be a name in an account's list.

    Raises:
        InvalidNameError: It is empty, or longer than 1,024 bytes of UTF-8.
    """
    if not 1 <= len(name.encode()) <= names.MOST_BYTES:
        raise InvalidNameError
