"""What do the scores of a sweep say of each parameter: which values may be the best, and does it matter at all?

The cases are the units of evidence, and every combination was asked the same ones: each parameter's effect is measured
within each case, and tested over the cases. Many combinations do not make up for few cases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations as pairs_of
from typing import Any

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.fingerprint import canonical_json
from evaluation.stats.estimate import mean_estimate
from evaluation.stats.multiplicity import holm
from evaluation.stats.numbers import Vector
from evaluation.stats.rank_correlation import centred_ranks
from evaluation.sweeping.contrasts import Columns, Matrix, coefficients, columns_of, interaction_of, joint_p_value
from evaluation.sweeping.may_be_best import may_be_best
from evaluation.sweeping.space import Combination, Parameter

MIN_UNITS = 6
"""With fewer cases no test here can reach p < .05."""
N_PIECES = 4
"""Into how many pieces a range is cut whose every combination has a value of its own."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One combination."""

    combination: Combination
    value: float | None
    """None: no case was scored."""
    low: float | None
    high: float | None
    n_units: int
    may_be_best: bool
    """The best combination is among those of which this is said, with the confidence of the analysis."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """One value of a parameter, or a piece of its range, averaged over all else."""

    low: Any
    """The value; of a piece, its least one."""
    high: Any
    value: float
    value_low: float | None
    value_high: float | None
    n_combinations: int
    may_be_best: bool


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a parameter does."""

    name: str
    is_numeric: bool
    levels: tuple[Level, ...]
    """In the order of their values."""
    p_value: float | None
    p_adjusted: float | None = None
    """Over the parameters (Holm)."""
    spread: float
    """The best level's mean less the worst one's."""
    correlation: float | None = None
    """Spearman's, of the values and the combinations' means; numbers alone."""
    p_correlation: float | None = None
    """Does the straight line rise or fall over the cases? Adjusted over the parameters (Holm)."""

    def is_shown(self, confidence_level: float) -> bool:
        """True where the parameter makes a difference beyond chance."""
        return self.p_adjusted is not None and self.p_adjusted < round(1 - confidence_level, 12)


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """Does the effect of one parameter depend on the other?"""

    first: str
    second: str
    p_value: float | None
    p_adjusted: float | None = None

    def is_shown(self, confidence_level: float) -> bool:
        """True where it does beyond chance."""
        return self.p_adjusted is not None and self.p_adjusted < round(1 - confidence_level, 12)


@dataclass(frozen=True, kw_only=True)
class SweepAnalysis:
    """All that the scores of a sweep say on one metric."""

    standings: tuple[Standing, ...]
    """Best first; those without a value last."""
    effects: tuple[Effect, ...]
    interactions: tuple[Interaction, ...]
    constant: tuple[str, ...]
    """Parameters of which one value was tried."""
    n_units: int
    """Cases (or clusters, or repeats of a single prompt)."""
    notes: tuple[str, ...]
    confidence_level: float

    @property
    def shown(self) -> tuple[Effect, ...]:
        """The parameters that make a difference beyond chance, the strongest first."""
        found = [effect for effect in self.effects if effect.is_shown(self.confidence_level)]
        return tuple(sorted(found, key=lambda effect: -effect.spread))

    @property
    def best(self) -> Standing | None:
        """The combination with the highest value (of a cost: the lowest), which is no verdict."""
        return self.standings[0] if self.standings and self.standings[0].value is not None else None


def analyse(
    tried: Sequence[Combination],
    scores: Matrix,
    parameters: Sequence[Parameter],
    *,
    seed: int,
    clusters: Sequence[str | None] | None = None,
    higher_is_better: bool = True,
    confidence_level: float = 0.95,
) -> SweepAnalysis:
    """What the scores say of the parameters.

    Args:
        tried: The combinations.
        scores: Shape (n_combinations, n_cases): repeats averaged before, NaN where there is none.
        parameters: What was swept.
        seed: Of the tests' permutations.
        clusters: The cluster of each case; None for one that stands by itself.
        higher_is_better: False for a latency.
        confidence_level: Of intervals and tests.

    Raises:
        ConfigurationError: not one row of scores for each combination.
    """
    if scores.ndim != 2 or len(scores) != len(tried):
        raise ConfigurationError(
            f"{len(tried)} combinations, but scores of shape {scores.shape}", "give one row of scores for each"
        )
    units = _unit_scores(scores, clusters)
    known = {parameter.name: columns_of(parameter, tried) for parameter in parameters}
    varied = [(parameter, found) for parameter in parameters if (found := known[parameter.name]) is not None]
    sign = 1.0 if higher_is_better else -1.0
    effects, notes = _effects(tried, units, varied, sign, seed, confidence_level)
    return SweepAnalysis(
        standings=_standings(tried, units, sign, confidence_level),
        effects=effects,
        interactions=_interactions(units, [columns for _, columns in varied], seed),
        constant=tuple(name for name, found in known.items() if found is None),
        n_units=units.shape[1],
        notes=notes,
        confidence_level=confidence_level,
    )


