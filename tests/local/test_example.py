"""The example in the demo environment: a blog that strangers read, with pictures from the drive."""

from pathlib import Path

import httpx

from tests.acceptance.client import listed
from tests.local.stack import Start, assert_books_balance, drive


def articles(demo: dict[str, str]) -> list[dict[str, object]]:
    answer = httpx.get(f"{demo['BASE_URL']}/flux/{demo['ENV_KEY']}/{demo['FLUX_PREFIX']}/blog")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()["results"]
    return found


def test_a_stranger_reads_the_blog_and_its_pictures(start: Start, local: Path) -> None:
    running = start(local, more={"EXAMPLE": "blog"}).ready()

    found = articles(running.demo)

    assert len(found) >= 3
    for article in found:
        data = article["data"]
        assert isinstance(data, dict)
        assert "notes" not in data
        picture = data["picture"]
        assert picture["mimetype"] == "image/png"
        assert len(httpx.get(picture["url"]).content) == picture["size"]
    with drive(running) as client:
        assert {file["hash"] for file in listed(client)} == {article["data"]["picture"]["hash"] for article in found}  # type: ignore[index]
    assert_books_balance(local)


def test_a_second_start_makes_no_second_one(start: Start, local: Path) -> None:
    first = start(local, more={"EXAMPLE": "blog"}).ready()
    before, demo = articles(first.demo), first.demo
    first.interrupt()

    second = start(local, port=first.port, more={"EXAMPLE": "blog"}).ready()

    assert second.demo == demo
    assert articles(second.demo) == before


def test_without_an_example_the_account_is_empty(start: Start, local: Path) -> None:
    running = start(local).ready()

    with drive(running) as client:
        assert listed(client) == []
