"""What is told of an upload fits one answer, whatever its paths and parts."""

import pytest

from tests.support.system import System

PART = 8 * 2**20


@pytest.mark.parametrize(("levels", "parts", "status"), [(1, 2_000, 200), (31, 500, 200), (31, 800, 400)])
def test_long_paths_of_many_parts_are_refused(system: System, levels: int, parts: int, status: int) -> None:
    user = system.user("PRO", gigabytes=10_000)
    above = "/".join("p" * 200 for _ in range(levels))
    files = [{"path": f"{above}/{number}", "size": parts // 4 * PART} for number in range(4)]

    answer = system.call("POST", "/api/v0/upload", user=user, body={"files": files})

    assert answer.status == status, answer.body[:200]
    assert len(answer.body) < 6_000_000
    if status == 400:
        assert answer.json["code"] == "folder_too_large"
