"""`python -m infra.runtime [COMMAND ...]`: serve the package until Ctrl-C, or as long as a command runs.

The command finds what it needs to use the deployment in its environment, and so does the acceptance suite:
`BASE_URL`, `ZELID`, `API_KEY_SECRET` and the rest of `demo.env`, `MAX_BODY`, and `LOCAL_DIR` for operator's commands.
"""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra import environment
from infra.local import stack
from infra.local.gateway import Limits
from infra.local.listening import bind
from infra.local.server import serve
from infra.packaging.target import NoInterpreterError, PackageError
from infra.runtime import deployment, task

MAX_BODY = 4_400_000
"""Longest request body, in bytes, that surely fits Lambda's 6 MB once it is base64 text among headers."""
_ACCESS = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_before = dict(os.environ)
READY = """
Fluxvault, as Lambda runs it, is at {base} (Ctrl-C ends it; its state is in {local}).

A first session is in README.md; in another terminal, what it needs comes by:

  . {demo}
"""


def main(command: Sequence[str]) -> int:
    """Serve; gives the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="fluxvault-") as room:
        try:
            # What is tested is whole when the first request comes, so it is made before anything is started.
            made = _task(Path(room))
        except (NoInterpreterError, PackageError) as error:
            print(error, file=sys.stderr)
            return 1
        print(f"Running {made.says}", flush=True)
        local = Path(os.environ.get("LOCAL_DIR") or Path(room, "local")).resolve()
        try:
            return _served(made, local, command)
        except KeyboardInterrupt:
            return 130


def _task(room: Path) -> task.Task:
    """What `RUNTIME` says: `lambda` for the zip on Lambda's Python, `here` for this Python; else what is possible."""
    wanted = os.environ.get("RUNTIME")
    if wanted == "here":
        return task.of_here(room)
    try:
        if package := os.environ.get("PACKAGE"):
            return task.of_zip(Path(package), room)
        return task.built(room)
    except NoInterpreterError:
        if wanted:
            raise
        return task.of_here(room)


def _served(made: task.Task, local: Path, command: Sequence[str]) -> int:
    local.mkdir(mode=0o700, parents=True, exist_ok=True)
    port = int(os.environ.get("PORT") or (_free_port() if command else 8000))
    url = f"http://127.0.0.1:{port}"
    with stack.an_aws(local) as own:
        access = {name: os.environ[name] for name in _ACCESS if os.environ.get(name)}
        settings = deployment.describe(local, url, access)
        system, _ = stack.prepare(settings, own)
        demo = stack.demo(system, local, url)
        with deployment.running(settings, made, local, access) as stages:
            commanded = _Commanded(command, {**demo, "LOCAL_DIR": str(local), "MAX_BODY": str(MAX_BODY)})
            serve(stages, port=port, limits=Limits.aws(), ready=lambda _: commanded.begin(local))
    return commanded.code


class _Commanded:
    """What is run once requests are answered: a command, at whose end all ends, or nothing."""

    def __init__(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self._command, self._variables = command, variables
        self.code = 0

    def begin(self, local: Path) -> None:
        if self._command:
            threading.Thread(target=self._run).start()
        else:
            demo = shlex.quote(str(local / environment.DEMO_FILE))
            print(READY.format(base=self._variables["BASE_URL"], local=local, demo=demo), flush=True)

    def _run(self) -> None:
        # The settings of this process are the deployment's, which a client has no business to know.
        plain = {name: value for name, value in _before.items() if not name.startswith("AWS_")}
        try:
            self.code = subprocess.run(self._command, env={**plain, **self._variables}, check=False).returncode
        finally:
            os.kill(os.getpid(), signal.SIGTERM)


def _free_port() -> int:
    listener = bind("127.0.0.1", 0)
    with listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
