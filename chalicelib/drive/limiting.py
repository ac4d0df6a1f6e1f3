"""Counts calls of the drive against the limits of their ZELID and address (seed 001, Limits; decision 11)."""

from collections.abc import Callable
from dataclasses import replace

from chalicelib.identity import Credential
from chalicelib.identity.errors import InvalidCredentialsError
from chalicelib.limits import Client, Limiter, Policy
from chalicelib.web.http import Call, Reply
from chalicelib.web.routing import as_refusal

View = Callable[[Call, Credential], Reply]
Handle = Callable[[Call], Reply]


class Limited:
    """Wraps views: who calls, whether they may now, and what is left of their limit, on every answer."""

    def __init__(self, limiter: Limiter, puts: int, reads: int) -> None:
        self._limiter = limiter
        self._puts = Policy("puts", puts, leased=False)
        self._reads = Policy("reads", reads, leased=True)

    def read(self, view: View) -> Handle:
        """A call that counts as a read."""
        return lambda call: self._limited(self._reads, view, call)

    def write(self, view: View) -> Handle:
        """A call that counts as a put."""
        return lambda call: self._limited(self._puts, view, call)

    def _limited(self, policy: Policy, view: View, call: Call) -> Reply:
        credential = Credential.parse(call.headers.get("authorization"))
        if credential is None:
            raise InvalidCredentialsError(headers={"WWW-Authenticate": 'Basic realm="fluxvault"'})
        standing = self._limiter.take(policy, Client(credential.zelid, call.source_ip))
        try:
            reply = view(call, credential)
        except Exception as error:
            refusal = as_refusal(call, error)
            refusal.headers |= standing.headers
            raise refusal from error
        return replace(reply, headers={**reply.headers, **standing.headers})