def _unit_scores(scores: Matrix, clusters: Sequence[str | None] | None) -> Matrix:
    """One column a unit of evidence: cases of one cluster are averaged."""
    if clusters is None or not any(cluster is not None for cluster in clusters):
        return scores
    groups: dict[tuple[bool, object], list[int]] = {}
    for place, cluster in enumerate(clusters):
        groups.setdefault((cluster is not None, place if cluster is None else cluster), []).append(place)
    return np.column_stack([_mean_known(scores[:, places]) for places in groups.values()])


def _mean_known(values: Matrix) -> Vector:
    """The mean of each row's known values; NaN where there is none."""
    n_known = (~np.isnan(values)).sum(axis=1)
    sums = np.nansum(values, axis=1)
    return np.where(n_known > 0, sums / np.maximum(n_known, 1), np.nan)


def _standings(
    tried: Sequence[Combination], units: Matrix, sign: float, confidence_level: float
) -> tuple[Standing, ...]:
    possible = may_be_best(sign * units, confidence_level=confidence_level)
    found = []
    for combination, row, is_possible in zip(tried, units, possible, strict=True):
        values = row[~np.isnan(row)]
        if values.size == 0:
            found.append(
                Standing(combination=combination, value=None, low=None, high=None, n_units=0, may_be_best=is_possible)
            )
            continue
        estimate = mean_estimate(values.tolist(), confidence_level=confidence_level)
        found.append(
            Standing(
                combination=combination,
                value=estimate.value,
                low=estimate.low,
                high=estimate.high,
                n_units=values.size,
                may_be_best=is_possible,
            )
        )
    return tuple(sorted(found, key=lambda one: float("inf") if one.value is None else -sign * one.value))


def _effects(
    tried: Sequence[Combination],
    units: Matrix,
    varied: Sequence[tuple[Parameter, Columns]],
    sign: float,
    seed: int,
    confidence_level: float,
) -> tuple[tuple[Effect, ...], tuple[str, ...]]:
    """The effects of the parameters, tested together: each one beside all others."""
    notes: list[str] = []
    if units.shape[1] < MIN_UNITS:
        notes.append(f"{units.shape[1]} cases are too few to test a parameter (at least {MIN_UNITS})")
    n_columns = sum(columns.matrix.shape[1] for _, columns in varied)
    curves = len(tried) > n_columns
    lines = [columns.matrix if curves else columns.linear for _, columns in varied]
    if varied and not curves:
        notes.append("too few combinations for curves: only straight lines are looked for")
    design = np.column_stack(lines) if lines else np.empty((len(tried), 0))
    per_case = coefficients(units, design)
    usable = ~np.isnan(per_case).any(axis=1)
    if varied and units.shape[1] >= MIN_UNITS and not usable.any():
        notes.append("too few combinations to tell the parameters apart")
    enough = bool(usable.sum() >= MIN_UNITS) and bool(varied)
    found, start = [], 0
    for place, ((parameter, _), used) in enumerate(zip(varied, lines, strict=True)):
        own = per_case[usable, start : start + used.shape[1]]
        start += used.shape[1]
        rng = np.random.default_rng([seed, place])
        levels = _levels(parameter, tried, units, sign, confidence_level)
        effect = Effect(
            name=parameter.name,
            is_numeric=parameter.is_numeric,
            levels=levels,
            p_value=joint_p_value(own, rng=rng) if enough else None,
            spread=max(level.value for level in levels) - min(level.value for level in levels) if levels else 0.0,
        )
        found.append(_with_correlation(effect, parameter, tried, units, own[:, :1] if enough else None, rng))
    return _adjusted(found), tuple(notes)


