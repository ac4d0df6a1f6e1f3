from hashlib import sha256
from pathlib import PurePosixPath

import pytest

from chalicelib.ipfs import CHUNK, FileHasher, FolderTooLarge, Node, file_node, folder_node, join_leaves, leaf_digests
from tests.ipfs.oracle import Dag
from tests.support.vectors import Contents, Vector, file_vectors, folder_entries, folder_vectors

Tree = dict[str, "Tree | Node"]
ROOT = PurePosixPath()


def by_id(vector: Vector) -> str:
    return str(vector["id"])


def tree_of(vector: Vector, contents: Contents) -> Tree:
    tree: Tree = {}
    for path, generator in folder_entries(vector):
        *folders, name = path.split("/")
        place = tree
        for folder in folders:
            below = place.setdefault(folder, {})
            assert isinstance(below, dict)
            place = below
        place[name] = {} if generator is None else file_node(contents(generator))
    return tree


def nodes_of(tree: Tree, path: PurePosixPath = ROOT) -> dict[str, Node]:
    """Address every file and folder of a tree, by path; the root is "."."""
    found: dict[str, Node] = {}
    for name, entry in tree.items():
        found |= {str(path / name): entry} if isinstance(entry, Node) else nodes_of(entry, path / name)
    found[str(path)] = folder_node({name: found[str(path / name)] for name in tree})
    return found


def addressed(listed: list[Vector]) -> dict[str, tuple[str, int]]:
    return {entry["path"]: (entry["cid"], entry["dag_size"]) for entry in listed}


def test_the_vectors_are_all_here() -> None:
    assert len(file_vectors()) == 16
    assert len(folder_vectors(sharded=False)) == 7
    assert len(folder_vectors(sharded=True)) == 2


@pytest.mark.parametrize("vector", file_vectors(), ids=by_id)
def test_file_vector(vector: Vector, contents: Contents) -> None:
    data = contents(vector["gen"])
    assert (len(data), sha256(data).hexdigest()) == (vector["size"], vector["content_sha256"])

    node = file_node(data)

    assert (node.cid, node.size, node.dag_size) == (vector["cid"], vector["size"], vector["dag_size"])
    if "root_block_hex" in vector:
        assert node.digest == sha256(bytes.fromhex(vector["root_block_hex"])).digest()


@pytest.mark.parametrize("vector", file_vectors(), ids=by_id)
def test_file_vector_in_parts(vector: Vector, contents: Contents) -> None:
    view = memoryview(contents(vector["gen"]))
    hasher, digests = FileHasher(), []
    part, piece = 32 * CHUNK, 5_000_011

    for start in range(0, len(view) or 1, part):
        digests += leaf_digests(view[start : start + part])
    for start in range(0, len(view), piece):
        hasher.update(view[start : start + piece])

    assert len(digests) == vector["chunks"]
    assert join_leaves(digests, len(view)).cid == hasher.node().cid == vector["cid"]


@pytest.mark.parametrize("vector", file_vectors(), ids=by_id)
def test_blocks_of_a_file_vector(vector: Vector, contents: Contents) -> None:
    dag = Dag()
    dag.file(contents(vector["gen"]))

    root = file_node(contents(vector["gen"])).digest

    assert (len(dag.blocks[root]), dag.links[root]) == (vector["root_block_bytes"], vector["root_links"])
    assert dag.blocks[root].hex() == vector.get("root_block_hex", dag.blocks[root].hex())
    assert (dag.written, len(dag.blocks)) == (vector["blocks_written"], vector["unique_blocks"])
    assert sum(map(len, dag.blocks.values())) == vector["unique_block_bytes"]


@pytest.mark.parametrize("vector", folder_vectors(sharded=False), ids=by_id)
def test_folder_vector(vector: Vector, contents: Contents) -> None:
    tree = tree_of(vector, contents)
    nodes = nodes_of(tree)
    root = nodes.pop(".")

    assert (root.cid, root.dag_size, len(tree)) == (vector["cid"], vector["dag_size"], vector["root_links"])
    found = {path: (node.cid, node.dag_size) for path, node in nodes.items()}
    if "first_files" in vector:
        assert addressed(vector["first_files"]).items() <= found.items()
    else:
        empty = {path for path, generator in folder_entries(vector) if generator is None}
        listed = addressed([*vector["file_cids"], *vector["dir_cids"]])
        assert {path: known for path, known in found.items() if path not in empty} == listed
    if "root_block_hex" in vector:
        assert root.digest == sha256(bytes.fromhex(vector["root_block_hex"])).digest()


@pytest.mark.parametrize("vector", folder_vectors(sharded=True), ids=by_id)
def test_a_folder_that_needs_shards_is_refused(vector: Vector, contents: Contents) -> None:
    tree = tree_of(vector, contents)
    files = {name: node for name, node in tree.items() if isinstance(node, Node)}

    found = {path: (node.cid, node.dag_size) for path, node in files.items()}
    assert addressed(vector["first_files"]).items() <= found.items()
    with pytest.raises(FolderTooLarge):
        folder_node(files)


def test_kubos_boundary_less_one_byte_is_flat() -> None:
    # Given kubo's published folder of 262,145 bytes, the first to be sharded
    (vector,) = (vector for vector in folder_vectors(sharded=True) if vector["id"] == "dir_hamt_boundary_over")
    names = [path for path, _ in folder_entries(vector)]
    assert sum(len(name) + 34 for name in names) == 262_145

    # When one name loses a character
    names[-1] = names[-1][:-1]

    # Then the folder is one block, as the plain encoder writes it
    dag = Dag()
    expected = dag.folder(dict.fromkeys(names, dag.file(b"x")))
    assert folder_node(dict.fromkeys(names, file_node(b"x"))) == Node(*expected)
