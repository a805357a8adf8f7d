"""The memory of a server that answers on many threads."""

import ctypes
import os

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
"""The options' numbers in glibc's malloc.h."""
_LARGEST_IN_ARENA = 32 * 1024


def bound_memory() -> bool:
    """Have all threads take memory from one arena, and large pieces from the system; return whether the C library can.

    glibc gives threads arenas of their own, which each keep what their threads once held at most: over 30,000 calls of
    the gateway that was 18 MB more. Python's threads hardly ever wait for the one arena, since they take turns anyway.

    A piece above a threshold is taken from the system and given back to it at once. glibc raises the threshold with
    each such piece, up to 32 MB, so that buffers of all sizes come to lie between what stays, and leave gaps: over
    100,000 calls the gaps grew to 26 MB. A threshold that is set stays.

    Who has set MALLOC_ARENA_MAX or MALLOC_MMAP_THRESHOLD_ decides.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
        arena = "MALLOC_ARENA_MAX" not in os.environ and mallopt(_M_ARENA_MAX, 1)
        threshold = "MALLOC_MMAP_THRESHOLD_" not in os.environ and mallopt(_M_MMAP_THRESHOLD, _LARGEST_IN_ARENA)
    except (AttributeError, OSError, TypeError):  # another C library
        return False
    return bool(arena and threshold)
