"""Addresses of all folders of a tree, from the paths of its files."""

from collections.abc import Iterable, Mapping

from chalicelib.ipfs.folders import folder_node
from chalicelib.ipfs.node import Node


def tree(files: Mapping[str, Node], empty: Iterable[str] = ()) -> dict[str, Node]:
    """Address every folder on the way to the files.

    The time is linear in the number of files and folders. The keys of the answer grow with the square of a path's
    depth, so whoever takes paths from outside bounds their length.

    Args:
        files: Node of each file by its path from the root: names with "/" between them, none at either end.
        empty: Paths of folders that exist though no file need lie in them.

    Returns:
        Node of each folder by its path; that of the root is "", and it is there even if there are no files.

    Raises:
        ValueError: A path is both a file and a folder, begins with "/", or holds a name that `folder_node` refuses.
        FolderTooDeep: A folder is sharded and cannot tell two of its names apart.
    """
    folders: dict[str, dict[str, Node]] = {"": {}}
    for path in empty:
        _make(folders, path)
    for path, node in files.items():
        parent, name = _split(path)
        _make(folders, parent)
        folders[parent][name] = node
    if not folders.keys().isdisjoint(files):
        raise ValueError("a path is both a file and a folder")
    nodes: dict[str, Node] = {}
    # Every folder comes after its parent, so backwards all of its entries are known.
    for path, entries in reversed(folders.items()):
        nodes[path] = folder_node(entries)
        if path:
            parent, name = _split(path)
            folders[parent][name] = nodes[path]
    return nodes


def _make(folders: dict[str, dict[str, Node]], path: str) -> None:
    """Enter a folder and those above it, parents first; climbing ends at the first that is there."""
    missing = []
    while path not in folders:
        missing.append(path)
        path, _ = _split(path)
    folders.update((folder, {}) for folder in reversed(missing))


def _split(path: str) -> tuple[str, str]:
    # Its first name would be empty, yet partition would take its parent for the root.
    if path.startswith("/"):
        raise ValueError('a path does not begin with "/"')
    parent, _, name = path.rpartition("/")
    return parent, name
