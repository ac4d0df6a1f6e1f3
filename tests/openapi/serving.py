"""The system as a WSGI application, which is what schemathesis calls in process."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.system import Answer, System

_NAMES = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}


class Door:
    """Takes a WSGI request to the app of a system, as API Gateway would."""

    system: System

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """See PEP 3333."""
        answer = self._call(environ, urlsplit(environ["REQUEST_URI"]).path, environ["QUERY_STRING"])
        # Its client adds this one where there is none.
        headers = {"content-type": "", **answer.headers}
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", [*headers.items()])
        return [answer.body]

    def _call(self, environ: Mapping[str, Any], path: str, query: str) -> Answer:
        headers = {name[5:].lower().replace("_", "-"): value for name, value in environ.items() if name[:5] == "HTTP_"}
        headers |= {_NAMES[name]: value for name, value in environ.items() if name in _NAMES and value}
        length = int(environ.get("CONTENT_LENGTH") or 0)
        return self.system.call(
            environ["REQUEST_METHOD"],
            path or "/",
            query=parse_qsl(query, keep_blank_values=True),  # type: ignore[arg-type]  # urlencode takes pairs as well
            body=environ["wsgi.input"].read(length),
            headers=headers,
        )
