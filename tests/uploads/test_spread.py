"""Blobs of uploaded folders, in which each file begins with an object of its own: read, checked, damaged, collected."""

import io
import tarfile

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow, segments
from chalicelib.drive.tables import ManifestRow
from tests.blobs.shape import Asked
from tests.drive.asking import read
from tests.support.books import faults_in, rm, services_of
from tests.support.system import Answer, System, User
from tests.uploads.sending import address, check_nothing, content, leftovers, upload

OBJECT, SEGMENT = 262_144, 131_072
CONTENTS = {
    "a": content(2 * OBJECT + SEGMENT + 10, 1),
    "dir/b": content(OBJECT, 2),
    "dir/c": b"",
    "dir/deep/d": content(SEGMENT - 1, 3),
    "e": content(3 * OBJECT, 4),
    "f": b"!",
}
CID = address(CONTENTS)


@pytest.fixture(autouse=True)
def _shape(small_parts: int) -> None:
    assert small_parts == OBJECT == segments.OBJECT


@pytest.fixture(autouse=True)
def _uploaded(system: System, user: User) -> None:
    assert upload(system, user, CONTENTS, name="it")["folder"]["hash"] == CID


def part_of(system: System, user: User, path: str, begin: int, end: int, *, call: str = "cat") -> Answer:
    """The answer to a range, of bytes `begin` to before `end`."""
    answer = read(system, user, f"{CID}/{path}" if path else CID, call, range=f"bytes={begin}-{end - 1}")
    assert answer.status == 206, answer.body
    return answer


def blob() -> BlobRow:
    row = aws.get(BlobRow, CID)
    assert row is not None
    return row


