"""Had each pair's two scores been swapped by a coin, how often would their mean differ as much?

p = share of sign flips with |Σ ±d| >= |Σ d|. Beyond 15 pairs those that give the very same mean count half (mid-p): of
scores that take few values, such as means of three right or wrong answers, many do, and counted whole they would hide
true differences. Drawn flips count themselves in: p = (1 + hits) / (1 + flips).
"""

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.numbers import Vector

MAX_PAIRS_FOR_ALL_FLIPS = 15
N_FLIPS = 10_000
_ROUNDING = 1e-12
_BITS = 8


def sign_flip_p_value(differences: Vector, *, rng: np.random.Generator) -> tuple[float, str]:
    """Return the two-sided p.

    How often the mean is as far from 0 when signs are flipped at random, and the form of the test.

    Up to 15 pairs it is exact (`sign_flip_exact`), beyond a mid-p (`sign_flip`), of 10,000 random flips where more than
    15 pairs differ. The order of the differences does not matter, nor whether all of them change sign.
    """
    # A flipped sum has the distribution of one of the sizes, whichever signs were seen.
    sizes = np.sort(np.abs(differences[differences != 0]))
    seen, noise = abs(float(differences.sum())), _ROUNDING * float(sizes.sum())
    is_drawn = sizes.size > MAX_PAIRS_FOR_ALL_FLIPS
    sums = np.abs(_drawn_sums(sizes, rng) if is_drawn else _all_sums(sizes))
    hits = float((sums >= seen - noise).sum())
    if differences.size <= MAX_PAIRS_FOR_ALL_FLIPS:
        return hits / sums.size, "sign_flip_exact"
    # A mean of 0 is an end of neither side, so that there is nothing to halve.
    ties = float((np.abs(sums - seen) <= noise).sum()) if seen > noise else 0.0
    return (is_drawn + hits - ties / 2) / (is_drawn + sums.size), "sign_flip"


def _all_sums(sizes: Vector) -> Vector:
    """Return the sums of the sizes under every choice of signs, shape (2 ** n,)."""
    sums = np.zeros(1)
    for size in sizes:
        sums = np.concatenate([sums + size, sums - size])
    return sums


def _drawn_sums(sizes: Vector, rng: np.random.Generator) -> Vector:
    """Return the sums of the sizes under random signs, shape (N_FLIPS,).

    One random byte gives the signs of eight sizes, whose 256 sums are tabulated.
    """
    n_groups = -(-sizes.size // _BITS)
    padded = np.zeros(n_groups * _BITS)
    padded[: sizes.size] = sizes
    tables = padded.reshape(n_groups, _BITS) @ _signs().T
    drawn = np.frombuffer(rng.bytes(n_groups * N_FLIPS), dtype=np.uint8).reshape(n_groups, N_FLIPS)
    sums, added = np.zeros(N_FLIPS), np.empty(N_FLIPS)
    for table, row in zip(tables, drawn, strict=True):
        # No byte is out of bounds; to say so saves numpy the check.
        sums += np.take(table, row, out=added, mode="clip")
    return sums


def _signs() -> NDArray[np.float64]:
    """+1 or -1 for each bit of each byte, shape (256, 8)."""
    bits = (np.arange(2**_BITS)[:, None] >> np.arange(_BITS)) & 1
    return 1.0 - 2.0 * bits.astype(np.float64)
