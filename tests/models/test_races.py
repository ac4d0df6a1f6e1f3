"""Many change versions and fields at once: nothing is lost, and numbers are given once."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest

from tests.apis.recount import miscounts
from tests.drive.failing import patience
from tests.support.managing import Manager, field, manager
from tests.support.ministack import Ministack
from tests.support.system import Answer, System
from tests.support.threads import at_once

TIMES = 6


@pytest.fixture(scope="module")
def over_ministack(ministack: Ministack) -> System:
    return ministack.system()


@pytest.fixture
def me(over_ministack: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """Someone whose calls do not give up soon: a slow machine is not what is tested. Afterwards all adds up."""
    monkeypatch.setattr("chalicelib.aws.clients._current", over_ministack.aws)
    patience(monkeypatch, 30)
    yield manager(over_ministack)
    assert miscounts() == []


def outcomes(works: Sequence[Callable[[], Answer]]) -> Counter[str]:
    """How often each outcome came of doing all at once: a status, or an error code."""
    answers = at_once(works)
    return Counter(answer.json["error_code"] if answer.status >= 400 else str(answer.status) for answer in answers)


def paths(me: Manager, version: str) -> set[str]:
    found = me.ask("GET", f"{version}schema/tree/", query={"mode": "descendants"}).json["results"]
    return {one["path"] for one in found}


def test_no_field_that_is_added_is_lost(me: Manager) -> None:
    version = me.draft(me.folder(), field("o", "object"))
    adds = [partial(me.ask, "POST", f"{version}schema/tree/", field(f"f{n}", parent="o")) for n in range(TIMES)]

    assert outcomes(adds) == {"201": TIMES}

    assert paths(me, version) == {"o", *(f"o.f{n}" for n in range(TIMES))}


def test_a_key_is_used_once(me: Manager) -> None:
    version = me.draft(me.folder())

    found = outcomes([partial(me.ask, "POST", f"{version}schema/tree/", field("same"))] * TIMES)

    assert found == {"201": 1, "field_exists": TIMES - 1}


def test_fields_are_added_to_what_is_being_removed(me: Manager) -> None:
    version = me.draft(me.folder(), field("o", "object"))
    tree = f"{version}schema/tree/"
    remove = partial(me.ask, "DELETE", f"{tree}field/", query={"path": "o"})
    adds = [partial(me.ask, "POST", tree, field(f"f{n}", parent="o")) for n in range(4)]

    found = outcomes([remove, *adds])

    assert found["204"] == 1
    assert found["201"] + found["validation_error"] == 4
    assert paths(me, version) == set()


def test_a_draft_is_published_as_fields_are_added(me: Manager) -> None:
    for _ in range(3):
        folder = me.folder()
        version = me.draft(folder, field("a"))
        adds = [partial(me.ask, "POST", f"{version}schema/tree/", field(f"f{n}")) for n in range(4)]

        found = outcomes([partial(me.ask, "POST", f"{version}publish/"), *adds])

        assert found["200"] == 1
        assert found["201"] + found["version_already_published"] == 4
        # What resources must fit is what the version says, whoever was first.
        assert len(paths(me, version)) == 1 + found["201"]
        data = dict.fromkeys(paths(me, version), "x")
        assert me.resource(folder, data)


def test_a_draft_is_published_once(me: Manager) -> None:
    folder = me.folder()
    version = me.draft(folder)

    found = outcomes([partial(me.ask, "POST", f"{version}publish/")] * TIMES)

    assert found == {"200": 1, "version_already_published": TIMES - 1}
    assert me.ask("GET", version).json["version_number"] == 1


def test_all_drafts_are_published_at_once_one_after_the_other(me: Manager) -> None:
    folder = me.folder()
    drafts = [me.draft(folder, field(f"f{n}")) for n in range(TIMES)]

    assert outcomes([partial(me.ask, "POST", f"{draft}publish/") for draft in drafts]) == {"200": TIMES}

    rows = me.ask("GET", f"/folders/{folder}/model/versions/").json["results"]
    assert sorted(row["version_number"] for row in rows) == list(range(1, TIMES + 1))
    assert [row["version_number"] for row in rows if row["archived_at"] is None] == [TIMES]
    last = next(n for n, row in enumerate(rows) if row["version_number"] == TIMES)
    assert me.resource(folder, {f"f{last}": "x"})


def test_a_draft_is_published_or_deleted(me: Manager) -> None:
    for _ in range(3):
        folder = me.folder()
        version = me.draft(folder)

        found = outcomes([partial(me.ask, "POST", f"{version}publish/"), partial(me.ask, "DELETE", version)])

        assert found in ({"200": 1, "version_already_published": 1}, {"204": 1, "schema_version_not_found": 1})
        assert me.ask("GET", f"/folders/{folder}/model/versions/").json["count"] == found["200"]


def test_the_last_places_for_drafts_are_given_once(me: Manager) -> None:
    folder = me.folder()
    for _ in range(48):
        me.draft(folder)
    make = partial(me.ask, "POST", f"/folders/{folder}/model/versions/", {"name": "n"})

    assert outcomes([make] * TIMES) == {"201": 2, "too_many_versions": TIMES - 2}


def test_a_folder_is_deleted_as_versions_are_made_in_it(me: Manager) -> None:
    folder = me.folder()
    make = partial(me.ask, "POST", f"/folders/{folder}/model/versions/", {"name": "n"})
    delete = partial(me.ask, "DELETE", "/folders/tree/folder/", query={"key": folder})

    found = outcomes([delete, *[make] * 4])

    assert found["204"] == 1
    assert found["201"] + found["folder_not_found"] == 4
    assert make().json["error_code"] == "folder_not_found"
