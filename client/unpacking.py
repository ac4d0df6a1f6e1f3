"""A folder's tar, unpacked beside its place, checked against the folder's address, and moved there whole."""

import shutil
import tarfile
import tempfile
from pathlib import Path

from . import hashing
from .errors import DamagedError, UsageError


def _inside(member: tarfile.TarInfo, place: str) -> tarfile.TarInfo:
    """Python's `data` filter; the drive keeps no times, so files get the time at which they come."""
    return tarfile.data_filter(member, place).replace(mtime=None)  # type: ignore[arg-type]  # typeshed knows no None


def unpack(tar: Path, cid: str, target: Path) -> None:
    """Unpack a tar whose one folder is named by its address, as `target`, which must not be there.

    Python's `data` filter keeps everything inside (PEP 706): no absolute paths, no way out, no devices.

    Raises:
        DamagedError: The tar is broken, leads elsewhere, or holds another folder.
        UsageError: Something stands at `target` meanwhile.
    """
    place = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        with tarfile.open(tar, "r:") as archive:
            archive.extractall(place, filter=_inside)  # noqa: S202 - the filter is what the rule asks for
        (root,) = place.iterdir()
        found = hashing.tree(root).cid
        if found != cid:
            raise DamagedError(f"What came is the folder {found}, not {cid}, so it is not kept: get it again")
        if target.exists():
            raise UsageError(f"{target} is there already: choose another place with -o")
        root.rename(target)
    except (tarfile.TarError, ValueError) as error:
        raise DamagedError(f"The folder's tar cannot be unpacked, so it is not kept: {error}") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)
