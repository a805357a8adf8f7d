"""Which words fit a difference, its p-value and the margin?"""

A_BETTER = "A better"
B_BETTER = "B better"
EQUIVALENT = "equivalent"
INCONCLUSIVE = "inconclusive"
INSUFFICIENT_DATA = "insufficient data"

MIN_PAIRS = 6
"""With fewer, no exact two-sided test can reach p < .05."""


def verdict_of(
    *, gain: float, p_value: float | None, n_pairs: int, alpha: float, p_equivalence: float | None = None
) -> str:
    """Return `A better`, `B better`, `equivalent` within the margin, `inconclusive` or `insufficient data`.

    Args:
        gain: Above 0 where A is better.
        p_value: Two-sided, adjusted where there are several comparisons; None where there was no test.
        n_pairs: Pairs of cases.
        alpha: The limit below which a p-value decides.
        p_equivalence: Of both one-sided tests against the margin.
    """
    if n_pairs < MIN_PAIRS or p_value is None:
        return INSUFFICIENT_DATA
    if p_value < alpha and gain:
        return A_BETTER if gain > 0 else B_BETTER
    return EQUIVALENT if p_equivalence is not None and p_equivalence < alpha else INCONCLUSIVE
