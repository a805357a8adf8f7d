"""The status of a run or of one of its candidates."""

from enum import StrEnum


class Status(StrEnum):
    """Status of a run or of one of its candidates."""

    PLANNED = "planned"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """Derived, never stored: `running`, with every holder dead or silent for 60 s."""
