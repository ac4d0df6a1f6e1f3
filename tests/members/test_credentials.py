"""Which credentials let in, and how the others are refused (spec flux-apis, A.1 and A.4)."""

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chalicelib.members import pairs
from tests.support.managing import Manager, manager, refused, secure
from tests.support.system import System


def der(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> str:
    raw = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return base64.b64encode(raw).decode()


def unknown_curve() -> str:
    """A private key on a curve that nobody has heard of."""
    raw = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    oid = bytes.fromhex("06082a8648ce3d030107")
    assert oid in raw
    return base64.b64encode(raw.replace(oid, oid[:-1] + b"\x7f")).decode()


HEADERS: dict[str, Callable[[Manager], str]] = {
    "empty": lambda _: "",
    "a scheme alone": lambda _: "Bearer",
    "no space": lambda me: f"Bearer{me.access}",
    "no scheme": lambda me: me.access,
    "another scheme": lambda me: f"Token {me.access}",
    "basic": lambda _: "Basic YTpi",
    "simple alone": lambda _: "Simple",
    "simple without a colon": lambda me: f"Simple {me.public}",
    "simple without a secret": lambda me: f"Simple {me.public}:",
    "simple without a public key": lambda me: f"Simple :{me.secret}",
    "simple, exchanged": lambda me: f"Simple {me.secret}:{me.public}",
    "simple, another's secret": lambda me: f"Simple {me.public}:{manager(me.system).secret}",
    "simple, garbage": lambda me: f"Simple {me.public}:garbage",
    "simple, not base64": lambda me: f"Simple {me.public}:\xfc",
    "simple, not DER": lambda me: f"Simple {me.public}:{base64.b64encode(b'x' * 100).decode()}",
    "simple, a long secret": lambda me: f"Simple {me.public}:{'A' * 8_000}",
    "simple, a cut secret": lambda me: f"Simple {me.public}:{me.secret[:-4]}",
    "simple, the mask": lambda me: f"Simple {me.public}:{pairs.MASK}",
    "simple, another curve": lambda me: f"Simple {me.public}:{der(ec.generate_private_key(ec.SECP384R1()))}",
    "simple, a curve unknown": lambda me: f"Simple {me.public}:{unknown_curve()}",
    "simple, no curve": lambda me: f"Simple {me.public}:{der(ed25519.Ed25519PrivateKey.generate())}",
    "simple, a pair that nobody issued": lambda _: "Simple {}:{}".format(*pairs.new()),
    "secure without a signature": lambda me: f"Secure {me.public}:",
    "secure, garbage": lambda me: f"Secure {me.public}:garbage",
    "secure, not DER": lambda me: f"Secure {me.public}:{base64.b64encode(b'x' * 70).decode()}",
    "secure, no point": lambda _: f"Secure {base64.b64encode(b'x' * 33).decode()}:AAAA",
    "secure, not base64": lambda _: f"Secure {'!' * 44}:AAAA",
    "secure with the secret": lambda me: f"Secure {me.public}:{me.secret}",
    "two at once": lambda me: f"{me.simple}, {me.bearer}",
}


@pytest.mark.parametrize("name", HEADERS)
def test_authentication_failed(me: Manager, name: str) -> None:
    answer = me.system.call(
        "GET", f"/v1/{me.env}/api/", headers={"authorization": HEADERS[name](me), "date": secure(me, "/")["date"]}
    )

    assert refused(answer, 401, "authentication_failed") is None


def test_authentication_failed_without_a_header(me: Manager) -> None:
    answer = me.system.call("GET", f"/v1/{me.env}/api/")

    assert refused(answer, 401, "authentication_failed") is None


@pytest.mark.parametrize("scheme", ["Simple", "simple", "SIMPLE"])
def test_a_key_lets_in(me: Manager, scheme: str) -> None:
    assert me.ask("GET", "/api/", auth=f"{scheme} {me.public}:{me.secret}").status == 200


KINDS = ("management-api", "flux-api")
CALLS = [
    ("GET", "/api"),
    ("POST", "/api"),
    ("GET", "/api/a"),
    ("PUT", "/api/a"),
    ("DELETE", "/api/a"),
    *((verb, f"/api/a/{word}") for word in ("folders", "collections") for verb in ("GET", "POST")),
    *((verb, f"/api/a/{word}/f") for word in ("folders", "collections") for verb in ("GET", "PUT", "DELETE")),
    *((verb, f"/{word}/tree") for word in ("folders", "collections") for verb in ("GET", "POST")),
    *((verb, "/folders/tree/folder") for verb in ("GET", "PUT", "DELETE")),
    *((verb, "/collections/tree/collection") for verb in ("GET", "PUT", "DELETE")),
    *((verb, f"/permissions/{kind}/api-keys") for kind in KINDS for verb in ("GET", "POST")),
    *((verb, f"/permissions/{kind}/api-keys/k") for kind in KINDS for verb in ("GET", "PUT", "DELETE")),
    *((verb, f"/permissions/{kind}/roles") for kind in KINDS for verb in ("GET", "POST")),
    *((verb, f"/permissions/{kind}/roles/r") for kind in KINDS for verb in ("GET", "PUT", "DELETE")),
    *((verb, f"/permissions/{kind}/roles/r/permissions") for kind in KINDS for verb in ("GET", "POST", "DELETE")),
    *(("POST", f"/permissions/{kind}/roles/r/permissions/batch") for kind in KINDS),
    *(
        (verb, f"/permissions/{kind}/roles/r/permissions/objects")
        for kind in KINDS
        for verb in ("GET", "POST", "DELETE")
    ),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_call_judges_credential_then_environment_then_account(
    system: System, me: Manager, method: str, path: str
) -> None:
    other = manager(system)
    unknown = f"/v1/nowhere0{path}"

    # Malformed bodies and unknown things come last.
    for at in (f"/v1/{me.env}{path}", unknown):
        refused(system.call(method, at, body=b"{"), 401, "authentication_failed")
    for auth in (me.bearer, me.simple):
        foreign = system.call(method, f"/v1/{other.env}{path}", body=b"{", headers={"authorization": auth})
        missing = system.call(method, unknown, body=b"{", headers={"authorization": auth})
        assert refused(foreign, 404, "environment_not_found") is None
        assert foreign.body == missing.body
        assert {**foreign.headers, "x-request-id": ""} == {**missing.headers, "x-request-id": ""}


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_permission_denied_to_an_account_in_trouble(system: System, method: str, path: str) -> None:
    me = manager(system)
    system.accounts.set_suspended(me.zelid, suspended=True)

    for auth in (me.bearer, me.simple):
        assert refused(me.ask(method, path, b"{", auth=auth), 403, "permission_denied") is None


@pytest.mark.parametrize("env", ["%20", "ü", "e" * 3_000, "..", "a%2Fb"])
def test_environment_not_found_for_odd_names(me: Manager, env: str) -> None:
    answer = me.system.call("GET", f"/v1/{env}/api/", headers={"authorization": me.bearer})

    refused(answer, 404, "environment_not_found")
