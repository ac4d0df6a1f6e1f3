"""What survives a power cut: everything older than two seconds or so, in order, and every wrapped key."""

import itertools
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.acceptance.client import listed, on, put, stored, totals, used
from tests.acceptance.running import Running
from tests.acceptance.unixfs import address
from tests.local.stack import Start, assert_books_balance, drive, target

SAVED_SECONDS = 3.0
"""After this long, with little stored, a change is on disk: it is saved two seconds after it was made, at most."""
ROUNDS = 3
ROUND_SECONDS = 2.2
CLIENTS = 2
PAUSE_SECONDS = 0.08


def assert_all_is_whole(running: Running) -> set[str]:
    """All that is listed can be read and is what its hash says, and all figures add up; gives the names."""
    with drive(running) as client:
        files = listed(client)
        for file in files:
            data = on(client, "cat", file["hash"])
            assert data.status_code == 200, file
            assert (address(data.content), len(data.content)) == (file["hash"], file["size"])
        size = sum(file["size"] for file in files)
        assert used(client) == size
        assert totals(client) == (len(files), size)
    assert_books_balance(running.local)
    return {file["name"] for file in files}


def wrap(running: Running, dek: str) -> dict[str, str]:
    with target(running).client() as client:
        wrapped: dict[str, str] = client.post("/api/v1/dek/wrap", json={"dek": dek}).json()
        return wrapped


def unwrap(running: Running, wrapped: dict[str, str]) -> str:
    with target(running).client() as client:
        return str(client.post("/api/v1/dek/unwrap", json=wrapped).json()["dek"])


def test_what_is_three_seconds_old_survives_a_power_cut(start: Start, local: Path) -> None:
    running = start(local).ready()
    wrapped = wrap(running, "old enough")
    with drive(running) as client:
        stored(client, ("small", b"small"), ("large", uuid.uuid4().bytes * 600_000))
        stored(client, *((f"one of many {n}", f"{n}".encode()) for n in range(30)))
        gone = stored(client, ("gone", b"gone"))
        on(client, "rm", gone[0])
    time.sleep(SAVED_SECONDS)

    running.kill()
    again = start(local).ready()

    assert assert_all_is_whole(again) == {"small", "large", *(f"one of many {n}" for n in range(30))}
    assert unwrap(again, wrapped) == "old enough"


def test_a_key_wrapped_a_moment_before_a_power_cut_still_unwraps(start: Start, local: Path) -> None:
    running = start(local).ready()
    wrapped = wrap(running, "just now")

    running.kill()

    assert unwrap(start(local).ready(), wrapped) == "just now"


def busy(client: httpx.Client, over: threading.Event, serial: Callable[[], int]) -> None:
    """Put, put many, and remove, until the server is gone."""
    kept: list[str] = []
    while not over.is_set():
        number = serial()
        many = 15 if number % 8 == 0 else 1
        files = [(f"{number}.{n}", uuid.uuid4().bytes * (1 + number * 37 % 3_000)) for n in range(many)]
        try:
            answer = put(client, *files)
            kept += [file["hash"] for file in answer.json()["files"]]
            if number % 3 == 0:
                on(client, "rm", kept.pop(0))
            time.sleep(PAUSE_SECONDS)
        except httpx.HTTPError:
            return


def test_power_cuts_amid_work_leave_whole_files_and_right_figures(start: Start, local: Path) -> None:
    running = start(local).ready()
    wrapped, counter = wrap(running, "before the first"), itertools.count()
    survived: set[str] = set()
    for number in range(ROUNDS):
        over = threading.Event()
        connections = [drive(running) for _ in range(CLIENTS)]
        threads = [threading.Thread(target=busy, args=(client, over, lambda: next(counter))) for client in connections]
        for thread in threads:
            thread.start()
        # Later in each round, so that each cut meets another moment between two saves.
        time.sleep(ROUND_SECONDS + number * 0.35)
        running.kill()
        over.set()
        for thread, client in zip(threads, connections, strict=True):
            thread.join()
            client.close()

        running = start(local).ready()
        survived = assert_all_is_whole(running)
        assert unwrap(running, wrapped) == "before the first"

    assert len(survived) > ROUNDS
