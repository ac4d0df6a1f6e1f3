"""Where the drive is and who uses it: the environment, then a file that nobody else may read."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from . import private
from .errors import UsageError

NAMES: Final = {"url": "FLUXVAULT_URL", "zelid": "FLUXVAULT_ZELID", "api_key": "FLUXVAULT_API_KEY"}
"""The settings, as the file names them and as the environment does."""


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
        return in_the_clear(self.url)


def in_the_clear(url: str) -> bool:
    """Whether a secret would cross a network unencrypted on its way to a URL."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}


def config_file() -> Path:
    """Where the file of settings is."""
    return private.directory("CONFIG", ".config") / "config.toml"


def given(environ: Mapping[str, str], *names: str) -> dict[str, str]:
    """The settings of these names that there are; what the environment says comes before what the file says.

    Raises:
        UsageError: The file can be read by others, or makes no sense; nobody looks if the environment says it all.
    """
    said = {name: environ[NAMES[name]] for name in names if environ.get(NAMES[name])}
    if said.keys() < set(names):
        kept = read(config_file())
        said = {**{name: kept[name] for name in names if kept.get(name)}, **said}
    return said


def server(environ: Mapping[str, str]) -> str:
    """Where the drive is.

    Raises:
        UsageError: Nobody says so, or it makes no sense.
    """
    url = given(environ, "url").get("url")
    if not url:
        raise UsageError(f"Not set: {NAMES['url']}. Set it in the environment, or run the command `login`")
    return checked_url(url)


def load(environ: Mapping[str, str]) -> Settings:
    """The settings; what the environment says comes before what the file says.

    Raises:
        UsageError: One is missing or makes no sense, or the file can be read by others.
    """
    said = given(environ, *NAMES)
    if missing := [variable for name, variable in NAMES.items() if name not in said]:
        raise UsageError(f"Not set: {', '.join(missing)}. Set it in the environment, or run the command `config`")
    return checked(Settings(**said))


def checked(settings: Settings) -> Settings:
    """The same settings, tidied.

    Raises:
        UsageError: They cannot work.
    """
    if ":" in settings.zelid:
        raise UsageError("A ZELID has no colon in it")
    if not (settings.zelid + settings.api_key).isprintable():
        raise UsageError("The ZELID or the key has a character in it that cannot be printed, such as a line's end")
    return Settings(checked_url(settings.url), settings.zelid, settings.api_key)


def checked_url(text: str) -> str:
    """The same URL, tidied.

    Raises:
        UsageError: It cannot be a drive's.
    """
    url = text.rstrip("/")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise UsageError(f"{url} is no URL: it must look like https://drive.example.org") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise UsageError(f"{url} is no URL of a drive: it must look like https://drive.example.org")
    return url


def read(path: Path) -> dict[str, str]:
    """What a file of settings says; nothing if there is none.

    Raises:
        UsageError: Others may read it, or it is no TOML of ours.
    """
    try:
        found = tomllib.loads((private.read(path) or b"").decode())
    except ValueError as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    if not found.keys() <= NAMES.keys() or not all(isinstance(value, str) for value in found.values()):
        raise UsageError(f"{path} may say {', '.join(NAMES)}, each as a string, and nothing else")
    return found


def write(values: Mapping[str, str], path: Path) -> None:
    """Keep settings in a file that only its owner may read, in place of what was there."""
    private.make(path.parent)
    # What a TOML basic string must escape, JSON escapes the same way; control characters were refused before.
    private.write(path, "".join(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in values.items()))
