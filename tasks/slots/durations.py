"""The timing constants of slot leasing, in seconds unless a name says otherwise."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTiming:
    """Intervals, durations and attempts of a claim: checking, waiting, renewing and working."""

    lease_s: float = 60.0
    """Duration of a lease; the shortest that Prefect accepts."""
    freed_after_s: float = 15.0
    """Time after its end within which the server frees the slots of a lease that was not given back."""
    renew_every_s: float = 15.0
    renew_again_s: float = 3.0
    """Interval of renewals after one that got no answer."""
    look_every_s: float = 1.0
    poll_every_s: float = 0.5
    """Interval of checks while waiting for a turn or slots, or holding fewer slots than our share."""
    take_again_s: float = 0.01
    """First pause before another attempt after a refusal in haste, twice as long each time: a server on SQLite refuses
    whoever writes at the same moment.
    """
    n_take_tries: int = 6
    shortest_turn_s: float = 10.0
    turn_per_load: float = 10.0
    """Minimum duration of a turn as a multiple of its model's load time (a ratio)."""
    stand_back_s: float = 2.0
    """Pause after giving up a turn for another claim, before competing for the next one."""
    stand_back_at_most_s: float = 8.0
    """Longest wait for another claim to take a free turn; one that has not may be gone."""
    ignore_waiting_s: float = 600.0
    """Time for which no turn is given up for a waiting claim that did not take the last one."""
    starved_after_s: float = 5.0
    """Time without a single slot after which a claim that shares a model waits for a turn of its own."""
    empty_at_most_s: float = 90.0
    """Longest wait of a new model for the previous model's slots, before it continues with those that are free."""
    read_turn_every_s: float = 3.0
    write_turn_every_s: float = 30.0
    """Interval at which the leader of a turn reports that it is alive."""
    turn_forgotten_after_s: float = 150.0
    """Silence after which a turn has no owner: a server lost its lease in a crash."""
    drain_at_end_s: float = 2.0
    give_back_at_most_s: float = 6.0
    n_give_back_tries: int = 4
    let_go_at_most_s: float = 1.0
    """Time of the last attempt to give back what could not be given back before."""

    def times(self, factor: float) -> "SlotTiming":
        """Return a copy with every time multiplied; ratios and counts stay."""
        seconds = [field.name for field in fields(self) if field.name.endswith("_s")]
        return replace(self, **{name: getattr(self, name) * factor for name in seconds})