def untarred(raw: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        members = [member for member in tar.getmembers() if member.isfile()]
        return {member.name: (tar.extractfile(member) or io.BytesIO()).read() for member in members}


def test_each_file_begins_with_an_object_of_its_own(system: System) -> None:
    row = blob()

    lengths = [length for _, length in sorted(leftovers(system)["objects"])]

    assert (row.spread, int(row.size)) == (True, 9 * OBJECT)
    sizes = [OBJECT, OBJECT, SEGMENT + 10, OBJECT, SEGMENT - 1, OBJECT, OBJECT, OBJECT, 1]
    assert lengths == [segments.object_length(size, 0) for size in sizes]


def test_ranges_over_every_border(system: System, user: User) -> None:
    for path, data in CONTENTS.items():
        near = {at for edge in range(0, len(data) + 1, SEGMENT) for at in (edge - 1, edge, edge + 1)} | {len(data)}
        edges = sorted(at for at in near if 0 <= at <= len(data))
        for begin, end in zip(edges, edges[2:], strict=False):
            answer = part_of(system, user, path, begin, end)
            assert answer.body == data[begin:end], (path, begin, end)
            assert answer.headers["content-range"] == f"bytes {begin}-{end - 1}/{len(data)}"
        assert read(system, user, f"{CID}/{path}").body == data


def test_no_range_reads_on_into_the_next_file(system: System, user: User) -> None:
    last = read(system, user, f"{CID}/dir/deep/d", range="bytes=-5")
    beyond = read(system, user, f"{CID}/dir/deep/d", range=f"bytes={SEGMENT - 3}-{SEGMENT + 10}")

    assert last.body == CONTENTS["dir/deep/d"][-5:]
    assert beyond.body == CONTENTS["dir/deep/d"][-2:]
    assert read(system, user, f"{CID}/f", range="bytes=1-").status == 416
    assert read(system, user, f"{CID}/dir/c", range="bytes=0-").status == 416


TOUCHED = [
    ("a", SEGMENT // 2, SEGMENT // 2 + 1, 1),
    ("a", SEGMENT - 1, SEGMENT + 1, 2),
    ("e", OBJECT - 1, OBJECT + 1, 2),
    ("e", OBJECT, OBJECT + SEGMENT, 1),
    ("e", 0, 3 * OBJECT, 6),
]


def test_a_range_fetches_only_the_segments_it_touches(system: System, user: User) -> None:
    asked = Asked(system.aws)
    for path, begin, end, touched in TOUCHED:
        asked.bytes = 0
        assert part_of(system, user, path, begin, end).body == CONTENTS[path][begin:end]
        assert asked.bytes == touched * segments.sealed_length(SEGMENT), (path, begin, end)


def test_the_tar_of_all_and_of_a_folder_in_it(system: System, user: User) -> None:
    whole = read(system, user, CID, "get")
    assert untarred(whole.body) == {f"{CID}/{path}": data for path, data in CONTENTS.items()}
    below = read(system, user, f"{CID}/dir", "get")
    assert {name.partition("/")[2]: data for name, data in untarred(below.body).items()} == {
        path.removeprefix("dir/"): data for path, data in CONTENTS.items() if path.startswith("dir/")
    }


def test_a_tar_in_ranges_is_the_same(system: System, user: User) -> None:
    whole = read(system, user, CID, "get").body

    for step in (SEGMENT, 300_001):
        pieces = [part_of(system, user, "", at, at + step, call="get").body for at in range(0, len(whole), step)]
        assert b"".join(pieces) == whole, step


def damage(system: System, number: int, body: bytes | None) -> None:
    bucket, key = system.aws.settings.blob_bucket, f"{blob().blob}/{number}"
    if body is None:
        system.aws.s3.delete_object(Bucket=bucket, Key=key)
    else:
        system.aws.s3.put_object(Bucket=bucket, Key=key, Body=body)


def stored(system: System, number: int) -> bytes:
    bucket, key = system.aws.settings.blob_bucket, f"{blob().blob}/{number}"
    return bytes(system.aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read())


OBJECTS = {1: "a", 2: "a", 3: "dir/b", 4: "dir/deep/d", 8: "f"}
"""Objects by number, and the file that each is of."""


def damaged(whole: bytes) -> dict[str, bytes | None]:
    """What may stand in an object's place."""
    segment = segments.sealed_length(SEGMENT)
    return {
        "lost": None,
        "cut by a byte": whole[:-1],
        "cut to a segment": whole[:segment] if len(whole) > segment else whole[:-10],
        "empty": b"",
        "altered": whole[:-50] + bytes([whole[-50] ^ 1]) + whole[-49:],
    }


def test_an_object_that_is_damaged_is_found_and_never_read(system: System, user: User) -> None:
    for number, path in OBJECTS.items():
        whole = stored(system, number)
        for how, body in damaged(whole).items():
            damage(system, number, body)
            found = [(finding.kind, finding.subject) for finding in faults_in(system)]
            lengths_alone = [] if how == "altered" else [("blob_damaged", f"{CID} {blob().blob}/{number}")]
            assert found == lengths_alone, (number, how)
            assert read(system, user, f"{CID}/{path}").status == 500, (number, how)
            assert read(system, user, CID, "get").status == 500, (number, how)
        damage(system, number, whole)
        assert read(system, user, f"{CID}/{path}").body == CONTENTS[path]
    assert faults_in(system) == []


def test_what_is_not_damaged_is_still_read(system: System, user: User) -> None:
    damage(system, 1, None)

    for path in CONTENTS.keys() - {"a"}:
        assert read(system, user, f"{CID}/{path}").body == CONTENTS[path]
    assert part_of(system, user, "a", 0, OBJECT).body == CONTENTS["a"][:OBJECT]
    assert part_of(system, user, "a", 2 * OBJECT, 2 * OBJECT + 5).body == CONTENTS["a"][2 * OBJECT : 2 * OBJECT + 5]


def test_objects_that_changed_places_are_never_read(system: System, user: User) -> None:
    first, second = stored(system, 5), stored(system, 6)
    damage(system, 5, second)
    damage(system, 6, first)

    assert read(system, user, f"{CID}/e").status == 500
    assert read(system, user, f"{CID}/a").body == CONTENTS["a"]


def test_collection_takes_every_object_and_row(system: System, user: User) -> None:
    assert rm(system, user, CID).status == 200

    (unused,) = services_of(system).janitor(0).run().collected

    assert unused.cid == CID
    assert leftovers(system)["objects"] == []
    assert system.contents()[ManifestRow.physical_name()] == []
    check_nothing(system, user)
