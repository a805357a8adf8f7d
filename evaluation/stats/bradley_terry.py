"""How strong is each of several opponents, given who beat whom how often? One number each, on one scale.

P(i beats j) = 1 / (1 + exp(s_j - s_i)), Σ s = 0 (Bradley and Terry 1952, doi:10.1093/biomet/39.3-4.324). Wins are
counted in square matrices, row i and column j holding how often i beat j; a tie is half a win for both.
"""

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.vectors import Vector

Matrix = NDArray[np.float64]
"""Shape (…, k, k)."""
Flags = NDArray[np.bool_]

_STEPS = 200
_LONGEST_STEP = 2.0
_CLOSE_ENOUGH = 1e-12
_PSEUDO_WINS = 0.5


def abilities(wins: Matrix) -> Matrix:
    """Return the most likely s for each table of wins, shape (…, k), by Newton's method.

    All must be connected by wins in both directions (`reaches`); where they are not, no finite s is the most likely.
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
    """Return the covariance of s, shape (k, k), were all votes independent."""
    k = s.size
    return np.asarray(np.linalg.inv(information(met, s)) - 1 / k, dtype=np.float64)


def sandwich_covariance(met: Matrix, s: Vector, residuals: Matrix) -> Matrix:
    """Return the covariance of s, shape (k, k), when only clusters of votes are independent.

    Args:
        met: How often each two met.
        s: The abilities.
        residuals: Wins less those expected, summed over each cluster, shape (n_clusters, k); two clusters at least.
    """
    n = len(residuals)
    bread = model_covariance(met, s)
    covariance: Matrix = bread @ (residuals.T @ residuals) @ bread * (n / (n - 1))
    return covariance


def chance_of(s: Vector, i: NDArray[np.intp], j: NDArray[np.intp]) -> Vector:
    """P(i beats j)."""
    from scipy.special import expit

    chances: Vector = expit(s[i] - s[j])
    return chances


def reaches(wins: Matrix) -> Flags:
    """Return whether i beat j, or one who beat one who … beat j, shape (…, k, k); each reaches itself."""
    k = wins.shape[-1]
    reached = (wins > 0) | np.eye(k, dtype=bool)
    for _ in range(max(1, (k - 1).bit_length())):
        reached = (reached.astype(np.float32) @ reached.astype(np.float32)) > 0
    return reached


def open_ends(wins: Matrix) -> tuple[Flags, Flags]:
    """Return who could be infinitely strong, and who infinitely weak, shape (…, k).

    Strong: it beat some, through however many others, who never beat it the same way, and none beat it so.
    """
    reached = reaches(wins)
    back = np.swapaxes(reached, -1, -2)
    is_above, is_below = reached & ~back, back & ~reached
    is_strong: Flags = np.any(is_above, axis=-1) & ~np.any(is_below, axis=-1)
    is_weak: Flags = np.any(is_below, axis=-1) & ~np.any(is_above, axis=-1)
    return is_strong, is_weak


def with_pseudo_wins(wins: Matrix, ever_met: Flags) -> Matrix:
    """Return the tables with half a win added to both sides of each pairing.

    Where without it some s would be infinite.
    """
    is_finite = np.all(reaches(wins), axis=(-1, -2), keepdims=True)
    return np.where(is_finite, wins, wins + _PSEUDO_WINS * ever_met)


def _chances(s: Matrix) -> Matrix:
    """P(i beats j), shape (…, k, k)."""
    from scipy.special import expit

    chances: Matrix = expit(s[..., :, None] - s[..., None, :])
    return chances
