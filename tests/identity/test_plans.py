import pytest

from chalicelib.identity import plans
from chalicelib.identity.errors import InvalidPlanError

GIB = 2**30


@pytest.mark.parametrize(
    ("plan", "gigabytes", "holds"),
    [
        ("STARTER", None, 10 * GIB),
        ("STANDARD", None, 50 * GIB),
        ("ELITE", None, 100 * GIB),
        ("PRO", 1, GIB),
        ("PRO", 12_345, 12_345 * GIB),
        ("PRO", 1_000_000, 1_000_000 * GIB),
    ],
)
def test_a_plan_holds_whole_gigabytes(plan: str, gigabytes: int | None, holds: int) -> None:
    assert plans.capacity(plan, gigabytes) == holds


@pytest.mark.parametrize(
    ("plan", "gigabytes", "says"),
    [
        ("PRO", None, "PRO needs its size: 1 to 1000000 GB"),
        ("PRO", 0, "PRO needs its size: 1 to 1000000 GB"),
        ("PRO", -5, "PRO needs its size: 1 to 1000000 GB"),
        ("PRO", 1_000_001, "PRO needs its size: 1 to 1000000 GB"),
        ("STARTER", 10, "STARTER has 10 GB; only PRO takes a size"),
        ("starter", None, "No such plan: choose one of STARTER, STANDARD, ELITE, PRO"),
        ("", None, "No such plan: choose one of STARTER, STANDARD, ELITE, PRO"),
    ],
)
def test_other_plans_and_sizes_are_refused(plan: str, gigabytes: int | None, says: str) -> None:
    with pytest.raises(InvalidPlanError) as refused:
        plans.capacity(plan, gigabytes)

    assert (refused.value.text, refused.value.code, refused.value.status) == (says, "invalid_plan", 400)
