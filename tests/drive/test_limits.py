"""What a plan and a file may hold: refused whole, with nothing stored."""

import pytest

from chalicelib.drive.errors import FileTooLargeError
from chalicelib.settings import MAX_FILE_BYTES
from tests.drive.asking import many, put_ok, refusal
from tests.support.books import set_capacity, status
from tests.support.ministack import Ministack
from tests.support.system import System, User


@pytest.mark.parametrize("count", [1, 12, 13, 40])
def test_what_the_plan_does_not_hold_is_refused_whole(system: System, user: User, count: int) -> None:
    files = many(count)
    need = sum(len(data) for _, data in files)
    put_ok(system, user, ("kept", b"kept"))
    set_capacity(user, 4 + need - 1)
    before = system.contents()

    answer = system.put(user, *files)

    assert refusal(answer) == (413, "Storage capacity exceeded", "storage_capacity_exceeded")
    assert system.contents() == before
    # One byte more, and all of them fit.
    set_capacity(user, 4 + need)
    put_ok(system, user, *files)
    assert status(system, user)["remaining"] == 0


@pytest.mark.parametrize("beside", [0, 20])
@pytest.mark.parametrize(("mib", "shown"), [(1, "1Mb"), (2, "2Mb")])
def test_a_file_over_the_limit_is_refused_with_all_beside_it(
    ministack: Ministack, mib: int, shown: str, beside: int
) -> None:
    system = ministack.system(max_file_bytes=mib * 2**20)
    user = system.user()
    put_ok(system, user, ("just fits", bytes(mib * 2**20)))
    before = system.contents()

    answer = system.put(user, *many(beside), ("too big", bytes(mib * 2**20 + 1)))

    assert refusal(answer) == (413, f"File size exceeds {shown}", "file_too_large")
    assert system.contents() == before


def test_the_limit_reads_as_in_the_seed() -> None:
    assert FileTooLargeError(MAX_FILE_BYTES).text == "File size exceeds 5120Mb"
