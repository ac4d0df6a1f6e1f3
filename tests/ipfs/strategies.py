"""What folders are made of, for Hypothesis."""

from hypothesis import strategies as st

from tests.ipfs.oracle import Known

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1, max_size=12).filter(
    lambda name: name not in {".", ".."}
)
nodes = st.builds(
    Known, st.binary(min_size=32, max_size=32), size=st.integers(0, 2**45), dag_size=st.integers(0, 2**45)
)
