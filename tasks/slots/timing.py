"""The timing constants of slot leasing, in seconds unless a name says otherwise."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTiming:
    """How often, and how long, a claim looks, waits, renews and works."""

    lease_s: float = 60.0
    """Prefect accepts no shorter one."""
    freed_after_s: float = 15.0
    """Within how long after its end the server frees the slots of a lease that nobody gave back."""
    renew_every_s: float = 15.0
    renew_again_s: float = 3.0
    """After a renewal that had no answer."""
    look_every_s: float = 1.0
    poll_every_s: float = 0.5
    """While we wait for a turn or for slots, or have fewer slots than are ours."""
    take_again_s: float = 0.06
    """After a server refused in haste; else we look again first."""
    n_take_tries: int = 4
    shortest_turn_s: float = 10.0
    turn_per_load: float = 10.0
    """A turn lasts at least this many times as long as its model took to load (a ratio)."""
    stand_back_s: float = 2.0
    """After a turn that was given up for somebody else, before we compete for the next one."""
    stand_back_at_most_s: float = 8.0
    """Who waits and has not taken a free turn by then may be no more."""
    ignore_waiting_s: float = 600.0
    """How long no turn is given up for somebody who did not take the last one."""
    starved_after_s: float = 5.0
    """Who shares a model and has not got a single slot by then waits for a turn of its own."""
    empty_at_most_s: float = 90.0
    """How long a new model waits for the slots of the last one, before it goes on with what is free."""
    read_turn_every_s: float = 3.0
    write_turn_every_s: float = 30.0
    """How often the leader of a turn says that it is still there."""
    turn_forgotten_after_s: float = 150.0
    """A turn of which nothing was heard for so long belongs to nobody: a server lost its lease in a crash."""
    drain_at_end_s: float = 2.0
    give_back_at_most_s: float = 6.0
    n_give_back_tries: int = 4
    let_go_at_most_s: float = 1.0
    """What could not be given back by then gets a last try as long as this."""

    def times(self, factor: float) -> "SlotTiming":
        """Return the same with every time multiplied: ratios and counts stay."""
        seconds = [field.name for field in fields(self) if field.name.endswith("_s")]
        return replace(self, **{name: getattr(self, name) * factor for name in seconds})
