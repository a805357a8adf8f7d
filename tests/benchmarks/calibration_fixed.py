"""At a number of cases fixed before: false alarms, coverage of the interval, and power beside scipy's tests."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from calibration_measuring import (
    ALPHA,
    STANDARD_ERRORS,
    chunks,
    comparisons,
    generator,
    is_at_least,
    is_at_most,
    share,
)
from calibration_populations import POPULATIONS, Drawn, Population
from calibration_references import matching_name, reference_p_values
from numpy.typing import NDArray

from evaluation.stats.pair_comparison import PairComparison
from evaluation.stats.verdicts import Kind

CASES = (20, 50, 100, 300)
LEAST_COVERED = 0.94
POWER_SHARE = 0.97

Bools = NDArray[np.bool_]
Cell = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """What became of many comparisons with one true difference."""

    truth: float
    rejected: Bools
    covered: Bools
    methods: frozenset[str]
    others: dict[str, Bools]
    """Rejections by the comparison's further tests and by scipy's, by name."""
    match: str
    decided: Bools = field(repr=False)
    """Whether the verdict named one of the two."""

    def shares(self) -> Cell:
        """The figures of these comparisons alone."""
        return {
            "truth": round(self.truth, 5),
            "rejected": share(self.rejected),
            "decided": share(self.decided),
            "covered": share(self.covered),
            "others": {name: share(hits) for name, hits in self.others.items()},
        }


def fixed(*, simulations: int, seed: int, only: str | None, cases: Sequence[int] | None) -> Iterator[Cell]:
    """The figures of each population and number of cases."""
    for population in POPULATIONS:
        if only in (None, population.name):
            for n in cases or CASES:
                yield _cell(population, n, simulations, seed)


def _cell(population: Population, n: int, simulations: int, seed: int) -> Cell:
    alike = simulated(population, n, 0.0, simulations=simulations, seed=seed)
    differ = simulated(population, n, population.strength(n), simulations=simulations, seed=seed)
    ratio, error = power_ratio(differ.rejected, differ.others[alike.match])
    match_is_fit = is_at_most(alike.others[alike.match], ALPHA)
    missed = [
        name
        for name, is_kept in {
            "false alarms": is_at_most(alike.rejected, ALPHA),
            "coverage": _is_covered(alike.covered, population),
            "coverage of a difference": _is_covered(differ.covered, population),
            "power": not match_is_fit or ratio >= POWER_SHARE - STANDARD_ERRORS * error,
        }.items()
        if not is_kept
    ]
    return {
        "population": population.name,
        "cases": n,
        "methods": sorted(alike.methods | differ.methods),
        "match": alike.match,
        "alike": alike.shares(),
        "differ": differ.shares(),
        "power_ratio": {"share": round(ratio, 4), "error": round(error, 4)},
        "missed": missed if population.is_promised else [],
        "beyond": [] if population.is_promised else missed,
    }


def _is_covered(covered: Bools, population: Population) -> bool:
    return is_at_least(covered, LEAST_COVERED) and is_at_most(covered, population.most_covered)


def simulated(population: Population, n: int, strength: float, *, simulations: int, seed: int) -> Simulated:
    """Many comparisons of candidates that differ by the strength."""
    rng = generator(seed, population.name, n, strength > 0)
    truth = population.estimand(strength)
    rejected: list[bool] = []
    decided: list[bool] = []
    covered: list[bool] = []
    methods: set[str] = set()
    others: dict[str, list[bool]] = {}
    for drawn in chunks(population, rng, simulations=simulations, n=n, strength=strength):
        kind = population.kind or _kind(drawn)
        for found in comparisons(drawn, rng, kind=population.kind):
            rejected.append(found.p_value is not None and found.p_value < ALPHA)
            decided.append(found.verdict in ("A better", "B better"))
            covered.append(_covers(found, truth))
            methods.add(found.method)
            if "mid_p" in found.also:
                others.setdefault("mid_p", []).append(found.also["mid_p"] < ALPHA)
        for name, p_values in reference_p_values(drawn, kind).items():
            others.setdefault(name, []).extend((p_values < ALPHA).tolist())
    return Simulated(
        truth=truth,
        rejected=np.array(rejected),
        decided=np.array(decided),
        covered=np.array(covered),
        methods=frozenset(methods),
        others={name: np.array(hits) for name, hits in others.items()},
        match=matching_name(kind, clustered=drawn.clusters is not None),
    )


def power_ratio(ours: Bools, theirs: Bools) -> tuple[float, float]:
    """Our power by theirs on the same comparisons, and its standard error; 1 where neither saw anything."""
    power = float(theirs.mean())
    if not power:
        return 1.0, 0.0
    ratio = float(ours.mean()) / power
    return ratio, float((ours - ratio * theirs).std() / power / np.sqrt(ours.size))


def _covers(found: PairComparison, truth: float) -> bool:
    return found.low is not None and found.high is not None and found.low <= truth <= found.high


def _kind(drawn: Drawn) -> Kind:
    is_binary = np.isin(drawn.a, (0.0, 1.0)).all() and np.isin(drawn.b, (0.0, 1.0)).all()
    return Kind.BINARY if is_binary else Kind.CONTINUOUS
