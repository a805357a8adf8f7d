"""The load of this machine, which tells slow work on a busy machine from a fault."""

import os

BUSY_FROM = 2.0
"""Load per processor, in programs that run or wait for it, from which the machine counts as busy."""
LONGEST = 20.0


def load() -> float:
    """Return the average number of runnable programs over the last minute; 0 where the system does not tell."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # pragma: no cover  (Windows)
        return 0.0


def n_processors() -> int:
    """Return the number of processors of this machine."""
    return os.cpu_count() or 1


def busy_words() -> str | None:
    """Return the sentence that the machine is busy; None where it is not."""
    if (now := load()) < BUSY_FROM * n_processors():
        return None
    return f"the machine is busy (load {now:.0f} on {n_processors()} processor{'s' * (n_processors() != 1)})"


def stretched_s(seconds: float) -> float:
    """Return the seconds to allow under the current load for what takes `seconds` on an idle machine."""
    return seconds * min(LONGEST, max(1.0, load() / n_processors()))
