"""Keys as calls present them: whole (Simple), or by a signature (Secure); the same on both APIs (spec flux-apis, A)."""

from chalicelib.members import pairs
from chalicelib.web.http import Call


class CredentialError(Exception):
    """A credential that is malformed, or proves nothing. Its text may be shown: it says nothing of what there is."""


def presented(call: Call, now: float) -> str:
    """The public key whose secret the caller has, as the call proves; whether anybody issued it is not known here.

    Args:
        call: The request, with `Authorization: Simple <public>:<secret>`, or `Secure <public>:<signature>` and `Date`.
        now: Seconds since the epoch.

    Raises:
        CredentialError: It is neither, or is wrong.
    """
    scheme, _, rest = call.headers.get("authorization", "").partition(" ")
    public, colon, proof = rest.strip().partition(":")
    if scheme.lower() not in {"simple", "secure"} or not colon or len(public) != pairs.PUBLIC_LENGTH:
        raise CredentialError("Malformed credentials")
    if scheme.lower() == "simple":
        if not pairs.is_pair(public, proof):
            raise CredentialError("Invalid key")
    elif not pairs.is_signed(public, proof, pairs.Signed(call.path, call.body, call.headers.get("date", "")), now):
        raise CredentialError("Invalid signature")
    return public
