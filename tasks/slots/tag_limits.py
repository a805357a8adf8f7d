"""The four limits that belong to one GPU tag: its slots, which people see and edit, and three beside it for us."""

from dataclasses import dataclass

from tasks.slots.limits import PLENTY, Limit, Limits, LimitsAwayError


@dataclass(frozen=True, slots=True, kw_only=True)
class TagView:
    """All limits of a tag at one moment."""

    slots: Limit
    turn: Limit
    """One slot: its holder leads the turn of a model."""
    demand: Limit
    """As many as all those who have a turn could use."""
    waiting: Limit
    """One for each who waits for a turn."""


def turn_name(tag: str) -> str:
    """Return the name of the limit of one slot whose holder leads the turn on `tag`."""
    return f"{tag}:turn"


def wanted_name(tag: str) -> str:
    """Return the name of the limit on which slots are counted that could be used."""
    return f"{tag}:wanted"


def waiting_name(tag: str) -> str:
    """Return the name of the limit on which those are counted who wait for a turn."""
    return f"{tag}:waiting"


async def look_at(limits: Limits, tag: str, *, slots: int) -> TagView:
    """Return the limits of `tag`; those that are missing are made, the tag's own with `slots`.

    Raises:
        LimitsAwayError: Where the server is away.
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
