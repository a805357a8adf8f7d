"""What a race takes at most is known before it begins, and never exceeded."""

import numpy as np
import pytest
from race_course import RaceCourse, right_with

from evaluation.races.cost_bounds import RaceBounds, bounds
from evaluation.races.rules import Budget, Level, Method, RaceRules

HALVING = RaceRules(method=Method.HALVING)
LEVELS = (Level(name="smoke", n_cases=10), Level(name="quick", n_cases=30))


def test_by_evidence_everybody_may_be_in_to_the_last_look() -> None:
    assert RaceBounds(
        n_candidates=3,
        n_cases=100,
        looks=(20, 40, 80),
        n_confirm=20,
        first_calls=120,
        most_calls=2 * (3 * 80 + 2 * 20),
        full_grid_calls=600,
        note=None,
    ) == bounds(RaceRules(n_repeats=2), n_cases=100, n_candidates=3)


def test_halving_asks_as_many_as_it_says() -> None:
    found = bounds(HALVING, n_cases=1000, n_candidates=20)

    assert (28, 49, 86, 150, 263) == found.looks
    assert 20 * 28 + 10 * 21 + 5 * 37 + 3 * 64 + 2 * 113 + 2 * 100 == found.most_calls


@pytest.mark.parametrize(
    "rules",
    [RaceRules(), HALVING, RaceRules(levels=LEVELS), RaceRules(confirm=0), RaceRules(budget=Budget(calls=90))],
)
@pytest.mark.parametrize("n_cases", [5, 17, 60])
@pytest.mark.parametrize("alike", [True, False])
def test_no_race_takes_more(rules: RaceRules, n_cases: int, alike: bool) -> None:
    shares = (0.8, 0.75, 0.7, 0.2)
    answers = np.ones((n_cases, len(shares))) if alike else right_with(*shares, n_cases=n_cases)
    course = RaceCourse(answers, rules)
    course.run()

    found = bounds(rules, n_cases=n_cases, n_candidates=len(shares))

    assert course.n_calls <= found.most_calls
    if rules.budget.calls is None:
        looks = [block.n_cases for block in course.blocks if not block.is_confirmation]
        assert list(found.looks[: len(looks)]) == looks
