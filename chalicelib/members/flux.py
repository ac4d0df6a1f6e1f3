"""Callers of delivery, who present Flux keys, and what they may read (spec flux-apis, A and B.8). No HTTP of its own.

Delivery uses it in three steps, so that a caller costs no round trip of their own once the process is warm:

    presented = callers.present(call)                        # None: no credential at all
    refs = callers.refs(environment, presented)              # rows to be read along with delivery's own
    rows = aws.batch_get(*refs, *own)
    reader = callers.judge(environment, presented, refs, rows[: len(refs)])
    if not reader.may_read(api.key): ...                     # known, but not permitted: 403

`present` and `judge` raise `UnknownCallerError` for a credential that is malformed, wrong, unknown, or of another
environment: 401 on delivery. An API that wants no credential needs none of it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import aws
from chalicelib.members import credentials, keys, roles
from chalicelib.members.errors import KeyMissingError
from chalicelib.members.memory import Memory, completed
from chalicelib.members.permissions import Need
from chalicelib.members.tables import EnvironmentFluxKeyRow, FluxKeyRow, FluxRoleRow
from chalicelib.web.http import Call


class UnknownCallerError(Exception):
    """The credential lets nobody in. Its text may be shown."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A Flux key whose secret the caller has; whether anybody issued it is judged later."""

    public: str


@dataclass(frozen=True, slots=True)
class Reader:
    """What a caller may read: every API of the environment, or those with these keys."""

    every: bool
    apis: frozenset[str] = frozenset()

    def may_read(self, api: str) -> bool:
        """Whether this caller may read an API, by its `key`."""
        return self.every or api in self.apis


class FluxCallers:
    """Tells who calls delivery. `clock` gives seconds since the epoch."""

    def __init__(self) -> None:
        # Which role a key had, so that it is read along at once.
        self._roles = Memory()
        self.clock = time.time

    def present(self, call: Call) -> Presented | None:
        """What the caller presents, proven by itself; None without an `Authorization` header. No call.

        Raises:
            UnknownCallerError: It is malformed, or proves nothing; a JWT or another bearer token is malformed here.
        """
        if not call.headers.get("authorization", "").strip():
            return None
        try:
            return Presented(credentials.presented(call, self.clock()))
        except credentials.CredentialError as error:
            raise UnknownCallerError(str(error)) from None

    def refs(self, environment: str, presented: Presented | None) -> list[aws.Ref]:
        """The rows that `judge` wants: none, one, or two where a role is expected."""
        if presented is None:
            return []
        role = self._roles.get(presented.public)
        found = [aws.Ref(FluxKeyRow, presented.public)]
        return [*found, aws.Ref(FluxRoleRow, keys.plausible(environment), role)] if role is not None else found

    def judge(self, environment: str, presented: Presented, refs: Sequence[aws.Ref], rows: Sequence[Any]) -> Reader:
        """What the caller may read. No call, or one where the key has another role than this process knew.

        Args:
            environment: Key of the environment that is called.
            presented: What `present` gave.
            refs: What `refs` gave.
            rows: The rows of those, in their order.

        Raises:
            UnknownCallerError: Nobody issued the key, it was taken away, or it is of another environment.
        """
        row = rows[0]
        if row is None or row.environment != environment:
            raise UnknownCallerError("Unknown key")
        self._roles.set(presented.public, row.role)
        if row.role is None:
            return Reader(every=True)
        (role,) = completed([aws.Ref(FluxRoleRow, environment, row.role)], refs[1:], rows[1:])
        return _reader(role)


def explain(environment: str, key: str) -> Reader:
    """What a Flux key may read, by its `key`, for whoever asks why it is refused. Two calls at most.

    Raises:
        KeyMissingError: The environment has no such key.
    """
    row = aws.get(EnvironmentFluxKeyRow, keys.plausible(environment), keys.plausible(key))
    if row is None:
        raise KeyMissingError
    return Reader(every=True) if row.role is None else _reader(aws.get(FluxRoleRow, environment, row.role))


def _reader(role: FluxRoleRow | None) -> Reader:
    """What a role lets read; nothing, if it is gone."""
    held = roles.grants(role)
    if held.allow(Need("flux-apis", "read")):
        return Reader(every=True)
    named = held.permissions.get("flux-apis")
    return Reader(every=False, apis=frozenset(named.objects if named and "read" in named.actions else ()))
