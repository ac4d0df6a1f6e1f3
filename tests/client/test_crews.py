import threading
import time
from collections.abc import Iterator

import pytest

from client.crews import Crew, StoppedError


def test_results_come_in_order() -> None:
    def slow_first(job: int) -> int:
        time.sleep(0.02 if job == 0 else 0)
        return job * 2

    with Crew(4, 8).each(slow_first, range(20)) as done:
        assert list(done) == [job * 2 for job in range(20)]


def test_no_more_than_so_many_are_ahead() -> None:
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for job in range(20):
            taken.append(job)
            yield job

    with Crew(2, 4).each(lambda job: job, jobs()) as done:
        next(done)
        time.sleep(0.01)
        assert len(taken) == 4


def test_the_first_error_ends_it_even_if_its_turn_is_later() -> None:
    crew = Crew(2, 10)

    def work(job: int) -> None:
        if job == 1:
            raise KeyError("why")
        crew.wait(30)

    began = time.monotonic()
    with pytest.raises(KeyError, match="why"):
        crew.do(work, range(10))
    assert time.monotonic() - began < 5


def test_leaving_stops_what_is_under_way() -> None:
    crew = Crew(2, 2)
    ended = threading.Event()

    def work(job: int) -> None:
        try:
            crew.wait(30 if job else 0)
        except StoppedError:
            ended.set()
            raise

    def leave() -> None:
        with crew.each(work, range(2)) as done:
            next(done)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    assert ended.wait(1)
    with pytest.raises(StoppedError):
        crew.check()


def test_no_jobs() -> None:
    seen: list[int] = []
    Crew(2, 2).do(seen.append, [])
    assert seen == []
