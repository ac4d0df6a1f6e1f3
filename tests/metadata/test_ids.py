from collections import Counter

from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.metadata import ids

MOMENTS = st.integers(min_value=0, max_value=2**48 - 1)
"""Milliseconds since 1970, until the year 10889."""


@given(earlier=MOMENTS, later=MOMENTS)
def test_a_later_order_is_greater(earlier: int, later: int) -> None:
    """As DynamoDB sorts text: by its UTF-8 bytes."""
    assume(earlier < later)
    orders = [ids.new_order(now=(moment + 0.5) / 1000).encode() for moment in (earlier, later)]

    assert orders == sorted(orders)
    assert orders[0] != orders[1]


def test_orders_of_one_moment_differ() -> None:
    assert len({ids.new_order(now=1_780_000_000.0) for _ in range(1000)}) == 1000


def test_shards_are_even() -> None:
    count = 12_000
    counts = Counter(ids.shard(ids.new_order()) for _ in range(count))

    assert set(counts) == set(range(ids.SHARDS))
    # Five standard deviations, beside the 2 percent that 256 seeds over 12 shards are off.
    assert all(abs(found - count / ids.SHARDS) < 180 for found in counts.values())


@given(seed=st.integers(min_value=0, max_value=255), moments=st.lists(MOMENTS, min_size=2, max_size=5))
def test_orders_of_one_seed_share_a_shard(seed: int, moments: list[int]) -> None:
    assert {ids.shard(ids.new_order(seed, moment / 1000)) for moment in moments} == {seed % ids.SHARDS}


@given(user=st.text(min_size=1), other=st.text(min_size=1))
def test_users_have_halves_of_their_own(user: str, other: str) -> None:
    assert (ids.owner_key(user) == ids.owner_key(other)) == (user == other)


@given(user=st.text(min_size=1))
def test_an_id_splits_into_what_it_was_joined_from(user: str) -> None:
    owner, order = ids.owner_key(user), ids.new_order()
    made = ids.join(owner, order)

    assert made.startswith("file_")
    assert len(made) == 5 + 48
    assert user not in made or len(user) < 8
    assert ids.split(made) == (owner, order)


@given(text=st.one_of(st.text(), st.from_regex(r"file_[0-9a-z]{40,56}\n?", fullmatch=True)))
def test_nothing_else_splits(text: str) -> None:
    parts = ids.split(text)

    assert parts is None or ids.join(*parts) == text
