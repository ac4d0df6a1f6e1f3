"""How files are cut into parts, and how the list of them is kept: arithmetic, and sealed pages."""

import random
import secrets

import pytest

from chalicelib import aws
from chalicelib.drive.errors import FolderTooLargeError
from chalicelib.keys.messages import BadMessageError
from chalicelib.uploads import filelists, plan
from chalicelib.uploads.plan import PART, Declared
from chalicelib.uploads.tables import FilesRow, UploadRow
from tests.drive.asking import refusal
from tests.support.system import System, User
from tests.uploads.sending import address, body_of, check_nothing, start, upload

SIZES = [0, 1, PART - 1, PART, PART + 1, 0, 3 * PART, 0]
FILES = [Declared(f"{at}/ü \U0001f600", size, None if at % 2 else "text/plain") for at, size in enumerate(SIZES)]
DEK = secrets.token_bytes(32)


def test_parts_cover_each_file_once_and_in_order() -> None:
    parts = list(plan.parts(FILES))

    assert [part.number for part in parts] == list(range(plan.count(FILES)))
    for file in FILES:
        own = [part.size for part in parts if part.path == file.path]
        assert sum(own) == file.size
        assert own[:-1] == [PART] * (len(own) - 1)
        assert all(own)


def test_each_file_has_a_place_of_its_own() -> None:
    placed = plan.place(FILES)

    assert [one.file for one in placed] == FILES
    ends = [one.offset + one.file.size for one in placed]
    assert all(one.offset % PART == 0 for one in placed)
    assert all(end <= after.offset for end, after in zip(ends, placed[1:], strict=False))
    assert ends[-1] <= plan.count(FILES) * PART


def test_no_files_have_no_parts() -> None:
    assert (plan.place([]), list(plan.parts([])), plan.count([])) == ([], [], 0)


@pytest.mark.parametrize("most", [10, 50, 350_000])
def test_a_list_of_files_is_read_as_it_was_written(system: System, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    assert system
    monkeypatch.setattr(filelists, "_PAGE_BYTES", most)
    monkeypatch.setattr(filelists, "MOST_PAGES", 1_000)
    rows = filelists.seal_pages(DEK, "upload", FILES)
    for start_at in range(0, len(rows), 50):
        with aws.transaction() as tx:
            for row in rows[start_at : start_at + 50]:
                tx.create(row)

    assert filelists.read(UploadRow(id="upload", pages=len(rows)), DEK) == FILES
    assert (len(rows) == 1) == (most == 350_000)
    with pytest.raises(BadMessageError):
        filelists.read(UploadRow(id="upload", pages=len(rows)), secrets.token_bytes(32))
    with pytest.raises(LookupError):
        filelists.read(UploadRow(id="another", pages=len(rows)), DEK)


def test_pages_that_changed_places_are_not_believed(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    assert system
    monkeypatch.setattr(filelists, "_PAGE_BYTES", 60)
    first, second, *_ = filelists.seal_pages(DEK, "upload", FILES)
    with aws.transaction() as tx:
        tx.create(FilesRow(upload="upload", page=0, body=second.body))
        tx.create(FilesRow(upload="upload", page=1, body=first.body))

    for pages in (1, 2):
        with pytest.raises(BadMessageError):
            filelists.read(UploadRow(id="upload", pages=pages), DEK)


def test_a_list_that_does_not_fit_a_transaction_is_refused() -> None:
    chance = random.Random(7)
    files = [Declared(chance.randbytes(175).hex(), 1) for _ in range(20_000)]

    with pytest.raises(FolderTooLargeError):
        filelists.seal_pages(DEK, "upload", files)


def test_an_upload_whose_list_has_many_pages(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filelists, "_PAGE_BYTES", 40)
    contents = {f"{number}": b"x" * number for number in range(12)}

    assert upload(system, user, contents)["folder"]["hash"] == address(contents)

    assert list(aws.scan(FilesRow)) == []


def test_an_upload_whose_list_has_too_many_pages(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filelists, "_PAGE_BYTES", 10)

    told = refusal(start(system, user, body_of({str(number): b"" for number in range(50)})))

    assert (told[0], told[2]) == (400, "folder_too_large")
    check_nothing(system, user)
