"""A process of its own with a key service of its own: `python -m tests.keys.child`.

It says `"ready"`, then reads requests and writes answers, one JSON value a line, until its input ends.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chalicelib import aws
from chalicelib.keys import Keys
from chalicelib.settings import Settings
from tests.support.calls import Calls


class Child:
    """The parent's end: `ask`, or `send` to several and then `receive` from each."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def send(self, request: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)

    def receive(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def ask(self, request: Mapping[str, Any]) -> Any:
        self.send(request)
        return self.receive()


@contextmanager
def children(count: int, environment: Mapping[str, str]) -> Iterator[list[Child]]:
    """So many processes, started and ready."""
    command = [sys.executable, "-m", "tests.keys.child"]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) for _ in range(count)]
    try:
        made = [Child(process) for process in processes]
        assert [child.receive() for child in made] == ["ready"] * count
        yield made
    finally:
        for process in processes:
            process.communicate(timeout=10)


def answer(keys: Keys, calls: Calls, request: Mapping[str, Any]) -> Any:
    """What the child does."""
    match request:
        case {"wrap": deks}:
            return [keys.wrap(dek.encode()) for dek in deks]
        case {"unwrap": wrapped}:
            return [keys.unwrap(one).decode() for one in wrapped]
        case {"add_generation": True}:
            return keys.add_generation()
        case {"secret": purpose, "number": number}:
            return keys.secret(purpose, number)[1].hex()
        case {"calls": True}:
            return calls.by_operation()
    raise ValueError(request)


def say(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def main() -> None:
    settings = Settings.from_env(os.environ)
    calls = Calls(aws.connect(settings))
    keys = Keys(settings.kms_key_id, settings.key_cache_seconds)
    say("ready")
    for line in sys.stdin:
        say(answer(keys, calls, json.loads(line)))


if __name__ == "__main__":
    main()
