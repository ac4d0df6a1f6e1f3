"""Strict folders: what is below an owner is read there alone, and every owner on the way must be published."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.delivery.visiting import BOTH, Site, refused, titles
from tests.support.managing import Manager, field

TITLE = (field("title", searchable=True),)


@dataclass(frozen=True)
class School:
    """Courses, their modules, and the lessons of those: keys of folders by alias, and of resources by title."""

    site: Site
    folders: dict[str, str]
    keys: dict[str, str]

    def add(self, alias: str, title: str, owner: str | None = None) -> str:
        more = {"resource_owner": self.keys[owner]} if owner is not None else {}
        self.keys[title] = self.site.post(self.folders[alias], {"title": title}, **more)
        return self.keys[title]

    def unpublish(self, alias: str, title: str) -> None:
        me, at = self.site.me, f"/folders/{self.folders[alias]}/resources/{self.keys[title]}"
        revision = me.revisions(self.folders[alias], self.keys[title])[-1]["key"]
        assert me.ask("POST", f"{at}/revisions/{revision}/unpublish/").status == 200


@pytest.fixture
def school(me: Manager) -> School:
    """Two courses with a module each, the first of which has a lesson; only lessons were connected by hand."""
    site = Site.of(me)
    courses = me.folder("courses")
    modules = me.folder("modules", courses, strict=True)
    lessons = me.folder("lessons", modules, strict=True)
    for folder in (courses, modules, lessons):
        me.schema(folder, *TITLE)
    me.connect(site.api, lessons, *BOTH)
    made = School(site, {"courses": courses, "modules": modules, "lessons": lessons}, {})
    for number in "12":
        made.add("courses", f"c{number}")
        made.add("modules", f"m{number}", f"c{number}")
    made.add("lessons", "l1", "m1")
    return made


def paths(school: School, course: str, module: str, lesson: str = "l1") -> list[tuple[str, str]]:
    """What may be asked below a module: verb and path."""
    keys: dict[str, str] = {**school.keys, "nobody": "0123456789ab", "endless": "x" * 5000, "": ""}
    at = f"courses/{keys[course]}/modules/{keys[module]}/lessons"
    one = f"{at}/{keys[lesson]}"
    return [("GET", at), ("POST", f"{at}/_search"), ("GET", one), ("GET", f"{one}/_files/Qm"), ("GET", f"{at}/_schema")]


def test_three_deep(school: School) -> None:
    (listed, found, one, _, schema) = [school.site.ask(path, verb) for verb, path in paths(school, "c1", "m1")]

    assert titles(listed) == titles(found) == ["l1"]
    assert one.json == listed.json["results"][0]
    assert schema.json["path"] == f"/{school.site.prefix}/courses/{{courses_key}}/modules/{{modules_key}}/lessons"
    school.add("lessons", "l2", "m1")
    school.add("lessons", "l3", "m2")
    at = f"courses/{school.keys['c1']}/modules/{school.keys['m1']}/lessons"
    assert titles(school.site.ask(at)) == ["l2", "l1"]
    assert titles(school.site.ask(at, query={"where__title__eq": "l3"})) == []


@pytest.mark.parametrize(
    ("course", "module"),
    [("nobody", "m1"), ("c1", "nobody"), ("c2", "m1"), ("c1", "m2"), ("m1", "c1"), ("c1", "c1"), ("endless", "m1")],
)
def test_an_owner_that_is_unknown_or_another_s(school: School, course: str, module: str) -> None:
    for verb, path in paths(school, course, module):
        refused(school.site.ask(path, verb), 404, "resource_not_found")


def test_a_resource_of_another_owner(school: School) -> None:
    school.add("lessons", "l2", "m2")
    lesson = school.keys["l2"]

    assert school.site.ask(f"courses/{school.keys['c2']}/modules/{school.keys['m2']}/lessons/{lesson}").status == 200
    for verb, path in paths(school, "c1", "m1", "l2")[2:4]:
        refused(school.site.ask(path, verb), 404, "resource_not_found")


@pytest.mark.parametrize(("alias", "title"), [("courses", "c1"), ("modules", "m1")])
def test_an_owner_that_is_not_published_hides_what_it_has(school: School, alias: str, title: str) -> None:
    school.unpublish(alias, title)

    for verb, path in paths(school, "c1", "m1"):
        refused(school.site.ask(path, verb), 404, "resource_not_found")
    # And shows it again.
    assert school.site.me.publish(school.folders[alias], school.keys[title]).status == 200
    assert titles(school.site.ask(paths(school, "c1", "m1")[0][1])) == ["l1"]


def test_an_owner_that_is_deleted_takes_what_it_has_along(school: School) -> None:
    at = f"/folders/{school.folders['modules']}/resources/{school.keys['m1']}/"
    assert school.site.me.ask("DELETE", at).status == 204

    for verb, path in paths(school, "c1", "m1"):
        refused(school.site.ask(path, verb), 404, "resource_not_found")


def test_ancestors_are_part_of_the_path_and_show_nothing(school: School) -> None:
    course, module = school.keys["c1"], school.keys["m1"]
    for path in ("courses", f"courses/{course}", f"courses/{course}/modules", f"courses/{course}/modules/{module}"):
        answer = school.site.ask(path)
        refused(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == ""
    # What a connection does not allow is said before what there is.
    refused(school.site.ask(f"courses/nobody/modules/{module}"), 405, "method_not_allowed")
    school.site.allow(school.folders["modules"], "get_many")
    assert school.site.read(f"courses/{course}/modules")["results"][0].keys() == {"_sys"}


def test_neither_a_strict_folder_alone_nor_one_without_a_key(school: School) -> None:
    module = school.keys["m1"]
    for path in ("lessons", "modules", f"modules/{module}/lessons", f"courses/modules/{module}/lessons", "courses/a/b"):
        refused(school.site.ask(path), 404, "route_not_found")


def test_cursors_belong_to_their_owner(school: School) -> None:
    for title in ("l2", "l3"):
        school.add("lessons", title, "m1")
    for title in ("k1", "k2"):
        school.add("lessons", title, "m2")
    first, second = (paths(school, *owners)[0][1] for owners in (("c1", "m1"), ("c2", "m2")))
    page: dict[str, Any] = school.site.read(first, query={"limit": "2"})

    assert titles(school.site.follow(page["next"])) == ["l1"]
    token = page["next"].rpartition("next=")[2]
    refused(school.site.ask(second, query={"limit": "2", "next": token}), 422, "invalid_request")
