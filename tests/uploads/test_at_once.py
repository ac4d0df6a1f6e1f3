"""Several workers, callers, accounts and janitors at the same moment: one file, one set of messages, right books."""

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chalicelib import aws, ipfs
from chalicelib.uploads.processing import Processing
from chalicelib.uploads.tables import UploadRow
from tests.drive.asking import put_ok
from tests.support.books import listed, rm, services_of
from tests.support.system import System, User
from tests.support.threads import at_once
from tests.uploads.conftest import Later
from tests.uploads.ends import check_done
from tests.uploads.sending import (
    NOTHING,
    address,
    ask,
    body_of,
    check,
    check_nothing,
    completed,
    deliver,
    leftovers,
    part_message,
    state,
    work,
)

CONTENTS = {"a": b"hello world", "b/c": b"other", "d": b"", "e": b"!"}
SIZE = 17
CID = address(CONTENTS)


def test_several_that_complete_at_once_send_one_set_of_messages(system: System, user: User) -> None:
    upload = completed(system, user, CONTENTS)
    # Back to before it was completed
    with aws.transaction() as tx:
        tx.update(UploadRow(account=user.zelid, id=upload), [UploadRow.state.set("open")])
    system.jobs.held.clear()

    answers = at_once([lambda: ask(system, user, "complete", upload).status] * 6)

    assert answers == [202] * 6
    assert len(system.jobs.held) == 3
    work(system)
    check_done(system, user, upload, CONTENTS)


@pytest.mark.parametrize("known", [False, True], ids=["new content", "known content"])
def test_messages_three_times_by_several_threads(system: System, user: User, *, known: bool) -> None:
    other = system.user()
    if known:
        put_ok(system, other, ("x", b"content of theirs"))
    contents = {"": b"content of theirs"} if known else CONTENTS
    upload = completed(system, user, contents)
    messages = [*system.jobs.held, part_message(user, upload, None)] * 3
    system.jobs.held.clear()

    at_once([partial(deliver, system, message) for message in messages])

    if not known:
        check_done(system, user, upload, CONTENTS)
        return
    assert len(leftovers(system)["objects"]) == 1
    check(system, user, used=17, files=2, size=34)


@pytest.mark.parametrize("contents", [{"": b"x"}, CONTENTS], ids=["file", "folder"])
def test_several_that_end_it_at_once_make_one_file(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch, contents: dict[str, bytes]
) -> None:
    """Some find that all is done and tidy, and that is no fault."""
    with monkeypatch.context() as patch:
        patch.setattr(Processing, "_finish", lambda *_: None)
        upload = completed(system, user, contents)
        work(system)
    assert (state(system, user, upload)["state"], state(system, user, upload)["left"]) == ("processing", 0)

    at_once([partial(deliver, system, part_message(user, upload, None))] * 6)

    size = sum(map(len, contents.values()))
    assert state(system, user, upload)["state"] == "done"
    check(system, user, used=size, files=1, size=size)
    assert leftovers(system) == {**NOTHING, "objects": leftovers(system)["objects"]}


def test_uploads_of_several_accounts_of_the_same_at_once(system: System, user: User) -> None:
    others = [system.user() for _ in range(3)]
    uploads = {one: completed(system, one, CONTENTS) for one in (user, *others)}
    messages = list(system.jobs.held)
    system.jobs.held.clear()
    random.Random(5).shuffle(messages)

    at_once([partial(deliver, system, message) for message in messages])

    assert len(leftovers(system)["objects"]) == 3
    for one, upload in uploads.items():
        assert state(system, one, upload)["result"]["folder"]["hash"] == CID
        check(system, one, used=SIZE, files=4, size=4 * SIZE)


def test_one_account_that_uploads_the_same_several_times_at_once(system: System, user: User) -> None:
    """One of them makes the file, the others give their bytes back."""
    data = {"": b"hello world"}
    for _ in range(4):
        completed(system, user, data, {"name": "same", "size": 11})
    check(system, user, used=44, files=0, size=0)
    messages = list(system.jobs.held)
    system.jobs.held.clear()

    at_once([partial(deliver, system, message) for message in messages])

    assert listed(system, user) == {"same": ipfs.file_node(b"hello world").cid}
    assert len(leftovers(system)["objects"]) == 1
    check(system, user, used=11, files=1, size=11)


def test_giving_up_and_completing_at_once(system: System, user: User) -> None:
    """One of them wins, and the books are right either way."""
    for _ in range(3):
        upload = completed(system, user, CONTENTS)
        acts: list[Callable[[], Any]] = [partial(deliver, system, message) for message in system.jobs.held]
        system.jobs.held.clear()

        acts.append(partial(ask, system, user, "abort", upload))
        answer = at_once(acts)[-1]

        if state(system, user, upload)["state"] == "done":
            assert answer.status == 409
            assert rm(system, user, CID).status == 200
            services_of(system).janitor(0).run()
        check_nothing(system, user)


def test_janitors_that_tidy_at_once(system: System, user: User, later: Later) -> None:
    upload = completed(system, user, CONTENTS, body_of(CONTENTS))
    system.jobs.held.clear()
    later(3 * 86_400)

    at_once([services_of(system).janitor(0).run] * 4)

    assert state(system, user, upload)["reason"] == "expired"
    check_nothing(system, user)
