import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.ipfs import Node, file_node, folder_node
from tests.ipfs.oracle import Dag, Known
from tests.ipfs.strategies import names, nodes

LIMIT = 262_144
CID_BYTES = 34
FILE = file_node(b"x")
KNOWN = Known(FILE.digest, FILE.size, FILE.dag_size)


def names_weighing(total: int) -> list[str]:
    """Make distinct ASCII names whose sum of length + 34 is the total."""
    weight = 64
    whole, rest = divmod(total, weight)
    made = [f"{number:030}" for number in range(whole)]
    made[-1] += "x" * rest
    assert sum(len(name) + CID_BYTES for name in made) == total
    return made


@given(st.dictionaries(names, nodes, max_size=8))
def test_folder_agrees_with_the_plain_encoder(entries: dict[str, Known]) -> None:
    expected = Dag().folder(entries)

    assert folder_node({name: Node(*known) for name, known in entries.items()}) == Node(*expected)


@given(st.dictionaries(names, nodes, min_size=2, max_size=8))
def test_the_order_of_entries_does_not_matter(entries: dict[str, Known]) -> None:
    forwards = {name: Node(*known) for name, known in entries.items()}
    backwards = dict(reversed(forwards.items()))

    assert folder_node(forwards) == folder_node(backwards)


def test_empty_folder() -> None:
    assert folder_node({}).cid == "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"
    assert (folder_node({}).size, folder_node({}).dag_size) == (0, 4)


def test_size_is_the_bytes_of_all_files_below() -> None:
    inner = folder_node({"a": file_node(b"abc"), "same": file_node(b"abc")})

    assert folder_node({"inner": inner, "b": file_node(b"12345"), "none": folder_node({})}).size == 3 + 3 + 5


def test_names_sort_by_bytes_and_not_by_utf16() -> None:
    # Given U+FF5E, whose UTF-16 unit is above the surrogates that begin U+1F600
    entries = {"\U0001f600": FILE, "\uff5e": FILE}
    dag = Dag()
    folder = dag.folder({name: Known(FILE.digest, FILE.size, FILE.dag_size) for name in entries})
    block = dag.blocks[folder.digest]

    assert block.index("\uff5e".encode()) < block.index("\U0001f600".encode())
    assert folder_node(entries).digest == folder.digest


def test_names_are_not_normalised() -> None:
    composed, decomposed = "\u00e9", "e\u0301"
    assert unicodedata.normalize("NFC", decomposed) == composed

    assert folder_node({composed: FILE}) != folder_node({decomposed: FILE})
    assert folder_node({composed: FILE, decomposed: FILE}).size == 2


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a/b", "/a", "a/", "\ud800", "a\udfff"])
def test_a_name_that_cannot_be_an_entry_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"not empty|surrogates not allowed"):
        folder_node({"good": FILE, name: FILE})


@pytest.mark.parametrize(("weight", "sharded"), [(LIMIT - 1, False), (LIMIT, False), (LIMIT + 1, True)])
def test_a_folder_is_sharded_above_the_limit_alone(weight: int, sharded: bool) -> None:
    listed = names_weighing(weight)
    plain = Dag().sharded if sharded else Dag().flat

    assert folder_node(dict.fromkeys(listed, FILE)) == Node(*plain(dict.fromkeys(listed, KNOWN)))


def test_the_limit_counts_bytes_and_not_characters() -> None:
    # Given as many characters as the limit allows, one of which takes two bytes
    listed = names_weighing(LIMIT)
    listed[-1] = listed[-1][:-1] + "\u00e9"

    assert folder_node(dict.fromkeys(listed, FILE)) == Node(*Dag().sharded(dict.fromkeys(listed, KNOWN)))


def test_a_folder_of_one_entry_is_sharded_by_the_length_of_its_name() -> None:
    longest = "n" * (LIMIT - CID_BYTES)

    assert folder_node({longest: FILE}) == Node(*Dag().flat({longest: KNOWN}))
    assert folder_node({longest + "n": FILE}) == Node(*Dag().sharded({longest + "n": KNOWN}))


def test_the_limit_does_not_count_what_lies_deeper() -> None:
    half = folder_node(dict.fromkeys(names_weighing(LIMIT - 64), FILE))

    entries = {"left": half, "right": half}
    expected = Dag().flat({name: Known(half.digest, half.size, half.dag_size) for name in entries})

    assert folder_node(entries) == Node(*expected)


def test_a_sharded_folder_lies_in_another_like_any_entry() -> None:
    dag = Dag()
    listed = names_weighing(2 * LIMIT)
    inner = dag.folder(dict.fromkeys(listed, KNOWN))
    outer = dag.folder(dict.fromkeys(listed, KNOWN) | {"inner": inner})
    assert len(dag.shards) > 2

    node = folder_node(dict.fromkeys(listed, FILE) | {"inner": folder_node(dict.fromkeys(listed, FILE))})

    assert node == Node(*outer)
    assert node.size == 2 * len(listed) * FILE.size
