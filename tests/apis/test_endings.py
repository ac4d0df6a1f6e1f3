"""A deletion that was cut off is finished by the janitor (chalicelib.workers.janitor)."""

from typing import Any

import pytest

from tests.apis.recount import miscounts, unfinished
from tests.support.books import services_of
from tests.support.faults import Crash, Faults, crash_after, crash_before
from tests.support.managing import Manager, refused
from tests.workers.collecting import come_by


@pytest.fixture
def me(me: Manager, monkeypatch: pytest.MonkeyPatch) -> Manager:
    """Deleting an API of five connections takes a transaction, three more for them, and one to say so."""
    monkeypatch.setattr("chalicelib.apis.connections.Connections.MOST_TOGETHER", 2)
    return me


def with_five(me: Manager) -> tuple[str, list[str]]:
    api, folders = me.api("taken"), [me.folder() for _ in range(5)]
    for folder in folders:
        me.connect(api, folder)
    return api, folders


@pytest.mark.parametrize("fault", [crash_before, crash_after])
@pytest.mark.parametrize("after", range(5))
def test_connections_of_a_deleted_api_go_in_the_end(me: Manager, fault: Any, after: int) -> None:
    api, folders = with_five(me)
    faults = Faults(me.system.aws)
    faults.add("TransactWriteItems", fault, skip=after)
    with pytest.raises(Crash):
        me.ask("DELETE", f"/api/{api}/")
    assert miscounts() == []
    if (after, fault) == (0, crash_before):
        assert me.ask("GET", f"/api/{api}/").status == 200
        return
    # It is gone for callers, and its prefix is free, whatever is left of it.
    refused(me.ask("GET", f"/api/{api}/"), 404, "api_not_found")
    assert me.api("taken")
    done = (after, fault) == (4, crash_after)
    assert unfinished() == (0 if done else 1)

    assert services_of(me.system).janitor().run(dry=True).disconnected == unfinished()
    assert unfinished() == (0 if done else 1)
    assert services_of(me.system).janitor().run().disconnected == (0 if done else 1)

    assert (unfinished(), miscounts()) == (0, [])
    for folder in folders:
        assert me.ask("DELETE", "/folders/tree/folder/", query={"key": folder}).status == 204


def test_on_aws_the_schedule_does_it(me: Manager) -> None:
    api, _ = with_five(me)
    Faults(me.system.aws).add("TransactWriteItems", crash_before, skip=1)
    with pytest.raises(Crash):
        me.ask("DELETE", f"/api/{api}/")
    assert unfinished() == 1

    come_by(me.system)

    assert (unfinished(), miscounts()) == (0, [])
