"""The order in which servers are asked for one answer: the rank of their candidates, unless they are away or busy."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.formatting import duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A candidate on a server."""

    label: str
    """The candidate, for messages."""
    server: str
    """The server, for messages."""
    rank: int
    """0: the recommended candidate."""
    is_tied: bool = False
    """Whether the candidate cannot be told from the best."""
    is_loaded: bool | None = None
    """None where the server does not tell: it is taken for loaded."""
    wait_s: float = 0.0
    """Expected wait for a slot."""
    promise_s: float | None = None
    """Longest wait that its latency allows; None: any."""
    is_away: bool = False
    """Whether the circuit breaker of its server, or of its model there, is open."""

    @property
    def is_overloaded(self) -> bool:
        """True if the queue is longer than the promised latency."""
        return self.promise_s is not None and self.wait_s > self.promise_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Positions of the options in the order in which to ask, and why it is not the order of ranks."""

    positions: tuple[int, ...]
    notes: tuple[str, ...]


def expected_wait_s(*, n_in_flight: int, n_slots: int, service_s: float) -> float:
    """Return the expected wait in seconds of a request that comes after `n_in_flight` others.

    `(n_in_flight - n_slots + 1) / n_slots * service_s`, and 0 where a slot is free.
    """
    n_ahead = n_in_flight - n_slots + 1
    return max(0, n_ahead) / n_slots * service_s


def serving_order(options: Sequence[Option], *, prefer_loaded: bool = True) -> Order:
    """Return the order in which to ask.

    Options that are away are left out. Overloaded ones come last, the shortest wait first: an answer late is better
    than none. Among the others the rank decides; with `prefer_loaded` a candidate that is tied with the best and loaded
    comes before, since a swap would cost time and gain nothing that was measured.
    """
    present = [position for position, option in enumerate(options) if not option.is_away]
    free = [position for position in present if not options[position].is_overloaded]
    busy = [position for position in present if options[position].is_overloaded]
    free.sort(key=lambda position: _key(options[position], prefer_loaded=prefer_loaded))
    busy.sort(key=lambda position: (options[position].wait_s, options[position].rank))
    positions = (*free, *busy)
    return Order(positions=positions, notes=tuple(_notes(options, positions)))


def _key(option: Option, *, prefer_loaded: bool) -> tuple[bool, int, bool, float]:
    is_swap = option.is_loaded is False
    is_preferred = prefer_loaded and option.is_tied and not is_swap
    return not is_preferred, option.rank, is_swap, option.wait_s


def _notes(options: Sequence[Option], positions: Sequence[int]) -> list[str]:
    """Return why each option that ranks above the first in line is not asked first."""
    first = options[positions[0]] if positions else None
    notes = []
    for option in options:
        if first is not None and (option.rank >= first.rank or option.label == first.label):
            continue
        if option.is_away:
            notes.append(f"{option.label} failed lately on {option.server} and is left alone for a while")
        elif option.is_overloaded:
            notes.append(
                f"{option.label}: {option.server} has a queue of {duration(option.wait_s)}, more than its latency of "
                f"{duration(option.promise_s or 0.0)}"
            )
        elif first is not None:
            notes.append(f"{option.label} is not loaded, and {first.label} is, which cannot be told from it")
    return notes
