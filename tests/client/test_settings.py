from pathlib import Path

import pytest

from client import settings
from client.errors import UsageError
from client.settings import Settings
from tests.client.conftest import Cli
from tests.client.faking import KEY, ZELID, Drive

GOOD = {"FLUXVAULT_URL": "https://drive.example.org/v1/", "FLUXVAULT_ZELID": "alice", "FLUXVAULT_API_KEY": "key"}
FILE = 'url = "http://127.0.0.1:1"\nzelid = "bob"\napi_key = "from the file"\n'
UNSET: dict[str, str | None] = {"FLUXVAULT_URL": None, "FLUXVAULT_ZELID": None, "FLUXVAULT_API_KEY": None}


@pytest.fixture
def file(home: Path) -> Path:
    place = home / "config/fluxvault"
    place.mkdir(parents=True)
    (place / "config.toml").write_text(FILE)
    (place / "config.toml").chmod(0o600)
    return place / "config.toml"


def test_the_environment_says_it() -> None:
    assert settings.load(GOOD) == Settings("https://drive.example.org/v1", "alice", "key")


def test_the_file_says_the_rest(file: Path) -> None:
    assert settings.load({"FLUXVAULT_ZELID": "alice"}) == Settings("http://127.0.0.1:1", "alice", "from the file")
    assert file.exists()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o700])
def test_a_file_that_others_may_use_is_refused(mode: int, file: Path) -> None:
    file.chmod(mode)

    with pytest.raises(UsageError, match=f"mode {mode:o}.*chmod 600 '{file}'"):
        settings.load({})


def test_a_file_that_others_may_use_matters_only_where_it_is_read(file: Path) -> None:
    file.chmod(0o644)

    assert settings.load(GOOD).zelid == "alice"


@pytest.mark.parametrize("text", ["url = ", "url = 5", 'color = "red"', "[url]\n", "\xff"])
def test_a_file_that_makes_no_sense(text: str, file: Path) -> None:
    file.write_bytes(text.encode("latin-1"))

    with pytest.raises(UsageError, match=r"config\.toml"):
        settings.load({})


@pytest.mark.parametrize(
    "url",
    [
        "drive.example.org",
        "ftp://x",
        "https://",
        "https://a:b@x",
        "https://x?y",
        "https://x:port",
        "https://x#y",
        "//x",
    ],
)
def test_a_url_that_cannot_work(url: str) -> None:
    with pytest.raises(UsageError, match="must look like"):
        settings.load({**GOOD, "FLUXVAULT_URL": url})


@pytest.mark.parametrize(("name", "value"), [("FLUXVAULT_ZELID", "a:b"), ("FLUXVAULT_API_KEY", "key\n")])
def test_credentials_that_cannot_work(name: str, value: str) -> None:
    with pytest.raises(UsageError):
        settings.load({**GOOD, name: value})


def test_what_is_missing_is_named() -> None:
    with pytest.raises(UsageError, match="Not set: FLUXVAULT_URL, FLUXVAULT_API_KEY"):
        settings.load({"FLUXVAULT_ZELID": "alice"})


@pytest.mark.parametrize(
    ("url", "clear"),
    [("http://127.0.0.1:8000", False), ("http://localhost", False), ("https://x.org", False), ("http://x.org", True)],
)
def test_a_key_in_the_clear_is_noticed(url: str, *, clear: bool) -> None:
    assert Settings(url, "a", "k").in_the_clear is clear


def test_a_key_is_not_shown() -> None:
    assert "secret" not in repr(Settings("http://x", "a", "secret"))


def test_config_keeps_them_for_the_owner_alone(cli: Cli, drive: Drive, home: Path) -> None:
    ran = cli("config", "--url", drive.api.url, "--zelid", ZELID, stdin=f"{KEY}\n", **UNSET)

    path = home / "config/fluxvault/config.toml"
    assert ran.code == 0, ran.err
    assert KEY not in ran.out + ran.err
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert cli("status", **UNSET).code == 0


def test_config_replaces_a_file_that_others_may_read(cli: Cli, file: Path) -> None:
    file.chmod(0o644)

    ran = cli("config", "--url", "https://x.org", "--zelid", 'quo"te\\', stdin="new\n")

    assert (ran.code, file.stat().st_mode & 0o777) == (0, 0o600)
    assert settings.load({}) == Settings("https://x.org", 'quo"te\\', "new")
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def test_config_shows_all_but_the_key(cli: Cli, file: Path) -> None:
    shown = cli("config", "--show", "--json").document

    assert shown == {"file": str(file), "url": "http://127.0.0.1:1", "zelid": "bob", "api_key": True}


def test_config_without_a_key_keeps_nothing(cli: Cli, home: Path) -> None:
    ran = cli("config", "--url", "https://x.org", "--zelid", "a", stdin="")

    assert (ran.code, list(home.iterdir())) == (2, [])
