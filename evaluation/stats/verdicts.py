"""Kinds of compared numbers, and the verdicts of comparisons."""

from enum import StrEnum


class Kind(StrEnum):
    """Kind of the compared values."""

    BINARY = "binary"
    CONTINUOUS = "continuous"
    ORDINAL = "ordinal"
    """Ratings of which only the order matters: the difference is P(A > B) - P(A < B)."""
    RATIO = "ratio"
    """Positive quantities compared by ratio, such as latencies: the difference is the geometric mean of A / B."""


A_BETTER = "A better"
B_BETTER = "B better"
EQUIVALENT = "equivalent"
INCONCLUSIVE = "inconclusive"
INSUFFICIENT_DATA = "insufficient data"
MIN_PAIRS = 6
"""With fewer pairs, no exact two-sided test can reach p < .05."""
