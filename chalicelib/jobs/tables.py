"""The rows of work that goes page by page: how far it has come."""

from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib import aws


class ProgressRow(aws.Table):
    """How far a job has come, so that one that was killed goes on where it was, and none does a page twice."""

    class Meta:
        table_name = "progress"

    job = UnicodeAttribute(hash_key=True)
    step = NumberAttribute()
    state = JSONAttribute()


def load(job: str) -> tuple[int, dict[str, Any]]:
    """Number of the step that was saved last, and its state; 0 and nothing before the first. One call."""
    row = aws.get(ProgressRow, job)
    return (int(row.step), dict(row.state)) if row is not None else (0, {})


def save(job: str, step: int, state: dict[str, Any]) -> None:
    """Save a state as step `step`. One call.

    Raises:
        StaleError: The step before it is not the one that was saved last: somebody else does this job.
    """
    row = ProgressRow(job=job)
    with aws.transaction() as tx:
        if step == 1:
            tx.create(ProgressRow(job=job, step=step, state=state))
        else:
            actions = [ProgressRow.step.set(step), ProgressRow.state.set(state)]
            tx.update(row, actions, ProgressRow.step == step - 1)
