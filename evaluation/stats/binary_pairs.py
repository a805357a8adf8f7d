"""Right or wrong, or ratings, on the same cases: intervals and tests of how often each side is the better one.

Of right or wrong: Newcombe's interval and McNemar's test. Of ratings, of which the order counts and no distance:
P(A > B) - P(A < B) with Tango's interval of three outcomes, and Wilcoxon's test of the signed ranks.

Tango's score test sees the discordant pairs alone: z(Δ) = (b - c - nΔ) / sqrt(n (2 p21 + Δ (1 - Δ))), p21 the chance of
"B alone" that fits Δ best (Tango 1998, Statistics in Medicine 17:891).
"""

from collections.abc import Mapping
from math import copysign, erfc, inf, sqrt

from evaluation.errors import ConfigurationError
from evaluation.stats.continuous_pairs import paired_t
from evaluation.stats.intervals import Interval, crossing, newcombe_interval, newcombe_phi, z_value
from evaluation.stats.paired_tests import (
    Evidence,
    MarginTest,
    PairTestSettings,
    chi2,
    chi2_p_value,
    corrected_chi2,
    corrected_chi2_p_value,
    exact_p_value,
    mcnemar_p_value,
    mid_p_value,
    rank_biserial,
    wilcoxon_p_value,
)
from evaluation.stats.power import exact_mcnemar_cases, mcnemar_detectable, share_equivalence_cases
from evaluation.stats.vectors import Vector, difference_of, is_binary

AIM = 0.03
"""Difference on which the power of an inconclusive comparison is based if no margin was given."""
MIN_PAIRS_FOR_WALD = 300


def binary_evidence(a: Vector, b: Vector, terms: PairTestSettings) -> Evidence:
    """Return the evidence of paired right and wrong answers on the difference of two shares.

    Raises:
        ConfigurationError: a score is neither 0 nor 1.
    """
    for vector in (a, b):
        if not is_binary(vector):
            raise ConfigurationError(
                f"scores such as {next(x for x in vector.tolist() if x not in (0, 1))} are not right or wrong",
                "Compare them as kind='continuous'",
            )
    n, only_a, only_b = a.size, int((a > b).sum()), int((a < b).sum())
    p_value, test = mcnemar_p_value(only_a, only_b)
    discordant = (only_a + only_b) / n
    level = terms.confidence_level
    both = int((a * b).sum())
    table = {"both": both, "only_a": only_a, "only_b": only_b, "neither": n - both - only_a - only_b}
    interval = newcombe_interval(**table, confidence_level=level)
    margin = terms.margin
    return Evidence(
        difference=(only_a - only_b) / n,
        interval=interval if n > 1 else None,
        p_value=p_value,
        method=f"newcombe+{test}",
        effect_size=cohen_g(only_a, only_b),
        effect_size_name="cohen_g",
        mde=mcnemar_detectable(n, discordant=discordant, alpha=terms.alpha),
        n_needed=_needed(discordant, margin, terms.alpha),
        aim=AIM if margin is None else margin,
        within=None if margin is None else share_within(only_a=only_a, only_b=only_b, n=n, margin=margin),
        also={
            "mid_p": mid_p_value(only_a, only_b),
            "mcnemar_chi2": chi2_p_value(only_a, only_b),
            "mcnemar_chi2_corrected": corrected_chi2_p_value(only_a, only_b),
        },
        statistics=_statistics(**table),
        intervals=share_intervals(only_a, only_b, n, level) if terms.beside and n > 1 else {},
    )


def _statistics(*, both: int, only_a: int, only_b: int, neither: int) -> dict[str, float]:
    ratio = odds_ratio(only_a, only_b)
    return {
        "mcnemar_chi2": chi2(only_a, only_b),
        "mcnemar_chi2_corrected": corrected_chi2(only_a, only_b),
        "newcombe_phi": newcombe_phi(both=both, only_a=only_a, only_b=only_b, neither=neither),
        **({} if ratio is None else {"odds_ratio": ratio}),
    }


def share_intervals(only_a: int, only_b: int, n: int, level: float) -> Mapping[str, Interval]:
    """Return alternative intervals of the difference of two paired shares, by name."""
    intervals = {
        "tango": tango_interval(only_a=only_a, only_b=only_b, n=n, confidence_level=level),
        "bonett_price": bonett_price_interval(only_a=only_a, only_b=only_b, n=n, confidence_level=level),
    }
    if n >= MIN_PAIRS_FOR_WALD:
        intervals["wald"] = paired_wald_interval(only_a=only_a, only_b=only_b, n=n, confidence_level=level)
    return intervals


def _needed(discordant: float, margin: float | None, alpha: float) -> float:
    if margin is None:
        return exact_mcnemar_cases(AIM, discordant=discordant, alpha=alpha)
    return share_equivalence_cases(margin, discordant=discordant, alpha=alpha)


def cohen_g(only_a: int, only_b: int) -> float | None:
    """Return Cohen's g: A's share of the discordant pairs less one half, in [-0.5, 0.5].

    None where no pair is discordant.
    """
    n = only_a + only_b
    return only_a / n - 0.5 if n else None


def odds_ratio(only_a: int, only_b: int) -> float | None:
    """Return the cases that only A has right over those that only B has right; None if B has none of its own."""
    return only_a / only_b if only_b else None


