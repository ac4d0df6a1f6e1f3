"""Media types: what a client says, or what the name's ending tells."""

import mimetypes
import re
from posixpath import splitext

FOLDER_TYPE = "inode/directory"
"""Media type of a folder in lists and records (freedesktop shared MIME info)."""

_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")
_ANY = "application/octet-stream"
# Python's own table alone: the machine's would make answers differ from one to the next.
_BY_ENDING = mimetypes.MimeTypes(filenames=())


def media_type(declared: str | None, name: str) -> str:
    """The media type to keep: the declared one without parameters if it is one, else by the name's ending."""
    bare = (declared or "").partition(";")[0].strip().lower()
    if _TYPE.fullmatch(bare) and bare != _ANY:
        return bare
    # The ending alone: `guess_type` would take "data:text/html,x" for a URL and believe what it says of itself.
    return _BY_ENDING.guess_type(f"file{splitext(name)[1]}", strict=False)[0] or _ANY
