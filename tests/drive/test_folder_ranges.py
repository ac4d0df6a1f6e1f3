"""Parts of files in a folder: over the edges of segments, objects and neighbours, and the conditions on them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.blobs import segments
from chalicelib.ipfs import file_node
from tests.blobs.shape import content
from tests.drive.asking import folder_ok, read, refusal
from tests.support.books import rm
from tests.support.system import System, User

pytestmark = pytest.mark.usefixtures("small_shape")

SIZES = (1, 383, 0, 384, 385, 767, 768, 769, 3_000, 1, 768 * 3)
FILES = [(f"{at:02}/file", content(size)) for at, size in enumerate(SIZES)]
# Lies in the blob where the eighth does, though its path is the last.
FILES.append(("zz", FILES[8][1]))
FORMS = ("GET", "POST")


@pytest.fixture
def folder(system: System, user: User) -> str:
    return folder_ok(system, user, *FILES)


def test_whole_files_lie_side_by_side(system: System, user: User, folder: str) -> None:
    assert len(system.contents()["objects"]) == segments.objects(sum(SIZES) - 1)
    for path, data in FILES:
        assert read(system, user, f"{folder}/{path}").body == data


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=st.sampled_from(FILES), place=st.tuples(st.integers(0, 3_100), st.integers(1, 3_100)))
def test_any_part_of_any_file(
    system: System, user: User, folder: str, file: tuple[str, bytes], place: tuple[int, int]
) -> None:
    (path, data), (first, length) = file, place

    answer = read(system, user, f"{folder}/{path}", range=f"bytes={first}-{first + length - 1}")

    if first >= len(data):
        assert refusal(answer) == (416, "Range not satisfiable", "range_not_satisfiable")
        assert answer.headers["content-range"] == f"bytes */{len(data)}"
    else:
        part = data[first : first + length]
        assert (answer.status, answer.body) == (206, part)
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(data)}"
        assert answer.headers["content-length"] == str(len(part))
        assert answer.headers["etag"] == f'"{file_node(data).cid}"'


@pytest.mark.parametrize("verb", FORMS)
@pytest.mark.parametrize("call", ["cat", "get"])
def test_forms_of_a_range(system: System, user: User, folder: str, verb: str, call: str) -> None:
    path, data = FILES[8]
    for sent, part in {
        "bytes=0-0": data[:1],
        "bytes=383-384": data[383:385],
        "bytes=2999-": data[2999:],
        "bytes=-1": data[-1:],
        "bytes=-99999": data,
        "bytes=2990-99999": data[2990:],
        "BYTES= 5-6": data[5:7],
    }.items():
        answer = read(system, user, f"{folder}/{path}", call, verb, range=sent)
        assert (answer.status, answer.body) == (206, part), sent
    for sent in ("bytes=5-4", "bytes=0-1,4-5", "items=0-1", "bytes=", "bytes=x-y", "0-1", ""):
        answer = read(system, user, f"{folder}/{path}", call, verb, range=sent)
        assert (answer.status, answer.body) == (200, data), sent


@pytest.mark.parametrize("sent", ["bytes=3000-", "bytes=9999999999999999999999-", "bytes=-0"])
def test_a_range_beyond_the_end(system: System, user: User, folder: str, sent: str) -> None:
    answer = read(system, user, f"{folder}/{FILES[8][0]}", range=sent)

    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */3000")


def test_there_is_no_part_of_an_empty_file(system: System, user: User, folder: str) -> None:
    for sent in ("bytes=0-", "bytes=0-0", "bytes=-1"):
        answer = read(system, user, f"{folder}/{FILES[2][0]}", range=sent)
        assert (answer.status, answer.headers["content-range"]) == (416, "bytes */0")


@pytest.mark.parametrize("verb", ["GET", "POST", "HEAD"])
def test_conditions_look_at_the_files_own_tag(system: System, user: User, folder: str, verb: str) -> None:
    path, data = FILES[8]
    etag, arg = f'"{file_node(data).cid}"', f"{folder}/{path}"

    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = read(system, user, arg, "cat", verb, if_none_match=known, range="bytes=0-1")
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", etag)
        assert "content-range" not in answer.headers
    assert read(system, user, arg, "cat", verb, if_none_match=f'"{folder}"').status == 200


@pytest.mark.parametrize("verb", FORMS)
def test_if_range_lets_a_range_pass_for_the_same_tag_alone(system: System, user: User, folder: str, verb: str) -> None:
    path, data = FILES[8]
    etag, arg = f'"{file_node(data).cid}"', f"{folder}/{path}"

    same = read(system, user, arg, "cat", verb, range="bytes=383-385", if_range=etag)
    assert (same.status, same.body) == (206, data[383:386])
    for other in (f"W/{etag}", f'"{folder}"', "Wed, 21 Oct 2015 07:28:00 GMT", "*", ""):
        answer = read(system, user, arg, "cat", verb, range="bytes=383-385", if_range=other)
        assert (answer.status, answer.body) == (200, data), other


def test_head_tells_the_whole_length_and_takes_no_range(system: System, user: User, folder: str) -> None:
    for path, data in FILES:
        answer = read(system, user, f"{folder}/{path}", "cat", "HEAD", range="bytes=0-0")
        assert (answer.status, answer.headers["content-length"], answer.body) == (200, str(len(data)), b"")
        assert "content-range" not in answer.headers


def test_no_part_of_a_removed_folder(system: System, user: User, folder: str) -> None:
    rm(system, user, folder)

    assert read(system, user, f"{folder}/{FILES[8][0]}", range="bytes=0-1").status == 404
