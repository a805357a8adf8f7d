"""GPU slots: leased in bulk from Prefect's limits, handed out to single requests in this process.

A request that finds no slot at Prefect sleeps for whole seconds while the freed slot idles. So a claim leases the slots
it uses for a stretch of work, lets requests through a gate of its own, and returns the slots when its turn ends.
"""

from tasks.slots.abandoned import free_dead_slots
from tasks.slots.claim import SlotClaim, Turn
from tasks.slots.durations import SlotTiming
from tasks.slots.limits import LimitsAwayError
from tasks.slots.prefect_limits import ensure_limit
from tasks.slots.request_limit import Gate

__all__ = ["Gate", "LimitsAwayError", "SlotClaim", "SlotTiming", "Turn", "ensure_limit", "free_dead_slots"]
