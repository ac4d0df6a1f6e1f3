"""A headless Chromium that is spoken to through two pipes: no port, and no library."""

import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 60
"""Seconds until something that does not come is a failure."""
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")


class Tab:
    """One page. `seen` are the events so far."""

    def __init__(self, sending: IO[bytes], receiving: IO[bytes]) -> None:
        self._sending, self._receiving = sending, receiving
        self._numbers = itertools.count(1)
        self._session: str | None = None
        self.seen: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> Any:
        """Send a command of the DevTools protocol, and wait for what it gives."""
        number = next(self._numbers)
        session = {"sessionId": self._session} if self._session else {}
        self._sending.write(json.dumps({"id": number, "method": method, "params": params, **session}).encode() + b"\0")
        self._sending.flush()
        while True:
            said = self._read()
            if said.get("id") == number:
                assert "error" not in said, said
                return said["result"]
            self.seen.append(said)

    def _read(self) -> Any:
        found = b""
        while not found.endswith(b"\0"):
            ready, _, _ = select.select([self._receiving], [], [], PATIENCE)
            assert ready, "the browser says nothing"
            one = self._receiving.read(1)
            assert one, "the browser is gone"
            found += one
        return json.loads(found[:-1])

    def run(self, script: str) -> Any:
        """What an expression gives."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, script: str) -> Any:
        """The same, once it is true."""
        end = time.monotonic() + PATIENCE
        while not (found := self.run(script)):
            assert time.monotonic() < end, script
            time.sleep(0.05)
        return found

    def requested(self) -> list[str]:
        """Every URL that was asked for."""
        return [
            one["params"]["request"]["url"] for one in self.seen if one.get("method") == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """What the browser's log says, and what went wrong in scripts."""
        logged = [one["params"]["entry"] for one in self.seen if one.get("method") == "Log.entryAdded"]
        texts = [one["text"] for one in logged if one["level"] in {"error", "warning"}]
        return [*texts, *(str(one["params"]) for one in self.seen if one.get("method") == "Runtime.exceptionThrown")]


@contextmanager
def browsing() -> Iterator[Tab]:
    """A browser with an empty profile; it ends with the block."""
    commands, theirs_in = os.pipe()
    theirs_out, answers = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [str(BROWSER), *_FLAGS, f"--user-data-dir={profile}", "--remote-debugging-pipe"]
        # Not `3<&12`: some shells know file descriptors of one digit alone.
        line = f'exec "$@" 3</dev/fd/{commands} 4>/dev/fd/{answers}'
        process = subprocess.Popen(
            ["sh", "-c", line, "sh", *command],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        with os.fdopen(theirs_in, "wb") as sending, os.fdopen(theirs_out, "rb", buffering=0) as receiving:
            try:
                yield Tab(sending, receiving)
            finally:
                process.terminate()
                process.wait(PATIENCE)
