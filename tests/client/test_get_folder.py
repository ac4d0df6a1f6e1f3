from pathlib import Path

import pytest

from tests.client.conftest import Cli, content
from tests.client.faking import Drive, Stored, packed

SIZE = 600_000

pytestmark = pytest.mark.usefixtures("there")


def test_a_folder_comes_as_a_tar(cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add_folder({"a": b"a", "b/c.bin": content(SIZE)}, "photos")

    ran = cli("get", cid, "--json")

    assert ran.document["checked"] is False
    assert "not checked" in ran.err
    assert (there / "photos.tar").read_bytes() == drive.stored[cid].data


def test_a_folder_can_be_unpacked(cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add_folder({"a": b"a", "b/c.bin": content(SIZE)}, "photos")

    got = cli.json("get", cid, "--extract")

    assert got["checked"] is True
    assert (there / "photos/b/c.bin").read_bytes() == content(SIZE)
    assert sorted(path.name for path in there.iterdir()) == ["photos"]
    assert cli("get", cid, "--extract").code == 2
    assert cli.json("get", cid, "--extract", "-o", "other")["file"] == str(there / "other")


def test_a_folder_that_was_damaged_is_not_unpacked(cli: Cli, drive: Drive, there: Path) -> None:
    cid, other = drive.add_folder({"a": b"a"}), drive.add_folder({"a": b"b"})
    drive.stored[cid] = Stored("f", drive.stored[other].data, cid, folder=True)

    ran = cli("get", cid, "--extract")

    assert (ran.code, list(there.iterdir())) == (6, [])


@pytest.mark.parametrize("path", ["../out", "/absolute/out", "x/../../../out"])
def test_a_tar_cannot_lead_out(path: str, cli: Cli, drive: Drive, there: Path) -> None:
    (there / "in").mkdir()
    cid = drive.add_folder({"a": b"a"})
    drive.stored[cid].data = packed({f"{cid}/a": b"a", path: b"evil"})

    ran = cli("get", cid, "--extract", "-o", there / "in/f")

    assert ran.code == 6
    assert [path for path in there.rglob("*") if path.is_file()] == []


def test_only_folders_are_unpacked(cli: Cli, drive: Drive) -> None:
    assert "is a file" in cli("get", drive.add(b"x"), "--extract").err
