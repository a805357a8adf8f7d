"""The four limits that belong to one GPU tag: its slots, which people see and edit, and three beside it for us.

share = ⌈limit × wanted by me ÷ wanted by all⌉, at least 1 and, where others want slots too, never all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tasks.slots.durations import SlotTiming
from tasks.slots.limits import PLENTY, Limit, Limits, LimitsAwayError
from tasks.slots.request_limit import Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSlots:
    """The limits of a GPU, and the gate that its leased slots open."""

    limits: Limits
    tag: str
    gate: Gate
    n: int
    """Maximum number of slots that the claim can use."""
    timing: SlotTiming


def share(*, limit: int, mine: int, others: int) -> int:
    """Return our share of `limit` slots, if we could use `mine` and others could use `others`."""
    if others <= 0 or limit <= 0:
        return max(min(limit, mine), 0)
    fair = -(-limit * mine // (mine + others))
    return max(min(mine, fair, limit - 1), 1)


def growth(*, limit: int, held: int, target: int, free: int, alone: bool) -> int:
    """Return how many slots to take now.

    All that are missing and free, in quarters of the limit where others take slots too.
    """
    takeable = min(target - held, free)
    return max(takeable if alone else min(takeable, -(-limit // 4)), 0)


def leases_to_keep(sizes: Mapping[str, int], n: int) -> frozenset[str]:
    """Return the ids of leases that together hold as many slots as possible, but at most `n`.

    A lease can only be given back as a whole.
    """
    best: dict[int, frozenset[str]] = {0: frozenset()}
    for lease_id, size in sizes.items():
        for total, chosen in tuple(best.items()):
            if total + size <= n and total + size not in best:
                best[total + size] = chosen | {lease_id}
    return best[max(best)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagView:
    """Snapshot of all limits of a tag."""

    slots: Limit
    turn: Limit
    """Limit of one slot; its holder leads the turn of a model."""
    demand: Limit
    """Limit that counts the slots which all claims in the turn could use."""
    waiting: Limit
    """Limit that counts the claims waiting for a turn."""


def turn_name(tag: str) -> str:
    """Return the name of the limit of one slot whose holder leads the turn on `tag`."""
    return f"{tag}:turn"


def wanted_name(tag: str) -> str:
    """Return the name of the limit that counts the slots that claims could use."""
    return f"{tag}:wanted"


def waiting_name(tag: str) -> str:
    """Return the name of the limit that counts the claims waiting for a turn."""
    return f"{tag}:waiting"


async def look_at(limits: Limits, tag: str, *, slots: int) -> TagView:
    """Return the limits of `tag`; missing ones are created, the tag's own with `slots`.

    Raises:
        LimitsAwayError: the server is away.
    """
    sizes = {tag: slots, turn_name(tag): 1, wanted_name(tag): PLENTY, waiting_name(tag): PLENTY}
    by_name = await limits.look(tuple(sizes))
    missing = [name for name in sizes if name not in by_name]
    for name in missing:
        await limits.create(name, sizes[name])
    if missing:
        by_name = await limits.look(tuple(sizes))
    try:
        return TagView(
            slots=by_name[tag],
            turn=by_name[turn_name(tag)],
            demand=by_name[wanted_name(tag)],
            waiting=by_name[waiting_name(tag)],
        )
    except KeyError as error:
        raise LimitsAwayError(f"the limit {error} was removed as soon as it was made") from error
