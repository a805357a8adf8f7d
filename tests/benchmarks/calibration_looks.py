"""False alarms of one who looks 20 times and stops when it is clear, by tests that allow it and one that does not."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from calibration_measuring import ALPHA, chunks, generator, is_at_most, share
from calibration_populations import POPULATIONS, Array, Drawn, Population, Rng, unit_differences
from numpy.typing import NDArray

from evaluation.stats.sequential import (
    BettingSequence,
    Design,
    EProcess,
    always_valid_p_values,
    group_sequential_bounds,
)

N_LOOKS = 20
N_CASES = 300
PLAIN = "plain t-test at every look"

Bools = NDArray[np.bool_]


def _bounded_scores(rng: Rng, n_comparisons: int, n: int, strength: float) -> Drawn:
    """Scores in [0, 1] with a quality that both share."""
    common = rng.normal(size=(n_comparisons, n))
    a, b = (1 / (1 + np.exp(-common - 0.7 * rng.normal(size=common.shape) - shift)) for shift in (strength, 0.0))
    return Drawn(a=a, b=b)


def _mostly_none(rng: Rng, n_comparisons: int, n: int, strength: float) -> Drawn:
    """Scores in [0, 1] of which most are near 0 and few near 1."""
    a, b = rng.beta(0.3, 2.0, (2, n_comparisons, n))
    return Drawn(a=np.minimum(1.0, a + strength), b=b)


_BY_NAME = {population.name: population for population in POPULATIONS}
_BOUNDED = (
    _BY_NAME["binary, Beta(.5,.5)"],
    _BY_NAME["binary, Beta(2,2)"],
    Population(name="continuous, in [0, 1]", text="logistic scores with a shared quality", draw=_bounded_scores),
    Population(name="skewed, in [0, 1]", text="Beta(.3, 2): most scores near 0, few near 1", draw=_mostly_none),
    _BY_NAME["clusters, binary"],
    _BY_NAME["3 repeats, Beta(.5,.5)"],
    _BY_NAME["3 repeats, Beta(2,2)"],
)
_UNBOUNDED = (_BY_NAME["normal"], _BY_NAME["log-normal"])


def looks(*, simulations: int, seed: int, only: str | None, cases: Sequence[int] | None) -> Iterator[dict[str, Any]]:
    """How often each test calls equal candidates different at any of the looks."""
    for population in _BOUNDED + _UNBOUNDED:
        if only in (None, population.name):
            for n in cases or (N_CASES,):
                yield _cell(population, n, simulations, seed)


def _cell(population: Population, n: int, simulations: int, seed: int) -> dict[str, Any]:
    rng = generator(seed, "looks", population.name, n)
    hits: dict[str, list[Bools]] = {}
    for drawn in chunks(population, rng, simulations=simulations, n=n, strength=0.0):
        units = unit_differences(drawn)
        for name, test in _tests(population).items():
            hits.setdefault(name, []).append(test(units))
    found = {name: np.concatenate(parts) for name, parts in hits.items()}
    return {
        "population": population.name,
        "cases": n,
        "looks": N_LOOKS,
        "units": units.shape[1],
        "rejected": {name: share(rejected) for name, rejected in found.items()},
        "missed": [name for name, rejected in found.items() if name != PLAIN and not is_at_most(rejected, ALPHA)],
    }


def _tests(population: Population) -> dict[str, Callable[[Array], Bools]]:
    tests: dict[str, Callable[[Array], Bools]] = {"e-process of signs": _by_signs}
    if population in _BOUNDED:
        tests |= {"betting": _by_betting, "betting, after every case": lambda units: _by_betting(units, every=1)}
    return tests | {
        "O'Brien-Fleming": lambda units: _by_bounds(units, Design.OBRIEN_FLEMING),
        "Pocock": lambda units: _by_bounds(units, Design.POCOCK),
        PLAIN: _by_plain_tests,
    }


def _ends(n_units: int) -> NDArray[np.intp]:
    """The number of units seen at each look."""
    return np.arange(1, N_LOOKS + 1) * (n_units // N_LOOKS)


def _by_signs(units: Array) -> Bools:
    """On the units of which one candidate has the higher value, as many e-values as looks."""
    places = _ends(units.shape[1]) - 1
    wins, losses = (units > 0).cumsum(axis=1)[:, places], (units < 0).cumsum(axis=1)[:, places]
    return np.asarray(always_valid_p_values(EProcess().log_e_values(wins, losses)) < ALPHA)


def _by_betting(units: Array, *, every: int | None = None) -> Bools:
    """Both sides' bets, each for half of the error."""
    places = _ends(units.shape[1]) - 1 if every is None else np.arange(every - 1, units.shape[1], every)
    bets = BettingSequence()
    up, down = (always_valid_p_values(bets.log_e_path(side)[:, places]) for side in (units, -units))
    return np.asarray(np.minimum(up, down) < ALPHA / 2)


def _by_bounds(units: Array, design: Design) -> Bools:
    """The t-test's p as a normal deviate, against the bound of each planned look."""
    from scipy.special import ndtri

    bounds = np.array(group_sequential_bounds(N_LOOKS, design=design, alpha=ALPHA))
    return np.asarray((-ndtri(_t_test_path(units) / 2) > bounds).any(axis=1), dtype=np.bool_)


def _by_plain_tests(units: Array) -> Bools:
    return np.asarray((_t_test_path(units) < ALPHA).any(axis=1), dtype=np.bool_)


def _t_test_path(units: Array) -> Array:
    """Two-sided p of Student's t at each look, shape (n_comparisons, n_looks); 1 where nothing varies."""
    from scipy.special import stdtr

    ends = _ends(units.shape[1])
    sums, squares = (values.cumsum(axis=1)[:, ends - 1] for values in (units, units**2))
    spread = np.maximum(0.0, squares - sums**2 / ends) / (ends - 1)
    is_flat = spread <= 1e-12
    t = sums / np.sqrt(ends * np.where(is_flat, 1.0, spread))
    return np.asarray(np.where(is_flat, 1.0, 2 * stdtr(ends - 1, -np.abs(t))), dtype=np.float64)
