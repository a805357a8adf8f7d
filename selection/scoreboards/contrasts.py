"""Paired differences of candidates on the cases that both were asked, with standard errors.

Pairs are by family: families are what was sampled, so that several cases of one are one piece of evidence, the mean of
their differences (Miller 2024, arXiv:2411.00640).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from selection.scoreboards.two_way import Integers, Mask, Matrix, Vector

MIN_PAIRS = 6
"""Minimum number of common families for a test: no exact two-sided test of fewer can reach 5 %."""
_AT_ONCE = 500_000
"""Number of differences held in memory together."""


class Contrasts(NamedTuple):
    """Row minus column, shape (n_candidates, n_candidates); NaN where they share no case."""

    difference: Matrix
    se: Matrix
    n_pairs: Integers
    only_row: Integers
    """Number of common families that only the row's candidate has right, where all of both are right or wrong;
    otherwise -1.
    """


class _Sums(NamedTuple):
    """Sums over the common families of every pair: their number, powers of their differences, and their spread."""

    n: Matrix
    first: Matrix
    second: Matrix
    fourth: Matrix
    only_row: Matrix
    """Number of families where the row has 1 and the column 0."""
    in_part: Matrix
    """Number of families where either is neither 0 nor 1."""


def paired_contrasts(values: Matrix, measured: Mask, family_starts: Integers) -> Contrasts:
    """Return the contrasts of all pairs at once.

    The standard error is that of the mean after adding two pairs, one for either side (Bonett & Price 2012,
    doi:10.3102/1076998611411915), for differences of any size: they are as large as the nonzero ones,
    sqrt(sum d⁴ / sum d²). Without them a handful of discordant pairs passes for proof.

    Args:
        values: Value of each case, shape (n_candidates, n_cases); 0 for cases that a candidate was not asked.
        measured: Where there is a value.
        family_starts: Position of the first case of each family.
    """
    n, first, second, fourth, only_row, in_part = _sums(values, measured, family_starts)
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = first / n
        noise = second <= 1e-12 * n
        size2 = np.where(noise, np.nan, fourth / second)
        spread = np.where(noise, 0.0, np.maximum(second - n * difference**2, 0.0))
        se = np.sqrt(spread + 2 * np.where(noise, _usual(size2), size2)) / n
    np.fill_diagonal(difference, 0.0)
    np.fill_diagonal(se, 0.0)
    return Contrasts(
        np.where(n > 0, difference, np.nan),
        np.where(n > 0, se, np.nan),
        np.rint(n).astype(np.int64),
        np.where(in_part > 0, -1, np.rint(only_row)).astype(np.int64),
    )


def _usual(size2: Matrix) -> float:
    """Return the size of differences elsewhere on the task, for two that never differed."""
    finite = size2[np.isfinite(size2)]
    return float(np.median(finite)) if finite.size else 0.0


def _sums(values: Matrix, measured: Mask, family_starts: Integers) -> _Sums:
    sizes = np.diff(family_starts, append=values.shape[1])
    counts = np.add.reduceat(measured, family_starts, axis=1, dtype=np.int64)
    whole = ((counts == 0) | (counts == sizes)).all(axis=0)
    means = np.add.reduceat(values, family_starts, axis=1) / sizes
    parts = [_of_whole_families(means[:, whole], counts[:, whole] > 0)]
    parts += [
        _of_ragged_families(values[:, cases], measured[:, cases], starts)
        for cases, starts in _chunks(family_starts[~whole], sizes[~whole], len(values) * (len(values) + 1) // 2)
    ]
    return _Sums(*(np.sum(column, axis=0) for column in zip(*parts, strict=True)))


def _of_whole_families(means: Matrix, measured: Mask) -> _Sums:
    """Return the sums where each candidate was asked all of a family or nothing.

    Powers of differences are products of matrices.
    """
    present = measured.astype(np.float64)
    right, wrong = ((measured & (means == value)).astype(np.float64) for value in (1, 0))
    in_part = present - right - wrong
    centre = (means * present).sum(axis=0) / np.maximum(present.sum(axis=0), 1)
    z = (means - centre) * present
    z2 = z**2
    cubes, first, second, fourth = (z2 * z) @ z.T, z @ present.T, z2 @ present.T, (z2 * z2) @ present.T
    return _Sums(
        present @ present.T,
        first - first.T,
        np.maximum(second + second.T - 2 * z @ z.T, 0.0),
        np.maximum(fourth + fourth.T - 4 * (cubes + cubes.T) + 6 * z2 @ z2.T, 0.0),
        right @ wrong.T,
        in_part @ present.T + present @ in_part.T,
    )


def _chunks(starts: Integers, sizes: Integers, n_pairs: int) -> Iterator[tuple[Integers, Integers]]:
    """Yield the cases of some families, with the position of each family in them."""
    if not starts.size:
        return
    chunk = np.cumsum(sizes * n_pairs) // _AT_ONCE
    for part in np.split(np.arange(starts.size), np.flatnonzero(np.diff(chunk)) + 1):
        cases = np.concatenate([np.arange(starts[i], starts[i] + sizes[i]) for i in part])
        yield cases, np.cumsum(sizes[part]) - sizes[part]


def _of_ragged_families(values: Matrix, measured: Mask, starts: Integers) -> _Sums:
    """Return the sums over each pair's common cases, where candidates were asked different cases of a family."""
    rows, columns = np.triu_indices(len(values))
    both = measured[rows] & measured[columns]
    n_cases = np.add.reduceat(both, starts, axis=1, dtype=np.int64)
    compared = n_cases > 0
    left, right = (np.add.reduceat(values[i] * both, starts, axis=1) / np.maximum(n_cases, 1) for i in (rows, columns))
    d = left - right
    d2 = d * d
    in_part = compared & ~(np.isin(left, (0, 1)) & np.isin(right, (0, 1)))
    even = [compared, d2, d2 * d2, in_part]
    n, second, fourth, partly = (_mirrored(matrix.sum(axis=1), rows, columns, 1) for matrix in even)
    only_row = _mirrored((d == 1).sum(axis=1), rows, columns, 0) + _mirrored((d == -1).sum(axis=1), rows, columns, 0).T
    return _Sums(n, _mirrored(d.sum(axis=1), rows, columns, -1), second, fourth, only_row, partly)


def _mirrored(values: Vector | Integers, rows: Integers, columns: Integers, sign: int) -> Matrix:
    """Return the whole matrix from one half of the pairs."""
    n = int(rows[-1]) + 1
    whole = np.zeros((n, n))
    whole[columns, rows], whole[rows, columns] = sign * values, values
    return whole
