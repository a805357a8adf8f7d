"""Right or wrong on the same cases: Newcombe's interval and McNemar's test, of the cases that only one has right."""

from collections.abc import Mapping

from evaluation.errors import ConfigurationError
from evaluation.stats.effect_sizes import cohen_g, odds_ratio
from evaluation.stats.equivalence import share_within
from evaluation.stats.equivalence_cases import share_equivalence_cases
from evaluation.stats.intervals import Interval, newcombe_interval, newcombe_phi
from evaluation.stats.mcnemar import (
    chi2,
    chi2_p_value,
    corrected_chi2,
    corrected_chi2_p_value,
    mcnemar_p_value,
    mid_p_value,
)
from evaluation.stats.mcnemar_power import exact_mcnemar_cases, mcnemar_detectable
from evaluation.stats.numbers import Vector, is_binary
from evaluation.stats.pair_evidence import Evidence, PairTestSettings
from evaluation.stats.tango import bonett_price_interval, paired_wald_interval, tango_interval

AIM = 0.03
"""The difference that an inconclusive comparison is measured by where no margin was given."""

MIN_PAIRS_FOR_WALD = 300


def binary_evidence(a: Vector, b: Vector, terms: PairTestSettings) -> Evidence:
    """Return what 0 and 1 say of the difference of two shares of right answers.

    Raises:
        ConfigurationError: a score is neither 0 nor 1.
    """
    for vector in (a, b):
        if not is_binary(vector):
            raise ConfigurationError(
                f"scores such as {next(x for x in vector.tolist() if x not in (0, 1))} are not right or wrong",
                "compare them as kind='continuous'",
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
    """Return other intervals of the difference of two paired shares, by name."""
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
