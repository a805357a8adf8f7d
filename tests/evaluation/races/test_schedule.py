"""When is it decided who goes on?"""

import pytest

from evaluation.races.rules import Level, Method, RaceRules
from evaluation.races.schedule import cut_confirmation, n_held_out, n_survivors, schedule

HALVING = RaceRules(method=Method.HALVING)


def _sizes(rules: RaceRules, n_pool: int, n_candidates: int = 20) -> list[int | None]:
    return [level.n_cases for level in schedule(rules, n_pool=n_pool, n_candidates=n_candidates)]


def test_looks_double_until_they_are_a_share_of_the_benchmark_apart_and_end_where_the_kept_back_cases_begin() -> None:
    assert [40, 80, 160, 240, 320, 400, 480, 560, 640, 720, 800] == _sizes(RaceRules(), 1000)
    assert [30, 60, 110, 160, 210, 240] == _sizes(RaceRules(), 300)


def test_a_small_benchmark_has_few_looks() -> None:
    assert [20, 40, 80] == _sizes(RaceRules(), 100)
    assert [20, 32] == _sizes(RaceRules(), 40)
    assert [8] == _sizes(RaceRules(), 10)


def test_halving_has_as_many_rounds_as_there_is_to_halve() -> None:
    assert [28, 49, 86, 150, 263] == _sizes(HALVING, 1000)
    assert [28] == _sizes(HALVING, 1000, n_candidates=2)


def test_rounds_begin_smaller_where_cases_are_few() -> None:
    assert [19, 33, 58, 102, 178] == _sizes(HALVING, 200)
    assert [8, 14, 24, 36] == _sizes(HALVING, 40)


@pytest.mark.parametrize("n_pool", [2, 3, 5, 17, 60, 333])
@pytest.mark.parametrize("rules", [RaceRules(), HALVING, RaceRules(confirm=10_000)])
def test_every_schedule_rises_and_leaves_the_kept_back_cases_alone(rules: RaceRules, n_pool: int) -> None:
    sizes = [size or 0 for size in _sizes(rules, n_pool)]

    assert sorted(set(sizes)) == sizes
    assert 1 <= sizes[0]
    assert sizes[-1] <= n_pool - n_held_out(rules, n_pool)


def test_levels_of_ones_own_are_cut_to_the_benchmark() -> None:
    levels = (Level(name="smoke", n_cases=20), Level(name="quick", n_cases=100), Level(name="full", n_cases=None))

    found = schedule(RaceRules(levels=levels), n_pool=1000, n_candidates=5)
    small = schedule(RaceRules(levels=levels), n_pool=100, n_candidates=5)

    assert [("smoke", 20), ("quick", 100), ("full", 800)] == [(level.name, level.n_cases) for level in found]
    assert [("smoke", 20), ("quick", 80)] == [(level.name, level.n_cases) for level in small]


def test_a_share_of_the_benchmark_is_kept_back_unless_its_user_says_how_many_cases() -> None:
    assert [200, 100, 7, 0] == [
        n_held_out(RaceRules(), 1000),
        n_held_out(HALVING, 1000),
        n_held_out(RaceRules(confirm=7), 1000),
        n_held_out(RaceRules(confirm=0), 1000),
    ]


def test_the_last_round_keeps_one() -> None:
    assert [10, 5, 3, 2, 1] == [n_survivors(n, is_last=False) for n in (20, 10, 5, 3, 2)]
    assert 1 == n_survivors(5, is_last=True)


@pytest.mark.parametrize(("confirm", "n_pool"), [(None, 3), (0, 40), (38, 40)])
def test_nothing_is_said_of_a_confirmation_that_has_its_cases(confirm: int | None, n_pool: int) -> None:
    assert cut_confirmation(RaceRules(confirm=confirm), n_pool) is None


def test_a_confirmation_that_would_leave_the_race_no_cases_is_cut_and_that_is_said() -> None:
    said = cut_confirmation(RaceRules(confirm=40), 40)
    assert said is not None
    assert "--confirm 40 is more than there is: of 40 cases 38 are kept back" in said
    assert "the race itself is decided on 2" in said
