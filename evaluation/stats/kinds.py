"""Which kinds of numbers are compared?"""

from enum import StrEnum


class Kind(StrEnum):
    """What the numbers are."""

    BINARY = "binary"
    CONTINUOUS = "continuous"
    ORDINAL = "ordinal"
    """Ratings, of which only the order counts: the difference is P(A > B) - P(A < B)."""
    RATIO = "ratio"
    """Positive quantities whose ratio counts, such as latencies: the difference is the geometric mean of A / B."""
