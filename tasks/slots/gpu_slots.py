"""What does a claim lease slots of?"""

from dataclasses import dataclass

from tasks.slots.gate import Gate
from tasks.slots.limits import Limits
from tasks.slots.timing import SlotTiming


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSlots:
    """A GPU's limits, and the gate that its leased slots open."""

    limits: Limits
    tag: str
    gate: Gate
    n: int
    """How many the claim can use at most."""
    timing: SlotTiming
