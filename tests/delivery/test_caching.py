"""Tags, HEAD and how long answers may be kept (RFC 9110 and 9111)."""

import pytest

from tests.delivery.visiting import Site, refused
from tests.support.managing import Manager
from tests.support.system import Answer


@pytest.fixture
def site(me: Manager) -> Site:
    return Site.of(me)


@pytest.fixture
def paths(site: Site) -> list[str]:
    """All that has a tag, but for files."""
    key = site.post(site.folder("things"), {"title": "One"})
    return ["things", f"things/{key}", "things/_schema", "_router"]


def given(answer: Answer, *names: str) -> list[str | None]:
    return [answer.headers.get(name) for name in names]


def test_what_has_not_changed_is_not_sent_again(site: Site, paths: list[str]) -> None:
    for path in paths:
        first = site.ask(path)
        tag = first.headers["etag"]
        assert tag == site.ask(path).headers["etag"]
        for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = site.ask(path, headers={"if-none-match": condition})
            assert (again.status, again.body) == (304, b"")
            assert given(again, "etag", "cache-control") == given(first, "etag", "cache-control")
        for condition in ('"other"', tag.strip('"'), ""):
            assert site.ask(path, headers={"if-none-match": condition}).body == first.body


def test_head_is_get_without_its_body(site: Site, paths: list[str]) -> None:
    for path in paths:
        got, head = site.ask(path), site.ask(path, "HEAD")

        assert (head.status, head.body) == (200, b"")
        assert int(head.headers["content-length"]) == len(got.body)
        same = ("etag", "cache-control", "content-type", "content-length")
        assert given(head, *same) == given(got, *same)
        unchanged = site.ask(path, "HEAD", headers={"if-none-match": got.headers["etag"]})
        assert unchanged.status == 304


def test_a_tag_is_of_what_is_shown(site: Site) -> None:
    folder = site.folder("things")
    key = site.post(folder, {"title": "One", "rank": 1})
    one, listed = (site.ask(path).headers["etag"] for path in (f"things/{key}", "things"))

    assert one != site.ask(f"things/{key}", query={"fields": "rank"}).headers["etag"]
    assert listed != site.ask("things", query={"limit": "7"}).headers["etag"]
    revision = site.me.revise(folder, key, {"title": "Two", "rank": 1})
    assert site.ask(f"things/{key}").headers["etag"] == one
    assert site.me.publish(folder, key, revision).status == 200
    for path, before in ((f"things/{key}", one), ("things", listed)):
        answer = site.ask(path, headers={"if-none-match": before})
        assert answer.status == 200
        assert answer.headers["etag"] != before
    site.post(folder, {"title": "Three"})
    assert len(site.read("things", headers={"if-none-match": listed})["results"]) == 2


def test_how_long_answers_may_be_kept(site: Site, paths: list[str]) -> None:
    for seconds, control in ((None, "public, no-cache"), (60, "public, max-age=60"), (0, "public, no-cache")):
        if seconds is not None:
            site.change(cache_max_age=seconds)
        for path in paths:
            assert given(site.ask(path), "cache-control", "vary") == [control, None]


def test_what_needs_a_key_is_the_caller_s_own(site: Site, paths: list[str]) -> None:
    site.change(is_auth_required=True, cache_max_age=60)
    auth = site.key()

    for path in paths:
        answer = site.ask(path, auth=auth)
        assert given(answer, "cache-control", "vary") == ["private, max-age=60", "Authorization"]
        # Nobody learns from a tag that they guessed right.
        refused(site.ask(path, headers={"if-none-match": answer.headers["etag"]}), 401, "authentication_required")
        refused(site.ask(path, headers={"if-none-match": "*"}), 401, "authentication_required")
    site.change(cache_max_age=0)
    assert site.ask("things", auth=auth).headers["cache-control"] == "private, no-cache"


def test_refusals_are_not_to_be_kept(site: Site, paths: list[str]) -> None:
    site.change(cache_max_age=3600)

    for path, method in (("things/nobody", "GET"), ("nowhere", "GET"), (paths[0], "DELETE"), (paths[0], "POST")):
        answer = site.ask(path, method)
        assert answer.status >= 400
        assert "etag" not in answer.headers
        assert "max-age" not in answer.headers.get("cache-control", "")
    # A condition does not turn what is missing into what has not changed.
    refused(site.ask("things/nobody", headers={"if-none-match": "*"}), 404, "resource_not_found")


def test_searches_are_answered_whatever_the_condition(site: Site, paths: list[str]) -> None:
    first = site.ask("things/_search", "POST")

    again = site.ask("things/_search", "POST", headers={"if-none-match": first.headers["etag"]})

    assert (again.status, again.body) == (200, first.body)
    assert len(again.json["results"]) == len(paths[:1])
