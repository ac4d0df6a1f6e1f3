"""How callers say who they are (flux-apis, A; drive, Access)."""

from collections.abc import Mapping
from typing import Any, Final

BASIC, BEARER, SIMPLE, SECURE = "basic", "bearer", "simple", "secure"

SCHEMES: Final[Mapping[str, Mapping[str, Any]]] = {
    BASIC: {
        "type": "http",
        "scheme": "basic",
        "description": "A ZELID as the user, and one of its drive keys as the password.",
    },
    BEARER: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `access` token that `POST /account/auth` gives.",
    },
    # Neither scheme is registered with IANA: to OpenAPI they are values of the header.
    SIMPLE: {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Simple <public_key>:<secret_key>`",
    },
    SECURE: {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Secure <public_key>:<signature>`, with `Date: YYYY-MM-DDTHH:MM:SSZ`: ECDSA (P-256, SHA-256, "
        "DER, base64) of `<path>|<hex SHA-256 of the body>|<date>`.",
    },
}

MEMBER = (BEARER, SIMPLE, SECURE)
"""Whoever manages an environment."""
