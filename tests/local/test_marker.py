"""Nothing that the drive or the key service is given can be read in what the stack leaves on the disk."""

import base64
import itertools
import json
import secrets
import time
from pathlib import Path

import httpx
import pytest

from tests.acceptance.client import Account, Target, listed, multipart, on, stored
from tests.acceptance.unixfs import address
from tests.local.searching import forms, found
from tests.local.stack import Start, admin, target
from tests.local.test_durability import SAVED_SECONDS


def abuse(at: Target, account: Account, marker: bytes, text: str) -> None:
    """Send the marker in every place where it does not belong."""
    body, kind = multipart((text, marker))
    with at.client(account) as client:
        client.post("/api/v0/put", content=body[:-20], headers=kind)
        client.post("/api/v0/put", content=body, headers={"Content-Type": "multipart/form-data; boundary=other"})
        client.post("/api/v0/put", content=marker, headers={"Content-Type": text})
        client.put("/api/v0/put", content=marker)
        client.post(f"/api/v0/ls?cursor={text}&{text}=1", content=marker)
        client.post("/api/v0/rm", json={"hash": text, text: text})
        client.get(f"/api/v0/{text}", headers={"Cookie": text, "User-Agent": text, "X-Request-Id": text})
    with at.client(Account(text[:64], text)) as stranger:
        stranger.post("/api/v0/status")
    with at.client() as meta:
        meta.post("/api/v1/meta", json={"filenameEnc": text, text: marker.hex()})
        meta.post("/api/v1/dek/unwrap", json={"dekEnc": text})
        meta.post("/api/v1/dek/wrap", json={"dek": [text]})
        meta.post("/api/v1/dek/wrap", content=marker)
        meta.get(f"/api/v1/meta/{text}?{text}")
        meta.get(f"/{text}")


def keep_and_remove(client: httpx.Client, marker: bytes, names: list[str], *, keep: bool) -> None:
    """Put the marker under names that hold it, list and read it, and remove it or not."""
    (cid, *_) = stored(client, *((name, marker) for name in names))
    stored(client, ("inside.bin", b"before " + marker + b" after"), *((f"{n}", marker[n:]) for n in range(15)))
    assert {file["name"] for file in listed(client)} > set(names)
    assert on(client, "cat", cid).content == on(client, "get", cid).content == marker
    if not keep:
        assert on(client, "rm", cid).status_code == 200


def test_neither_content_nor_name_nor_key_is_found_on_the_disk(start: Start, local: Path) -> None:
    running = start(local).ready()
    at, other = target(running), admin(local).account()
    marker, dek = secrets.token_bytes(64), secrets.token_urlsafe(48)
    names = [marker.hex(), base64.urlsafe_b64encode(marker).decode()]
    with at.client(at) as mine, at.client(other) as theirs:
        keep_and_remove(mine, marker, names, keep=False)
        keep_and_remove(theirs, marker, names, keep=True)
    for text, account in itertools.product(names, (at, other)):
        abuse(at, account, marker, text)
    with at.client() as meta:
        wrapped = meta.post("/api/v1/dek/wrap", json={"dek": dek}).json()
        assert meta.post("/api/v1/dek/unwrap", json=wrapped).json() == {"dek": dek}
    hidden = {"marker": marker, "hex name": names[0].encode(), "base64 name": names[1].encode(), "DEK": dek.encode()}
    # The first part of a key is its public id.
    hidden |= {f"key of {who.zelid}": who.key.split("_", 2)[2].encode() for who in (at, other)}

    time.sleep(SAVED_SECONDS)
    while_running = found(hidden, local, but=local / "demo.env")
    running.interrupt()
    after = found(hidden, local, but=local / "demo.env")

    assert while_running == after == []
    assert not any(text in running.printed.encode() for secret in hidden.values() for _, text in forms(secret))
    # The search does find what is there.
    assert "key of demo (raw) in demo.env" in found(hidden, local)
    assert found({"address": address(marker).encode()}, local / "aws")
    assert '"route"' in (local / "server.log").read_text()


@pytest.mark.parametrize("around", range(8))
def test_the_search_finds_every_form(around: int, tmp_path: Path) -> None:
    secret = secrets.token_bytes(64)
    text = bytes(around) + secret + b"more"
    texts = [text, text.hex().encode(), text.hex().upper().encode(), base64.b64encode(text)]
    texts += [base64.urlsafe_b64encode(text), json.dumps(base64.b64encode(text).decode()).encode()]
    for number, content in enumerate(texts):
        (tmp_path / f"{number}").write_bytes(content)

    assert {hit.rpartition(" in ")[2] for hit in found({"it": secret}, tmp_path)} == set("012345")
    assert found({"another": secrets.token_bytes(64)}, tmp_path) == []
