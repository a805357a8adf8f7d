"""Bradley-Terry model: strengths from pairwise votes, and their uncertainty.

P(i beats j) = 1 / (1 + exp(s_j - s_i)), Σ s = 0 (Bradley and Terry 1952, doi:10.1093/biomet/39.3-4.324). Wins are
counted in square matrices, row i and column j holding how often i beat j; a tie is half a win for both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError
from evaluation.stats.vectors import Vector

Matrix = NDArray[np.float64]
"""Array of shape (…, k, k)."""
Flags = NDArray[np.bool_]
_STEPS = 200
_LONGEST_STEP = 2.0
_CLOSE_ENOUGH = 1e-12
_PSEUDO_WINS = 0.5


def abilities(wins: Matrix) -> Matrix:
    """Return the maximum-likelihood abilities s for each table of wins, shape (…, k), by Newton's method.

    All must be connected by wins in both directions (`reaches`); where they are not, no finite s has the greatest
    likelihood.
    """
    met = wins + np.swapaxes(wins, -1, -2)
    s = np.zeros(wins.shape[:-1])
    for _ in range(_STEPS):
        expected = met * _chances(s)
        step = np.linalg.solve(information(met, s), (wins - expected).sum(axis=-1)[..., None])[..., 0]
        # A full step from a flat place would leap far beyond.
        step *= np.minimum(1.0, _LONGEST_STEP / np.maximum(_LONGEST_STEP, np.abs(step).max(axis=-1, keepdims=True)))
        s = s + step
        if np.abs(step).max(initial=0.0) < _CLOSE_ENOUGH:
            break
    return s


def information(met: Matrix, s: Matrix) -> Matrix:
    """Return Fisher's information about s, made invertible along the direction in which all s move together."""
    chances = _chances(s)
    weights = met * chances * (1 - chances)
    own = weights.sum(axis=-1)[..., None] * np.eye(s.shape[-1])
    matrix: Matrix = own - weights + 1 / s.shape[-1]
    return matrix


def model_covariance(met: Matrix, s: Vector) -> Matrix:
    """Return the covariance of s, shape (k, k), if all votes are independent."""
    k = s.size
    return np.asarray(np.linalg.inv(information(met, s)) - 1 / k, dtype=np.float64)


def sandwich_covariance(met: Matrix, s: Vector, residuals: Matrix) -> Matrix:
    """Return the covariance of s, shape (k, k), if only clusters of votes are independent.

    Args:
        met: How often each pair met.
        s: The abilities.
        residuals: Wins less expected wins, summed over each cluster, shape (n_clusters, k); two clusters at least.
    """
    n = len(residuals)
    bread = model_covariance(met, s)
    covariance: Matrix = bread @ (residuals.T @ residuals) @ bread * (n / (n - 1))
    return covariance


def chance_of(s: Vector, i: NDArray[np.intp], j: NDArray[np.intp]) -> Vector:
    """Return P(i beats j)."""
    from scipy.special import expit

    chances: Vector = expit(s[i] - s[j])
    return chances


def reaches(wins: Matrix) -> Flags:
    """Return whether i beat j directly or through a chain of others, shape (…, k, k); each reaches itself."""
    k = wins.shape[-1]
    reached = (wins > 0) | np.eye(k, dtype=bool)
    for _ in range(max(1, (k - 1).bit_length())):
        reached = (reached.astype(np.float32) @ reached.astype(np.float32)) > 0
    return reached


def open_ends(wins: Matrix) -> tuple[Flags, Flags]:
    """Return which candidates could be infinitely strong, and which infinitely weak, shape (…, k).

    Strong: it beat some, directly or through a chain of others, who did not beat it in that way, and nobody beat it
    one-sidedly like this.
    """
    reached = reaches(wins)
    back = np.swapaxes(reached, -1, -2)
    is_above, is_below = reached & ~back, back & ~reached
    is_strong: Flags = np.any(is_above, axis=-1) & ~np.any(is_below, axis=-1)
    is_weak: Flags = np.any(is_below, axis=-1) & ~np.any(is_above, axis=-1)
    return is_strong, is_weak


def with_pseudo_wins(wins: Matrix, ever_met: Flags) -> Matrix:
    """Add half a win to both sides of each pairing in the tables where some s would otherwise be infinite."""
    is_finite = np.all(reaches(wins), axis=(-1, -2), keepdims=True)
    return np.where(is_finite, wins, wins + _PSEUDO_WINS * ever_met)