def tango_z(*, only_a: int, only_b: int, n: int, difference: float) -> float:
    """Return how many standard errors A's share less B's lies above `difference`, in [-1, 1]."""
    distance = only_a - only_b - n * difference
    square = 2.0 * n
    linear = -only_a - only_b + (2 * n - only_a + only_b) * difference
    constant = -only_b * difference * (1 - difference)
    only_b_fits = (sqrt(max(0.0, linear * linear - 4 * square * constant)) - linear) / (2 * square)
    variance = n * (2 * only_b_fits + difference * (1 - difference))
    if variance <= 0:
        return copysign(inf, distance) if distance else 0.0
    return distance / sqrt(variance)


def tango_interval(*, only_a: int, only_b: int, n: int, confidence_level: float = 0.95) -> Interval:
    """Return Tango's interval of A's share less B's, which needs the discordant pairs alone.

    Never of zero width. Also applies to three outcomes: A above, B above, both alike.
    """
    z = z_value(confidence_level)
    observed = (only_a - only_b) / n

    def above(limit: float) -> float:
        return tango_z(only_a=only_a, only_b=only_b, n=n, difference=limit) - z

    def below(limit: float) -> float:
        return tango_z(only_a=only_a, only_b=only_b, n=n, difference=limit) + z

    return Interval(crossing(above, -1.0, observed), crossing(below, observed, 1.0))


def bonett_price_interval(*, only_a: int, only_b: int, n: int, confidence_level: float = 0.95) -> Interval:
    """Return Wald's interval after adding half a pair to each cell: simple, and conservative for few pairs.

    Source: Bonett & Price 2012, Journal of Educational and Behavioral Statistics 37:479.
    """
    a, b = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    half_width = z_value(confidence_level) * sqrt((a + b - (a - b) ** 2) / (n + 2))
    return Interval(max(-1.0, a - b - half_width), min(1.0, a - b + half_width))


def paired_wald_interval(*, only_a: int, only_b: int, n: int, confidence_level: float = 0.95) -> Interval:
    """Return Wald's interval of the difference of two paired shares: so many standard errors to each side.

    Too short under 300 pairs.
    """
    difference = (only_a - only_b) / n
    half_width = z_value(confidence_level) * paired_standard_error(only_a=only_a, only_b=only_b, n=n)
    return Interval(max(-1.0, difference - half_width), min(1.0, difference + half_width))


def paired_standard_error(*, only_a: int, only_b: int, n: int) -> float:
    """Return the standard error of the difference of two paired shares: sqrt(b + c - (b - c)² / n) / n."""
    return sqrt(only_a + only_b - (only_a - only_b) ** 2 / n) / n


def share_within(*, only_a: int, only_b: int, n: int, margin: float) -> MarginTest:
    """Return Tango's score test of the difference of two paired shares against each margin."""
    z_above = tango_z(only_a=only_a, only_b=only_b, n=n, difference=-min(1.0, margin))
    z_below = tango_z(only_a=only_a, only_b=only_b, n=n, difference=min(1.0, margin))
    return MarginTest(
        p_above=_normal_tail(z_above),
        p_below=_normal_tail(-z_below),
        statistic_above=z_above,
        statistic_below=z_below,
    )


def _normal_tail(z: float) -> float:
    """Return the probability that a standard normal variable exceeds z."""
    return erfc(z / sqrt(2)) / 2


SPLIT = "one is rated higher more often, the other by more: the ratings lean to neither"


def ordinal_evidence(a: Vector, b: Vector, terms: PairTestSettings) -> Evidence:
    """Return the evidence of paired ratings on P(A's is higher) - P(B's is higher)."""
    differences = difference_of(a, b)
    n, up, down = differences.size, int((differences > 0).sum()), int((differences < 0).sum())
    p_value, test = wilcoxon_p_value(differences)
    level, margin, discordant = terms.confidence_level, terms.margin, (up + down) / n
    interval = tango_interval(only_a=up, only_b=down, n=n, confidence_level=level)
    aim = abs(up - down) / n if margin is None else margin
    ranks_lean, t = rank_biserial(differences), paired_t(differences)
    is_split = ranks_lean is not None and ranks_lean * (up - down) <= 0
    return Evidence(
        difference=(up - down) / n,
        interval=interval if n > 1 else None,
        p_value=p_value,
        method=f"tango+{test}",
        effect_size=ranks_lean,
        effect_size_name="rank_biserial",
        mde=mcnemar_detectable(n, discordant=discordant, alpha=terms.alpha),
        n_needed=_needed_of_ratings(discordant, aim, is_margin=margin is not None, alpha=terms.alpha),
        aim=aim or None,
        within=None if margin is None else share_within(only_a=up, only_b=down, n=n, margin=margin),
        also={"sign_test": exact_p_value(up, down)} | ({} if t is None else {"paired_t": t.p_value}),
        statistics={} if t is None else {"paired_t": t.t},
        intervals={"bonett_price": share_intervals(up, down, n, level)["bonett_price"]} if n > 1 else {},
        notes=(SPLIT,) if is_split and p_value < terms.alpha else (),
    )


def _needed_of_ratings(discordant: float, aim: float, *, is_margin: bool, alpha: float) -> float | None:
    if not aim:
        return None
    if is_margin:
        return share_equivalence_cases(aim, discordant=discordant, alpha=alpha)
    return exact_mcnemar_cases(aim, discordant=discordant, alpha=alpha)
