"""One typed object from the environment; what does not describe a process that may start is refused by name."""

import pytest
from pydantic import ValidationError

from chalicelib.settings import GIB, Settings, SettingsError

LOCAL = {"TABLE_PREFIX": "fv-", "BLOB_BUCKET": "blobs", "KMS_KEY_ID": "alias/fv"}
PRODUCTION = {**LOCAL, "STAGE": "prod", "PUBLIC_URL": "https://api.fluxvault.net"}


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(environ)
    return str(refused.value)


def test_what_is_not_said_has_its_default() -> None:
    settings = Settings.from_env(LOCAL)

    assert (settings.stage, settings.surface, settings.region) == ("local", "all", "us-east-1")
    assert settings.max_file_bytes == 5 * GIB
    assert (settings.key_cache_seconds, settings.grace_days, settings.log_level) == (300, 30, "INFO")


def test_every_field_is_the_variable_of_its_name() -> None:
    settings = Settings.from_env(
        {
            **PRODUCTION,
            "SURFACE": "public",
            "AWS_REGION": "eu-north-1",
            "KEY_CACHE_SECONDS": "12.5",
            "MAX_FILE_BYTES": "1048576",
            "GRACE_DAYS": "7",
            "LOG_LEVEL": "DEBUG",
            "PATH": "/bin",
            "UNRELATED": "x",
        }
    )

    assert (settings.stage, settings.surface, settings.region) == ("prod", "public", "eu-north-1")
    assert (settings.table_prefix, settings.blob_bucket, settings.kms_key_id) == ("fv-", "blobs", "alias/fv")
    assert settings.public_url == "https://api.fluxvault.net"
    assert (settings.key_cache_seconds, settings.max_file_bytes, settings.grace_days) == (12.5, 2**20, 7)
    assert settings.log_level == "DEBUG"


def test_settings_never_change() -> None:
    settings = Settings.from_env(LOCAL)

    with pytest.raises(ValidationError):
        settings.stage = "prod"  # type: ignore[misc]


@pytest.mark.parametrize("missing", LOCAL)
@pytest.mark.parametrize("how", ["absent", "empty", "blank"])
def test_a_missing_variable_is_named(missing: str, how: str) -> None:
    environ = {name: value for name, value in LOCAL.items() if name != missing}
    if how != "absent":
        environ[missing] = "" if how == "empty" else "  "

    assert missing in refusal(environ)


def test_all_variables_at_fault_are_named() -> None:
    said = refusal({"SURFACE": "private", "GRACE_DAYS": "many", "MAX_FILE_BYTES": "0"})

    assert all(name in said for name in (*LOCAL, "SURFACE", "GRACE_DAYS", "MAX_FILE_BYTES"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SURFACE", "everything"),
        ("KEY_CACHE_SECONDS", "-1"),
        ("KEY_CACHE_SECONDS", "3601"),
        ("KEY_CACHE_SECONDS", "nan"),
        ("MAX_FILE_BYTES", "0"),
        ("MAX_FILE_BYTES", str(5 * GIB + 1)),
        ("MAX_FILE_BYTES", "1.5"),
        ("GRACE_DAYS", "-1"),
        ("GRACE_DAYS", "366"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_name(name: str, value: str) -> None:
    assert refusal({**LOCAL, name: value}).startswith(f"{name}: ")


@pytest.mark.parametrize("name", ["TABLE_PREFIX", "BLOB_BUCKET", "KMS_KEY_ID", "PUBLIC_URL"])
@pytest.mark.parametrize(
    "value", ["changeme", "ChangeMe", "change-me", "<your key here>", "placeholder", "TODO", "xxx"]
)
def test_placeholders_are_refused_outside_local(name: str, value: str) -> None:
    assert f"{name} is a placeholder" in refusal({**PRODUCTION, name: value})
    # The local stage is for trying things out.
    assert getattr(Settings.from_env({**LOCAL, name: value}), name.lower()) == value


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "https://localhost/x", "http://LOCALHOST:8000"])
def test_the_local_address_is_a_placeholder_elsewhere(url: str) -> None:
    assert "PUBLIC_URL is a placeholder" in refusal({**PRODUCTION, "PUBLIC_URL": url})


def test_the_default_address_does_not_do_outside_local() -> None:
    environ = {name: value for name, value in PRODUCTION.items() if name != "PUBLIC_URL"}

    assert "PUBLIC_URL is a placeholder" in refusal(environ)


def test_an_alias_of_a_placeholder_is_one_too() -> None:
    assert "KMS_KEY_ID is a placeholder" in refusal({**PRODUCTION, "KMS_KEY_ID": "alias/changeme"})


def test_all_placeholders_are_named_at_once() -> None:
    said = refusal({**PRODUCTION, "BLOB_BUCKET": "changeme", "KMS_KEY_ID": "changeme"})

    assert "BLOB_BUCKET is a placeholder" in said
    assert "KMS_KEY_ID is a placeholder" in said


def test_a_refusal_repeats_no_value() -> None:
    assert "s3cret" not in refusal({**PRODUCTION, "KEY_CACHE_SECONDS": "s3cret", "SURFACE": "s3cret"})
