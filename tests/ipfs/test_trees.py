from collections import Counter
from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.ipfs import Node, file_node, folder_node, tree, trees
from tests.ipfs.oracle import Dag, Known, Tree

A, B, C = (file_node(text) for text in (b"a", b"bb", b"ccc"))

names = st.text(st.sampled_from("ab\u00e9\uff5e\U0001f600"), min_size=1, max_size=2)
leaves = st.builds(Known, st.binary(min_size=32, max_size=32), size=st.integers(0, 9), dag_size=st.integers(0, 9))
nested: st.SearchStrategy[Tree] = st.recursive(
    st.dictionaries(names, leaves, max_size=4),
    lambda below: st.dictionaries(names, leaves | below, max_size=4),
    max_leaves=12,
)


def flattened(tree: Tree, above: str = "") -> tuple[dict[str, Node], list[str]]:
    """The paths of a tree's files, and of its folders below the root without any entry."""
    files: dict[str, Node] = {}
    empty: list[str] = []
    for name, entry in tree.items():
        if not isinstance(entry, dict):
            files[above + name] = Node(*entry)
            continue
        below, empty_below = flattened(entry, f"{above}{name}/")
        files |= below
        empty += empty_below if entry else [above + name]
    return files, empty


def test_every_folder_on_the_way_is_addressed() -> None:
    nodes = tree({"a/b/one": A, "a/two": B, "three": C})

    inner = folder_node({"one": A})
    middle = folder_node({"b": inner, "two": B})
    assert nodes == {"": folder_node({"a": middle, "three": C}), "a": middle, "a/b": inner}


@pytest.mark.parametrize("empty", [(), [""]])
def test_no_files_make_an_empty_root(empty: list[str]) -> None:
    assert tree({}, empty) == {"": folder_node({})}


def test_empty_folders_are_there() -> None:
    nothing = folder_node({})

    nodes = tree({"a/one": A}, iter(["z", "a/b/c", "z"]))

    above = folder_node({"c": nothing})
    middle = folder_node({"one": A, "b": above})
    assert nodes == {
        "": folder_node({"a": middle, "z": nothing}),
        "a": middle,
        "a/b": above,
        "a/b/c": nothing,
        "z": nothing,
    }


def test_a_folder_named_empty_may_hold_files() -> None:
    assert tree({"a/one": A}, ["a"]) == tree({"a/one": A})


@given(nested)
def test_a_tree_agrees_with_the_plain_encoder(entries: Tree) -> None:
    assert tree(*flattened(entries))[""] == Node(*Dag().folders(entries))


@given(nested, st.randoms(use_true_random=False))
def test_the_order_of_paths_does_not_matter(entries: Tree, random: Random) -> None:
    files, empty = flattened(entries)
    shuffled = random.sample(list(files.items()), len(files))

    assert tree(dict(shuffled), random.sample(empty, len(empty))) == tree(files, empty)


@given(nested)
def test_every_folder_is_the_tree_of_its_own_paths(entries: Tree) -> None:
    files, empty = flattened(entries)

    for folder, node in tree(files, empty).items():
        below = f"{folder}/" if folder else ""
        inside = {path.removeprefix(below): file for path, file in files.items() if path.startswith(below)}
        assert node == tree(inside, [path.removeprefix(below) for path in empty if path.startswith(below)])[""]


@pytest.mark.parametrize(
    ("files", "empty"),
    [(["a", "a/b"], []), (["a/b", "a"], []), (["a/b/c", "a/b"], []), (["a"], ["a"]), (["a"], ["a/b"]), ([""], [])],
)
def test_a_path_is_not_both_file_and_folder(files: list[str], empty: list[str]) -> None:
    with pytest.raises(ValueError, match="both a file and a folder"):
        tree(dict.fromkeys(files, A), empty)


def test_a_name_may_begin_like_its_neighbour() -> None:
    nodes = tree({"a/b": A, "a.b": B, "ab/b": C})

    assert sorted(nodes) == ["", "a", "ab"]


@pytest.mark.parametrize(
    "path",
    ["/", "/a", "//a", "a/", "a//b", "a/b//", ".", "..", "./a", "a/./b", "a/../b", "a/..", "\ud800", "a/\udfff/b"],
)
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_path_with_a_bad_name_is_refused(path: str, kind: str) -> None:
    files = {"good/file": A} | ({path: B} if kind == "file" else {})

    with pytest.raises(ValueError, match=r"not empty|begin with|surrogates not allowed"):
        tree(files, [path] if kind == "folder" else [])


def test_the_paths_given_are_left_as_they_are() -> None:
    files = {"a/one": A, "two": B}

    tree(files, ["c"])

    assert files == {"a/one": A, "two": B}


def test_a_chain_deeper_than_pythons_stack_is_addressed() -> None:
    depth = 3000
    nodes = tree({"d/" * depth + "file": A})

    expected = folder_node({"file": A})
    for _ in range(depth):
        expected = folder_node({"d": expected})
    assert nodes[""] == expected
    assert len(nodes) == depth + 1


def test_each_folder_is_addressed_once_from_its_own_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a file and a folder on each of 500 levels, and 500 folders side by side
    chain = {"d/" * level + "file": A for level in range(501)}
    wide = {f"w{number}/file": B for number in range(500)}
    sizes: Counter[int] = Counter()

    def counted(entries: Mapping[str, Node]) -> Node:
        sizes[len(entries)] += 1
        return folder_node(entries)

    monkeypatch.setattr(trees, "folder_node", counted)
    nodes = tree(chain | wide)

    # Then the root, 499 links of the chain with two entries, its end and the wide folders with one
    assert sizes == {502: 1, 2: 499, 1: 501}
    assert len(nodes) == sum(sizes.values())


def test_a_large_folder_within_a_tree_is_sharded() -> None:
    many = {f"{number:05}": A for number in range(7000)}

    nodes = tree({f"a/many/{name}": node for name, node in many.items()})

    sharded = Dag().sharded({name: Known(node.digest, node.size, node.dag_size) for name, node in many.items()})
    assert nodes["a/many"] == Node(*sharded)
    assert nodes["a"] == folder_node({"many": nodes["a/many"]})
