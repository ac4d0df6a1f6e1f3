"""The whole of what one answer does not hold: asked for, made once by a worker, and read by links."""

import io
import tarfile
import time
from functools import partial
from urllib.parse import urlsplit

import pytest

from tests.drive.asking import file_name, folder_ok, put_ok, read
from tests.support.books import faults_in, services_of
from tests.support.ministack import Ministack
from tests.support.system import System, User
from tests.support.threads import at_once
from tests.uploads.copying import FOLDER, LARGE, MOST, copied, copies, fetch, limited, link, not_ready, placed
from tests.uploads.sending import content, upload, work


@pytest.fixture
def system(ministack: Ministack) -> System:
    return limited(ministack)


def files_of(raw: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        members = [member for member in tar.getmembers() if member.isfile()]
        return {member.name: (tar.extractfile(member) or io.BytesIO()).read() for member in members}


def test_a_plain_read_waits_for_its_copy_and_is_sent_there(system: System, user: User) -> None:
    (cid,) = put_ok(system, user, ("a", LARGE), content_type="image/png")
    not_ready(system, user, cid)
    work(system)
    now = int(time.time())

    answer = read(system, user, cid)

    assert (answer.status, answer.headers["content-type"]) == (303, "application/json")
    assert answer.headers["cache-control"] == "private"
    told = answer.json
    assert told.keys() == {"status", "url", "size", "expires"}
    assert (told["status"], told["size"], told["url"]) == ("success", 5_000, answer.headers["location"])
    assert 895 <= told["expires"] - now <= 905
    got = fetch(told["url"])
    assert (got.status_code, got.content, got.headers["content-type"]) == (200, LARGE, "image/png")
    assert "content-disposition" not in got.headers
    assert faults_in(system) == []


def test_the_link_is_on_another_host_or_port(system: System, user: User) -> None:
    """A client keeps its credentials where it is sent within one; S3 refuses two kinds of them."""
    (cid,) = put_ok(system, user, ("a", LARGE))
    not_ready(system, user, cid)
    work(system)

    url = link(system, user, cid)

    assert urlsplit(url).netloc != urlsplit(system.aws.settings.public_url).netloc
    assert user.zelid not in url
    assert user.key not in url


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_both_verbs_are_sent_there(system: System, user: User, verb: str) -> None:
    (cid,) = put_ok(system, user, ("a", LARGE))
    assert read(system, user, cid, verb=verb).status == 503
    work(system)

    assert fetch(link(system, user, cid, verb=verb)).content == LARGE


def test_what_fits_needs_no_copy(system: System, user: User) -> None:
    fits, larger = put_ok(system, user, ("a", content(MOST)), ("b", content(MOST + 1)))

    assert read(system, user, fits).body == content(MOST)
    assert read(system, user, fits, "get").body == content(MOST)
    not_ready(system, user, larger)


def test_head_and_what_has_not_changed_need_no_copy(system: System, user: User) -> None:
    (cid,) = put_ok(system, user, ("a", LARGE), content_type="text/plain")

    head = read(system, user, cid, verb="HEAD")
    unchanged = read(system, user, cid, if_none_match=f'"{cid}"')

    assert (head.status, head.headers["content-length"], unchanged.status) == (200, "5000", 304)
    assert (system.jobs.held, copies(system)) == ([], [])


def test_what_the_account_has_not_has_no_copy(system: System, user: User) -> None:
    (cid,) = put_ok(system, user, ("a", LARGE))
    not_ready(system, user, cid)
    work(system)

    assert read(system, system.user(), cid).status == 404
    assert system.call("GET", "/api/v0/cat", query={"arg": cid}).status == 401


def test_a_download_has_its_name(system: System, user: User) -> None:
    name = 'ümläut \U0001f600 \\ "quoted"; x.txt'
    cid = upload(system, user, {"": LARGE}, {"name": name, "size": len(LARGE), "mimetype": "text/plain"})["hash"]

    answer = copied(system, user, cid, "get")

    assert answer.headers["content-type"] == "text/plain"
    assert file_name(answer.headers["content-disposition"]) == name
    # The same copy serves both calls, and each account's own name.
    assert "content-disposition" not in fetch(link(system, user, cid)).headers
    other = system.user()
    put_ok(system, other, ("theirs", LARGE))
    assert file_name(fetch(link(system, other, cid, "get")).headers["content-disposition"]) == "theirs"
    assert len(copies(system)) == 1


def test_what_a_browser_would_run_goes_out_as_bytes(system: System, user: User) -> None:
    for kind in ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "a/b+xml"):
        (cid,) = put_ok(system, user, ("a", LARGE + kind.encode()), content_type=kind)
        assert copied(system, user, cid).headers["content-type"] == "application/octet-stream", kind
        assert fetch(link(system, user, cid, "get")).headers["content-type"] == "application/octet-stream", kind


