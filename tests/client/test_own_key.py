"""`keys create --save`: from no settings at all to a client that works, and nothing that is kept is lost."""

from pathlib import Path
from typing import Any

import pytest

from client import settings
from client.settings import Settings
from tests.client.conftest import Cli
from tests.client.managing import EMAIL, KEYS, PASSWORD, Managed
from tests.client.serving import Fault, Reply, instead

SAVE = ("keys", "create", "laptop", "--save")
SECRET = "fvk_key0_secret"


def keep(home: Path, **values: str) -> Path:
    """A file of settings that was there before."""
    path = home / "config/fluxvault/config.toml"
    settings.write(values, path)
    return path


def test_from_nothing_to_a_client_that_works(owner: Cli, managed: Managed, home: Path) -> None:
    url = managed.api.url
    login = owner("login", stdin=f"{url}\n{EMAIL}\n{PASSWORD}\n", FLUXVAULT_URL=None)

    ran = owner(*SAVE, FLUXVAULT_URL=None)

    path = home / "config/fluxvault/config.toml"
    assert (login.code, ran.code, ran.err) == (0, 0, "")
    assert ran.out.splitlines()[-1] == f"saved    {path}"
    assert SECRET not in ran.out
    assert settings.load({}) == Settings(url, "alice", SECRET)
    assert path.stat().st_mode & 0o777 == 0o600


def test_where_it_was_saved_is_in_the_document_instead_of_the_secret(signed_in: Cli, home: Path) -> None:
    document = signed_in.json(*SAVE)

    assert document["saved"] == str(home / "config/fluxvault/config.toml")
    assert "secret" not in document["key"]


def test_what_comes_before_the_file_is_named(signed_in: Cli) -> None:
    assert signed_in(*SAVE).err == "the environment comes before what is kept: unset FLUXVAULT_URL\n"


def test_the_account_s_older_key_is_replaced_with_a_word(signed_in: Cli, managed: Managed, home: Path) -> None:
    path = keep(home, url=f"{managed.api.url}/", zelid="alice", api_key="fvk_olderkey")

    ran = signed_in(*SAVE, FLUXVAULT_URL=None)

    assert ran.err == "the key that was kept before (fvk_olde...) still works: revoke it if nobody uses it\n"
    assert settings.read(path)["api_key"] == SECRET


@pytest.mark.parametrize("other", [{"zelid": "bob"}, {"url": "https://x.org"}, {"url": None}, {"zelid": None}], ids=str)
def test_another_s_key_is_not_overwritten(other: dict[str, Any], signed_in: Cli, managed: Managed, home: Path) -> None:
    before = {"url": managed.api.url, "zelid": "alice", "api_key": "fvk_olderkey", **other}
    path = keep(home, **{name: value for name, value in before.items() if value})
    text = path.read_text()

    ran = signed_in(*SAVE)

    assert (ran.code, path.read_text(), managed.keys) == (2, text, {})
    assert "keeps the key of another account or drive" in ran.err


def test_settings_that_others_may_read_are_refused_before_a_key_is_made(
    signed_in: Cli, managed: Managed, home: Path
) -> None:
    keep(home, url=managed.api.url).chmod(0o644)

    assert signed_in(*SAVE).code == 2
    assert managed.keys == {}


def test_a_key_without_a_known_account_is_not_made(owner: Cli, managed: Managed) -> None:
    def opaque(*_: object) -> Reply:
        managed.access["opaque"] = 9
        return instead(200, {"access": "opaque", "refresh": "r"})()

    managed.api.faults.append(Fault("POST /account/auth", opaque))
    assert owner("login", stdin=f"{EMAIL}\n{PASSWORD}\n").code == 0

    ran = owner(*SAVE)

    assert (ran.code, managed.keys) == (2, {})
    assert "does not tell the ZELID" in ran.err
    assert owner.json("keys", "create", "k")["zelid"] is None


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_key_that_cannot_be_kept_is_shown(
    options: list[str], signed_in: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(settings, "write", full)

    ran = signed_in(*SAVE, *options)

    assert ran.code == 1
    assert SECRET in ran.out
    assert ran.err.startswith("The key was made, but cannot be kept: No space left on device: ")
    if options:
        assert (ran.document["code"], ran.document["key"]["secret"]) == ("failed", SECRET)


def test_only_one_request_makes_it(signed_in: Cli, managed: Managed) -> None:
    signed_in(*SAVE, "--expires", "12h")

    assert [one.method for one in managed.api.heard("") if one.path == KEYS] == ["GET", "POST"]
