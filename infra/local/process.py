"""MiniStack as a child process, for `make run`, for tests, and for whoever needs an AWS for a while."""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from infra.local.ministack import LISTENING

_PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 20.0
# Two seconds for requests under way, and the rest for the last save.
STOP_SECONDS = 30.0


class LocalAwsError(RuntimeError):
    """MiniStack did not start; the message ends with what it wrote."""


class LocalAws:
    """One MiniStack process on 127.0.0.1, as a context manager or by `start` and `stop`.

    It ends when this process ends, however that happens. Any credentials will do, but for links to S3, which must be
    signed with `emulator.CREDENTIALS`; an access key of twelve digits would choose the account of that number.
    """

    def __init__(self, state: Path | None = None, port: int | None = None) -> None:
        """Prepare, and start nothing.

        Args:
            state: Directory to keep everything in, made if missing; None keeps nothing.
            port: Port on 127.0.0.1; None picks a free one.
        """
        self._state = state.resolve() if state is not None else None
        self._port = port or 0
        self._process: subprocess.Popen[bytes] | None = None
        self._url = ""
        self._log: Path | None = None

    @property
    def endpoint_url(self) -> str:
        """Address for `AWS_ENDPOINT_URL` and boto3's `endpoint_url`; empty before the start."""
        return self._url

    @property
    def log_path(self) -> Path:
        """File with all that the process wrote since its last start; kept in `state` if there is one.

        Raises:
            LocalAwsError: It was never started.
        """
        if self._log is None:
            raise LocalAwsError("not started")
        return self._log

    @property
    def pid(self) -> int | None:
        """Id of the running process, or None."""
        return self._process.pid if self._process is not None else None

    def start(self) -> Self:
        """Start the process and return once it answers.

        Raises:
            LocalAwsError: It ended, or did not answer in time.
        """
        self._log = self._new_log()
        command = [sys.executable, "-m", "infra.local.ministack", "--port", str(self._port)]
        command += ["--parent", str(os.getpid())]
        command += ["--state", str(self._state)] if self._state is not None else []
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C goes to us alone, and we stop it when we need it no more.
            self._process = subprocess.Popen(
                command, cwd=_PROJECT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._wait_until_healthy(time.monotonic() + START_SECONDS)
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Stop in good order, with a last save; killed if it does not end in time. Does nothing if it does not run."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End at once, as a crash would, without a last save. Does nothing if it does not run."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
        if self._state is None:
            self.log_path.unlink(missing_ok=True)

    def _new_log(self) -> Path:
        if self._state is not None:
            self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
            return self._state / "ministack.log"
        if self._log is not None:
            return self._log
        handle, name = tempfile.mkstemp(prefix="ministack-", suffix=".log")
        os.close(handle)
        return Path(name)

    def _wait_until_healthy(self, until: float) -> None:
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                break
            first_line, end, _ = self.log_path.read_text(errors="replace").partition("\n")
            if end and first_line.startswith(LISTENING):
                self._url = first_line.removeprefix(LISTENING)
                if _is_healthy(self._url, until - time.monotonic()):
                    return
            time.sleep(0.02)
        code = self._process.poll() if self._process is not None else None
        what = "did not answer in time" if code is None else f"ended with exit code {code}"
        raise LocalAwsError(f"MiniStack {what}:\n{self.log_path.read_text(errors='replace')}")


def _is_healthy(url: str, timeout: float) -> bool:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=max(timeout, 0.1))
    try:
        connection.request("GET", "/_fluxvault/health")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
