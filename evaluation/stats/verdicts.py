"""Which kinds of numbers are compared, and which words fit what comes of it?"""

from enum import StrEnum


class Kind(StrEnum):
    """What the numbers are."""

    BINARY = "binary"
    CONTINUOUS = "continuous"
    ORDINAL = "ordinal"
    """Ratings, of which only the order counts: the difference is P(A > B) - P(A < B)."""
    RATIO = "ratio"
    """Positive quantities whose ratio counts, such as latencies: the difference is the geometric mean of A / B."""


A_BETTER = "A better"
B_BETTER = "B better"
EQUIVALENT = "equivalent"
INCONCLUSIVE = "inconclusive"
INSUFFICIENT_DATA = "insufficient data"
MIN_PAIRS = 6
"""With fewer, no exact two-sided test can reach p < .05."""
