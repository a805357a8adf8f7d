"""The status of a run or of one of its candidates."""

from enum import StrEnum


class Status(StrEnum):
    """How far a run or a candidate of it is."""

    PLANNED = "planned"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """Derived, never stored: `running`, and every holder dead or silent for 60 s."""
