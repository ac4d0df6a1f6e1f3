"""A file of any size, part by part: its address, its answer, and what the account has then."""

import random
import time

import pytest

from chalicelib.blobs import segments
from tests.blobs.shape import Asked
from tests.drive.asking import read
from tests.support.books import faults_in, listed, services_of
from tests.support.system import System, User
from tests.uploads.sending import (
    address,
    ask,
    begin,
    check,
    completed,
    content,
    leftovers,
    put_part,
    slices,
    staged,
    state,
    upload,
    work,
)
from tests.workers.images import quarters, saved

CHUNK = 262_144
PART = 8 * 2**20


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, PART - 1, PART, PART + 1, 2 * PART + 3 * CHUNK + 5])
def test_a_file_of_any_size_has_the_address_of_its_content(system: System, user: User, size: int) -> None:
    data = content(size)
    cid = address({"": data})

    answer = upload(system, user, {"": data}, {"name": "disk.img", "size": size, "mimetype": "image/x-raw"})

    file = {"name": "disk.img", "hash": cid, "mimetype": "image/x-raw", "size": size}
    assert answer == {"status": "success", "files": [file], **file, "thumbnail": None}
    assert read(system, user, cid).body == data
    left = leftovers(system)
    assert (left["staged"], left["parts"], left["files"]) == ([], [], [])
    assert len(left["objects"]) == -(-size // PART)
    check(system, user, used=size, files=1, size=size)


def test_a_file_is_cut_into_parts_of_8_mib_and_a_rest(system: System) -> None:
    for size in (0, 1, PART - 1, PART, PART + 1, 3 * PART, 5 * 2**30):
        begun = begin(system, system.user(), {"name": "x", "size": size})
        now, parts = int(time.time()), begun["parts"]

        assert begun.keys() == {"status", "upload", "part_size", "parts", "expires"}
        assert (begun["status"], begun["part_size"]) == ("success", PART)
        assert [part["number"] for part in parts] == list(range(-(-size // PART)))
        assert [part["size"] for part in parts[:-1]] == [PART] * (len(parts) - 1)
        assert sum(part["size"] for part in parts) == size
        for part in parts:
            assert part.keys() == {"number", "size", "url", "headers", "expires"}
            assert part["headers"] == {"Content-Length": str(part["size"])}
            assert abs(part["expires"] - now - 900) <= 10
        assert abs(begun["expires"] - now - 86_400) <= 10


def test_parts_may_come_and_be_processed_in_any_order(system: System, user: User) -> None:
    """Past 174 leaves the address is a tree of two levels."""
    data = content(5 * PART + 20 * CHUNK + 77)
    begun = begin(system, user, {"name": "x", "size": len(data), "hash": address({"": data})})
    parts = slices(begun["parts"], {"": data})
    random.Random(1).shuffle(parts)
    for part, piece in parts:
        assert put_part(part, piece).status_code == 200
    assert ask(system, user, "complete", begun["upload"]).status == 202

    random.Random(2).shuffle(system.jobs.held)
    work(system)

    assert state(system, user, begun["upload"])["result"]["hash"] == address({"": data})
    assert read(system, user, address({"": data})).body == data
    assert faults_in(system) == []


def test_each_step_tells_how_far_it_is(system: System, user: User) -> None:
    data = content(PART + 3)
    begun = begin(system, user, {"name": "x", "size": len(data)})
    first, second = slices(begun["parts"], {"": data})

    # Open, with one part in and then both
    assert put_part(*second).status_code == 200
    told = state(system, user, begun["upload"])
    assert (told["state"], told["left"], told["expires"]) == ("open", 2, begun["expires"])
    assert [part["in"] for part in told["parts"]] == [False, True]
    assert told["parts"][1] == {"number": 1, "size": 3, "in": True}
    assert put_part(told["parts"][0], first[1]).status_code == 200
    told = state(system, user, begun["upload"])
    assert told["parts"] == [{"number": 0, "size": PART, "in": True}, {"number": 1, "size": 3, "in": True}]

    # Processing
    answer = ask(system, user, "complete", begun["upload"])
    assert (answer.status, answer.json["state"], answer.json["left"]) == (202, "processing", 2)
    assert answer.json == state(system, user, begun["upload"])
    system.jobs.held, held = system.jobs.held[:1], system.jobs.held[1:]
    work(system)
    assert (state(system, user, begun["upload"])["left"], listed(system, user)) == (1, {})

    # Done
    system.jobs.held = held
    work(system)
    done = ask(system, user, "complete", begun["upload"])
    told = state(system, user, begun["upload"])
    assert done.status == 200
    assert (told["state"], told["left"], told["parts"], told["result"]) == ("done", 0, [], done.json)
    assert listed(system, user) == {"x": address({"": data})}


NAMED = [
    ("a.png", "image/jpeg"),
    ("a.png", "image/png; charset=x"),
    ("a.png", None),
    ("a.png", "application/octet-stream"),
    ("a.png", "no type at all"),
    ("a.html", "TEXT/HTML"),
    ("noending", None),
    ('ümläut \U0001f600/\\ "quoted".tar.gz', None),
    ("ß" * 512, ""),
    (" ", None),
]


def test_what_is_uploaded_is_what_a_put_makes(system: System) -> None:
    """Name, media type and the whole answer."""
    for name, mimetype in NAMED:
        mine, theirs = system.user(), system.user()
        told = {"mimetype": mimetype} if mimetype is not None else {}
        answer = upload(system, mine, {"": b"hello world"}, {"name": name, "size": 11, **told})

        # In a header of multipart a quote would end the name.
        put = system.put(theirs, (name.replace('"', "'"), b"hello world"), content_type=mimetype or "").json

        assert answer == {**put, "name": name, "files": [{**put["files"][0], "name": name}]}
        (line,), other = (system.call("POST", "/api/v0/ls", user=one).json["files"] for one in (mine, theirs))
        assert {**line, "timestamp": 0} == {**other[0], "name": name, "timestamp": 0}


def test_a_picture_gets_its_thumbnails(system: System, user: User) -> None:
    picture = saved(quarters(400, 300), "PNG")

    answer = upload(system, user, {"": picture}, {"name": "a.png", "size": len(picture)})

    assert answer["mimetype"] == "image/png"
    thumb = read(system, user, answer["hash"], "thumb")
    assert (thumb.status, thumb.headers["content-type"]) == (200, "image/jpeg")
    check(system, user, used=len(picture), files=1, size=len(picture))


def test_a_file_that_is_uploaded_is_removed_and_collected_like_any(system: System, user: User) -> None:
    data = content(PART + 1)
    cid = upload(system, user, {"": data})["hash"]

    assert system.call("POST", "/api/v0/rm", user=user, query={"arg": cid}).status == 200
    services_of(system).janitor(0).run()

    check(system, user, used=0, files=0, size=0)
    assert leftovers(system)["objects"] == []
    assert read(system, user, cid).status == 404


def test_nothing_readable_is_left_in_the_staging_bucket(system: System, user: User) -> None:
    name = completed(system, user, {"": b"hello world"})
    assert staged(system) == [f"uploads/{name}/0"]

    work(system)

    assert staged(system) == []


def test_a_mebibyte_in_the_middle_costs_one_segment(system: System, user: User) -> None:
    data = content(2 * PART + 1)
    cid = upload(system, user, {"": data})["hash"]
    asked, begin_at = Asked(system.aws), PART + 2 * 2**20

    answer = read(system, user, cid, range=f"bytes={begin_at}-{begin_at + 2**20 - 1}")

    assert (answer.status, answer.body == data[begin_at : begin_at + 2**20]) == (206, True)
    assert (asked.calls, asked.bytes) == (1, segments.sealed_length(4 * 2**20))
