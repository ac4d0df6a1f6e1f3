"""Documents as rows hold them (spec flux-apis, B.7 and Scope). Pure."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.models.errors import DataInvalidError
from chalicelib.resources.documents import MOST_BYTES, MOST_STORED, as_text, pack, unpack

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def noise(length: int) -> str:
    """Hexadecimal digits by chance, which compress to a little over half."""
    return random.Random(7).randbytes(length // 2).hex()


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_what_is_packed_is_unpacked(document: dict[str, Any]) -> None:
    packed, size = pack(document)

    assert unpack(packed) == document
    assert list(unpack(packed)) == list(document)
    assert size == len(json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode())


@pytest.mark.parametrize("value", [1.0, -0.0, 1e22, 5e-324, 2**60, "é\u0000\u2028😀"])
def test_values_come_back_as_they_were(value: object) -> None:
    found = unpack(pack({"f": value})[0])["f"]

    assert (repr(found), type(found)) == (repr(value), type(value))


def test_a_megabyte_of_json_and_no_more() -> None:
    fits = {"f": "ü" * ((MOST_BYTES - len('{"f":""}')) // 2)}

    packed, size = pack(fits)

    assert size == MOST_BYTES
    assert unpack(packed) == fits
    for judge in (pack, as_text):
        with pytest.raises(DataInvalidError) as caught:
            judge({"f": fits["f"] + "a"})
        assert caught.value.facts["errors"][0]["json_path"] == "$"


def test_so_much_of_it_compressed_and_no_more() -> None:
    packed, size = pack({"f": noise(650_000)})
    assert MOST_STORED - 20_000 < len(packed) <= MOST_STORED
    assert size < MOST_BYTES

    with pytest.raises(DataInvalidError) as caught:
        pack({"f": noise(760_000)})

    assert "380000" in caught.value.facts["errors"][0]["message"]
