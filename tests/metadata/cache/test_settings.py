"""Where records are cached: which forms of `CACHE_URL` a process starts with."""

import pytest

from chalicelib.composition import services
from chalicelib.metadata.cache import NoCache
from chalicelib.metadata.embedded import EmbeddedCache
from chalicelib.metadata.valkey import ValkeyCache
from chalicelib.settings import Settings, SettingsError

ENVIRONMENT = {"TABLE_PREFIX": "test-", "BLOB_BUCKET": "test-blobs", "KMS_KEY_ID": "alias/test"}
SERVERS = [
    "valkey://cache.internal",
    "valkey://cache.internal:6380/1",
    "valkeys://user:word@cache.internal:6379",
    "redis://127.0.0.1:6379",
    "rediss://:word@cache.internal:6379/0?socket_keepalive=true",
    "redis://[::1]:6379",
]
REFUSED = [
    "memory",
    "Embedded",
    "embedded ",
    "embedded://",
    "cache.internal:6379",
    "http://cache.internal",
    "unix:///tmp/valkey.sock",
    "valkey:",
    "valkey://",
    "VALKEY://cache.internal",
    " redis://cache.internal",
    "redis://cache.internal\n",
    "memcached://cache.internal",
]


def cache_of(url: str | None, monkeypatch: pytest.MonkeyPatch) -> object:
    """The cache of a process that was started with this."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    settings = Settings.from_env({**ENVIRONMENT, **({} if url is None else {"CACHE_URL": url})})
    return services(settings).warming._cache


@pytest.mark.parametrize("url", SERVERS)
def test_a_server(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which nobody has to reach for the process to start."""
    assert isinstance(cache_of(url, monkeypatch), ValkeyCache)


def test_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(cache_of("embedded", monkeypatch), EmbeddedCache)


@pytest.mark.parametrize("url", [None, ""])
def test_none(url: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(cache_of(url, monkeypatch), NoCache)


@pytest.mark.parametrize("url", REFUSED)
def test_anything_else_does_not_start_and_says_why(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="CACHE_URL"):
        cache_of(url, monkeypatch)


@pytest.mark.parametrize(("name", "least", "most"), [("CACHE_SYNC_BYTES", 1, None), ("CACHE_MOST_READ", 1, 1000)])
def test_the_limits_have_limits(name: str, least: int, most: int | None) -> None:
    for value in (least, most or 10**12):
        settings = Settings.from_env({**ENVIRONMENT, name: str(value)})
        assert getattr(settings, name.lower()) == value
    for bad in (str(least - 1), "-1", "many", *([str(most + 1)] if most else [])):
        with pytest.raises(SettingsError, match=name):
            Settings.from_env({**ENVIRONMENT, name: bad})


def test_what_they_are_if_nothing_is_said() -> None:
    settings = Settings.from_env(ENVIRONMENT)

    assert (settings.cache_url, settings.cache_sync_bytes, settings.cache_most_read) == (None, 450_000_000, 100)


def test_only_the_local_stage_keeps_a_cache_in_its_process() -> None:
    deployed = {
        "table_prefix": "p-",
        "blob_bucket": "b",
        "kms_key_id": "alias/k",
        "public_url": "https://api.example.org",
    }
    assert Settings.from_env({**deployed, "stage": "prod"}).cache_url is None
    with pytest.raises(SettingsError, match="CACHE_URL=embedded is for STAGE=local"):
        Settings.from_env({**deployed, "stage": "prod", "cache_url": "embedded"})