def _adjusted(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    tested = [effect for effect in effects if effect.p_value is not None]
    by_name = dict(
        zip([effect.name for effect in tested], holm([e.p_value for e in tested if e.p_value is not None]), strict=True)
    )
    lines = [effect for effect in effects if effect.p_correlation is not None]
    of_lines = dict(
        zip(
            [effect.name for effect in lines],
            holm([e.p_correlation for e in lines if e.p_correlation is not None]),
            strict=True,
        )
    )
    return tuple(
        replace(effect, p_adjusted=by_name.get(effect.name), p_correlation=of_lines.get(effect.name))
        for effect in effects
    )


def _with_correlation(
    effect: Effect,
    parameter: Parameter,
    tried: Sequence[Combination],
    units: Matrix,
    slopes: Matrix | None,
    rng: np.random.Generator,
) -> Effect:
    if not parameter.is_numeric:
        return effect
    means = _mean_known(units)
    known = ~np.isnan(means)
    if known.sum() < 3 or np.ptp(means[known]) == 0:
        return effect
    values = np.array([combination[parameter.name] for combination in tried], dtype=np.float64)[known]
    if np.ptp(values) == 0:
        return effect
    first, second = centred_ranks(values), centred_ranks(means[known])
    correlation = float(first @ second / np.sqrt((first @ first) * (second @ second)))
    p_value = joint_p_value(slopes, rng=rng) if slopes is not None else None
    return replace(effect, correlation=correlation, p_correlation=p_value)


def _levels(
    parameter: Parameter, tried: Sequence[Combination], units: Matrix, sign: float, confidence_level: float
) -> tuple[Level, ...]:
    """Means over all combinations of each value, by case; of a range without repeated values, of its pieces."""
    pieces = _pieces(parameter, tried)
    by_level = np.vstack([_mean_by_unit(units[rows]) for _, _, rows in pieces])
    possible = may_be_best(sign * by_level, confidence_level=confidence_level)
    found = []
    for (low, high, rows), means, is_possible in zip(pieces, by_level, possible, strict=True):
        values = means[~np.isnan(means)]
        if values.size == 0:
            continue
        estimate = mean_estimate(values.tolist(), confidence_level=confidence_level)
        found.append(
            Level(
                low=low,
                high=high,
                value=estimate.value,
                value_low=estimate.low,
                value_high=estimate.high,
                n_combinations=len(rows),
                may_be_best=is_possible,
            )
        )
    return tuple(found)


def _mean_by_unit(rows: Matrix) -> Vector:
    return _mean_known(rows.T)


def _pieces(parameter: Parameter, tried: Sequence[Combination]) -> list[tuple[Any, Any, list[int]]]:
    """(least value, greatest value, the combinations) of each level."""
    values = [combination[parameter.name] for combination in tried]
    by_value: dict[str, list[int]] = {}
    for place, value in enumerate(values):
        by_value.setdefault(canonical_json(value), []).append(place)
    if not parameter.is_numeric:
        return [(values[rows[0]], values[rows[0]], rows) for rows in by_value.values()]
    ordered = sorted(by_value.values(), key=lambda rows: float(values[rows[0]]))
    if len(ordered) <= max(2 * N_PIECES, len(parameter.values)):
        return [(values[rows[0]], values[rows[0]], rows) for rows in ordered]
    cuts = np.array_split(np.arange(len(ordered)), N_PIECES)
    return [
        (values[ordered[cut[0]][0]], values[ordered[cut[-1]][0]], [row for place in cut for row in ordered[place]])
        for cut in cuts
    ]


def _interactions(units: Matrix, varied: Sequence[Columns], seed: int) -> tuple[Interaction, ...]:
    found = []
    for place, (first, second) in enumerate(pairs_of(varied, 2)):
        mains = [columns.matrix for columns in varied]
        products = interaction_of(first, second)
        design = np.column_stack([*mains, products])
        p_value = None
        if len(design) > design.shape[1] + 1 and units.shape[1] >= MIN_UNITS:
            per_case = coefficients(units, design)[:, -products.shape[1] :]
            usable = per_case[~np.isnan(per_case).any(axis=1)]
            if len(usable) >= MIN_UNITS:
                p_value = joint_p_value(usable, rng=np.random.default_rng([seed, 1000 + place]))
        found.append(Interaction(first=first.name, second=second.name, p_value=p_value))
    tested = [one for one in found if one.p_value is not None]
    adjusted = iter(holm([one.p_value for one in tested if one.p_value is not None]))
    return tuple(replace(one, p_adjusted=next(adjusted)) if one.p_value is not None else one for one in found)


def recommended(effect: Effect) -> tuple[Level, ...]:
    """The values that may be the best: of a number, those in one stretch around the best one."""
    if not effect.levels or not effect.is_numeric:
        return tuple(level for level in effect.levels if level.may_be_best)
    possible = [level for level in effect.levels if level.may_be_best]
    first, last = effect.levels.index(possible[0]), effect.levels.index(possible[-1])
    return effect.levels[first : last + 1]


def region(analysis: SweepAnalysis) -> Mapping[str, tuple[Level, ...]]:
    """The recommended values of each parameter that makes a difference."""
    return {effect.name: recommended(effect) for effect in analysis.shown}


__all__ = [
    "Effect",
    "Interaction",
    "Level",
    "Standing",
    "SweepAnalysis",
    "analyse",
    "recommended",
    "region",
]
