"""Uploads that are given up, and those whose time is over: their bytes are given back, and nothing is left."""

import pytest

from tests.drive.asking import refusal
from tests.support.books import services_of
from tests.support.ministack import Ministack
from tests.support.system import System, User
from tests.uploads.conftest import Later
from tests.uploads.ends import ENDED, check_failed, failed
from tests.uploads.sending import (
    NOTHING,
    ask,
    begin,
    body_of,
    check,
    check_nothing,
    completed,
    leftovers,
    send,
    staged,
    state,
    work,
)

DAY = 86_400
CONTENTS = {"a": b"hello world", "b/c": b"other"}
SIZE = 16


@pytest.mark.parametrize("call", ["status", "complete", "abort"])
def test_one_that_was_not_completed_in_time(system: System, user: User, later: Later, call: str) -> None:
    """The next call finds out, should the janitor not have come by."""
    begun = begin(system, user, body_of(CONTENTS))
    send(begun["parts"], CONTENTS)
    later(DAY - 5)
    assert state(system, user, begun["upload"])["state"] == "open"

    later(DAY + 1)
    answer = ask(system, user, call, begun["upload"])

    text = "The upload was not completed in time"
    if call == "complete":
        assert refusal(answer) == failed(text)
    if call == "abort":
        assert refusal(answer) == ENDED
    check_failed(system, user, begun["upload"], "expired", text)


def test_the_janitor_ends_what_was_not_completed_in_time(ministack: Ministack, later: Later) -> None:
    system = ministack.system(upload_seconds=60)
    user, janitor = system.user(), services_of(system).janitor(0)
    begun = begin(system, user, body_of(CONTENTS))
    send(begun["parts"], CONTENTS)

    later(50)
    assert janitor.run().expired == 0
    later(61)
    assert janitor.run(dry=True).expired == 1
    check(system, user, used=SIZE, files=0, size=0)
    assert len(staged(system)) == 2

    assert janitor.run().expired == 1
    assert janitor.run().expired == 0

    check_failed(system, user, begun["upload"], "expired", "The upload was not completed in time")


def test_one_that_is_processed_may_take_a_day_longer(system: System, user: User, later: Later) -> None:
    janitor = services_of(system).janitor(0)
    upload = completed(system, user, CONTENTS)
    system.jobs.held.clear()

    later(2 * DAY - 60)
    assert (janitor.run().expired, state(system, user, upload)["state"]) == (0, "processing")
    later(2 * DAY + 60)
    assert janitor.run().expired == 1

    # What the janitor had sent again meanwhile finds nothing to do.
    work(system)
    check_failed(system, user, upload, "expired", "The upload was not completed in time")


@pytest.mark.parametrize("parts", [0, 1, 2])
def test_one_that_is_given_up_while_it_is_open(system: System, user: User, parts: int) -> None:
    begun = begin(system, user, body_of(CONTENTS))
    send(begun["parts"][:parts], dict(list(CONTENTS.items())[:parts]))

    answer = ask(system, user, "abort", begun["upload"])

    assert (answer.status, answer.json) == (200, {"status": "success", "upload": begun["upload"]})
    check_nothing(system, user)
    assert ask(system, user, "abort", begun["upload"]).status == 200
    assert refusal(ask(system, user, "complete", begun["upload"])) == ENDED
    told = state(system, user, begun["upload"])
    assert (told["state"], told["parts"], "reason" in told) == ("aborted", [], False)


@pytest.mark.parametrize("processed", [0, 1])
def test_one_that_is_given_up_while_it_is_processed(system: System, user: User, processed: int) -> None:
    upload = completed(system, user, CONTENTS)
    system.jobs.held, rest = system.jobs.held[:processed], system.jobs.held[processed:]
    work(system)

    assert ask(system, user, "abort", upload).status == 200

    assert leftovers(system) == NOTHING
    system.jobs.held = rest
    work(system)
    check_nothing(system, user)
    assert refusal(ask(system, user, "complete", upload)) == ENDED


def test_one_that_is_done_cannot_be_given_up(system: System, user: User) -> None:
    upload = completed(system, user, CONTENTS)
    work(system)
    before = system.contents()

    assert refusal(ask(system, user, "abort", upload)) == ENDED

    assert system.contents() == before
    assert ask(system, user, "complete", upload).status == 200


def test_one_that_ended_does_not_hinder_the_next_of_the_same(system: System, user: User) -> None:
    first = completed(system, user, CONTENTS)
    ask(system, user, "abort", first)

    second = completed(system, user, CONTENTS)
    work(system)

    assert (state(system, user, first)["state"], state(system, user, second)["state"]) == ("aborted", "done")
    check(system, user, used=SIZE, files=1, size=SIZE)
