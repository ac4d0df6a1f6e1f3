"""A drive with small limits of calls a second, and where a client stands by its answers."""

from collections.abc import Callable
from typing import Protocol

from tests.support.system import Answer, System, User

PUTS, READS = 3, 5
"""The limits of the fixture `limited`."""
LIMITED = (429, "Too many requests", "too_many_requests")
NAMES = ("ratelimit", "ratelimit-policy")


class Make(Protocol):
    """Makes a system with settings of its own."""

    def __call__(self, **settings: object) -> System: ...


def put(system: System, user: User) -> Answer:
    return system.put(user, ("a.txt", b"hello world"))


def statuses(calls: int, call: Callable[[], Answer]) -> list[int]:
    return [call().status for _ in range(calls)]


def standing(answer: Answer) -> tuple[str, ...]:
    return tuple(answer.headers[name] for name in NAMES)
