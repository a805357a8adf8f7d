"""How strong is each candidate by the votes, and how sure is that? What the ratings are made of."""

from dataclasses import dataclass

import numpy as np

from evaluation.stats.bradley_terry import (
    Flags,
    Matrix,
    abilities,
    chance_of,
    model_covariance,
    open_ends,
    reaches,
    sandwich_covariance,
    with_pseudo_wins,
)
from evaluation.stats.numbers import Vector
from evaluation.stats.votes import VoteTable

MIN_PROMPTS_FOR_PERCENTILES = 100
_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceFit:
    """Abilities with their uncertainty."""

    s: Vector
    covariances: tuple[Matrix, ...]
    """The variance of a contrast is the largest that one of these gives; none for a single prompt."""
    is_strong: Flags
    """Who could be infinitely strong."""
    is_weak: Flags
    reached: Flags
    """Whether one beat another, directly or through others, shape (k, k): without it, it could be infinitely weaker."""
    notes: tuple[str, ...]


def fitted(table: VoteTable) -> PreferenceFit:
    """Return the abilities that make the votes most likely; all must be connected by comparisons."""
    raw = table.wins()
    wins = with_pseudo_wins(raw, raw + raw.T > 0)
    s, met = abilities(wins), wins + wins.T
    is_strong, is_weak = open_ends(raw)
    covariances, notes = _covariances(table, met, s, is_finite=not is_strong.any())
    return PreferenceFit(
        s=s, covariances=covariances, is_strong=is_strong, is_weak=is_weak, reached=reaches(raw), notes=notes
    )


def _covariances(
    table: VoteTable, met: Matrix, s: Vector, *, is_finite: bool
) -> tuple[tuple[Matrix, ...], tuple[str, ...]]:
    if table.n_prompts < 2:
        return (), ("one prompt says nothing of others: there are no intervals",)
    model, sandwich = model_covariance(met, s), sandwich_covariance(met, s, _residuals(table, s))
    if not is_finite:
        # The residuals of one who always won are as small as its chance of losing was made to be.
        return (sandwich, model), (
            "not all are connected by wins in both directions: half a win was added to each side",
        )
    if np.trace(sandwich) <= _NO_SPREAD * np.trace(model):
        return (model,), ("every prompt says the same: standard errors are those of independent votes",)
    if _of_contrasts(sandwich - _NO_SPREAD * model).min() <= 0:
        # One contrast alone can have no spread: a standard error of 0 would be certainty from a handful of prompts.
        return (sandwich, model), (
            "two candidates differ alike on every prompt: standard errors are at least those of independent votes",
        )
    return (sandwich,), ()


def _of_contrasts(covariance: Matrix) -> Vector:
    """Return the variance of each difference of two abilities."""
    variances = np.diagonal(covariance)
    i, j = np.triu_indices(variances.size, k=1)
    return np.asarray(variances[i] + variances[j] - 2 * covariance[i, j])


def _residuals(table: VoteTable, s: Vector) -> Matrix:
    """Return the wins less those expected, shape (n_prompts, k)."""
    residuals = np.zeros((table.n_prompts, s.size))
    surprise = table.score - chance_of(s, table.a, table.b)
    np.add.at(residuals, (table.prompt, table.a), surprise)
    np.add.at(residuals, (table.prompt, table.b), -surprise)
    return residuals


def deviance_of(fit: PreferenceFit, table: VoteTable) -> tuple[float | None, int | None]:
    """Twice the log-likelihood that one scale loses to a chance for each pairing; None where half wins were added."""
    if fit.is_strong.any():
        return None, None
    wins = table.wins()
    met = wins + wins.T
    i, j = np.nonzero(wins)
    lost = wins[i, j] * np.log(wins[i, j] / (met[i, j] * chance_of(fit.s, i, j)))
    return float(2 * lost.sum()), int(np.count_nonzero(np.triu(met))) - (fit.s.size - 1)


def resampled_limits(
    table: VoteTable, rng: np.random.Generator, n_resamples: int, level: float
) -> list[tuple[float | None, float | None]] | None:
    """Return the limits of each ability by percentiles over prompts drawn again, None for an open end.

    None under 100 prompts.
    """
    if table.n_prompts < MIN_PROMPTS_FOR_PERCENTILES:
        return None
    raw = table.wins()
    drawn = rng.multinomial(table.n_prompts, np.full(table.n_prompts, 1 / table.n_prompts), n_resamples)
    wins = np.stack([table.wins(counts[table.prompt].astype(np.float64)) for counts in drawn])
    s = abilities(with_pseudo_wins(wins, raw + raw.T > 0))
    is_strong, is_weak = open_ends(wins)
    edge = int((1 - level) / 2 * n_resamples)
    lows = np.sort(np.where(is_weak, -np.inf, s), axis=0)[edge]
    highs = np.sort(np.where(is_strong, np.inf, s), axis=0)[n_resamples - 1 - edge]
    return [(_finite(low), _finite(high)) for low, high in zip(lows, highs, strict=True)]


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
