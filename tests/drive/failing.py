"""A put of 30 files over an AWS that fails, and what must hold afterwards."""

import json
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session
from botocore.retries.standard import ExponentialBackoff

from tests.drive.asking import many, put_ok
from tests.support.books import faults_in, listed, reconciler, stats, status
from tests.support.faults import Crash, Faults, crash_after, crash_before
from tests.support.system import Answer, System, User

TRANSACTIONS = 3
"""Transactions of the put."""
OBJECTS = 28
"""Objects it writes: of its 30 contents one is the account's already and one another account's."""
FILES = [("mine again", b"mine"), ("theirs too", b"theirs"), *many(OBJECTS, "new")]
SIZE = sum(len(data) for _, data in FILES)
ALWAYS = 1_000_000
"""Times a fault happens that does not pass."""


@dataclass
class Stage:
    """A system with two accounts that each hold a file, ready for the put."""

    system: System
    user: User
    other: User
    faults: Faults
    before: dict[str, Any]
    crashes: bool = False
    dead: bool = False
    met: int = 0

    @classmethod
    def set(cls, system: System) -> "Stage":
        user, other = system.user(), system.user()
        put_ok(system, user, ("mine", b"mine"))
        put_ok(system, other, ("theirs", b"theirs"))
        stage = cls(system, user, other, Faults(system.aws), system.contents())
        for client in (system.aws.dynamodb, system.aws.s3, system.aws.kms):
            client.meta.events.register_first("before-send.*.*", stage._send_nothing_when_dead)
        return stage

    def fail(self, operation: str, fault: Callable[..., Any], *, skip: int = 0, times: int = 1) -> None:
        """Let a fault happen; after a crash nothing more is sent, as no clean-up of ours runs in a dead process."""
        self.faults.add(operation, fault, skip=skip, times=times)
        self.crashes = self.crashes or fault in (crash_before, crash_after)

    def _send_nothing_when_dead(self, **_: object) -> None:
        if self.dead or (self.crashes and self.faults.hits):
            raise Crash

    def die(self) -> None:
        """The process dies here."""
        self.dead = True
        raise Crash

    def put(self, *files: tuple[str, bytes]) -> Answer | None:
        """The answer to a put of these, or of all `FILES`, with all faults over; None if the process died."""
        try:
            return self.system.put(self.user, *(files or FILES))
        except Crash:
            return None
        finally:
            self.met = self.faults.hits
            self.crashes, self.dead, self.faults.hits = False, False, 0
            self.faults.clear()

    def repair(self) -> None:
        """What the operator's check does, with nothing too young to count."""
        reconciler(self.system).check(repair=True)

    def stored(self) -> str:
        """`all` or `nothing`: what is stored of the put, by list, use, totals, references and contents alike."""
        assert faults_in(self.system) == []
        assert listed(self.system, self.other).keys() == {"theirs"}
        names, used = listed(self.system, self.user).keys(), status(self.system, self.user)["storage_used"]
        if names == {"mine"}:
            assert (used, stats(self.system)) == (4, (2, 10))
            return "nothing"
        assert names == {"mine", *(name for name, _ in FILES)}
        assert (used, stats(self.system)) == (4 + SIZE, (2 + len(FILES), 10 + SIZE))
        return "all"


class ThisOneAlone:
    """A fault that happens to one transaction, however often it is tried, and `then` what happens to the n-th after."""

    def __init__(self, fault: Callable[..., Any], nth: int = 0, then: Callable[[], None] | None = None) -> None:
        self._fault = fault
        self._nth, self._then = nth, then
        self._tokens: list[str] = []

    def __call__(self, request: Any) -> Any:
        token = json.loads(request.body)["ClientRequestToken"]
        if token not in self._tokens:
            self._tokens.append(token)
        if token == self._tokens[0]:
            return self._fault(request)
        if self._then is not None and len(self._tokens) == self._nth + 1:
            self._then()
        return None


def forget_tokens(system: System) -> None:
    """Let DynamoDB see a new request token each time, so that our own marker alone tells a second try."""

    def renew(params: dict[str, Any], **_: object) -> None:
        params["ClientRequestToken"] = uuid.uuid4().hex

    system.aws.dynamodb.meta.events.register("provide-client-params.dynamodb.TransactWriteItems", renew)


def bad_gateway(request: Any) -> AWSResponse:
    """Something before AWS answers in its place, without a code of AWS's; the request never arrived."""
    return AWSResponse(request.url, 502, {"content-type": "text/html"}, _Page())


def bad_gateway_after(request: Any) -> AWSResponse:
    """The same, though the request had arrived."""
    URLLib3Session().send(request)
    return bad_gateway(request)


class _Page:
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield b"<html>Bad Gateway</html>"


def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore tries again at once."""
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)


def patience(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """A transaction gives up after so long."""
    monkeypatch.setattr(sys.modules["chalicelib.aws.transaction"], "DEADLINE", seconds)


def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction gives up after a tenth of a second."""
    patience(monkeypatch, 0.1)
