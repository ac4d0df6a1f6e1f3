"""`get`: where a download goes, and what a person is told of it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .contents import Content
from .downloading import Downloader
from .errors import UsageError
from .screen import Screen
from .unpacking import unpack

_STDOUT = "-"
_TAR = ".tar"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for.

    Attributes:
        address: A hash, or `<folder hash>/path`.
        output: Where to: a file, a folder that is there, `-` for stdout, None for here.
        force: Whether a file that is there may be overwritten.
        extract: Whether a folder is to be unpacked.
    """

    address: str
    output: str | None
    force: bool
    extract: bool


def get(downloader: Downloader, screen: Screen, wanted: Wanted) -> Mapping[str, Any] | None:
    """Get something; gives what became of it, or None if it went to stdout.

    Raises:
        UsageError: It cannot go where it should.
    """
    to_stdout = wanted.output == _STDOUT
    if to_stdout and (screen.as_json or wanted.extract or wanted.force):
        raise UsageError("-o - writes the content to stdout: leave --json, --extract and --force out")
    content = downloader.look(wanted.address)
    if wanted.extract and not content.tar:
        raise UsageError(f"{wanted.address} is a file: leave --extract out")
    if content.tar and not wanted.extract:
        screen.note("a tar has no address of its own, so its bytes are not checked; --extract checks the folder")
    if to_stdout:
        downloader.write(content, sys.stdout.buffer)
        return None
    target = _target(content, wanted)
    if wanted.extract:
        _extract(downloader, content, target)
    else:
        downloader.save(content, target)
    checked = wanted.extract or not content.tar
    return {"file": str(target), "hash": content.cid, "size": content.size, "checked": checked}


def _target(content: Content, wanted: Wanted) -> Path:
    """The file or folder to be made; nothing that is there is lost without a word.

    Raises:
        UsageError: Something is there.
    """
    name = content.name.removesuffix(_TAR) if wanted.extract else content.name
    place = Path(wanted.output or ".").absolute()
    target = place / (name or content.cid) if place.is_dir() else place
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent} is not a folder: make it first")
    if target.exists() and (target.is_dir() or wanted.extract):
        raise UsageError(f"{target} is there already: choose another place with -o")
    if target.exists() and not wanted.force:
        raise UsageError(f"{target} is there already: choose another place with -o, or --force")
    return target


def _extract(downloader: Downloader, content: Content, target: Path) -> None:
    tar = target.with_name(f".{target.name}{_TAR}")
    downloader.save(content, tar)
    try:
        unpack(tar, content.cid, target)
    finally:
        tar.unlink()
