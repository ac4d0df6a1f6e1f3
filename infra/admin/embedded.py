"""The local server keeps its cache of records in its own process, which a command does not share: it is told."""

import contextlib
import http.client
import json
import os
from urllib.parse import urlsplit


def forget_cached() -> None:
    """Let the local server forget what it has cached, if it keeps a cache of its own and runs."""
    if os.environ.get("CACHE_URL") != "embedded":
        return
    connection = http.client.HTTPConnection(urlsplit(os.environ.get("PUBLIC_URL", "")).netloc, timeout=5)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("POST", "/api/v1/e/meta/invalidate", json.dumps({"type": "all"}))
        connection.getresponse().read()
