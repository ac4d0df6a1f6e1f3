"""`make run`: the whole system on this machine, in one process beside the local AWS."""

import signal

# Python may lose a KeyboardInterrupt that comes amid an import, and go on. While nothing has been started, Ctrl-C can
# simply end this process; from `main` on, `_interrupted` remembers it.
if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import ctypes
import fcntl
import os
import shlex
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TextIO

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib import aws
from chalicelib.composition import Services, build
from chalicelib.settings import Settings, SettingsError
from chalicelib.web import observe
from chalicelib.workers.finding import Finding
from chalicelib.workers.janitor import LOST_SECONDS
from infra import environment
from infra.local import stack
from infra.local.gateway import Limits
from infra.local.process import LocalAws, LocalAwsError
from infra.local.server import serve

LOG_FILE = "server.log"
JANITOR_SECONDS = 3600
"""How often the janitor comes by."""
MOST_PORT = 65_535
_ARENA_MAX = -8
"""`M_ARENA_MAX` of mallopt(3)."""

_stopping = threading.Event()

SESSION = """
Fluxvault is at {BASE_URL} (Ctrl-C ends it; its state is in {local}, its log in {log}).

A first session, to be pasted into another terminal:

  . {demo}
  echo "hello world" > hello.txt
  curl -u "$ZELID:$API_KEY_SECRET" -F file=@hello.txt $BASE_URL/api/v0/put
  curl -u "$ZELID:$API_KEY_SECRET" -X POST $BASE_URL/api/v0/ls
  curl -u "$ZELID:$API_KEY_SECRET" -X POST "$BASE_URL/api/v0/cat?arg=QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"
"""


def main() -> None:
    """Run until Ctrl-C or SIGTERM."""
    _few_heaps()
    local, port = environment.LOCAL.resolve(), _port()
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, _interrupted)
    local.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with _alone(local), stack.an_aws(local) as own:
            settings = stack.configure(local, f"http://127.0.0.1:{port}")
            _serve(settings, own, local, port)
    except (LocalAwsError, SettingsError) as error:
        sys.exit(str(error))
    except (BotoCoreError, ClientError, PynamoDBException, aws.StoreError) as error:
        sys.exit(f"AWS cannot be used: {error or type(error).__name__}")
    except KeyboardInterrupt:
        sys.exit(130)


def _few_heaps() -> None:
    """Glibc gives threads heaps of their own, up to eight a core, and each keeps what was freed in it: two will do."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    _stopping.set()
    raise KeyboardInterrupt


def _port() -> int:
    given = os.environ.get("PORT") or "8000"
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= MOST_PORT):
        sys.exit(f"PORT must be a number from 1 to {MOST_PORT}")
    return int(given)


def _serve(settings: Settings, own: LocalAws | None, local: Path, port: int) -> None:
    system, found = stack.prepare(settings, own)
    _report(found, local / LOG_FILE)
    app = build(settings)
    if _stopping.is_set():
        raise KeyboardInterrupt
    with _logs_to(local / LOG_FILE) as terminal:

        def ready(base_url: str) -> None:
            demo = stack.demo(system, local, base_url)
            if own:
                stack.save(own)
            _greet(terminal, local, demo)
            _tidy(system)

        limits = Limits.aws() if os.environ.get("AWS_LIMITS") else Limits()
        serve(app, port=port, limits=limits, ready=ready)
        print("Stopping.", file=terminal, flush=True)


def _tidy(system: Services) -> None:
    """Let the janitor come by now and every hour, as a schedule does on AWS."""

    def come_by() -> None:
        # What the last process had not done when it ended is lost: all of it is to be sent again.
        lost_seconds = 0.0
        while True:
            try:
                system.janitor().run(lost_seconds=lost_seconds)
            except Exception as error:  # noqa: BLE001 - one failed round must not be the last
                observe.note("janitor failed", why=type(error).__name__)
            lost_seconds = LOST_SECONDS
            time.sleep(JANITOR_SECONDS)

    threading.Thread(target=come_by, name="janitor", daemon=True).start()


def _report(found: Sequence[Finding], log: Path) -> None:
    """What was wrong with the books: each fault to the log, and to the terminal what is still wrong, and how many."""
    with log.open("a") as file:
        for one in found:
            line = f"books: {one.kind}: {one.subject}: {one.says}"
            print(line, "(repaired)" if one.repair else "(NOT repaired)", file=file)
            if not one.repair:
                print(line)
    if repaired := Counter(one.kind for one in found if one.repair):
        print(f"books: repaired {', '.join(f'{n} {kind}' for kind, n in repaired.items())} (see {log})")


def _greet(terminal: TextIO, local: Path, demo: Mapping[str, str]) -> None:
    places = {"local": local, "log": local / LOG_FILE, "demo": shlex.quote(str(local / environment.DEMO_FILE))}
    print(SESSION.format(**demo, **places), file=terminal, flush=True)


@contextmanager
def _alone(local: Path) -> Iterator[None]:
    """One `make run` at a time on one state."""
    with (local / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"Another `make run` uses {local}; stop it first, or set LOCAL_DIR")
        yield


@contextmanager
def _logs_to(path: Path) -> Iterator[TextIO]:
    """From now on this process's output goes to a file; gives the terminal, for what a person should see."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w") as terminal, path.open("a") as log:
        errors = os.dup(2)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield terminal
        finally:
            sys.stdout.flush()
            os.dup2(terminal.fileno(), 1)
            os.dup2(errors, 2)
            os.close(errors)


if __name__ == "__main__":
    main()
