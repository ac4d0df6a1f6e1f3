"""Management and Flux keys: P-256 pairs, presented whole (Simple) or by a signature (Secure) (spec flux-apis, A.2).

Nothing secret is kept: a public key is the compressed point, and what is presented proves itself against it.
"""

import base64
import binascii
import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

# What makes and checks keys takes long to load, and most processes meet none: each function loads its own.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

WINDOW = timedelta(minutes=15)
"""How far a signature's date may be from ours."""
PUBLIC_LENGTH = 44
MASK = "********"
_MOST_SECRET = 400
_DATE = "%Y-%m-%dT%H:%M:%SZ"


class Signed(NamedTuple):
    """What a signature covers.

    Attributes:
        path: As it stood on the wire, percent-encoded, its trailing slash kept, without the query.
        body: The bytes that were sent.
        date: Text of the `Date` header: ISO 8601 in UTC, to the second.
    """

    path: str
    body: bytes
    date: str


def new() -> tuple[str, str]:
    """A new pair: its public key, and its secret key, to be shown once (SEC1 DER in base64)."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key  # noqa: PLC0415 - above
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415

    private = generate_private_key(SECP256R1())
    secret = private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return _public(private.public_key()), base64.b64encode(secret).decode()


def is_pair(public: str, secret: str) -> bool:
    """Whether a secret key is that of a public one: SEC1 or PKCS8."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - above
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: PLC0415

    if len(secret) > _MOST_SECRET:
        return False
    try:
        private = load_der_private_key(base64.b64decode(secret, validate=True), password=None)
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm):
        return False
    return isinstance(private, EllipticCurvePrivateKey) and _public(private.public_key()) == public


def is_signed(public: str, signature: str, signed_call: Signed, now: float) -> bool:
    """Whether a request was signed with the secret of a public key, and of late.

    Args:
        public: The public key.
        signature: ECDSA with SHA-256 in DER, base64.
        signed_call: What was signed.
        now: Seconds since the epoch.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - above
    from cryptography.hazmat.primitives.asymmetric.ec import (  # noqa: PLC0415
        ECDSA,
        SECP256R1,
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    path, body, date = signed_call
    try:
        moment = datetime.strptime(date, _DATE).replace(tzinfo=UTC)
        signed = base64.b64decode(signature, validate=True)
        point = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), base64.b64decode(public, validate=True))
    except (ValueError, binascii.Error):
        return False
    if abs(datetime.fromtimestamp(now, UTC) - moment) > WINDOW:
        return False
    message = f"{path or '/'}|{hashlib.sha256(body).hexdigest()}|{date}"
    try:
        point.verify(signed, message.encode(), ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _public(key: "EllipticCurvePublicKey") -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415 - above

    return base64.b64encode(key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)).decode()
