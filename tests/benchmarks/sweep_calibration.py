"""How often is a sweep's report wrong where the truth is known? Prints one line of JSON a population.

An effect is "shown" where there is none; the set that "may be the best" leaves out the best; what "would have been
found 4 times in 5" is found so often. Scores come from combinations times cases whose difficulty all share.
"""

import argparse
import json
from collections.abc import Callable, Sequence

import numpy as np

from evaluation.stats.vectors import Vector
from evaluation.sweeps.analysis import analyse
from evaluation.sweeps.contrasts import Matrix
from evaluation.sweeps.designs import Design, combinations
from evaluation.sweeps.findings import SweepAnalysis
from evaluation.sweeps.levels import may_be_best
from evaluation.sweeps.space import Combination, parse_parameters

GRID = parse_parameters(["temperature=0:1:0.25", "top_p=0.4,0.7,1.0", "model=a,b"])
TRIED = combinations(GRID, Design.GRID, n_samples=None, seed=0)
N_DRAWS = 999
"""For each p-value, fewer than in a report: the share of false alarms is the same, and it takes less time."""
N_SETS = 5
"""Sets that may be the best for each sweep: they are soon made."""
Population = Callable[[np.random.Generator, Vector], Matrix]


def right_or_wrong(n_cases: int) -> Population:
    """Answers right with a chance around `level`, the case's difficulty shared by all combinations."""

    def draw(rng: np.random.Generator, level: Vector) -> Matrix:
        logits = np.log(level / (1 - level))[:, None] + rng.normal(0, 1.5, n_cases)[None, :]
        return (rng.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(np.float64)

    return draw


def skewed(n_cases: int) -> Population:
    """Log-normal scores, which only the case and chance move."""

    def draw(rng: np.random.Generator, level: Vector) -> Matrix:
        case = rng.normal(0, 0.7, n_cases)[None, :]
        return level[:, None] + np.exp(case + rng.normal(0, 0.7, (len(level), n_cases)))

    return draw


def answers(n_repeats: int, *, is_skewed: bool) -> Population:
    """Answers to a single prompt, each by itself."""

    def draw(rng: np.random.Generator, level: Vector) -> Matrix:
        shape = (len(level), n_repeats)
        noise = rng.exponential(1.0, shape) - 1 if is_skewed else rng.normal(0, 1.0, shape)
        return level[:, None] + 0.2 * noise

    return draw


POPULATIONS: dict[str, tuple[Population, bool]] = {
    "right or wrong, 10 cases": (right_or_wrong(10), False),
    "right or wrong, 30 cases": (right_or_wrong(30), False),
    "log-normal, 30 cases": (skewed(30), False),
    "normal answers, 3 repeats": (answers(3, is_skewed=False), True),
    "exponential answers, 3 repeats": (answers(3, is_skewed=True), True),
}


def main() -> None:
    """Prints each population's figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sweeps", type=int, default=1000, help="simulated for each figure")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for name in POPULATIONS:
        print(json.dumps(measured(name, given.sweeps, given.seed)), flush=True)


def measured(name: str, n_sweeps: int, seed: int) -> dict[str, object]:
    """The figures of one population."""
    nothing = [_analysed(name, np.full(len(TRIED), 0.6), seed, number) for number in range(n_sweeps)]
    curve = _with_a_best(TRIED)
    best = int(curve.argmax())
    sets = [_that_may_be_best(name, curve, seed + 1, number) for number in range(N_SETS * n_sweeps)]
    return {
        "program": "sweep_calibration",
        "scores": name,
        "sweeps": n_sweeps,
        "any_effect_shown_where_none_is": _share([bool(found.shown) for found in nothing]),
        "any_interaction_shown_where_none_is": _share(
            [any(one.is_shown(0.95) for one in found.interactions) for found in nothing]
        ),
        "best_left_out": _share([not one[best] for one in sets]),
        "mean_share_that_may_be_best": round(float(np.mean(sets)), 3),
        "detectable_was_found": _share(_found_where_detectable(name, nothing, n_sweeps, seed + 2)),
    }


def _with_a_best(tried: Sequence[Combination]) -> Vector:
    """A smooth hill with one top."""
    return np.array(
        [
            0.75
            - 0.8 * (one["temperature"] - 0.5) ** 2
            - 0.8 * (one["top_p"] - 0.7) ** 2
            - 0.03 * (one["model"] == "b")
            for one in tried
        ]
    )


def _analysed(name: str, level: Vector, seed: int, number: int) -> SweepAnalysis:
    draw, independent = POPULATIONS[name]
    scores = draw(np.random.default_rng([seed, number]), level)
    return analyse(TRIED, scores, GRID, seed=number, independent=independent, n_draws=N_DRAWS)


def _that_may_be_best(name: str, level: Vector, seed: int, number: int) -> list[bool]:
    draw, independent = POPULATIONS[name]
    scores = draw(np.random.default_rng([seed, number]), level)
    return may_be_best(scores, confidence_level=0.95, independent=independent)


def _found_where_detectable(name: str, nothing: Sequence[SweepAnalysis], n_sweeps: int, seed: int) -> list[bool]:
    """A straight rise in temperature, as large as a sweep without an effect says (the median of what all say)."""
    said = [found.effects[0].detectable for found in nothing]
    size = float(np.median([one for one in said if one is not None]))
    rise = np.array([one["temperature"] - 0.5 for one in TRIED]) * size
    if "right" in name:  # a difference of chances after the cases' difficulty has flattened it
        rise = rise * _steepness(name, seed)
    return [
        next(one for one in _analysed(name, 0.6 + rise, seed, number).effects).is_shown(0.95)
        for number in range(n_sweeps)
    ]


def _steepness(name: str, seed: int) -> float:
    """How much the level must differ for means to differ by one."""
    draw, _ = POPULATIONS[name]
    levels = np.array([0.5, 0.7])
    rng = np.random.default_rng([seed, 99])
    means = np.mean([draw(rng, levels).mean(axis=1) for _ in range(4000)], axis=0)
    return float(0.2 / (means[1] - means[0]))


def _share(happened: Sequence[bool]) -> dict[str, float]:
    share = float(np.mean(happened))
    return {"share": round(share, 4), "standard_error": round(float(np.sqrt(share * (1 - share) / len(happened))), 4)}


if __name__ == "__main__":
    main()
