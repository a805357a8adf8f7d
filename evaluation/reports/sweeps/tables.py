"""Tables of a sweep: its combinations, parameters and values, with captions and notes."""

from collections import Counter
from collections.abc import Mapping

from evaluation.formatting import coefficient, counted, p_cell, score
from evaluation.reports.sweeps.wording import is_narrowed, level_words, mean_words, range_words, shown_value
from evaluation.results.estimates import shown_estimate
from evaluation.results.runs import InvocationResult
from evaluation.results.sweeps import EffectResult, SweepResult, SweptMetric

SHOWN_COMBINATIONS = 12


def combination_rows(metric: SweptMetric, *, limit: int | None = SHOWN_COMBINATIONS) -> list[dict[str, str]]:
    """Return one row per combination, best first."""
    return [
        {
            **{name: shown_value(value) for name, value in combination.combination.items()},
            metric.metric: shown_estimate(combination),
            f"{metric.unit}s": f"{combination.n_units:,}",
            "may be the best": "–" if combination.value is None else "yes" if combination.may_be_best else "no",
        }
        for combination in metric.combinations[:limit]
    ]


def effect_rows(metric: SweptMetric) -> list[dict[str, str]]:
    """Return one row per parameter: its effect, and the recommendation."""
    return [
        {
            "parameter": effect.name,
            "effect": _effect_state(effect),
            "p": p_cell(effect.p_adjusted),
            "spread": score(effect.spread),
            "correlation": _correlation(effect),
            "p of correlation": p_cell(effect.p_correlation),
            "recommended": _advice(effect),
        }
        for effect in metric.effects
    ]


def _correlation(effect: EffectResult) -> str:
    if effect.correlation is None or effect.p_correlation is None:
        return "–"
    return coefficient(effect.correlation, signed=True)


def _effect_state(effect: EffectResult) -> str:
    if effect.p_adjusted is None:
        return "untested"
    return "shown" if effect.is_shown else "none found"


def _advice(effect: EffectResult) -> str:
    if effect.is_shown:
        return range_words(effect) if is_narrowed(effect) else "open"
    return "none" if effect.p_adjusted is not None else "–"


def level_rows(metric: SweptMetric, *, all_parameters: bool = False) -> list[dict[str, str]]:
    """Return one row per value of each parameter that makes a difference, or of all: its mean over all else."""
    return [
        {
            "value": f"{effect.name} {level_words(level)}",
            metric.metric: mean_words(level),
            "may be the best": _standing(effect, may_be_best=level.may_be_best),
        }
        for effect in metric.effects
        if all_parameters or effect.is_shown
        for level in effect.levels
    ]


def _standing(effect: EffectResult, *, may_be_best: bool) -> str:
    if not effect.is_shown:
        return "no effect found"
    return "yes" if may_be_best else "no"


def missing_lines(result: InvocationResult) -> list[str]:
    """Return a line on missing answers and one on missing scores, each by kind, where there are any.

    Args:
        result: Result of the sweep's invocation.
    """
    failed: Counter[str] = Counter()
    unscored: Counter[str] = Counter()
    for candidate in (candidate for run in result.runs for candidate in run.candidates):
        failed.update(candidate.failures)
        for metric, kinds in candidate.score_failures.items():
            unscored.update({f"{metric}: {kind}": n for kind, n in kinds.items()})
    lines = [f"Not answered: {_by_kind(failed)}."] if failed else []
    return [*lines, f"Answered, without a score: {_by_kind(unscored)}."] if unscored else lines


def _by_kind(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} × {kind}" for kind, n in sorted(counts.items()))


def further_combinations(metric: SweptMetric, *, limit: int = SHOWN_COMBINATIONS) -> str:
    """Return a line on the combinations that the table leaves out; empty where it has all."""
    rest = metric.combinations[limit:]
    if not rest:
        return ""
    n_unscored = sum(combination.value is None for combination in rest)
    without = f", {n_unscored:,} of them without a score" if n_unscored else ""
    return f"… and {len(rest):,} more{without} (--json has all)."


def caption(sweep: SweepResult) -> str:
    """Return how many combinations were tried on how many cases, with the design, the repeats and the seed."""
    cases = "a single prompt" if sweep.n_cases == 1 else counted(sweep.n_cases, "case")
    repeats = f", each asked {sweep.n_repeats} times" if sweep.n_repeats > 1 else ""
    tried = f"{counted(sweep.n_combinations, 'combination')} ({sweep.design})"
    return f"{tried} on {cases}{repeats}, seed {sweep.seed}"
