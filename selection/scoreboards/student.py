"""Student's t without scipy, whose import alone takes longer than a recommendation may.

Wallace's transformation to a normal value (1959, doi:10.1214/aoms/1177706199, as in Johnson, Kotz & Balakrishnan,
ch. 28): within .001 in p from 5 degrees of freedom on.
"""

import math
from functools import lru_cache
from statistics import NormalDist

Z_95 = 1.959963984540054
LEVEL = 0.95


def two_sided_p_value(t: float, freedom: float) -> float:
    """Return the probability of a value at least as far from zero as `t`."""
    if not freedom > 0:
        return 1.0
    z = math.sqrt(freedom * math.log1p(t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)
    return math.erfc(z / math.sqrt(2))


def paired_p_value(difference: float, se: float, n_pairs: int) -> float:
    """Return the two-sided p of a mean difference of n pairs, never below what their signs could show, 2 / 2ⁿ."""
    if not difference:
        return 1.0
    p = two_sided_p_value(difference / se, n_pairs - 1) if se > 0 else 0.0
    return max(p, 2.0 ** (1 - min(n_pairs, 1000)))


@lru_cache(maxsize=4096)
def t_limit(freedom: float, confidence_level: float = LEVEL) -> float:
    """Return half the width of an interval in standard errors; infinite without a degree of freedom."""
    if not freedom > 0:
        return math.inf
    normal = Z_95 if confidence_level == LEVEL else NormalDist().inv_cdf((1 + confidence_level) / 2)
    z = normal * (8 * freedom + 3) / (8 * freedom + 1)
    return math.sqrt(freedom * math.expm1(z * z / freedom))
