"""Paths of files in a folder, as clients name them: `a/b.png` (spec drive, `putfolder`)."""

from collections.abc import Iterable

from chalicelib.drive.errors import FolderTooLargeError, InvalidPathError, PathSegmentTooLongError, PathTooDeepError

MOST_LEVELS = 32
MOST_SEGMENT = 200
"""Characters of one segment."""
MOST_CHARACTERS = 16 * 2**20
"""Characters of all paths in a folder, those of the folders in it too: a deep path stands for 31 more, and each takes
memory long before a manifest is found to be too large."""


def check(path: str) -> None:
    """Refuse what cannot be the path of a file in a folder.

    Raises:
        InvalidPathError: A segment is empty, `.` or `..`, or holds a NUL.
        PathSegmentTooLongError: A segment has more than 200 characters.
        PathTooDeepError: There are more than 32 segments.
    """
    segments = path.split("/")
    if any(segment in {"", ".", ".."} or "\0" in segment for segment in segments):
        raise InvalidPathError
    if len(segments) > MOST_LEVELS:
        raise PathTooDeepError
    if any(len(segment) > MOST_SEGMENT for segment in segments):
        raise PathSegmentTooLongError


def check_together(paths: Iterable[str]) -> None:
    """Refuse paths that cannot stand in one folder.

    Raises:
        InvalidPathError: One is given twice, or is also a folder of another.
        FolderTooLargeError: They have too many characters in all.
    """
    files: set[str] = set()
    folders: set[str] = set()
    characters = 0
    for path in paths:
        characters += len(path)
        if path in files:
            raise InvalidPathError("Path given twice")
        files.add(path)
        while path := parent(path):
            if path in folders:
                break
            folders.add(path)
            characters += len(path)
        if characters > MOST_CHARACTERS:
            raise FolderTooLargeError
    if files & folders:
        raise InvalidPathError("Path is both a file and a folder")


def parent(path: str) -> str:
    """The folder that a path stands in; empty for the root."""
    return path.rpartition("/")[0]


def name(path: str) -> str:
    """The last segment of a path."""
    return path.rpartition("/")[2]
