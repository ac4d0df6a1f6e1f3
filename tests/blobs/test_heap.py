"""What sealing costs in memory: a few objects however large the content, and pages that are used again."""

import platform
import subprocess
import sys
import time
import tracemalloc
from typing import cast

import pytest

from chalicelib.blobs import Blobs, Plaintext, objects, segments
from chalicelib.blobs.segments import OBJECT, SEALERS
from chalicelib.blobs.service import WORKERS
from chalicelib.keys import Keys
from chalicelib.keys.masterkeys import dek_key


class NoKeys:
    def wrap(self, dek: bytes) -> str:
        return dek.decode()


def test_a_large_content_is_sealed_in_the_memory_of_a_few_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a slow S3, so that as many objects wait to be stored as may
    monkeypatch.setattr(objects, "put", lambda *_: time.sleep(0.05))
    blobs = Blobs(cast("Keys", NoKeys()))
    content = Plaintext([memoryview(bytes(12 * OBJECT))])
    blobs.write({"small": Plaintext([memoryview(b"small")])})  # loads the SDK

    tracemalloc.start()
    blobs.write({"large": content})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    # Then a thread holds one object, and one that is sealing it its pieces as well
    assert OBJECT < peak < (WORKERS + SEALERS) * OBJECT + 4 * 2**20


FAULTS = """
import resource
from chalicelib.blobs import segments
from chalicelib.keys.masterkeys import dek_key

key, plaintext = dek_key(bytes(32)), memoryview(bytes(segments.OBJECT))
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    segments.seal_object(key, "0" * 32, 0, 2, plaintext)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(sorted(faults() for _ in range(16))[8])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="elsewhere malloc has ways of its own")
def test_sealing_again_uses_the_same_pages() -> None:
    # The median: now and then a sealer gets more than it ever had, and its own heap grows.
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)

    assert int(done.stdout) < OBJECT // 4096 // 10


def test_the_heap_is_told_once_and_keeps_nothing_of_it() -> None:
    segments.keep_heap.cache_clear()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(3):
        segments.seal_object(dek_key(bytes(32)), "0" * 32, 0, 1, memoryview(b"x"))
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert segments.keep_heap.cache_info().misses == 1
    assert kept < 2**20
