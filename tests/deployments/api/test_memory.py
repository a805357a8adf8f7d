"""Is a server's memory taken from one arena, and are large pieces given back, unless somebody decided otherwise?"""

import platform
import subprocess
import sys

import pytest

from deployments.api.memory import bound_memory

IS_GLIBC = platform.libc_ver()[0] == "glibc"
N_ARENAS = """
import ctypes, threading
from deployments.api.memory import bound_memory
bound_memory()
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
FROM_THE_SYSTEM = """
import ctypes
from deployments.api.memory import bound_memory
bound_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
for _ in range(3):  # the first one that is freed would raise the threshold
    libc.free(libc.malloc(1_000_000))
pieces = [libc.malloc(100_000) for _ in range(8)]
libc.malloc_stats()
"""


def stats_of(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stderr


@pytest.mark.skipif(not IS_GLIBC, reason="another C library")
def test_all_threads_take_memory_from_one_arena() -> None:
    assert 1 == stats_of(N_ARENAS).count("Arena ")


@pytest.mark.skipif(not IS_GLIBC, reason="another C library")
def test_large_pieces_come_from_the_system_however_many_there_were() -> None:
    at_most = next(line for line in stats_of(FROM_THE_SYSTEM).splitlines() if line.startswith("max mmap regions"))
    assert int(at_most.rpartition("=")[2]) >= 8


@pytest.mark.parametrize("name", ["MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_"])
def test_who_has_set_it_decides(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "4")

    assert not bound_memory()
