"""The memory of a server that answers on many threads."""

import ctypes
import os

_M_ARENA_MAX = -8
"""The option's number in glibc's malloc.h."""


def share_one_arena() -> bool:
    """Have all threads take memory from one arena; return whether the C library can.

    glibc gives threads arenas of their own, which each keep what their threads once held at most: over 30,000 calls of
    the gateway that was 18 MB more. Python's threads hardly ever wait for the one arena, since they take turns anyway.
    Who has set MALLOC_ARENA_MAX decides.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1))
    except (AttributeError, OSError, TypeError):  # another C library
        return False
