"""Nothing readable at rest or in logs: a marker put as content and as name is found nowhere, in no spelling."""

import base64
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow
from tests.drive.asking import many, put_body, put_ok
from tests.drive.failing import no_patience, no_pauses
from tests.support.books import cat, listed, new_blobs, rm, set_capacity
from tests.support.faults import Crash, Faults, conflict, crash_after, server_error
from tests.support.logs import Logs, recorded
from tests.support.markers import hides
from tests.support.system import System, User


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator[Logs]:
    with recorded(capsys) as logs:
        yield logs


def everything(system: System) -> dict[str, Any]:
    """All rows, all keys of objects, and all objects."""
    s3, bucket = system.aws.s3, system.aws.settings.blob_bucket
    found = system.contents()
    bodies = {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key, _ in found["objects"]}
    return {**found, "bodies": bodies}


def name_marker() -> str:
    return base64.b32encode(secrets.token_bytes(40)).decode()


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize(
    "spell",
    [bytes, lambda b: b.hex(), lambda b: b.hex().upper(), base64.b64encode, base64.urlsafe_b64encode],
    ids=["raw", "hex", "HEX", "base64", "base64url"],
)
def test_the_search_finds_every_spelling(shift: int, spell: Any) -> None:
    marker = secrets.token_bytes(64)

    item = {"name": {"S": ["x", {"B": spell(secrets.token_bytes(shift) + marker + b"more")}]}}

    assert hides(marker, item)
    assert not hides(secrets.token_bytes(64), item)


def test_a_marker_is_found_nowhere(system: System, user: User, logs: Logs) -> None:
    content, name = secrets.token_bytes(64), name_marker()
    assert len(name) == 64

    # Given it is put small, large, under a second name and among many, and used in every call
    (cid,) = put_ok(system, user, (name, content))
    (large,) = put_ok(system, user, (f"large {name}", content * 100_000))
    put_ok(system, user, (f"second {name}", content), *many(20))
    assert cat(system, user, cid).body == content
    system.call("POST", "/api/v0/get", user=user, query={"arg": cid})
    assert name in listed(system, user)
    rm(system, user, large)
    system.call("POST", "/api/v0/cat", user=user, query={"arg": name}, headers={"x": name, "if-none-match": name})
    system.call("POST", f"/api/v0/{name}", user=user, body=content)

    # Then neither tables, objects nor logs hold it
    found = everything(system)
    assert len(found["bodies"]) >= 22
    assert len(logs.entries) >= 8
    assert len(logs.metrics) >= 8
    for secret in (content, name.encode()):
        assert not hides(secret, found)
        assert not hides(secret, logs.text)


def test_neither_are_keys(system: System, user: User, logs: Logs) -> None:
    (cid,) = put_ok(system, user, ("name", b"content"))
    row = aws.get(BlobRow, cid)
    assert row is not None
    dek = new_blobs(system).dek(row.dek_enc)
    secret_part = user.key.split("_", 2)[2].encode()

    assert len(dek) == 32
    for secret in (dek, user.key.encode(), secret_part[:43]):
        assert not hides(secret, everything(system))
        assert not hides(secret, logs.text)


def test_a_marker_is_not_in_logs_when_puts_fail(
    system: System, user: User, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_pauses(monkeypatch)
    no_patience(monkeypatch)
    content, name = secrets.token_bytes(64), name_marker()
    faults = Faults(system.aws)

    for operation, fault, status in [
        ("TransactWriteItems", conflict, 503),
        ("TransactWriteItems", server_error, 503),
        ("PutObject", server_error, 503),
        ("BatchGetItem", server_error, 503),
    ]:
        faults.add(operation, fault, times=1_000)
        assert system.put(user, (name, content)).status == status
        faults.clear()
    faults.add("TransactWriteItems", crash_after)
    with pytest.raises(Crash):
        system.put(user, (name, content))
    put_body(system, user, name.encode() + content, f"multipart/form-data; boundary={name}")
    put_body(system, user, content, name)
    set_capacity(user, 0)
    assert system.put(user, (f"other {name}", content * 2)).status == 413

    for secret in (content, name.encode(), user.key.encode()):
        assert not hides(secret, logs.text)
        assert not hides(secret, everything(system))
    assert len(logs.entries) >= 8


def test_what_a_fault_of_our_own_says_is_not_logged(
    system: System, user: User, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages of exceptions carry values: the type and the place are logged, the message is not."""
    content, name = secrets.token_bytes(64), name_marker()

    def fail(*_: object) -> None:
        cause = ValueError(name, content)
        raise RuntimeError(f"{name} {content!r} {content.hex()}") from cause

    monkeypatch.setattr("chalicelib.blobs.objects.put", fail)

    answer = system.put(user, (name, content))

    assert answer.status == 500
    assert any(entry["message"] == "fault" for entry in logs.entries)
    assert "RuntimeError" in logs.text
    for secret in (content, name.encode()):
        assert not hides(secret, logs.text)
        assert not hides(secret, answer.body)
