"""Sequential evidence that a candidate is not the best, valid after every case, by betting against it.

For candidate i, a player starts with a wealth of 1 and bets before every case that the current leader among the others
will beat i on it: with d = score of that rival − score of i, in [−1, 1], a stake of λ multiplies the wealth by 1 + λ·d.
If i is the best, every such bet is fair or worse, whoever the rival is, since the rival is chosen before the case is
seen. The wealth is therefore a non-negative supermartingale: the probability that it ever reaches 1/α is at most α
(Ville). A candidate against which the wealth has reached 1/α is not the best. The best candidate is dropped with a
probability of at most α, however many others there are, because only the bets against itself can drop it; no correction
for the number of candidates is needed. Both candidates of a bet are asked the same cases: a case on which they score
equally changes nothing, and shared difficulty cancels out.

The best stake is not known in advance, so the wealth is spread evenly over several (Waudby-Smith & Ramdas,
arXiv:2010.09686).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.races.grid import Grid

STAKES = (0.15, 0.3, 0.6, 0.95)
"""Stakes for differences of about 3, 7, 15 and 30 points of right answers, and of less if scores vary less."""
PRIOR_CASES = 2.0
"""Cases of middling score added for every candidate, so that a single lucky case has little effect."""


def evidence_against(grid: Grid, left_at: Sequence[int | None]) -> NDArray[np.float64]:
    """Return the maximum log wealth of bets against the hypothesis that a candidate is the best (e-process).

    Shape (n_candidates,).

    Args:
        grid: The scores so far. A case on which either side has none is no bet.
        left_at: After how many cases each candidate left the race; None: it is in.
    """
    n_cases, n_candidates = grid.values.shape
    if n_cases == 0 or n_candidates < 2:
        return np.zeros(n_candidates)
    gain = _rivals_scores(grid.values, left_at) - grid.values
    gain = np.where(np.isfinite(gain), gain, 0.0)
    most: NDArray[np.float64] = np.maximum(log_wealth(gain).max(axis=0), 0.0)
    return most


def log_wealth(gains: NDArray[np.float64], *, stakes: Sequence[float] = STAKES) -> NDArray[np.float64]:
    """Return the log of the wealth after each bet, spread evenly over the stakes at the beginning; shape of `gains`.

    Args:
        gains: What a whole stake wins on each bet, at least -1, along the first axis.
        stakes: Shares of the wealth that are put on each bet, below 1.
    """
    money = np.stack([np.cumsum(np.log1p(stake * gains), axis=0) for stake in stakes])
    together: NDArray[np.float64] = np.logaddexp.reduce(money, axis=0) - np.log(len(stakes))
    return together


def evidence_within(grid: Grid, first: int, second: int, *, margin: float) -> float:
    """Return the log of the greatest wealth reached by betting that `first` is not better than `second` by the margin.

    Args:
        grid: The scores so far.
        first: A candidate's place.
        second: Another's.
        margin: On the grid's scale, from 0 to 1.
    """
    gain = (margin - grid.differences(first, second)) / (1 + margin)
    if gain.size == 0:
        return 0.0
    return max(0.0, float(log_wealth(gain).max()))


def cases_needed(differences: NDArray[np.float64], *, alpha: float, stakes: Sequence[float] = STAKES) -> int | None:
    """Return about how many cases, including those seen, drop the one behind if all come out like these; None: never.

    The wealth after n cases is the mean over the stakes of exp(n · g), g being the mean of log(1 + stake · d), which
    includes the loss from not knowing the best stake.

    Args:
        differences: The leader's scores less the other's, in [-1, 1], shape (n_cases,).
        alpha: The race's.
        stakes: Those of the bets.
    """
    if differences.size == 0:
        return None
    growth = np.array([float(np.log1p(stake * differences).mean()) for stake in stakes])
    if growth.max() <= 0:
        return None
    log_threshold = np.log(1 / alpha) + np.log(len(stakes))
    # The best stake alone brings it about after `most` cases; together with the others it is sooner.
    low, most = 0, int(np.ceil(log_threshold / growth.max()))
    while most - low > 1:
        middle = (low + most) // 2
        low, most = (low, middle) if np.logaddexp.reduce(middle * growth) >= log_threshold else (middle, most)
    return most


def _rivals_scores(values: NDArray[np.float64], left_at: Sequence[int | None]) -> NDArray[np.float64]:
    """Return the score of the best other candidate on each case, chosen by the cases before it.

    Same shape as `values`.
    """
    n_cases, n_candidates = values.shape
    ends = np.array([n_cases if end is None else end for end in left_at])
    before = _means_before(values)
    before[np.arange(n_cases)[:, None] >= ends[None, :]] = -np.inf
    rows = np.arange(n_cases)
    leader = before.argmax(axis=1)
    of_leader = values[rows, leader]
    before[rows, leader] = -np.inf
    second = before.argmax(axis=1)
    has_second = np.isfinite(before[rows, second])
    rivals = np.repeat(of_leader[:, None], n_candidates, axis=1)
    rivals[rows, leader] = np.where(has_second, values[rows, second], np.nan)
    return rivals


def _means_before(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each candidate's mean over the cases before each one, shrunk slightly towards the middle."""
    there = np.isfinite(values)
    sums = np.cumsum(np.where(there, values, 0.0), axis=0)
    counts = np.cumsum(there, axis=0)
    sums, counts = np.roll(sums, 1, axis=0), np.roll(counts, 1, axis=0).astype(np.float64)
    sums[0], counts[0] = 0.0, 0.0
    means: NDArray[np.float64] = (sums + PRIOR_CASES / 2) / (counts + PRIOR_CASES)
    return means
