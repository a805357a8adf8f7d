"""How often does the monitor cry wolf over quality, and does it see a fall at once? Prints a line of JSON a population.

A family is one monitor over 200 looks at new runs of the same candidates, each with fresh noise, as at a temperature
above 0: some answers flip both ways. The baseline grows to its first runs as it does in the store. After the quiet
looks one run comes in which 20 right answers of 200 are turned wrong, on top of its own noise; and the same as the
second run of all. Looks, tests and their sharing out are the monitor's own (`evaluation.monitoring.quality`).
"""

import argparse
import json
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evaluation.monitoring.quality import QualityCheck, Values, adjusted, check_quality, level_of
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.stats.intervals import wilson_interval

N_CASES, N_TURNED = 200, 20
Noise = NDArray[np.float64]
Draw = Callable[[np.random.Generator], Noise]


def _right_or_wrong(chances: Noise) -> Draw:
    return lambda rng: (rng.random(chances.size) < chances).astype(np.float64)


def settled(rng: np.random.Generator) -> Draw:
    """Nearly always the same answer, of which one in a hundred flips."""
    return _right_or_wrong(np.where(rng.random(N_CASES) < 0.7, 0.99, 0.01))


def unsettled(rng: np.random.Generator) -> Draw:
    """A fifth of the cases may go either way, of the others two in a hundred flip."""
    firm = np.where(rng.random(N_CASES) < 0.7, 0.98, 0.02)
    return _right_or_wrong(np.where(rng.random(N_CASES) < 0.2, rng.uniform(0.2, 0.8, N_CASES), firm))


def all_unsettled(rng: np.random.Generator) -> Draw:
    """Every case may go either way."""
    return _right_or_wrong(rng.uniform(0.5, 1.0, N_CASES))


def graded(rng: np.random.Generator) -> Draw:
    """Grades of a judge in quarters, around a mean of each case's own."""
    means = rng.uniform(0.3, 1.0, N_CASES)
    return lambda drawn: np.rint(4 * (means + drawn.normal(0, 0.2, N_CASES)).clip(0, 1)) / 4


POPULATIONS: dict[str, Callable[[np.random.Generator], Draw]] = {
    "one answer in a hundred flips": settled,
    "a fifth of the cases may go either way": unsettled,
    "every case may go either way": all_unsettled,
    "grades of a judge": graded,
}


class Watched:
    """A candidate over time: its baseline, as the monitor would have it."""

    def __init__(self, draw: Draw, request: MonitorRequest) -> None:
        self._draw, self._request = draw, request
        self._baseline: list[Values] = []
        self._n_looks = 0

    def begin(self, rng: np.random.Generator) -> None:
        """The first run, which nothing can be held against."""
        self._baseline.append(_values(self._draw(rng)))

    def quiet(self, rng: np.random.Generator) -> tuple[Values, QualityCheck]:
        """A run like the others, and how it stands."""
        values = _values(self._draw(rng))
        found = self._look(values, self._baseline, self._n_looks)
        self._n_looks += 1
        return values, found

    def keep(self, values: Values, *, is_below: bool) -> None:
        """Lets a run that raised no alert into a baseline that is too short."""
        if not is_below and len(self._baseline) < self._request.baseline_runs:
            self._baseline.append(values)

    def turned(self, rng: np.random.Generator, n_runs: int) -> QualityCheck:
        """How a run stands in which right answers of the first baseline run are turned wrong.

        As the run that comes next; or as the second of all, against the first.
        """
        first, drawn = self._baseline[0], self._draw(rng)
        right = [place for place in range(N_CASES) if first[f"c{place}"][0] >= 0.75]
        drawn[rng.choice(right, N_TURNED, replace=False)] = 0.0
        return self._look(_values(drawn), self._baseline[:n_runs], self._n_looks if n_runs > 1 else 0)

    def _look(self, values: Values, baseline: list[Values], n_before: int) -> QualityCheck:
        runs = {str(number): one for number, one in enumerate(baseline)}
        level = level_of(n_before, rate=self._request.false_alarm_rate, n_looks=self._request.over_looks)
        found = check_quality(values, runs, metric="m", signature="m", higher_is_better=True, level=level)
        assert found is not None
        return found


def _values(drawn: Noise) -> Values:
    return {f"c{place}": (float(value),) for place, value in enumerate(drawn)}


def family(
    name: str, rng: np.random.Generator, request: MonitorRequest, *, n_looks: int, n_candidates: int
) -> tuple[int, bool, bool]:
    """Quiet looks that raised an alert; whether a fall is seen against the whole baseline, and against one run."""
    watched = [Watched(POPULATIONS[name](rng), request) for _ in range(n_candidates)]
    for one in watched:
        one.begin(rng)
    n_false = 0
    for _ in range(n_looks):
        runs = [one.quiet(rng) for one in watched]
        looks = adjusted([found for _, found in runs])
        n_false += any(found.is_below for found in looks)
        for one, (values, _), found in zip(watched, runs, looks, strict=True):
            one.keep(values, is_below=found.is_below)
    return n_false, *(_is_seen(watched, rng, request, n) for n in (request.baseline_runs, 1))


def _is_seen(watched: list[Watched], rng: np.random.Generator, request: MonitorRequest, n_runs: int) -> bool:
    """Whether the fall of the first candidate is seen among quiet runs of the others."""
    looks = [watched[0].turned(rng, n_runs), *(one.quiet(rng)[1] for one in watched[1:])]
    return adjusted(looks)[0].is_below


def measured(name: str, *, n_families: int, n_looks: int, n_candidates: int, seed: int) -> dict[str, object]:
    """The figures of one population."""
    rng, request = np.random.default_rng(seed), MonitorRequest()
    found = [family(name, rng, request, n_looks=n_looks, n_candidates=n_candidates) for _ in range(n_families)]
    n_false = sum(one[0] for one in found)
    return {
        "program": "monitor_false_alarms",
        "noise": name,
        "candidates": n_candidates,
        "families": n_families,
        "looks": n_families * n_looks,
        "looks_with_a_false_alarm": _share(n_false, n_families * n_looks),
        "families_with_any_false_alarm": _share(sum(one[0] > 0 for one in found), n_families),
        "fall_seen_at_once": _share(sum(one[1] for one in found), n_families),
        "fall_seen_at_once_by_a_baseline_of_one_run": _share(sum(one[2] for one in found), n_families),
    }


def _share(n: int, of: int) -> dict[str, float]:
    low, high = wilson_interval(n, of)
    return {"n": n, "share": n / of, "low": round(low, 6), "high": round(high, 6)}


def main() -> None:
    """Prints each population's figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--families", type=int, default=200, help="simulated for each population")
    parser.add_argument("--looks", type=int, default=200, help="quiet ones of each family")
    parser.add_argument("--candidates", type=int, nargs="*", default=[1, 4], help="looked at together")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for n_candidates in given.candidates:
        for name in POPULATIONS:
            found = measured(
                name, n_families=given.families, n_looks=given.looks, n_candidates=n_candidates, seed=given.seed
            )
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
