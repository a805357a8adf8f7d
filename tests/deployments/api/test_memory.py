"""Do the threads of a server share one arena of memory, unless somebody has decided otherwise?"""

import platform
import subprocess
import sys

import pytest

from deployments.api.memory import share_one_arena

N_ARENAS = """
import ctypes, threading
from deployments.api.memory import share_one_arena
share_one_arena()
libc, barrier = ctypes.CDLL(None), threading.Barrier(8)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
def work():
    libc.malloc(5000)
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.malloc_stats()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_all_threads_take_memory_from_one_arena() -> None:
    done = subprocess.run([sys.executable, "-c", N_ARENAS], check=True, capture_output=True, text=True)

    assert 1 == done.stderr.count("Arena ")


def test_who_has_set_the_number_of_arenas_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "4")

    assert not share_one_arena()
