"""Analysis of a sweep: the effect of each parameter on the scores, and which of its values may be the best.

The cases are the units of evidence, and every combination is asked the same ones: each parameter's effect is measured
within each case and tested over the cases. Many combinations do not make up for few cases. If a single prompt was asked
several times, the answers are the units, and the findings hold for that prompt only.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations as pairs_of
from math import inf

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.formatting import counted
from evaluation.stats.multiplicity import holm
from evaluation.stats.rank_correlation import centred_ranks
from evaluation.sweeps.contrasts import Matrix, columns_of
from evaluation.sweeps.effect_tests import MIN_UNITS, N_DRAWS, Evidence, OverAnswers, OverCases
from evaluation.sweeps.findings import Effect, Interaction, Level, SweepAnalysis
from evaluation.sweeps.levels import LevelSettings, levels_of, mean_known, rank_combinations
from evaluation.sweeps.space import Combination, Parameter


def analyse(
    tried: Sequence[Combination],
    scores: Matrix,
    parameters: Sequence[Parameter],
    *,
    seed: int,
    clusters: Sequence[str | None] | None = None,
    independent: bool = False,
    higher_is_better: bool = True,
    value_range: tuple[float, float] = (-inf, inf),
    confidence_level: float = 0.95,
    n_draws: int = N_DRAWS,
) -> SweepAnalysis:
    """Analyse the effect of the parameters on the scores.

    Args:
        tried: The combinations.
        scores: Shape (n_combinations, n_cases), already averaged over repeats, NaN where there is none.
        parameters: The swept parameters.
        seed: Of the tests' permutations.
        clusters: The cluster of each case; None for a case in none.
        independent: The columns are answers to a single prompt, and no cases.
        higher_is_better: False for a latency.
        value_range: Of the scores: no interval reaches beyond it.
        confidence_level: Of intervals and tests.
        n_draws: Number of permutations for each p-value.

    Raises:
        ConfigurationError: not one row of scores for each combination.
    """
    if scores.ndim != 2 or len(scores) != len(tried):
        raise ConfigurationError(
            f"{len(tried)} combinations, but scores of shape {scores.shape}", "Give one row of scores for each"
        )
    terms = LevelSettings(
        independent=independent,
        higher_is_better=higher_is_better,
        confidence_level=confidence_level,
        value_range=value_range,
    )
    units = scores if independent else _unit_scores(scores, clusters)
    scored = np.flatnonzero(~np.isnan(units).all(axis=1)).tolist()
    heard, scores_heard = [tried[place] for place in scored], units[scored]
    parameter_columns = [(parameter, columns_of(parameter, heard)) for parameter in parameters] if heard else []
    varied = [(parameter, columns) for parameter, columns in parameter_columns if columns is not None]
    evidence = (OverAnswers if independent else OverCases)(
        scores_heard, [columns for _, columns in varied], n_draws=n_draws
    )
    effects = _effects(heard, scores_heard, [parameter for parameter, _ in varied], evidence, terms, seed)
    evidence.notes += _of_missing(units, independent=independent)
    if varied and units.shape[1] >= MIN_UNITS and all(effect.p_value is None for effect in effects):
        evidence.notes.append("too few combinations to tell the parameters apart")
    return SweepAnalysis(
        standings=rank_combinations(tried, units, terms),
        effects=effects,
        interactions=_interactions(evidence, seed),
        constant=tuple(parameter.name for parameter, columns in parameter_columns if columns is None),
        n_units=int((~np.isnan(units)).sum()) if independent else units.shape[1],
        unit="answer" if independent else "case" if units is scores else "cluster",
        notes=tuple(evidence.notes),
        confidence_level=confidence_level,
    )


def _unit_scores(scores: Matrix, clusters: Sequence[str | None] | None) -> Matrix:
    """Return one column for each independent unit: cases of one cluster are averaged."""
    if clusters is None or not any(cluster is not None for cluster in clusters):
        return scores
    groups: dict[tuple[bool, object], list[int]] = {}
    for place, cluster in enumerate(clusters):
        groups.setdefault((cluster is not None, place if cluster is None else cluster), []).append(place)
    return np.column_stack([mean_known(scores[:, places]) for places in groups.values()])


def _of_missing(units: Matrix, *, independent: bool) -> list[str]:
    """Return notes on missing scores."""
    is_scored = ~np.isnan(units)
    n_scored = int(is_scored.any(axis=1).sum())
    notes = []
    if 0 < n_scored < len(units):
        notes.append(f"{len(units) - n_scored} of {counted(len(units), 'combination')} have no scores and are excluded")
    if not independent and (n_partly := int((is_scored.any(axis=1) & ~is_scored.all(axis=1)).sum())):
        what = "combination lacks" if n_partly == 1 else "combinations lack"
        notes.append(f"{n_partly} {what} scores for some cases; a mean covers the cases that have scores")
    return notes


def _effects(
    tried: Sequence[Combination],
    units: Matrix,
    varied: Sequence[Parameter],
    evidence: Evidence,
    terms: LevelSettings,
    seed: int,
) -> tuple[Effect, ...]:
    """Return the effects of the parameters, tested jointly: each one adjusted for all others."""
    effects = []
    alpha = (1 - terms.confidence_level) / max(1, len(varied))  # what Holm asks of the first one
    for place, parameter in enumerate(varied):
        levels = levels_of(parameter, tried, units, terms)
        correlation = _correlation(parameter, tried, units)
        p_value = evidence.effect(place, rng=np.random.default_rng([seed, place]))
        effects.append(
            Effect(
                name=parameter.name,
                is_numeric=parameter.is_numeric,
                levels=levels,
                p_value=p_value,
                spread=max(level.value for level in levels) - min(level.value for level in levels) if levels else 0.0,
                correlation=correlation,
                p_correlation=None
                if correlation is None
                else evidence.line(place, rng=np.random.default_rng([seed, 500 + place])),
                detectable=None if p_value is None else evidence.detectable(place, alpha=alpha),
            )
        )
    return _adjusted(effects)


def _correlation(parameter: Parameter, tried: Sequence[Combination], units: Matrix) -> float | None:
    """Return Spearman's correlation of the values and the combinations' means; None where one of them does not vary."""
    if not parameter.is_numeric:
        return None
    means = mean_known(units)
    is_scored = ~np.isnan(means)
    values = np.array([combination[parameter.name] for combination in tried], dtype=np.float64)[is_scored]
    if is_scored.sum() < 3 or np.ptp(means[is_scored]) == 0 or np.ptp(values) == 0:
        return None
    first, second = centred_ranks(values), centred_ranks(means[is_scored])
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def _adjusted(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    by_effect = _holm([effect.p_value for effect in effects])
    by_line = _holm([effect.p_correlation for effect in effects])
    return tuple(
        replace(effect, p_adjusted=of_effect, p_correlation=of_line)
        for effect, of_effect, of_line in zip(effects, by_effect, by_line, strict=True)
    )


def _holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return the p-values, adjusted for the number of those that are known."""
    adjusted = iter(holm([p_value for p_value in p_values if p_value is not None]))
    return [next(adjusted) if p_value is not None else None for p_value in p_values]


def _interactions(evidence: Evidence, seed: int) -> tuple[Interaction, ...]:
    pairs = list(pairs_of(range(len(evidence.varied)), 2))
    p_values = [
        evidence.interaction(first, second, rng=np.random.default_rng([seed, 1000 + place]))
        for place, (first, second) in enumerate(pairs)
    ]
    return tuple(
        Interaction(
            first=evidence.varied[first].name,
            second=evidence.varied[second].name,
            p_value=p_value,
            p_adjusted=p_adjusted,
        )
        for (first, second), p_value, p_adjusted in zip(pairs, p_values, _holm(p_values), strict=True)
    )


def recommended(effect: Effect) -> tuple[Level, ...]:
    """Return the values that may be the best; of a numeric parameter, the whole range that they span."""
    if not effect.levels or not effect.is_numeric:
        return tuple(level for level in effect.levels if level.may_be_best)
    possible = [level for level in effect.levels if level.may_be_best]
    first, last = effect.levels.index(possible[0]), effect.levels.index(possible[-1])
    return effect.levels[first : last + 1]
