import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.ipfs import FolderTooLarge, Node, file_node, folder_node
from tests.ipfs.oracle import Dag, Known

LIMIT = 262_144
CID_BYTES = 34
FILE = file_node(b"x")

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1, max_size=12)
nodes = st.builds(
    Known, st.binary(min_size=32, max_size=32), size=st.integers(0, 2**45), dag_size=st.integers(0, 2**45)
)


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


@pytest.mark.parametrize("name", ["", "/", "a/b", "/a", "a/", "\ud800", "a\udfff"])
def test_a_name_that_cannot_be_an_entry_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"not empty|surrogates not allowed"):
        folder_node({"good": FILE, name: FILE})


def test_exactly_the_limit_is_flat() -> None:
    entries = dict.fromkeys(names_weighing(LIMIT), FILE)
    expected = Dag().folder(dict.fromkeys(entries, Known(FILE.digest, FILE.size, FILE.dag_size)))

    assert folder_node(entries) == Node(*expected)


def test_one_byte_over_the_limit_is_refused() -> None:
    with pytest.raises(FolderTooLarge):
        folder_node(dict.fromkeys(names_weighing(LIMIT + 1), FILE))


def test_the_limit_counts_bytes_and_not_characters() -> None:
    # Given as many characters as the limit allows, one of which takes two bytes
    flat = names_weighing(LIMIT)
    wide = [*flat[:-1], flat[-1][:-1] + "\u00e9"]

    assert folder_node(dict.fromkeys(flat, FILE)).size == len(flat)
    with pytest.raises(FolderTooLarge):
        folder_node(dict.fromkeys(wide, FILE))


def test_the_limit_does_not_count_what_lies_deeper() -> None:
    half = folder_node(dict.fromkeys(names_weighing(LIMIT - 64), FILE))

    assert folder_node({"left": half, "right": half}).size == 2 * half.size
