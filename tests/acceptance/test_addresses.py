"""The hash of a file is its IPFS address: known vectors, and an independent encoder for what has none."""

import httpx
import pytest

from tests.acceptance.client import on, put
from tests.acceptance.unixfs import address, content, vectors

MIB = 1 << 20

KNOWN = {
    "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o": b"hello world\n",
    "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH": b"",
}


@pytest.mark.parametrize(("cid", "data"), KNOWN.items(), ids=["hello world", "empty"])
def test_a_well_known_hash(cid: str, data: bytes, drive: httpx.Client) -> None:
    assert put(drive, ("known", data)).json()["hash"] == cid
    assert on(drive, "cat", cid).content == data


@pytest.mark.parametrize("vector", vectors(MIB), ids=lambda vector: vector["id"])
def test_a_known_vector(vector: dict[str, object], drive: httpx.Client) -> None:
    data = content(vector["gen"])  # type: ignore[arg-type]

    answer = put(drive, (str(vector["id"]), data)).json()

    assert (answer["hash"], answer["size"]) == (vector["cid"], vector["size"])
    assert on(drive, "cat", str(vector["cid"])).content == data


def test_the_encoder_that_judges_other_files_is_right_on_every_vector() -> None:
    found = {vector["id"]: address(content(vector["gen"])) for vector in vectors(64 * MIB)}

    assert found == {vector["id"]: vector["cid"] for vector in vectors(64 * MIB)}
    assert {"width_plus_1", "mib_50"} <= found.keys()
