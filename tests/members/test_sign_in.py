"""Users sign in, and stay signed in by refresh tokens that are used once (spec flux-apis, A.3)."""

import time
from typing import Any

import jwt
import pytest
from argon2 import PasswordHasher

from chalicelib import aws
from chalicelib.members.errors import UserExistsError
from chalicelib.members.tables import RefreshRow, UserRow
from tests.support.managing import Manager, invalid, manager, publishing, refused
from tests.support.system import Answer, System

PASSWORD = "correct horse"
DAY = 86_400


def sign_in(system: System, **body: Any) -> Answer:
    return system.call("POST", "/account/auth/", body=body)


def refresh(system: System, token: str) -> Answer:
    return system.call("POST", "/account/auth/refresh/", body={"refresh": token})


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """Address of the user with `PASSWORD`, made once: hashing is slow on purpose."""
    return {}


@pytest.fixture
def email(system: System, made: dict[str, str]) -> str:
    if not made:
        made["email"] = "ann@example.com"
        publishing(system).users.add(made["email"], PASSWORD, manager(system).zelid)
    return made["email"]


@pytest.mark.parametrize("path", ["/account/auth", "/account/auth/"])
def test_sign_in_answers_a_pair(system: System, email: str, path: str) -> None:
    answer = system.call("POST", path, body={"email": email, "password": PASSWORD})

    assert answer.status == 200
    assert answer.json.keys() == {"access", "refresh"}
    access, again = (
        jwt.decode(token, options={"verify_signature": False})
        for token in (answer.json["access"], answer.json["refresh"])
    )
    assert jwt.get_unverified_header(answer.json["access"])["alg"] == "HS256"
    assert (access["token_type"], access["exp"] - access["iat"]) == ("access", DAY)
    assert (again["token_type"], again["exp"] - again["iat"]) == ("refresh", 7 * DAY)
    assert access["sub"] == again["sub"] == email
    assert access["jti"] != again["jti"]
    assert abs(access["iat"] - time.time()) < 60


def test_an_address_is_the_same_in_any_case(system: System, email: str) -> None:
    assert sign_in(system, email=f" {email.upper()} ", password=PASSWORD).status == 200


def test_who_cannot_sign_in_is_not_told_why(system: System, email: str, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, kept: str, password: str) -> bool:
        verified.append(kept)
        return verify(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)

    wrong = sign_in(system, email=email, password="wrong horse")
    unknown = sign_in(system, email="nobody@example.com", password=PASSWORD)

    assert refused(wrong, 401, "authentication_failed") is None
    assert wrong.body == unknown.body
    # An unknown address costs a hash as well, and as dear a one.
    assert len(verified) == 2
    assert verified[0] != verified[1]
    assert verified[0].split("$")[:4] == verified[1].split("$")[:4]


def test_a_user_without_a_password_cannot_sign_in(system: System, me: Manager) -> None:
    refused(sign_in(system, email=me.email, password="-"), 401, "authentication_failed")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "email"),
        ({"email": "a@b.c"}, "password"),
        ({"email": "", "password": "p"}, "email"),
        ({"email": "a@b.c", "password": ""}, "password"),
        ({"email": "a" * 257, "password": "p"}, "email"),
        ({"email": "a@b.c", "password": "p" * 257}, "password"),
        ({"email": 1, "password": "p"}, "email"),
        ({"email": "a@b.c", "password": "p", "otp": "1"}, "otp"),
    ],
)
def test_validation_error_on_signing_in(system: System, body: dict[str, Any], where: str) -> None:
    invalid(sign_in(system, **body), where)


@pytest.mark.parametrize("email", ["ü" * 256, "\x00@b.c", " ", "'@b.c"])
def test_odd_addresses_are_unknown(system: System, email: str) -> None:
    refused(sign_in(system, email=email, password="p"), 401, "authentication_failed")


@pytest.mark.parametrize("path", ["/account/auth", "/account/auth/refresh"])
@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"email":"\\ud800"}', b"[" * 5_000])
def test_json_parse_error(system: System, path: str, body: bytes) -> None:
    refused(system.call("POST", path, body=body), 400, "json_parse_error")


