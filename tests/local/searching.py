"""Looks for secrets in files, in the forms in which they could lie there."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path


def forms(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """How `secret` may lie in a file: as it is, in hex, or anywhere within base64 text of either alphabet."""
    yield "raw", secret
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    for before in range(3):
        # The characters that depend on this secret alone, with `before` bytes of something else in front of it.
        first, last = -(-before * 8 // 6), (before + len(secret)) * 8 // 6
        for name, encode in {"base64": base64.b64encode, "base64url": base64.urlsafe_b64encode}.items():
            yield f"{name} + {before}", encode(bytes(before) + secret + bytes(2))[first:last]


def found(secrets: Mapping[str, bytes], under: Path, *, but: Path | None = None) -> list[str]:
    """Where secrets lie in the files under a directory, as `name (form) in file`.

    Args:
        secrets: By name.
        under: The directory; file names are looked at too.
        but: A file that is not looked at.
    """
    needles = [(name, form, text) for name, secret in secrets.items() for form, text in forms(secret)]
    hits = []
    for file in sorted(under.rglob("*")):
        content = str(file.relative_to(under)).encode()
        if file.is_file() and file != but:
            content += b"\0" + file.read_bytes()
        hits += [f"{name} ({form}) in {file.relative_to(under)}" for name, form, text in needles if text in content]
    return hits
