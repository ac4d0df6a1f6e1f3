import pytest

from client.cid import CHUNK, Node, is_cid, join_leaves, leaf_digests
from client.trees import folder
from tests.support.vectors import Contents, Vector, file_vectors, folder_entries, folder_vectors


def by_id(vector: Vector) -> str:
    return str(vector["id"])


@pytest.fixture(scope="module")
def contents() -> Contents:
    return Contents()


def addressed(data: bytes) -> Node:
    return join_leaves(leaf_digests(data), len(data))


@pytest.mark.parametrize("vector", file_vectors(), ids=by_id)
def test_file_vector(vector: Vector, contents: Contents) -> None:
    node = addressed(contents(vector["gen"]))

    assert (node.cid, node.size, node.dag_size) == (vector["cid"], vector["size"], vector["dag_size"])
    assert is_cid(node.cid)


@pytest.mark.parametrize("vector", folder_vectors(), ids=by_id)
def test_folder_vector(vector: Vector, contents: Contents) -> None:
    entries = list(folder_entries(vector))
    files = {path: addressed(contents(generator)) for path, generator in entries if generator is not None}

    node = folder(files, [path for path, generator in entries if generator is None])

    assert (node.cid, node.dag_size) == (vector["cid"], vector["dag_size"])


def test_leaves_hash_apart_from_each_other() -> None:
    data = bytes(range(256)) * 4096 + b"end"

    apart = [digest for start in range(0, len(data), 2 * CHUNK) for digest in leaf_digests(data[start:][: 2 * CHUNK])]

    assert apart == leaf_digests(data)


@pytest.mark.parametrize(
    "text", ["", "Qm", "Qm" + "0" * 44, "Qm" + "a" * 45, "bafy" + "a" * 42, "Qm" + "a" * 44 + "\n"]
)
def test_what_is_no_cid(text: str) -> None:
    assert not is_cid(text)
