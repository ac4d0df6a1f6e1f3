"""Keys for people: lines that fit, and cannot steer a terminal."""

import pytest

from client import keylines


@pytest.mark.parametrize(("columns", "count"), [(None, 1), (120, 1), (119, 4), (50, 4)])
def test_keys_fit_a_narrow_terminal(columns: int | None, count: int) -> None:
    moment = "2030-12-31T23:59:59Z"
    key = {"id": "k" * 12, "name": "a\n", "scopes": ["delete", "list", "read", "write"], "last_used": moment}

    found = list(keylines.lines([{**key, "expires": moment}], columns))

    assert len(found) == count
    assert all(len(line) <= (columns or 999) for line in found)
    assert "a\\n" in "".join(found)


@pytest.mark.parametrize("key", [{}, {"scopes": "all", "expires": "soon", "last_used": 5, "id": "\x1b", "name": None}])
def test_keys_of_an_odd_server_cannot_steer_the_terminal(key: dict[str, object]) -> None:
    (line,) = keylines.lines([key], None)

    assert line.isprintable()
