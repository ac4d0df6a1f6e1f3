from collections import defaultdict
from collections.abc import Collection, Mapping
from random import Random

import mmh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.ipfs import FolderTooDeep, Node, file_node, folder_node, tree
from chalicelib.ipfs.dagpb import shard_block
from chalicelib.ipfs.shards import shard_node
from tests.ipfs import strategies
from tests.ipfs.murmur import first_half
from tests.ipfs.oracle import Dag, Known

FILE = file_node(b"x")
KNOWN = Known(FILE.digest, FILE.size, FILE.dag_size)

# Made by running the hash backwards: the first two agree in all 64 bits, the others differ in the lowest byte alone.
TWINS = ("TF2BHCpzd4P5ndBW", "l5CheSZAjdp604iP")
NEIGHBOURS = ("BiPNTa6mPrSl5jTM", "FgqRoGs7nMiJDBWv")
# Enough names to sum above the threshold.
MANY = [f"{number:05}" for number in range(7000)]


def shared(names: Collection[str]) -> int:
    """Leading bytes of their hashes that all names have in common."""
    places = {first_half(name.encode()) for name in names}
    return next((level for level in range(8) if len({place[level] for place in places}) > 1), 8)


def sharded(entries: Mapping[str, Known]) -> Node:
    return shard_node((name.encode(), Node(*known)) for name, known in entries.items())


def by_first_byte() -> list[list[str]]:
    slots = defaultdict(list)
    for number in range(4000):
        slots[first_half(str(number).encode())[0]].append(str(number))
    return list(slots.values())


GROUPS = by_first_byte()


@given(st.binary(max_size=70))
def test_the_plain_hash_is_the_librarys(data: bytes) -> None:
    assert first_half(data) == mmh3.hash64(data, 0, x64arch=True, signed=False)[0].to_bytes(8)


def test_the_hash_is_the_published_one() -> None:
    # Given the sentence every hash is shown with: murmur3 gives 128 bits, of which the first half counts here
    assert first_half(b"The quick brown fox jumps over the lazy dog").hex() == "e34bbc7bbc071b6c"


@given(st.dictionaries(strategies.names, strategies.nodes, min_size=1, max_size=8))
def test_shards_agree_with_the_plain_encoder(entries: dict[str, Known]) -> None:
    assert sharded(entries) == Node(*Dag().sharded(entries))


@given(
    st.sampled_from(GROUPS).flatmap(lambda group: st.sets(st.sampled_from(group), min_size=2)),
    st.sets(st.sampled_from(MANY)),
)
def test_any_number_of_names_may_share_a_slot(group: set[str], others: set[str]) -> None:
    entries = dict.fromkeys([*group, *others], KNOWN)

    assert shared(group) > 0
    assert sharded(entries) == Node(*Dag().sharded(entries))


@given(st.dictionaries(strategies.names, strategies.nodes, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(entries: dict[str, Known], random: Random) -> None:
    shuffled = dict(random.sample(list(entries.items()), len(entries)))

    assert sharded(shuffled) == sharded(entries)


def test_the_order_of_a_large_folder_does_not_matter() -> None:
    shuffled = Random(3).sample(MANY, len(MANY))

    assert folder_node(dict.fromkeys(shuffled, FILE)) == folder_node(dict.fromkeys(MANY, FILE))


def test_names_alike_in_seven_bytes_lie_eight_shards_deep() -> None:
    names = (TWINS[0], *NEIGHBOURS)
    assert shared(names) == 7
    dag = Dag()
    expected = dag.sharded(dict.fromkeys(names, KNOWN))

    assert sharded(dict.fromkeys(names, KNOWN)) == Node(*expected)
    assert sorted(dag.links[shard] for shard in dag.shards) == [1] * 7 + [len(names)]


@pytest.mark.parametrize("others", [[], [NEIGHBOURS[0]], MANY], ids=["alone", "with a neighbour", "among many"])
def test_names_alike_in_every_byte_are_refused(others: list[str]) -> None:
    assert shared(TWINS) == 8

    for names in ([*TWINS, *others], [*others, *reversed(TWINS)]):
        with pytest.raises(FolderTooDeep, match="same hash"):
            sharded(dict.fromkeys(names, KNOWN))


def test_names_alike_in_every_byte_are_refused_above_the_threshold_alone() -> None:
    flat = dict.fromkeys(TWINS, FILE)
    assert folder_node(flat) == Node(*Dag().flat(dict.fromkeys(TWINS, KNOWN)))

    with pytest.raises(FolderTooDeep):
        folder_node(flat | dict.fromkeys(MANY, FILE))
    with pytest.raises(FolderTooDeep):
        tree({f"a/b/{name}": FILE for name in (*TWINS, *MANY)})


@pytest.mark.parametrize(
    ("slots", "bitfield"),
    [
        ([0], "1201 01"),
        ([7], "1201 80"),
        ([8], "1202 0100"),
        ([0, 1, 8], "1202 0103"),
        ([255], "1220 80" + "00" * 31),
        (range(256), "1220" + "ff" * 32),
    ],
)
def test_the_bitfield_is_a_number_without_leading_zeros(slots: Collection[int], bitfield: str) -> None:
    data = bytes.fromhex("0805" + bitfield + "2822 308002")

    assert shard_block(dict.fromkeys(slots, b"")) == b"\x0a" + bytes([len(data)]) + data