@pytest.mark.parametrize("uploaded", [False, True], ids=["put", "uploaded"])
def test_a_folder_comes_as_its_tar(system: System, user: User, *, uploaded: bool) -> None:
    cid = placed(system, user, uploaded=uploaded)

    answer = copied(system, user, cid, "get")

    assert files_of(answer.content) == {f"{cid}/{path}": data for path, data in FOLDER.items()}
    assert answer.headers["content-type"] == "application/x-tar"
    assert file_name(answer.headers["content-disposition"]) == "mine.tar"
    pieces = [read(system, user, cid, "get", range=f"bytes={at}-").body for at in range(0, len(answer.content), MOST)]
    assert b"".join(pieces) == answer.content


@pytest.mark.parametrize("uploaded", [False, True], ids=["put", "uploaded"])
def test_what_is_in_a_folder_has_copies_of_its_own(system: System, user: User, *, uploaded: bool) -> None:
    cid = placed(system, user, uploaded=uploaded)

    text = copied(system, user, f"{cid}/docs/a.txt")
    assert (text.content, text.headers["content-type"]) == (FOLDER["docs/a.txt"], "text/plain")
    page = copied(system, user, f"{cid}/docs/deep/b.html", "get")
    assert (page.content, page.headers["content-type"]) == (FOLDER["docs/deep/b.html"], "application/octet-stream")
    assert file_name(page.headers["content-disposition"]) == "b.html"
    below = copied(system, user, f"{cid}/docs", "get")
    inner = read(system, user, f"{cid}/docs", verb="HEAD", call="get").headers["etag"].strip('"').removesuffix(".tar")
    expected = {path.removeprefix("docs"): data for path, data in FOLDER.items() if path.startswith("docs")}
    assert files_of(below.content) == {f"{inner}{path}": data for path, data in expected.items()}
    assert read(system, user, f"{cid}/small").body == b"hello"
    assert len(copies(system)) == 3


def test_the_same_file_by_itself_and_in_a_folder_has_one_copy(system: System, user: User) -> None:
    other = system.user()
    cid = folder_ok(system, user, *FOLDER.items())
    (alone,) = put_ok(system, other, ("a", FOLDER["docs/a.txt"]), content_type="text/plain")
    not_ready(system, user, f"{cid}/docs/a.txt")
    not_ready(system, other, alone)
    assert len(system.jobs.held) == 1
    work(system)

    for url in (link(system, user, f"{cid}/docs/a.txt"), link(system, other, alone)):
        assert fetch(url).content == FOLDER["docs/a.txt"]


def test_however_many_ask_it_is_made_once(system: System, user: User) -> None:
    users = [user, *(system.user() for _ in range(3))]
    for one in users:
        (cid,) = put_ok(system, one, ("a", LARGE))
    work(system)

    answers = at_once([partial(read, system, one, cid) for one in users * 3])

    assert [answer.status for answer in answers] == [503] * 12
    assert system.jobs.held == [{"job": "copy", "tag": cid}]
    work(system)
    assert {read(system, one, cid).status for one in users} == {303}
    assert system.jobs.held == []


def test_a_link_dies_in_its_time_and_a_fresh_one_is_given(ministack: Ministack) -> None:
    system = limited(ministack, presign_seconds=1)
    user = system.user()
    (cid,) = put_ok(system, user, ("a", LARGE))
    not_ready(system, user, cid)
    work(system)
    old = read(system, user, cid).json

    while time.time() < old["expires"] + 1.1:
        time.sleep(0.05)

    assert fetch(old["url"]).status_code == 403
    assert link(system, user, cid) != old["url"]


def test_large_copies_go_in_pieces(ministack: Ministack) -> None:
    """Beyond 8 MiB in several parts of S3's, decrypted 8 MiB at a time."""
    system = limited(ministack, max_inline_bytes=4_400_000)
    user = system.user()
    data = content(2 * 8 * 2**20 + 12_345)
    cid = upload(system, user, {"a": data[:100], "b": data}, name="x")["folder"]["hash"]

    assert copied(system, user, f"{cid}/b").content == data
    tar = copied(system, user, cid, "get").content
    assert files_of(tar) == {f"{cid}/a": data[:100], f"{cid}/b": data}


def test_a_stream_may_come_in_pieces_of_any_length(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only in those that S3's transfer asks for: it takes a shorter one for the end."""
    monkeypatch.setattr("chalicelib.workers.copying.STEP", 700)
    (cid,) = put_ok(system, user, ("a", LARGE))

    assert copied(system, user, cid).content == LARGE


def test_a_limit_of_none_serves_anything(ministack: Ministack) -> None:
    system = limited(ministack, max_inline_bytes=0)
    user = system.user()
    (cid,) = put_ok(system, user, ("a", LARGE))

    assert read(system, user, cid).body == LARGE
    assert services_of(system).settings.max_inline_bytes == 0
