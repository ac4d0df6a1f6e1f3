"""Whatever the network does, each commit that reports success counts once (decision 9)."""

import uuid
from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.aws import Aws, OutcomeUnknownError, StoreBusyError
from tests.aws.network import Fault, Network, delivered_twice
from tests.aws.rows import Claim, commit, one_more, value
from tests.support.faults import conflict, lose_answer, server_error, throttle, timeout_before

FAULTS: dict[str, Fault | None] = {
    "answered": None,
    "conflict": conflict,
    "throttled": throttle,
    "server error": server_error,
    "timeout before": timeout_before,
    "answer lost": lose_answer,
}
Commit = tuple[bool, Sequence[str], str]
NAMES = st.sampled_from([*FAULTS, "delivered twice"])
COMMITS = st.lists(st.tuples(st.booleans(), st.lists(NAMES, max_size=6), NAMES), min_size=1, max_size=3)


def outcomes(count: Callable[[], object]) -> tuple[int, ...]:
    """By how much the figure may have grown, going by what the caller is told."""
    try:
        count()
    except StoreBusyError:
        return (0,)
    except OutcomeUnknownError:
        return (0, 1)
    return (1,)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(commits=[(True, ["answer lost"], "answered"), (False, ["answer lost"], "answered")])
@example(commits=[(True, ["answer lost"], "conflict"), (False, ["timeout before"] * 2, "answer lost")])
@given(commits=COMMITS)
def test_a_commit_that_reports_success_counts_once(store: Aws, network: Network, commits: Sequence[Commit]) -> None:
    """Each commit: whether a row it makes is its marker, what happens to its first requests, and to all the rest."""
    faults = {**FAULTS, "delivered twice": delivered_twice(store)}
    counter, before = uuid.uuid4().hex, 0

    for stamped, first, rest in commits:
        claims = [Claim(owner=counter, name=uuid.uuid4().hex)] if stamped else []
        network.then(*(faults[name] for name in first), rest=faults[rest])
        allowed = outcomes(
            lambda: commit(one_more(counter), *(lambda tx: tx.create(claim) for claim in claims))  # noqa: B023 - at once
        )
        after = value(counter)
        assert after - before in allowed
        before = after
