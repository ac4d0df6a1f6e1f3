"""Where the drive is and who uses it: the environment, then a file that nobody else may read."""

import json
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from .errors import UsageError

NAMES: Final = {"url": "FLUXVAULT_URL", "zelid": "FLUXVAULT_ZELID", "api_key": "FLUXVAULT_API_KEY"}
"""The settings, as the file names them and as the environment does."""
PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Settings:
    """A drive and an account on it; `url` has no trailing slash."""

    url: str
    zelid: str
    api_key: str

    def __repr__(self) -> str:
        return f"Settings({self.url}, {self.zelid})"

    @property
    def in_the_clear(self) -> bool:
        """Whether the key would cross a network unencrypted."""
        url = urlsplit(self.url)
        return url.scheme == "http" and url.hostname not in {"127.0.0.1", "localhost", "::1"}


def directory(kind: str, default: str) -> Path:
    """Our directory under one of XDG's, which must be absolute to count (XDG Base Directory Specification)."""
    given = Path(os.environ.get(f"XDG_{kind}_HOME") or "")
    return (given if given.is_absolute() else Path.home() / default) / "fluxvault"


def config_file() -> Path:
    """Where the file of settings is."""
    return directory("CONFIG", ".config") / "config.toml"


def load(environ: Mapping[str, str]) -> Settings:
    """The settings; what the environment says comes before what the file says.

    Raises:
        UsageError: One is missing or makes no sense, or the file can be read by others.
    """
    given = {name: environ[variable] for name, variable in NAMES.items() if environ.get(variable)}
    if given.keys() < NAMES.keys():
        given = {**read(config_file()), **given}
    if missing := [variable for name, variable in NAMES.items() if not given.get(name)]:
        raise UsageError(f"Not set: {', '.join(missing)}. Set it in the environment, or run the command `config`")
    return checked(Settings(**given))


def checked(settings: Settings) -> Settings:
    """The same settings, tidied.

    Raises:
        UsageError: They cannot work.
    """
    url = settings.url.rstrip("/")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise UsageError(f"{url} is no URL: it must look like https://drive.example.org") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise UsageError(f"{url} is no URL of a drive: it must look like https://drive.example.org")
    if ":" in settings.zelid:
        raise UsageError("A ZELID has no colon in it")
    if not (settings.zelid + settings.api_key).isprintable():
        raise UsageError("The ZELID or the key has a character in it that cannot be printed, such as a line's end")
    return Settings(url, settings.zelid, settings.api_key)


def read(path: Path) -> dict[str, str]:
    """What a file of settings says; nothing if there is none.

    Raises:
        UsageError: Others may read it, or it is no TOML of ours.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & ~PRIVATE:
                raise UsageError(f"{path} holds a key and may be used by others (mode {mode:o}): chmod 600 '{path}'")
            found = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    if not found.keys() <= NAMES.keys() or not all(isinstance(value, str) for value in found.values()):
        raise UsageError(f"{path} may say {', '.join(NAMES)}, each as a string, and nothing else")
    return found


def write(settings: Settings, path: Path) -> None:
    """Keep settings in a file that only its owner may read, in place of what was there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # What a TOML basic string must escape, JSON escapes the same way; control characters were refused before.
    values = {"url": settings.url, "zelid": settings.zelid, "api_key": settings.api_key}
    write_private(path, "".join(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in values.items()))


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600, whole or not at all."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
