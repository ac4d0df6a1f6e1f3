"""The page at `/docs`: one answer that loads nothing but the description beside it.

Nothing but its own script and style may run, which the policy names by their hashes (CSP Level 3).
"""

import base64
import hashlib
from functools import cache
from pathlib import Path

from chalicelib.web.http import Reply

_HERE = Path(__file__).parent
_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Fluxvault</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<header>
<h1>Fluxvault</h1>
<label>Credential <input id="credential" type="password" autocomplete="off"
placeholder="ZELID:key, public:secret, or a token"></label>
<label>Find <input id="filter" type="search"></label>
</header>
<main><p>Reading the description ...</p></main>
<script>{script}</script>
</body>
</html>
"""


@cache
def reply() -> Reply:
    """The page."""
    style, script = ((_HERE / name).read_text() for name in ("page.css", "page.js"))
    policy = {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(style),
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    body = _FRAME.format(style=style, script=script).encode()
    return Reply(body, headers=headers, content_type="text/html; charset=utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
