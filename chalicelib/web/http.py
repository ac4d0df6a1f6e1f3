"""A call and its reply, free of Chalice: what route functions take and give."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request.

    Attributes:
        method: Upper-case verb.
        route: The pattern that matched, such as `/api/v1/meta/{file_id}`; safe to log, unlike the path.
        path: The path as it stood on the wire: percent-encoded, trailing slash kept.
        params: Decoded path parameters.
        query: Decoded query parameters, each with all its values.
        headers: By lower-case name.
        body: The raw bytes; empty if there were none.
        source_ip: The caller's address as the platform saw it, never a header.
        request_id: Names this call in logs and in the answer's `X-Request-Id`.
    """

    method: str
    route: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, list[str]]
    headers: Headers
    body: bytes
    source_ip: str
    request_id: str

    def first(self, name: str) -> str | None:
        """First value of a query parameter, or None."""
        values = self.query.get(name)
        return values[0] if values else None


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer: bytes as they go out."""

    body: bytes = b""
    status: int = 200
    headers: Headers = field(default_factory=dict)
    content_type: str = "application/json"


def as_json(value: Any, status: int = 200, headers: Headers | None = None) -> Reply:
    """A compact JSON answer.

    Raises:
        ValueError: The value holds NaN or infinity, which JSON cannot say.
    """
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    return Reply(body, status, headers or {})
