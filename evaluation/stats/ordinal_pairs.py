"""Ratings on the same cases, of which the order counts and no distance: who is rated higher more often?

P(A > B) - P(A < B) with Tango's interval of three outcomes, and Wilcoxon's test of the signed ranks.
"""

from evaluation.stats.binary_pairs import share_intervals
from evaluation.stats.continuous_pairs import paired_t
from evaluation.stats.equivalence import share_within
from evaluation.stats.equivalence_cases import share_equivalence_cases
from evaluation.stats.mcnemar import exact_p_value
from evaluation.stats.mcnemar_power import exact_mcnemar_cases, mcnemar_detectable
from evaluation.stats.numbers import Vector, difference_of
from evaluation.stats.pair_evidence import Evidence, PairTestSettings
from evaluation.stats.signed_ranks import rank_biserial, wilcoxon_p_value
from evaluation.stats.tango import tango_interval

SPLIT = "one is rated higher more often, the other by more: the ratings lean to neither"


def ordinal_evidence(a: Vector, b: Vector, terms: PairTestSettings) -> Evidence:
    """Return what two ratings a case say of the chance that A's is the higher one, less the chance that B's is."""
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
        n_needed=_needed(discordant, aim, is_margin=margin is not None, alpha=terms.alpha),
        aim=aim or None,
        within=None if margin is None else share_within(only_a=up, only_b=down, n=n, margin=margin),
        also={"sign_test": exact_p_value(up, down)} | ({} if t is None else {"paired_t": t.p_value}),
        statistics={} if t is None else {"paired_t": t.t},
        intervals={"bonett_price": share_intervals(up, down, n, level)["bonett_price"]} if n > 1 else {},
        notes=(SPLIT,) if is_split and p_value < terms.alpha else (),
    )


def _needed(discordant: float, aim: float, *, is_margin: bool, alpha: float) -> float | None:
    if not aim:
        return None
    if is_margin:
        return share_equivalence_cases(aim, discordant=discordant, alpha=alpha)
    return exact_mcnemar_cases(aim, discordant=discordant, alpha=alpha)
