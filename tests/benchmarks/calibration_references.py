"""What scipy's tests say of the comparisons that `calibration.py` draws, and statsmodels' where it is installed.

The first of each kind is the match: the same hypothesis about the same numbers. The others stand beside it.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from calibration_populations import Array, Drawn, unit_differences
from scipy import stats

from evaluation.stats.verdicts import Kind


def matching_name(kind: Kind, *, clustered: bool) -> str:
    """The reference that tests what the comparison tests."""
    return next(iter(_tests(kind, clustered)))


def reference_p_values(drawn: Drawn, kind: Kind) -> dict[str, Array]:
    """Two-sided p of each comparison by test, shape (n_comparisons,); 1 where the test has none."""
    units = unit_differences(drawn, as_logarithms=kind is Kind.RATIO)
    with _quiet():
        found = {name: test(drawn, units) for name, test in _tests(kind, drawn.clusters is not None).items()}
    return {name: np.nan_to_num(p, nan=1.0) for name, p in found.items()}


Test = Callable[[Drawn, Array], Array]


def _tests(kind: Kind, clustered: bool) -> dict[str, Test]:
    if clustered:
        return {"ttest_1samp of cluster means": _t}
    if kind is Kind.BINARY:
        counted: dict[str, Test] = {"binomtest": _binomial, "ttest_rel": _t}
        return counted | ({"mcnemar(exact=False)": _mcnemar_chi2} if find_spec("statsmodels") else {})
    if kind is Kind.ORDINAL:
        return {"wilcoxon(pratt)": _wilcoxon, "ttest_rel": _t}
    if kind is Kind.RATIO:
        return {"ttest_rel of logs": _t}
    return {"ttest_rel": _t}


def _t(_: Drawn, units: Array) -> Array:
    return np.asarray(stats.ttest_1samp(units, 0.0, axis=1).pvalue, dtype=np.float64)


def _wilcoxon(_: Drawn, units: Array) -> Array:
    return np.array([_wilcoxon_of(row) for row in units])


def _wilcoxon_of(differences: Array) -> float:
    if not differences.any():
        return 1.0
    wilcoxon: Any = stats.wilcoxon
    return float(wilcoxon(differences, zero_method="pratt", method="asymptotic").pvalue)


def _binomial(_: Drawn, units: Array) -> Array:
    return _of_counts(units, _binomial_p)


def _mcnemar_chi2(_: Drawn, units: Array) -> Array:
    return _of_counts(units, _mcnemar_p)


def _of_counts(units: Array, p_value: Callable[[int, int], float]) -> Array:
    up, down = (units > 0).sum(axis=1), (units < 0).sum(axis=1)
    return np.array([p_value(int(b), int(c)) for b, c in zip(up, down, strict=True)])


@cache
def _binomial_p(up: int, down: int) -> float:
    return float(stats.binomtest(up, up + down).pvalue) if up + down else 1.0


@cache
def _mcnemar_p(up: int, down: int) -> float:
    tables = import_module("statsmodels.stats.contingency_tables")
    return float(tables.mcnemar([[0, up], [down, 0]], exact=False, correction=False).pvalue)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings that scipy has for comparisons in which nothing differs."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
