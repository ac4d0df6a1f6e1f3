from pathlib import Path

import pytest

from chalicelib.ipfs import file_node
from client import putting
from tests.client.conftest import SMALL, Cli, content
from tests.client.faking import Drive
from tests.client.serving import Fault, Reply, Request, hang_up, instead

NAMES = ['a "b".gz', "back\\slash", "né.txt", "50%20.txt", "semi;colon=1", "two\nlines", "日本.png"]


def test_small_files_go_in_one_request(cli: Cli, drive: Drive, tmp_path: Path) -> None:
    data = {"a.txt": b"hello world\n", "empty": b"", "b.bin": content(300_000)}
    for name, one in data.items():
        (tmp_path / name).write_bytes(one)

    stored = cli.json("put", *(tmp_path / name for name in data))["files"]

    assert [(one["name"], one["hash"]) for one in stored] == [(name, file_node(one).cid) for name, one in data.items()]
    assert len(drive.api.log) == 1
    assert {one.name: one.data for one in drive.stored.values()} == data


@pytest.mark.parametrize("name", NAMES)
def test_names_arrive_as_they_are(name: str, cli: Cli, drive: Drive, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"x")

    cli.json("put", tmp_path / name)

    assert [one.name for one in drive.stored.values()] == [name]


def test_a_batch_is_no_larger_than_one_request(cli: Cli, drive: Drive, tmp_path: Path) -> None:
    for name in "abcde":
        (tmp_path / name).write_bytes(content(SMALL // 2 - 1, seed=ord(name)))

    stored = cli.json("put", *(tmp_path / name for name in "abcde"))["files"]

    assert [one["name"] for one in stored] == list("abcde")
    assert [len(one.body) < SMALL + 1000 for one in drive.api.heard("POST /api/v0/put")] == [True] * 3


def test_a_request_that_a_gateway_finds_too_long_goes_by_session(cli: Cli, drive: Drive, tmp_path: Path) -> None:
    """API Gateway and Lambda take less than the drive itself."""
    (tmp_path / "a").write_bytes(content(SMALL))
    drive.api.faults.append(Fault("POST /api/v0/put", instead(413, {"message": "Request Too Long"})))

    (stored,) = cli.json("put", tmp_path / "a")["files"]

    assert drive.stored[stored["hash"]].data == content(SMALL)
    assert len(drive.api.heard("POST /api/v0/upload/complete")) == 1


def test_a_refusal_is_one_line_with_what_to_do(cli: Cli, drive: Drive, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    text = "Storage capacity exceeded"
    drive.api.faults.append(
        Fault("POST /api/v0/put", instead(413, {"error": text, "message": text, "code": "storage_capacity_exceeded"}))
    )

    ran = cli("put", tmp_path / "a")

    assert (ran.code, ran.out) == (5, "")
    assert ran.err == "Storage capacity exceeded: remove something, or choose a larger plan\n"


def test_what_was_stored_before_a_failure_is_said(cli: Cli, drive: Drive, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(content(SMALL - 1, seed=ord(name)))
    drive.api.faults.append(Fault("POST /api/v0/put", instead(402, {"message": "no", "code": "x"}), after=1))

    ran = cli("put", tmp_path / "a", tmp_path / "b", "--json")

    assert (ran.code, ran.document["code"]) == (5, "x")
    assert [one["name"] for one in ran.document["files"]] == ["a"]


def test_a_dropped_connection_is_tried_again(cli: Cli, drive: Drive, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content(100_000))
    drive.api.faults += [Fault("POST /api/v0/put", hang_up, times=2)]

    cli.json("put", tmp_path / "a")

    assert len(drive.api.log) == 3


def test_another_hash_than_ours_is_an_error(cli: Cli, drive: Drive, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    wrong = {"name": "a", "hash": file_node(b"y").cid, "size": 1}
    drive.api.faults.append(Fault("POST /api/v0/put", instead(200, {"status": "success", "files": [wrong]})))

    ran = cli("put", tmp_path / "a")

    assert ran.code == 6
    assert f"rm {wrong['hash']}" in ran.err


def test_a_file_that_changes_while_it_is_sent_is_refused(cli: Cli, drive: Drive, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")

    def change(request: Request, answer: object) -> Reply:
        (tmp_path / "a").write_bytes(b"longer")
        assert callable(answer)
        reply: Reply = answer(request)
        return reply

    drive.api.faults.append(Fault("POST /api/v0/put", change))

    ran = cli("put", tmp_path / "a")

    assert ran.code == 6
    assert "changed while it was sent" in ran.err


def test_what_cannot_be_put(cli: Cli, drive: Drive, tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    (tmp_path / "name\udcff").write_bytes(b"x")

    said = [cli("put", tmp_path / name) for name in ("none", "dir", "name\udcff")]

    assert [one.code for one in said] == [2, 2, 2]
    assert [text in one.err for text, one in zip(("No such file", "putfolder", "not UTF-8"), said, strict=True)]
    assert drive.api.log == []


def test_a_small_folder_goes_in_one_request(cli: Cli, drive: Drive, tmp_path: Path) -> None:
    root = tmp_path / "photos"
    (root / "a/b").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "a/b/c.txt").write_bytes(b"c")
    (root / "top.bin").write_bytes(content(270_000))
    (root / "link").symlink_to("top.bin")

    ran = cli("putfolder", root)

    (folder,) = drive.stored.values()
    assert (folder.name, ran.out) == ("photos", f"{folder.cid}  photos/\n")
    assert ran.err.count("left out") == 2
    assert len(drive.api.log) == 1


def test_a_folder_without_files_is_refused(cli: Cli, tmp_path: Path) -> None:
    assert "There is no file" in cli("putfolder", tmp_path).err


def test_many_small_files_of_a_folder_go_by_session(
    cli: Cli, drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(putting, "_MOST_FILES", 3)
    for number in range(5):
        (tmp_path / f"{number}").write_bytes(b"" if number == 2 else b"x")

    folder = cli.json("putfolder", tmp_path, "--name", "many")["folder"]

    assert drive.stored[folder["hash"]].name == "many"
    assert len(drive.store.log) == 4


def test_a_folder_of_too_many_files_is_refused_at_once(
    cli: Cli, drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(putting, "_MOST_FILES", 3)
    monkeypatch.setattr(putting, "_MOST_UPLOADED", 4)
    for number in range(5):
        (tmp_path / f"{number}").write_bytes(b"x")

    ran = cli("putfolder", tmp_path)

    assert (ran.code, drive.api.log) == (2, [])
    assert "split it" in ran.err