def _chances(s: Matrix) -> Matrix:
    """Return P(i beats j), shape (…, k, k)."""
    from scipy.special import expit

    chances: Matrix = expit(s[..., :, None] - s[..., None, :])
    return chances


Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One verdict on two answers to one prompt. A pair shown in both orders gives two votes."""

    a: str
    b: str
    score: float
    """1 if A won, 0 if B won, .5 for a tie."""
    prompt: str | None = None
    """Votes on one prompt count as one piece of evidence; a vote without a prompt counts by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteTable:
    """Votes as arrays, with one element for each vote."""

    names: tuple[str, ...]
    """Sorted names; other fields are indices into them."""
    a: Places
    b: Places
    score: Vector
    prompt: Places
    """Index of the prompt, from 0."""
    n_prompts: int

    def wins(self, weights: Vector | None = None) -> Matrix:
        """Return how often each candidate beat each other, shape (k, k), weighted by vote."""
        k = len(self.names)
        weighted = np.ones(self.score.size) if weights is None else weights
        counted = np.bincount(self.a * k + self.b, weighted * self.score, minlength=k * k)
        counted = counted + np.bincount(self.b * k + self.a, weighted * (1 - self.score), minlength=k * k)
        return np.asarray(counted.reshape(k, k), dtype=np.float64)


def tabled(votes: Sequence[Vote]) -> VoteTable:
    """Return the votes as arrays.

    Raises:
        ConfigurationError: no votes, a candidate against itself, or a score outside [0, 1].
    """
    if not votes:
        raise ConfigurationError("there are no votes to rank by", "An empty review has no ranking")
    for vote in votes:
        if vote.a == vote.b or not 0 <= vote.score <= 1:
            raise ConfigurationError(
                f"{vote!r} cannot be counted", "Two different names, and 1 where A won, 0 where B did, .5 for a tie"
            )
    names = sorted({name for vote in votes for name in (vote.a, vote.b)})
    place = {name: i for i, name in enumerate(names)}
    prompts: dict[object, int] = {}
    prompt = [
        prompts.setdefault(i if vote.prompt is None else vote.prompt, len(prompts)) for i, vote in enumerate(votes)
    ]
    return VoteTable(
        names=tuple(names),
        a=np.array([place[vote.a] for vote in votes]),
        b=np.array([place[vote.b] for vote in votes]),
        score=np.array([vote.score for vote in votes], dtype=np.float64),
        prompt=np.array(prompt),
        n_prompts=len(prompts),
    )


def components(table: VoteTable) -> tuple[tuple[str, ...], ...]:
    """Return the sets of names that are connected by comparisons."""
    wins = table.wins()
    connected = reaches(wins + wins.T)
    return tuple(dict.fromkeys(tuple(np.array(table.names)[row].tolist()) for row in connected))


MIN_PROMPTS_FOR_PERCENTILES = 100
_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceFit:
    """Fitted abilities with their uncertainty."""

    s: Vector
    covariances: tuple[Matrix, ...]
    """The variance of a contrast is the largest that one of these yields; empty for a single prompt."""
    is_strong: Flags
    """Candidates whose ability has no finite upper limit."""
    is_weak: Flags
    reached: Flags
    """Whether one beat another, directly or through others, shape (k, k); if not, it could be infinitely weaker."""
    notes: tuple[str, ...]


def fitted(table: VoteTable) -> PreferenceFit:
    """Return the maximum-likelihood abilities; all candidates must be connected by comparisons."""
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
    """Return wins less expected wins, shape (n_prompts, k)."""
    residuals = np.zeros((table.n_prompts, s.size))
    surprise = table.score - chance_of(s, table.a, table.b)
    np.add.at(residuals, (table.prompt, table.a), surprise)
    np.add.at(residuals, (table.prompt, table.b), -surprise)
    return residuals


def deviance_of(fit: PreferenceFit, table: VoteTable) -> tuple[float | None, int | None]:
    """Return the deviance of one common scale from a free probability for each pairing.

    Twice the difference of the log-likelihoods; None where half wins were added.
    """
    if fit.is_strong.any():
        return None, None
    wins = table.wins()
    met = wins + wins.T
    i, j = np.nonzero(wins)
    lost = wins[i, j] * np.log(wins[i, j] / (met[i, j] * chance_of(fit.s, i, j)))
    return float(2 * lost.sum()), int(np.count_nonzero(np.triu(met))) - (fit.s.size - 1)


def resampled_limits(
    table: VoteTable, rng: "np.random.Generator", n_resamples: int, level: float
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
