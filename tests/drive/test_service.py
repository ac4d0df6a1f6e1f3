"""The drive as other domains see it: typed values in and out, refusals as exceptions, no HTTP."""

import pytest

from chalicelib.drive import Drive
from chalicelib.drive.errors import (
    FileNotFoundInAccountError,
    InvalidNameError,
    NoFileError,
    TooManyNamesError,
)
from chalicelib.drive.finding import Address
from chalicelib.drive.listing import Place
from chalicelib.drive.putting import Incoming, Stored
from chalicelib.identity import Account, Credential
from chalicelib.identity.errors import CapacityExceededError, InvalidCredentialsError, KeyLacksScopeError
from tests.drive.asking import HELLO, UNKNOWN
from tests.support.books import services_of, set_capacity
from tests.support.system import System, User


@pytest.fixture
def drive(system: System) -> Drive:
    return services_of(system).drive


@pytest.fixture
def credential(user: User) -> Credential:
    parsed = Credential.parse(user.auth["authorization"])
    assert parsed is not None
    return parsed


@pytest.fixture
def account(drive: Drive, credential: Credential) -> Account:
    return drive.enter(credential, "write")


def file(name: str, data: bytes, declared: str | None = None) -> Incoming:
    return Incoming(name, declared, memoryview(data))


def test_entering_tells_who_it_is(user: User, account: Account) -> None:
    assert (account.zelid, account.active, account.used) == (user.zelid, True, 0)
    assert account.capacity == 10 * 2**30


def test_what_is_put_is_found_and_read(drive: Drive, credential: Credential) -> None:
    stored = drive.put(credential, [file("a.txt", b"hello world"), file("b", b"hello world", "text/plain")])

    assert stored == [Stored("a.txt", HELLO, "text/plain", 11), Stored("b", HELLO, "text/plain", 11)]
    found = drive.find(credential, Address(HELLO))
    assert (found.cid, found.size, found.mimetype) == (HELLO, 11, "text/plain")
    assert drive.content(found).read(0, 11) == b"hello world"
    content, name = drive.download(found)
    assert (content.read(6, 11), name) == (b"world", "a.txt")


def test_the_order_of_a_request_is_kept_in_the_list(drive: Drive, credential: Credential, account: Account) -> None:
    """Newest first; of one request, all have the same time, and each is listed once."""
    drive.put(credential, [file(name, name.encode()) for name in "abc"])

    lines, following = drive.listing(account, Place())

    assert following is None
    assert sorted(line.name for line in lines) == ["a", "b", "c"]
    assert [line.position for line in lines] == sorted((line.position for line in lines), reverse=True)


def test_refusals_are_of_their_own_types(drive: Drive, credential: Credential, user: User) -> None:
    with pytest.raises(NoFileError):
        drive.put(credential, [])
    for name in ("", "x" * 1025):
        with pytest.raises(InvalidNameError):
            drive.put(credential, [file(name, b"data")])
    with pytest.raises(TooManyNamesError):
        drive.put(credential, [file(str(n), b"data") for n in range(41)])
    for attempt in (lambda c, cid: drive.find(c, Address(cid)), drive.remove):
        with pytest.raises(FileNotFoundInAccountError):
            attempt(credential, UNKNOWN)
    set_capacity(user, 3)
    with pytest.raises(CapacityExceededError):
        drive.put(credential, [file("a", b"data")])


def test_who_may_not_enter(system: System, drive: Drive, user: User, credential: Credential) -> None:
    row, key = system.accounts.issue_key(user.zelid, "narrow", ["read"])

    assert drive.enter(Credential(user.zelid, key, row.key_id), "read").zelid == user.zelid
    with pytest.raises(KeyLacksScopeError):
        drive.enter(Credential(user.zelid, key, row.key_id), "write")
    system.accounts.revoke_key(user.zelid, credential.key_id)
    with pytest.raises(InvalidCredentialsError):
        drive.enter(credential, None)
