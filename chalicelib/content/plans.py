"""What an account's plan limits, of what it publishes (spec flux-apis, Scope)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pynamodb.attributes import NumberAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib import aws
from chalicelib.content.errors import PlanLimitExceededError
from chalicelib.identity.tables import AccountRow
from chalicelib.members import Member


def use_plan(
    tx: aws.Transaction, member: Member, changed: Sequence[Action], count: NumberAttribute, limits: Mapping[str, int]
) -> None:
    """Step: something more of what a plan limits; stale if the plan changed since the caller was let in.

    The commit raises PlanLimitExceededError if the account has as many as its plan holds.
    """
    plan = member.account.plan
    most = limits.get(plan)
    same: Condition = AccountRow.plan == plan
    room = same if most is None else same & (count.does_not_exist() | (count < most))

    def refusal(old: dict[str, Any] | None) -> Exception:
        if old is None or old["plan"]["S"] != plan:
            return aws.StaleError()
        return PlanLimitExceededError(plan_facts(str(count.attr_name), most, old))

    tx.update(AccountRow(zelid=member.account.zelid), changed, room, refusal)


def plan_facts(entity: str, most: int | None, account: dict[str, Any] | None) -> dict[str, Any]:
    """What `plan_limit_exceeded` tells, from the account's row as it stood; `entity` names the count in it."""
    return {"entity": entity, "limit": most, "current": int(((account or {}).get(entity) or {"N": "0"})["N"])}
