"""How often does the monitor cry wolf over grades of live calls, and after how many nights does it see a fall?

Prints a line of JSON a population. A family is one candidate under a policy, whose calls a judge grades every night.
Quiet: 200 nights with nothing changed. Fallen: after some quiet nights the mean grade is lower for good, and the nights
are counted until the alert. Looks, tests and their sharing out are the monitor's own (`grade_check`); as in the store,
the quiet nights before a fall have spent their looks.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from statistics import median

import numpy as np

from evaluation.monitoring.live_grades import MOST_BEFORE, WINDOWS, grade_check
from evaluation.records.candidates import MetricUse
from evaluation.records.traffic_grades import DayOfGrades
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.stats.intervals import wilson_interval

JUDGE = MetricUse(name="judge_rubric", signature="judge_rubric")
BEGIN = date(2026, 1, 1)
PATIENCE = 60
"""Nights after a fall for which the alert is waited for."""
Draw = Callable[[np.random.Generator, int, float], list[float]]
"""So many grades of a night, whose mean is lower by that much."""

LEVELS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
MIXED = np.array([0.08, 0.12, 0.2, 0.3, 0.3])
STRICT = np.array([0.1, 0.0, 0.0, 0.0, 0.9])


def _grades(weights: np.ndarray) -> Draw:
    """Grades of 1 to 5, drawn alike; a fall turns the best ones into the worst."""

    def draw(rng: np.random.Generator, n: int, fall: float) -> list[float]:
        changed = weights.copy()
        changed[-1] -= fall
        changed[0] += fall
        found: list[float] = rng.choice(LEVELS, size=n, p=changed).tolist()
        return found

    return draw


POPULATIONS: dict[str, Draw] = {"all five grades": _grades(MIXED), "nine in ten are a 5": _grades(STRICT)}


def night(number: int, values: Sequence[float]) -> DayOfGrades:
    """The grades of a night."""
    return DayOfGrades(
        task="chat",
        candidate="m",
        policy="fast",
        metric=JUDGE,
        day=BEGIN + timedelta(days=number),
        values=tuple(values),
        outcomes=(None,) * len(values),
    )


def raised(days: Sequence[DayOfGrades], request: MonitorRequest) -> bool:
    """Whether the look at the newest night raises an alert."""
    check = grade_check(days, request)
    return check is not None and check.p_value <= check.level


def quiet_family(
    draw: Draw, rng: np.random.Generator, request: MonitorRequest, *, n: int, n_looks: int
) -> tuple[int, int]:
    """Quiet looks that raised an alert, at whole nights, and at nights of which half was graded so far."""
    days = [night(0, draw(rng, n, 0.0))]
    n_false = n_false_halfway = 0
    for number in range(1, n_looks + 1):
        values = draw(rng, n, 0.0)
        n_false_halfway += raised([*days, night(number, values[: n // 2])], request)
        days.append(night(number, values))
        n_false += raised(days, request)
    return n_false, n_false_halfway


def nights_until_seen(
    draw: Draw, rng: np.random.Generator, request: MonitorRequest, *, n: int, n_before: int, fall: float
) -> int | None:
    """Nights after the fall until the alert; None: none within `PATIENCE`."""
    days = [night(number, draw(rng, n, 0.0)) for number in range(n_before)]
    for number in range(PATIENCE):
        days.append(night(n_before + number, draw(rng, n, fall)))
        if raised(days, request):
            return number + 1
    return None


def measured(name: str, *, n: int, n_families: int, n_looks: int, seed: int) -> dict[str, object]:
    """The false alarms of one population."""
    rng, request = np.random.default_rng(seed), MonitorRequest()
    false = [quiet_family(POPULATIONS[name], rng, request, n=n, n_looks=n_looks) for _ in range(n_families)]
    return {
        "program": "grade_false_alarms",
        "grades": name,
        "a_night": n,
        "families": n_families,
        "looks": n_families * n_looks,
        "looks_with_a_false_alarm": sum(whole for whole, _ in false),
        "families_with_any_false_alarm": _share(sum(whole > 0 for whole, _ in false), n_families),
        "families_with_any_where_half_nights_are_looked_at_too": _share(sum(sum(one) > 0 for one in false), n_families),
    }


def seen(name: str, *, n: int, n_before: int, fall: float, n_families: int, seed: int) -> dict[str, object]:
    """The nights until a fall is seen in one population."""
    rng, request, draw = np.random.default_rng(seed), MonitorRequest(), POPULATIONS[name]
    found = [nights_until_seen(draw, rng, request, n=n, n_before=n_before, fall=fall) for _ in range(n_families)]
    nights = sorted(PATIENCE + 1 if one is None else one for one in found)
    return {
        "program": "grade_false_alarms",
        "grades": name,
        "a_night": n,
        "nights_before": n_before,
        "fall": fall,
        "families": n_families,
        "median_nights": median(nights),
        "nights_of_nine_in_ten": nights[int(0.9 * (len(nights) - 1))],
        "seen_the_first_night": _share(sum(one == 1 for one in found), n_families),
        f"seen_within_{max(WINDOWS)}_nights": _share(
            sum((one or PATIENCE) <= max(WINDOWS) for one in found), n_families
        ),
        f"seen_within_{PATIENCE}_nights": _share(sum(one is not None for one in found), n_families),
    }


def _share(n: int, of: int) -> dict[str, float]:
    low, high = wilson_interval(n, of)
    return {"n": n, "share": n / of, "low": round(low, 4), "high": round(high, 4)}


def main() -> None:
    """Prints each population's figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=list(POPULATIONS), nargs="*", default=list(POPULATIONS), help="populations")
    parser.add_argument("--families", type=int, default=200, help="quiet ones of each population")
    parser.add_argument("--fallen", type=int, default=100, help="families of each population and fall")
    parser.add_argument("--looks", type=int, default=200, help="quiet ones of each family")
    parser.add_argument("--grades", type=int, default=50, help="of each night")
    parser.add_argument("--before", type=int, nargs="*", default=[7, MOST_BEFORE], help="quiet nights before a fall")
    parser.add_argument("--falls", type=float, nargs="*", default=[0.1, 0.2])
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    n, seed = given.grades, given.seed
    for name in given.only:
        for n_before in given.before if given.fallen else ():
            for fall in given.falls:
                found = seen(name, n=n, n_before=n_before, fall=fall, n_families=given.fallen, seed=seed)
                print(json.dumps(found), flush=True)
        if given.families:
            print(
                json.dumps(measured(name, n=n, n_families=given.families, n_looks=given.looks, seed=seed)), flush=True
            )


if __name__ == "__main__":
    main()
