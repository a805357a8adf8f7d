"""Probability that more cases give another verdict on the best of several: the rest of a sample, from its beginning.

The cases seen are a random part of those that will be seen. The rest is drawn from its posterior predictive: of right
and wrong answers, the numbers of "A alone", "B alone" and "equal" from a multinomial whose shares have Jeffreys' prior;
of scores, mean and variance of the differences from a normal population with the prior 1/σ², but for a share of cases
of a kind that was not seen, on which the leading side loses as much as a score can. The test is then made on all of
them (predictive power: Spiegelhalter, Freedman and Blackburn 1986, Control Clin Trials 7:8; to end a trial by it is
stochastic curtailment: Lan, Simon and Halperin 1982, Sequential Analysis 1:207).
"""

from collections.abc import Mapping
from math import inf, isfinite

import numpy as np

from evaluation.stats.pair_comparison import PairComparison
from evaluation.stats.paired_tests import MAX_DISCORDANT_FOR_EXACT
from evaluation.stats.power import z_of
from evaluation.stats.ranking import ManyComparison, pair_rng
from evaluation.stats.vectors import Vector, difference_of, is_constant
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT, INSUFFICIENT_DATA, Kind

UNLIKELY = 0.01
"""Probability of another verdict under which going on is said not to change it."""
MIN_PAIRS_TO_FORECAST = 20
"""Fewer pairs forecast nothing."""
MIN_DIFFERING_SCORES = 10
"""With fewer pairs of scores that differ, their spread is not known well enough."""
N_DRAWS = 20_000
_PRIOR = 0.5
"""Jeffreys' prior of each share, in cases."""


def chance_of_other_verdict(
    scores: Mapping[str, Mapping[str, float]],
    compared: ManyComparison,
    *,
    n_seen: int,
    n_after: int,
    seed: int,
    value_range: tuple[float, float] = (-inf, inf),
) -> float | None:
    """Return the probability that more cases change a verdict between the best side and another one.

    None where it cannot be forecast: too few pairs, clusters, or a kind of value that no model here fits. The chances
    of several pairs are added, which is at least the chance of any.

    Args:
        scores: One score for each case of each side, by its label.
        compared: Their comparison.
        n_seen: Number of cases seen, on which a side may have failed.
        n_after: Number of cases then, those seen among them.
        seed: With the labels of a pair, determines the random draws.
        value_range: Least and greatest score possible; where infinite, those seen are taken.
    """
    alpha = round(1 - compared.confidence_level, 12)
    n_tests = sum(comparison.p_adjusted is not None for _, _, comparison in compared.pairs)
    total = 0.0
    for a, b, comparison in compared.pairs:
        if compared.order[0] in (a, b):
            shared = [case_id for case_id in scores[a] if case_id in scores[b]]
            values = [np.array([scores[side][case_id] for case_id in shared], dtype=np.float64) for side in (a, b)]
            gains = difference_of(*values) if comparison.higher_is_better else difference_of(*values[::-1])
            chance = _chance(
                gains,
                comparison,
                n_after=round(n_after * len(shared) / n_seen),
                alpha=alpha,
                n_tests=max(1, n_tests),
                widest=_width(value_range, np.concatenate(values)) if shared else 0.0,
                rng=pair_rng(seed, a, b),
            )
            if chance is None:
                return None
            total += chance
    return min(total, 1.0)


def _width(value_range: tuple[float, float], values: Vector) -> float:
    """Return the largest difference that two scores can have."""
    low, high = value_range
    return float((high if isfinite(high) else values.max()) - (low if isfinite(low) else values.min()))


def _chance(
    gains: Vector,
    comparison: PairComparison,
    *,
    n_after: int,
    alpha: float,
    n_tests: int,
    widest: float,
    rng: "np.random.Generator",
) -> float | None:
    """Return the probability of another verdict on one pair.

    Where p is adjusted for several tests, a shown difference counts as kept if it passes Bonferroni's threshold, which
    is no easier than Holm's, and another counts as shown if it passes the unadjusted one: the chance is not too small.
    """
    is_fit = comparison.n_clusters is None and comparison.verdict not in (INSUFFICIENT_DATA, EQUIVALENT)
    if not is_fit or gains.size < MIN_PAIRS_TO_FORECAST:
        return None
    if n_after <= gains.size:
        return 0.0
    side = {A_BETTER: 1, B_BETTER: -1}.get(comparison.verdict, 0)
    threshold = alpha / n_tests if side else alpha
    if comparison.kind is Kind.BINARY:
        sides = _sides_of_answers(gains, n_after, threshold, rng)
    elif comparison.kind is Kind.CONTINUOUS and np.count_nonzero(gains) >= MIN_DIFFERING_SCORES:
        if is_constant(gains):
            return None
        sides = _sides_of_scores(gains, n_after, threshold, widest=-side * widest if side else widest, rng=rng)
    else:
        return None
    return float((sides != side).mean())


def _sides_of_answers(gains: Vector, n_after: int, alpha: float, rng: "np.random.Generator") -> Vector:
    """Return, for each draw, the side that McNemar's test shows to be better: 1, -1, or 0 for neither."""
    from scipy.special import bdtr

    seen = np.array([(gains > 0).sum(), (gains < 0).sum(), (gains == 0).sum()])
    shares = rng.dirichlet(seen + _PRIOR, size=N_DRAWS)
    rest = rng.multinomial(n_after - gains.size, shares)
    only_a, only_b = seen[0] + rest[:, 0], seen[1] + rest[:, 1]
    discordant = only_a + only_b
    by_counting = 2 * bdtr(np.minimum(only_a, only_b).astype(np.float64), discordant, 0.5) < alpha
    by_chi2 = np.abs(only_a - only_b) > z_of(1 - alpha / 2) * np.sqrt(discordant)
    is_shown = np.where(discordant <= MAX_DISCORDANT_FOR_EXACT, by_counting, by_chi2)
    return np.asarray(np.sign(only_a - only_b) * is_shown, dtype=np.float64)


def _sides_of_scores(gains: Vector, n_after: int, alpha: float, *, widest: float, rng: "np.random.Generator") -> Vector:
    """Return, for each draw, the side that Student's test shows to be better: 1, -1, or 0 for neither.

    Args:
        gains: The differences seen.
        n_after: Number of pairs then.
        alpha: Threshold for p.
        widest: Difference on a case of a kind that was not seen.
        rng: Random generator.
    """
    from scipy.special import stdtrit

    n, n_rest = gains.size, n_after - gains.size
    mean = float(gains.mean())
    squares = float(((gains - mean) ** 2).sum())
    n_unseen = rng.binomial(n_rest, rng.beta(_PRIOR, n + _PRIOR, N_DRAWS))
    n_alike = n_rest - n_unseen
    variances = squares / rng.chisquare(n - 1, N_DRAWS)
    alike = rng.normal(rng.normal(mean, np.sqrt(variances / n)), np.sqrt(variances / np.maximum(n_alike, 1)))
    squares_alike = variances * rng.chisquare(np.maximum(n_alike - 1, 1)) * (n_alike > 1)
    total = n * mean + n_alike * alike + n_unseen * widest
    all_squares = squares + squares_alike + n * mean**2 + n_alike * alike**2 + n_unseen * widest**2
    centred = np.maximum(all_squares - total**2 / n_after, np.finfo(np.float64).tiny)
    t = total / n_after / np.sqrt(centred / (n_after - 1) / n_after)
    return np.asarray(np.sign(t) * (np.abs(t) > float(stdtrit(n_after - 1, 1 - alpha / 2))), dtype=np.float64)
