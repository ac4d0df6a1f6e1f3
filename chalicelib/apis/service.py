"""APIs: made, listed, changed, deleted with all their connections, however many there are (seed 002)."""

import time
from dataclasses import dataclass
from typing import Any

from chalicelib import aws
from chalicelib.apis.connections import Connections
from chalicelib.apis.errors import ApiNotFoundError, ApiPrefixExistsError, TooManyApisError
from chalicelib.apis.tables import ApiRow, ConnectionRow, EndedApiRow, PrefixRow
from chalicelib.content.plans import use_plan
from chalicelib.identity.tables import AccountRow
from chalicelib.members import EnvironmentRow, Member, keys
from chalicelib.members.errors import EnvironmentNotFoundError
from chalicelib.members.service import listed
from chalicelib.web.management import Rows, Window

MOST_APIS = 100
"""APIs of one environment."""
PLAN_APIS = {"STARTER": 3, "STANDARD": 10, "ELITE": 50}
"""Most APIs of an account by plan; PRO has no limit (spec flux-apis, Scope)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of an API; None leaves an attribute as it is, or at its default."""

    name: str | None = None
    prefix: str | None = None
    description: str | None = None
    auth_required: bool | None = None
    mcp: bool | None = None
    introspection: bool | None = None
    origins: list[str] | None = None
    cache_seconds: int | None = None

    def given(self) -> dict[str, Any]:
        """The values that are said, by attribute."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


class Apis:
    """The APIs of any environment."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def create(self, member: Member, facts: Facts) -> ApiRow:
        """Make an API. One transaction.

        Raises:
            ApiPrefixExistsError: Another one of the environment has the prefix.
            TooManyApisError: The environment has 100.
            EnvironmentNotFoundError: It is gone.
            PlanLimitExceededError: The account has as many as its plan holds.
            StaleError: Its plan changed since the caller was let in.
        """
        row = ApiRow(environment=member.environment.key, key=keys.new(), created=int(time.time()), **facts.given())
        with aws.transaction() as tx:
            tx.create(row)
            self._take_prefix(tx, row)
            tx.update(
                EnvironmentRow(key=row.environment),
                [EnvironmentRow.apis.set(EnvironmentRow.apis + 1)],
                EnvironmentRow.apis < MOST_APIS,
                lambda old: TooManyApisError() if old is not None else EnvironmentNotFoundError(),
            )
            use_plan(tx, member, [AccountRow.apis.set((AccountRow.apis | 0) + 1)], AccountRow.apis, PLAN_APIS)
        return row

    @staticmethod
    def ref(environment: str, key: str) -> aws.Ref:
        """The row of an API, to be read with others."""
        return aws.Ref(ApiRow, environment, key)

    @staticmethod
    def require(row: Any) -> ApiRow:
        """An API's row, which must be there.

        Raises:
            ApiNotFoundError: It is not.
        """
        if row is None:
            raise ApiNotFoundError
        found: ApiRow = row
        return found

    @staticmethod
    def listed(environment: str, window: Window) -> Rows:
        """A part of the APIs of an environment, in the order they were made. One call."""
        return listed(ApiRow, environment, window)

    def change(self, row: ApiRow, facts: Facts) -> ApiRow:
        """Change an API that was just read. One transaction, none if nothing is said.

        Raises:
            ApiNotFoundError: It is gone.
            ApiPrefixExistsError: Another one of the environment has the prefix.
            StaleError: Its prefix changed since it was read.
        """
        given, before = facts.given(), row.prefix
        if not given:
            return row
        bare = ApiRow(environment=row.environment, key=row.key)
        for name, value in given.items():
            setattr(row, name, value)
        with aws.transaction() as tx:
            actions = [getattr(ApiRow, name).set(value) for name, value in given.items()]
            tx.update(bare, actions, ApiRow.prefix == before, _gone)
            if row.prefix != before:
                tx.delete(PrefixRow(environment=row.environment, prefix=before))
                self._take_prefix(tx, row)
        return row

    @staticmethod
    def _take_prefix(tx: aws.Transaction, row: ApiRow) -> None:
        taken = PrefixRow(environment=row.environment, prefix=row.prefix, key=row.key)
        tx.create(taken, lambda _old: ApiPrefixExistsError())

    def delete(self, member: Member, row: ApiRow) -> None:
        """Delete an API, and then its connections: it is gone, with its prefix, after the first transaction.

        Raises:
            ApiNotFoundError: It is gone already.
            StaleError: Its prefix changed since it was read.
        """
        ended = EndedApiRow(api=row.key, environment=row.environment, created=int(time.time()))
        with aws.transaction() as tx:
            tx.delete(ApiRow(environment=row.environment, key=row.key), ApiRow.prefix == row.prefix, _gone)
            tx.delete(PrefixRow(environment=row.environment, prefix=row.prefix))
            tx.update(EnvironmentRow(key=row.environment), [EnvironmentRow.apis.set(EnvironmentRow.apis - 1)])
            account = AccountRow(zelid=member.account.zelid)
            tx.update(account, [AccountRow.apis.set(AccountRow.apis - 1)])
            tx.create(ended)
        self.finish(ended)

    def finish(self, ended: EndedApiRow) -> None:
        """Let the connections of a deleted API go; doing it again changes nothing. One transaction per 45 of them."""
        while rows := aws.page(ConnectionRow, ended.api, limit=Connections.MOST_TOGETHER).rows:
            self._connections.drop(ended.environment, rows)
        try:
            with aws.transaction() as tx:
                tx.delete(EndedApiRow(api=ended.api))
        except aws.StaleError:
            # Somebody else was here first.
            return


def _gone(old: dict[str, Any] | None) -> Exception:
    return ApiNotFoundError() if old is None else aws.StaleError()
