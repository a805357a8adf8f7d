"""Ranking of candidates by pairwise preferences, where a judge or a person saw two answers at a time.

Bradley-Terry ratings on the Elo scale. One prompt yields many votes, which are not independent evidence: standard
errors are clustered by prompt, and the bootstrap resamples prompts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import log

import numpy as np

from evaluation.stats.bradley_terry import (
    PreferenceFit,
    Vote,
    VoteTable,
    chance_of,
    components,
    deviance_of,
    fitted,
    resampled_limits,
    tabled,
)
from evaluation.stats.intervals import checked_confidence_level
from evaluation.stats.multiplicity import holm
from evaluation.stats.pair_comparison import agreeing_limits
from evaluation.stats.preference_ranking import Contrast, PreferenceRanking, Rating
from evaluation.stats.ranking import rank_intervals, sole_winner, tied_groups
from evaluation.stats.verdicts import A_BETTER, INCONCLUSIVE

ELO = 400 / log(10)
"""Elo points for each unit of log-odds."""
ELO_MEAN = 1000.0


def rank_preferences(
    votes: Sequence[Vote], *, rng: "np.random.Generator", n_resamples: int = 1000, confidence_level: float = 0.95
) -> PreferenceRanking:
    """Rank the candidates of the votes on one scale of strength, with what is certain of their order.

    Where one never lost, or never won, no finite strength has the greatest likelihood: half a win is added to both
    sides of every pairing, the end is open, and standard errors are the larger of the clustered and the model's.

    Args:
        votes: In any order.
        rng: Draws the prompts for the bootstrap.
        n_resamples: Number of bootstrap resamples.
        confidence_level: Of each interval, and of all claims of who is better together.

    Raises:
        ConfigurationError: no votes, a candidate against itself, or a score outside [0, 1].
    """
    level = checked_confidence_level(confidence_level)
    table = tabled(votes)
    name_sets = components(table)
    if len(name_sets) == 1:
        return _ranked(table, rng, n_resamples, level)
    parts = tuple(
        rank_preferences(
            [vote for vote in votes if vote.a in names], rng=rng, n_resamples=n_resamples, confidence_level=level
        )
        for names in name_sets
    )
    return PreferenceRanking(
        ratings=(),
        contrasts=(),
        components=name_sets,
        parts=parts,
        groups=(),
        winner=None,
        n_votes=len(votes),
        n_prompts=table.n_prompts,
        deviance=None,
        degrees_of_freedom=None,
        notes=(
            f"{len(name_sets)} sets of candidates were never compared with one another: they have no joint ranking",
        ),
        confidence_level=level,
    )


def _ranked(table: VoteTable, rng: "np.random.Generator", n_resamples: int, level: float) -> PreferenceRanking:
    fit, names = fitted(table), table.names
    contrasts = _contrasts(fit, table, level)
    alpha = round(1 - level, 12)
    beaten = [
        (contrast.a, contrast.b) if contrast.elo > 0 else (contrast.b, contrast.a)
        for contrast in contrasts
        if contrast.p_adjusted is not None and contrast.p_adjusted < alpha
    ]
    order = sorted(names, key=lambda name: (-fit.s[names.index(name)], name))
    ratings = _ratings(
        fit, table, resampled_limits(table, rng, n_resamples, level), rank_intervals(names, beaten), level
    )
    deviance, degrees = deviance_of(fit, table)
    return PreferenceRanking(
        ratings=tuple(sorted(ratings, key=lambda rating: order.index(rating.name))),
        contrasts=contrasts,
        components=(names,),
        parts=(),
        groups=tied_groups(order, beaten),
        winner=sole_winner(names, beaten),
        n_votes=table.score.size,
        n_prompts=table.n_prompts,
        deviance=deviance,
        degrees_of_freedom=degrees,
        notes=fit.notes,
        confidence_level=level,
    )


def _ratings(
    fit: PreferenceFit,
    table: VoteTable,
    resampled: Sequence[tuple[float | None, float | None]] | None,
    ranks: Mapping[str, tuple[int, int]],
    level: float,
) -> list[Rating]:
    errors = (
        np.sqrt(np.max([np.diagonal(covariance) for covariance in fit.covariances], axis=0)) * ELO
        if fit.covariances
        else None
    )
    half_width = None if errors is None else errors * _t_value(table, level)
    n_votes = np.bincount(np.concatenate([table.a, table.b]), minlength=fit.s.size)
    elo = ELO_MEAN + ELO * fit.s
    return [
        Rating(
            name=name,
            log_ability=float(fit.s[i]),
            elo=float(elo[i]),
            standard_error=None if errors is None else float(errors[i]),
            low=None if half_width is None or fit.is_weak[i] else float(elo[i] - half_width[i]),
            high=None if half_width is None or fit.is_strong[i] else float(elo[i] + half_width[i]),
            ranks=ranks[name],
            n_votes=int(n_votes[i]),
            bootstrap=None if resampled is None else (_as_elo(resampled[i][0]), _as_elo(resampled[i][1])),
        )
        for i, name in enumerate(table.names)
    ]


def _contrasts(fit: PreferenceFit, table: VoteTable, level: float) -> tuple[Contrast, ...]:
    from scipy.special import stdtr

    i, j = np.triu_indices(fit.s.size, k=1)
    difference, chance = fit.s[i] - fit.s[j], chance_of(fit.s, i, j)
    named = [(table.names[x], table.names[y]) for x, y in zip(i, j, strict=True)]
    if not fit.covariances:
        return tuple(_contrast(a, b, difference[n], chance[n]) for n, (a, b) in enumerate(named))
    variances = [
        np.diagonal(covariance)[i] + np.diagonal(covariance)[j] - 2 * covariance[i, j] for covariance in fit.covariances
    ]
    errors = np.sqrt(np.max(variances, axis=0))
    z = difference / errors
    p_values = 2 * stdtr(table.n_prompts - 1, -np.abs(z))
    adjusted = holm(p_values.tolist())
    half_width = errors * _t_value(table, level)
    contrasts = []
    for n, (a, b) in enumerate(named):
        ends = (
            float(ELO * (difference[n] - half_width[n])) if fit.reached[i[n], j[n]] else None,
            float(ELO * (difference[n] + half_width[n])) if fit.reached[j[n], i[n]] else None,
        )
        better = A_BETTER if adjusted[n] < round(1 - level, 12) else INCONCLUSIVE
        low, high = agreeing_limits(ends, difference=float(difference[n]), verdict=better)
        of_pair = _contrast(a, b, difference[n], chance[n])
        tested = replace(of_pair, z=float(z[n]), p_value=float(p_values[n]), p_adjusted=adjusted[n])
        contrasts.append(replace(tested, low=low, high=high))
    return tuple(contrasts)


def _contrast(a: str, b: str, difference: float, chance: float) -> Contrast:
    return Contrast(
        a=a,
        b=b,
        elo=float(ELO * difference),
        low=None,
        high=None,
        chance=float(chance),
        z=None,
        p_value=None,
        p_adjusted=None,
    )


def _t_value(table: VoteTable, level: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(table.n_prompts - 1, (1 + level) / 2))


def _as_elo(ability: float | None) -> float | None:
    return None if ability is None else ELO_MEAN + ELO * ability
