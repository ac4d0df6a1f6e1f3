from hashlib import sha256

import pytest

from chalicelib.ipfs import CHUNK, FileHasher, Node, file_node, folder_node, join_leaves, leaf_digests, tree
from tests.ipfs.oracle import Dag, Tree
from tests.support.vectors import Contents, Vector, file_vectors, folder_entries, folder_vectors

Files = dict[str, Node]


def by_id(vector: Vector) -> str:
    return str(vector["id"])


def files_of(vector: Vector, contents: Contents) -> tuple[Files, list[str]]:
    """The files of a folder vector by path, and the paths of its empty folders."""
    entries = list(folder_entries(vector))
    files = {path: file_node(contents(generator)) for path, generator in entries if generator is not None}
    return files, [path for path, generator in entries if generator is None]


def tree_of(vector: Vector, contents: Contents, dag: Dag) -> Tree:
    """The same as nested dictionaries, for the plain encoder."""
    root: Tree = {}
    for path, generator in folder_entries(vector):
        *folders, name = path.split("/")
        place = root
        for folder in folders:
            below = place.setdefault(folder, {})
            assert isinstance(below, dict)
            place = below
        place[name] = {} if generator is None else dag.file(contents(generator))
    return root


def addressed(listed: list[Vector]) -> dict[str, tuple[str, int]]:
    return {entry["path"]: (entry["cid"], entry["dag_size"]) for entry in listed}


def test_the_vectors_are_all_here() -> None:
    assert len(file_vectors()) == 16
    assert len(folder_vectors()) == 9
    assert sum(vector["hamt_shards"] > 0 for vector in folder_vectors()) == 2


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


@pytest.mark.parametrize("vector", folder_vectors(), ids=by_id)
def test_folder_vector(vector: Vector, contents: Contents) -> None:
    files, empty = files_of(vector, contents)
    nodes = tree(files, empty)
    root = nodes[""]

    assert (root.cid, root.dag_size) == (vector["cid"], vector["dag_size"])
    assert root.size == sum(node.size for node in files.values())
    if "root_block_hex" in vector:
        assert root.digest == sha256(bytes.fromhex(vector["root_block_hex"])).digest()


@pytest.mark.parametrize("vector", folder_vectors(), ids=by_id)
def test_what_lies_in_a_folder_vector(vector: Vector, contents: Contents) -> None:
    files, empty = files_of(vector, contents)
    nodes = {**files, **tree(files, empty)}

    found = {path: (node.cid, node.dag_size) for path, node in nodes.items() if path not in {"", *empty}}
    if "first_files" in vector:
        assert addressed(vector["first_files"]).items() <= found.items()
    else:
        assert found == addressed([*vector["file_cids"], *vector["dir_cids"]])


@pytest.mark.parametrize("vector", folder_vectors(), ids=by_id)
def test_blocks_of_a_folder_vector(vector: Vector, contents: Contents) -> None:
    dag = Dag()
    expected = dag.folders(tree_of(vector, contents, dag))

    root = tree(*files_of(vector, contents))[""]

    assert root == Node(*expected)
    assert (len(dag.blocks[root.digest]), dag.links[root.digest]) == (vector["root_block_bytes"], vector["root_links"])
    assert dag.blocks[root.digest].hex() == vector.get("root_block_hex", dag.blocks[root.digest].hex())
    assert (len(dag.shards), root.digest in dag.shards) == (vector["hamt_shards"], vector["hamt_shards"] > 0)
    assert len(dag.blocks) == vector["unique_blocks"]
    assert sum(map(len, dag.blocks.values())) == vector["unique_block_bytes"]


def test_kubos_boundary_less_one_byte_is_flat() -> None:
    # Given kubo's published folder of 262,145 bytes, the first to be sharded
    (vector,) = (vector for vector in folder_vectors() if vector["id"] == "dir_hamt_boundary_over")
    names = [path for path, _ in folder_entries(vector)]
    assert sum(len(name) + 34 for name in names) == 262_145

    # When one name loses a character
    names[-1] = names[-1][:-1]

    # Then the folder is one block, as the plain encoder writes it
    dag = Dag()
    expected = dag.folder(dict.fromkeys(names, dag.file(b"x")))
    assert folder_node(dict.fromkeys(names, file_node(b"x"))) == Node(*expected)
    assert not dag.shards