def test_an_account_in_trouble_signs_nobody_in(system: System, email: str) -> None:
    row = aws.get(UserRow, email)
    assert row is not None
    pair = sign_in(system, email=email, password=PASSWORD).json
    late = int(time.time()) - 31 * DAY

    system.accounts.set_suspended(row.account, suspended=True)
    suspended = [sign_in(system, email=email, password=PASSWORD), refresh(system, pair["refresh"])]
    system.accounts.set_suspended(row.account, suspended=False)
    system.accounts.set_paid_until(row.account, late)
    lapsed = [sign_in(system, email=email, password=PASSWORD), refresh(system, pair["refresh"])]
    system.accounts.set_paid_until(row.account, None)

    for answer in suspended + lapsed:
        refused(answer, 401, "authentication_failed")
    # The token was not used up by that.
    assert refresh(system, pair["refresh"]).status == 200


def test_a_refresh_token_is_used_once(system: System, me: Manager) -> None:
    first = refresh(system, me.refresh)
    assert first.status == 200
    assert first.json.keys() == {"access", "refresh"}

    refused(refresh(system, me.refresh), 401, "authentication_failed")
    refused(refresh(system, me.access), 401, "authentication_failed")
    refused(refresh(system, first.json["access"]), 401, "authentication_failed")
    assert refresh(system, first.json["refresh"]).status == 200
    # Access tokens live on.
    assert me.ask("GET", "/api/").status == 200
    assert me.ask("GET", "/api/", auth=f"Bearer {first.json['access']}").status == 200


def test_a_refresh_token_is_kept_a_week(me: Manager) -> None:
    claims = jwt.decode(me.refresh, options={"verify_signature": False})
    row = aws.get(RefreshRow, claims["jti"])

    assert row is not None
    assert abs(row.expires.timestamp() - claims["exp"]) <= 2


@pytest.mark.parametrize("token", ["x", "a.b.c", "ü", "e" * 4_096])
def test_what_is_no_refresh_token_is_refused(system: System, token: str) -> None:
    refused(refresh(system, token), 401, "authentication_failed")


@pytest.mark.parametrize("body", [{}, {"refresh": ""}, {"refresh": 1}, {"refresh": "e" * 4_097}])
def test_validation_error_on_refresh(system: System, body: dict[str, Any]) -> None:
    invalid(system.call("POST", "/account/auth/refresh", body=body), "refresh")


def test_a_user_who_is_gone_or_moved_is_signed_out(system: System, me: Manager) -> None:
    other = manager(system)
    with aws.transaction() as tx:
        tx.update(UserRow(email=me.email), [UserRow.account.set(other.zelid)])
    refused(refresh(system, me.refresh), 401, "authentication_failed")
    refused(me.ask("GET", "/api/"), 401, "authentication_failed")

    with aws.transaction() as tx:
        tx.delete(UserRow(email=me.email))
    refused(refresh(system, me.refresh), 401, "authentication_failed")
    refused(me.ask("GET", "/api/"), 401, "authentication_failed")


def test_another_password(system: System) -> None:
    users, zelid = publishing(system).users, manager(system).zelid
    users.add(" Bob@Example.com", "first secret", zelid)
    with pytest.raises(UserExistsError):
        users.add("bob@example.com", "second secret", zelid)
    pair = sign_in(system, email="bob@example.com", password="first secret").json

    users.set_password("BOB@example.com", "second secret")

    refused(sign_in(system, email="bob@example.com", password="first secret"), 401, "authentication_failed")
    assert sign_in(system, email="bob@example.com", password="second secret").status == 200
    # Who is signed in stays so.
    assert refresh(system, pair["refresh"]).status == 200


@pytest.mark.parametrize("password", ["", "1234567", "p" * 257])
def test_a_password_has_8_to_256_characters(system: System, email: str, password: str) -> None:
    with pytest.raises(ValueError, match="8 to 256"):
        publishing(system).users.set_password(email, password)


@pytest.mark.parametrize("email", ["", "a", "a@", "@b.c", "a@b", "a" * 251 + "@b.c"])
def test_an_address_looks_like_one(system: System, email: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        publishing(system).users.add(email, PASSWORD, "nobody")


def test_a_user_needs_an_account_and_a_password_a_user(system: System) -> None:
    users = publishing(system).users
    with pytest.raises(LookupError, match="no such account"):
        users.add("new@example.com", PASSWORD, "nobody-here")
    with pytest.raises(LookupError, match="no such user"):
        users.set_password("new@example.com", PASSWORD)
    assert aws.get(UserRow, "new@example.com") is None
