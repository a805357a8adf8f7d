"""The memory of a server that answers on many threads."""

import ctypes
import os
import threading

_M_ARENA_MAX = -8
"""The option's number in glibc's malloc.h."""
TRIMMED_EVERY_S = 30.0


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


def give_back_free_memory(every_s: float = TRIMMED_EVERY_S) -> bool:
    """Give pages that hold nothing back to the system now and then, in a thread; return whether the C library can.

    glibc gives back the end of its arena alone. What is free between blocks in use stays with the process, and grows
    with the calls of a gateway although what is in use does not.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library
        return False

    def work() -> None:
        pause = threading.Event()
        while not pause.wait(every_s):
            trim(0)

    threading.Thread(target=work, name="free-memory", daemon=True).start()
    return True
