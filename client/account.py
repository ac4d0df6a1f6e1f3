"""The account behind a drive, for whoever signed in to it: tokens that renew themselves, and calls that need them."""

from http import HTTPStatus
from typing import Any

from .answers import Answer
from .errors import ProtocolError, RefusedError, SignInError
from .http import Body, Server, as_json
from .tokens import TokenFile, Tokens

_AUTH = "/account/auth"
_ALIKE = "A suspended or lapsed account is refused alike"
_ELSEWHERE = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})


class Account:
    """Calls of whoever is signed in.

    Args:
        server: Where.
        kept: Where the tokens are.
    """

    def __init__(self, server: Server, kept: TokenFile) -> None:
        self.url = server.base
        self._server = server
        self._kept = kept
        self._current: Tokens | None = None

    def sign_in(self, email: str, password: str) -> None:
        """Get tokens and keep them.

        Raises:
            SignInError: The server does not let them in.
            ProtocolError: Nobody can sign in there.
        """
        try:
            answer = self._post(_AUTH, {"email": email, "password": password})
        except RefusedError as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                raise SignInError(f"{self.url} does not let {email} in: check e-mail and password. {_ALIKE}") from None
            if error.status in _ELSEWHERE:
                raise ProtocolError(f"Nobody can sign in at {self.url} ({error}): correct FLUXVAULT_URL") from None
            raise
        tokens = Tokens.of(email, answer.document)
        with self._kept.locked():
            self._kept.keep(tokens)

    def sign_out(self) -> bool:
        """Forget the tokens; gives whether there were any."""
        with self._kept.locked():
            return self._kept.forget()

    def tokens(self) -> Tokens:
        """Who is signed in; looked up once, so that a whole command is done as one and the same.

        Raises:
            SignInError: Nobody.
        """
        if self._current is None:
            self._current = self._found()
        return self._current

    def _found(self) -> Tokens:
        found = self._kept.read()
        if found is None:
            raise SignInError(f"Nobody is signed in at {self.url}: run the command `login`")
        return found

    def call(self, method: str, path: str, document: Any = None, *, once: bool = False) -> Answer:
        """Call the server as who is signed in; raises what `Server.ask` does.

        Whether an access token is over, the server says: this machine's clock may be wrong.

        Raises:
            SignInError: Nobody is, or the session is over.
        """
        try:
            return self._ask(self.tokens(), method, path, document, once=once)
        except RefusedError as error:
            if error.status != HTTPStatus.UNAUTHORIZED:
                raise
        tokens = self._current = self._renewed(self.tokens())
        try:
            return self._ask(tokens, method, path, document, once=once)
        except RefusedError as error:
            if error.status != HTTPStatus.UNAUTHORIZED:
                raise
            raise self._over(tokens) from None

    def _ask(self, tokens: Tokens, method: str, path: str, document: Any, *, once: bool) -> Answer:
        sent = as_json(document) if document is not None else Body({}, lambda: b"")
        body = Body({**sent.headers, "Authorization": f"Bearer {tokens.access}"}, sent.stream)
        return self._server.ask(method, f"{self.url}{path}", body, once=once)

    def _post(self, path: str, document: Any) -> Answer:
        return self._server.ask("POST", f"{self.url}{path}", as_json(document))

    def _renewed(self, old: Tokens) -> Tokens:
        with self._kept.locked():
            tokens = self._found()
            if tokens.email != old.email:
                raise SignInError(f"{tokens.email} signed in meanwhile, instead of {old.email}: look, and try again")
            if tokens.access != old.access:
                # Another command was quicker, and what it used up cannot be used again.
                return tokens
            fresh = Tokens.of(tokens.email, self._refreshed(tokens).document)
            try:
                self._kept.keep(fresh)
            except OSError as error:
                self._server.note(f"the session cannot be kept, so run `login` again: {error.strerror}")
            return fresh

    def _refreshed(self, tokens: Tokens) -> Answer:
        try:
            return self._post(f"{_AUTH}/refresh", {"refresh": tokens.refresh})
        except RefusedError as error:
            if error.status != HTTPStatus.UNAUTHORIZED:
                raise
            if error.repeated:
                raise SignInError("The answer that renewed the session was lost: run the command `login`") from None
            # Kept all the same: the account may be let in again.
            raise self._over(tokens) from None

    def _over(self, tokens: Tokens) -> SignInError:
        return SignInError(f"The session of {tokens.email} at {self.url} is over: run the command `login`. {_ALIKE}")
