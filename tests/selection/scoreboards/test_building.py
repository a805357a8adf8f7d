from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scored_tables import named, scored

from evaluation.records.evidence import Choosable, Evidence
from selection.scoreboard import TaskStanding
from selection.scoreboards.building import build_scoreboard
from selection.scoreboards.student import t_limit

TABLES = arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 9)), elements=st.sampled_from([0, 0.5, 1]))


def _qa(evidence: Evidence) -> TaskStanding:
    return build_scoreboard(evidence).standings["qa"]


def test_the_mean_and_its_error_are_those_of_the_cases_where_everyone_was_asked_everything() -> None:
    values = np.array([[0.2, 0.4, 0.6, 0.8, 0.5, 0.5, 0.9, 0.1], [0.3, 0.5, 0.4, 0.9, 0.6, 0.7, 0.8, 0.2]])
    standing = _qa(scored(values))
    assert values.mean(axis=1) == pytest.approx(standing.quality)
    assert values.std(axis=1, ddof=1) / np.sqrt(8) == pytest.approx(standing.quality_se, rel=0.15)
    assert (8, [8, 8]) == (standing.n_cases, standing.n_measured.tolist())


def test_a_difference_is_the_paired_one_after_two_more_pairs_that_speak_for_either_side() -> None:
    first, second = np.repeat([1, 0, 1, 0], [30, 20, 80, 70]), np.repeat([0, 1, 1, 0], [30, 20, 80, 70])
    standing = _qa(scored([first, second]))
    assert pytest.approx(0.05) == standing.difference[0, 1] == -standing.difference[1, 0]
    assert pytest.approx(np.sqrt(50 - 200 * 0.05**2 + 2) / 200) == standing.difference_se[0, 1]
    assert 200 == standing.n_pairs[0, 1]


def test_repeats_of_a_case_count_once() -> None:
    once = scored([[1.0, 0.0, 0.5], [0.0, 0.0, 1.0]])
    thrice = replace(
        once,
        **{
            name: np.r_[getattr(once, name), getattr(once, name)[:1], getattr(once, name)[:1]]
            for name in ("candidate", "case", "latency_s", "cost_usd", "energy_j")
        },
        quality=np.r_[once.quality, 0.25, 0.25],
    )
    assert [pytest.approx((0.5 + 0 + 0.5) / 3), pytest.approx(1 / 3)] == _qa(thrice).quality.tolist()
    assert [3, 3] == _qa(thrice).n_measured.tolist()


def test_every_family_counts_alike_however_many_cases_it_has() -> None:
    standing = _qa(scored([[1, 1, 1, 0, 0]], families=["one", "one", "one", "two", "three"]))
    assert pytest.approx(1 / 3) == standing.quality[0]
    assert 3 == standing.n_pairs[0, 0]


def test_cases_of_one_family_are_no_independent_evidence() -> None:
    rng = np.random.default_rng(3)
    by_family = rng.integers(0, 2, (2, 20)).astype(float)
    copied, alone = _qa(scored(np.repeat(by_family, 5, axis=1), families=_each(20, 5))), _qa(scored(by_family))
    assert alone.quality_se == pytest.approx(copied.quality_se)
    assert alone.difference_se == pytest.approx(copied.difference_se)


def _each(n_families: int, size: int) -> list[str]:
    return [str(place // size) for place in range(n_families * size)]


def test_two_are_compared_on_the_cases_of_a_family_that_both_were_asked() -> None:
    nan = np.nan
    values = [[1.0, nan, 0.5, 0.5, nan, 0.2], [0.0, 0.5, nan, 0.3, 0.1, nan], [0.4, 0.4, 0.4, 0.4, 0.4, 0.4]]
    standing = _qa(scored(values, families=["x", "x", "x", "y", "y", "z"]))
    assert (2, pytest.approx((1.0 + 0.2) / 2)) == (standing.n_pairs[0, 1], standing.difference[0, 1])
    assert (3, pytest.approx((0.35 + 0.1 - 0.2) / 3)) == (standing.n_pairs[0, 2], standing.difference[0, 2])


def test_two_that_were_asked_different_cases_of_the_same_families_are_not_compared() -> None:
    """As on two versions of a benchmark that have cases in common."""
    values = np.full((2, 40), np.nan)
    values[0, ::2], values[1, 1::2] = 0.9, 0.1
    standing = _qa(scored(values, families=_each(20, 2)))
    assert 0 == standing.n_pairs[0, 1]
    assert np.isnan(standing.difference[0, 1])


@given(table=TABLES, holes=st.integers(0, 2**16))
@settings(max_examples=40, deadline=None)
def test_differences_are_those_of_a_loop_over_the_families(table: np.ndarray, holes: int) -> None:
    rng = np.random.default_rng(holes)
    asked = rng.random(table.shape) < 0.7
    asked[:, 0] = True
    families = [str(one) for one in rng.integers(0, 4, table.shape[1])]
    standing = _qa(scored(np.where(asked, table, np.nan), families=families))
    for a, b in np.ndindex(len(table), len(table)):
        by_family: dict[str, list[float]] = {}
        for case in np.flatnonzero(asked[a] & asked[b]):
            by_family.setdefault(families[case], []).append(table[a, case] - table[b, case])
        means = [np.mean(found) for found in by_family.values()]
        assert (len(means), pytest.approx(np.mean(means), abs=1e-9)) == (
            standing.n_pairs[a, b],
            standing.difference[a, b],
        )


def test_one_that_was_asked_the_hard_half_only_is_held_against_the_others_on_that_half() -> None:
    easy, hard = np.full((3, 20), 0.9), np.full((3, 20), 0.3)
    values = np.c_[easy, hard] + np.array([[0.05], [0.0], [-0.05]])
    values[0, :20] = np.nan
    assert [0.65, 0.6, 0.55] == pytest.approx(_qa(scored(values)).quality)


def test_one_that_was_asked_the_hard_half_only_comes_out_within_a_point_of_the_truth_on_average() -> None:
    rng, errors, covered = np.random.default_rng(5), [], []
    for _ in range(120):
        ease, skill = rng.uniform(0.2, 0.5, 150), rng.uniform(-0.15, 0.15, 5)
        values = (rng.random((5, 150)) < 0.25 + ease + skill[:, None]).astype(float)
        values[0, ease > 0.35] = np.nan
        standing = _qa(scored(values))
        errors.append(standing.quality[0] - 0.6 - skill[0])
        covered.append(abs(errors[-1]) <= t_limit(74) * standing.quality_se[0])
    assert abs(np.mean(errors)) < 0.01
    assert np.mean(covered) > 0.92


@pytest.mark.parametrize("n_cases", [12, 200])
@pytest.mark.parametrize("level", [0.5, 0.93])
def test_intervals_of_qualities_and_differences_cover(n_cases: int, level: float) -> None:
    rng, quality, difference = np.random.default_rng(7), [], []
    for _ in range(100):
        ease = rng.normal(0, 0.03, n_cases)
        values = (rng.random((6, n_cases)) < level + ease).astype(float)
        standing = _qa(scored(values))
        quality += (abs(standing.quality - level) <= t_limit(n_cases - 1) * standing.quality_se).tolist()
        pairs = np.abs(standing.difference) <= t_limit(n_cases - 1) * standing.difference_se
        difference += pairs[np.triu_indices(6, 1)].tolist()
    assert np.mean(quality) > 0.925
    assert np.mean(difference) > 0.94


def test_intervals_cover_where_cases_come_in_families_and_some_are_missing() -> None:
    rng, quality, difference = np.random.default_rng(11), [], []
    for _ in range(100):
        values = np.repeat(rng.normal(0.5, 0.1, 20) + rng.normal(0, 0.1, (3, 20)), 4, axis=1)
        values += rng.normal(0, 0.05, values.shape)
        values[rng.random(values.shape) < 0.2] = np.nan
        standing = _qa(scored(values, families=_each(20, 4)))
        quality += (abs(standing.quality - 0.5) <= t_limit(19) * standing.quality_se).tolist()
        pairs = np.abs(standing.difference) <= t_limit(19) * standing.difference_se
        difference += pairs[np.triu_indices(3, 1)].tolist()
    assert np.mean(quality) > 0.925
    assert np.mean(difference) > 0.93


def test_ten_right_answers_of_ten_are_no_certainty() -> None:
    standing = _qa(scored(np.ones((2, 10))))
    assert 0.09 < standing.quality_se[0] < 0.1
    assert 0.0 == standing.difference[0, 1]


def _many_tasks(rng: np.random.Generator, level: np.ndarray, n_cases: int) -> tuple[np.ndarray, list[str]]:
    """Right and wrong answers by the level of each candidate on each task."""
    chances = np.repeat(level, n_cases, axis=1) + rng.normal(0, 0.05, level.shape[1] * n_cases)
    return (rng.random(chances.shape) < chances).astype(float), [
        f"task {place // n_cases}" for place in range(level.shape[1] * n_cases)
    ]


def test_shrinkage_takes_error_out_where_candidates_are_the_same_on_every_task() -> None:
    rng, before, after, covered = np.random.default_rng(13), [], [], []
    for _ in range(25):
        level = np.repeat(rng.normal(0.6, 0.05, (6, 1)), 5, axis=1)
        values, tasks = _many_tasks(rng, level, 100)
        for place, standing in enumerate(build_scoreboard(scored(values, tasks=tasks)).standings.values()):
            raw = values[:, place * 100 : place * 100 + 100].mean(axis=1)
            before.append(np.square(raw - level[:, place]).mean())
            after.append(np.square(standing.quality - level[:, place]).mean())
            covered.append(np.abs(standing.quality - level[:, place]) <= t_limit(99) * standing.quality_se)
    assert np.mean(after) < 0.6 * np.mean(before)
    assert np.mean(covered) > 0.94


@pytest.mark.parametrize("spread", [0.03, 0.1])
def test_shrinkage_costs_nothing_where_candidates_differ_from_task_to_task(spread: float) -> None:
    rng, before, after, covered = np.random.default_rng(17), [], [], []
    for _ in range(25):
        level = np.clip(rng.normal(0.6, 0.05, (6, 1)) + rng.normal(0, spread, (6, 5)), 0.1, 0.9)
        values, tasks = _many_tasks(rng, level, 100)
        for place, standing in enumerate(build_scoreboard(scored(values, tasks=tasks)).standings.values()):
            raw = values[:, place * 100 : place * 100 + 100].mean(axis=1)
            before.append(np.square(raw - level[:, place]).mean())
            after.append(np.square(standing.quality - level[:, place]).mean())
            covered.append(np.abs(standing.quality - level[:, place]) <= t_limit(99) * standing.quality_se)
    assert np.mean(after) < np.mean(before)
    assert np.mean(covered) > 0.93


def test_one_that_shines_at_one_task_where_all_else_is_alike_keeps_its_place() -> None:
    rng, kept = np.random.default_rng(0), []
    level = np.full((30, 12), 0.6)
    level[0], level[1], level[1, 3] = 0.65, 0.55, 0.76
    for _ in range(10):
        values, tasks = _many_tasks(rng, level, 400)
        found = build_scoreboard(scored(values, tasks=tasks, candidates=_thirty())).standings["task 3"]
        kept.append(found.quality[1] > found.quality[0])
    assert np.mean(kept) >= 0.9


def test_two_that_a_task_tells_apart_never_change_places_on_it() -> None:
    """They are nearly the same, so that small differences are clear, and differ on this task as on no other."""
    rng = np.random.default_rng(0)
    values, tasks = _many_tasks(rng, np.full((30, 12), 0.6), 600)
    values[1] = values[0]
    for task in range(12):
        cases = task * 600 + rng.choice(600, 24 if task == 3 else 60, replace=False)
        values[0, cases], values[1, cases] = (0.0, 1.0) if task == 3 else (1.0, 0.0)
    board = build_scoreboard(scored(values, tasks=tasks, candidates=_thirty()))
    standing, other = board.standings["task 3"], board.standings["task 4"]
    assert standing.difference[1, 0] > 4 * standing.difference_se[1, 0]
    assert standing.quality[1] > standing.quality[0]
    assert other.quality[0] > other.quality[1]


def _thirty() -> list[Choosable]:
    return [named(str(place)) for place in range(30)]


def test_each_task_counts_alike_over_all() -> None:
    values = np.c_[np.ones((1, 90)), np.zeros((1, 10))]
    overall = build_scoreboard(scored(values, tasks=["large"] * 90 + ["small"] * 10)).overall
    assert pytest.approx(0.5) == overall.quality[0]
    assert (100, 100) == (overall.n_cases, overall.n_measured[0])


def test_a_task_that_one_was_not_measured_on_is_filled_in_for_the_mean_over_all() -> None:
    values = np.c_[np.full((2, 20), 0.8), np.full((2, 20), 0.4)]
    values[0] += 0.1
    values[0, :20] = np.nan
    board = build_scoreboard(scored(values, tasks=["easy"] * 20 + ["hard"] * 20))
    assert np.isnan(board.standings["easy"].quality[0])
    assert 0 == board.standings["easy"].n_measured[0]
    assert [pytest.approx(0.7), pytest.approx(0.6)] == board.overall.quality.tolist()


def test_a_task_with_few_cases_says_nothing_of_the_whole() -> None:
    values = np.c_[np.ones((1, 20)), np.zeros((1, 3))]
    assert pytest.approx(1) == build_scoreboard(scored(values, tasks=["a"] * 20 + ["b"] * 3)).overall.quality[0]
    assert pytest.approx(0) == build_scoreboard(scored(values[:, 20:], tasks=["b"] * 3)).overall.quality[0]


def test_two_that_share_no_question_have_no_difference_and_wider_errors() -> None:
    rng = np.random.default_rng(23)
    values = rng.random((4, 60))
    linked = _qa(scored(values))
    values[:2, 30:], values[2:, :30] = np.nan, np.nan
    apart = _qa(scored(values))
    assert 0 == apart.n_pairs[0, 2]
    assert np.isnan(apart.difference[0, 2])
    assert (apart.quality_se > linked.quality_se).all()


def test_latencies_are_quantiles_and_costs_means_of_the_answers_that_have_them() -> None:
    seconds = np.arange(1.0, 102.0)[None, :]
    standing = _qa(scored(np.ones((1, 101)), latency_s=seconds, cost_usd=np.where(seconds > 100, np.nan, 0.002)))
    assert np.arange(1.0, 102.0) == pytest.approx(standing.latency_s[0])
    assert (101, pytest.approx(0.002), pytest.approx(0.0)) == (
        standing.n_timed[0],
        standing.cost_usd[0],
        standing.cost_se[0],
    )
    assert np.isnan(standing.energy_j[0])


def test_the_error_of_a_cost_is_that_of_its_families() -> None:
    costs = np.array([[1.0, 3.0, 2.0, 4.0]])
    standing = _qa(scored(np.ones((1, 4)), cost_usd=costs))
    assert pytest.approx(costs.std(ddof=1) / 2) == standing.cost_se[0]


def test_latency_over_all_tasks_is_that_of_a_mixture() -> None:
    seconds = np.r_[np.full(30, 1.0), np.full(10, 3.0)][None, :]
    overall = build_scoreboard(scored(np.ones((1, 40)), tasks=["a"] * 30 + ["b"] * 10, latency_s=seconds)).overall
    assert (1.0, 3.0, 40) == (overall.latency_s[0, 40], overall.latency_s[0, 60], overall.n_timed[0])


def test_no_evidence_is_an_empty_scoreboard() -> None:
    board = build_scoreboard(scored(np.empty((0, 0))))
    assert ((), {}, 0) == (board.candidates, dict(board.standings), board.overall.n_cases)
    known = build_scoreboard(scored(np.full((2, 3), np.nan)))
    assert ([0, 0], 2) == (known.overall.n_measured.tolist(), len(known.candidates))


def test_qualities_beyond_a_fraction_are_no_fractions() -> None:
    assert not _qa(scored([[3.0, 4.0, 5.0]])).is_fraction
    assert _qa(scored([[0.3, 0.4, 1.0]])).is_fraction


@given(table=TABLES, seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_permuting_candidates_permutes_the_standing(table: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(table))
    plain, permuted = _qa(scored(table)), _qa(scored(table[order]))
    assert plain.quality[order] == pytest.approx(permuted.quality, abs=1e-9)
    assert plain.quality_se[order] == pytest.approx(permuted.quality_se, abs=1e-9)
    assert plain.difference[np.ix_(order, order)] == pytest.approx(permuted.difference, abs=1e-9)
    assert plain.difference_se[np.ix_(order, order)] == pytest.approx(permuted.difference_se, abs=1e-7)


@given(table=TABLES, holes=st.integers(0, 2**16))
@settings(max_examples=40, deadline=None)
def test_a_standing_has_a_finite_quality_and_error_for_everyone_measured(table: np.ndarray, holes: int) -> None:
    asked = np.random.default_rng(holes).random(table.shape) < 0.6
    board = build_scoreboard(scored(np.where(asked, table, np.nan)))
    for standing in board.standings.values():
        measured = standing.n_measured > 0
        assert (asked.any(axis=1) == measured).all()
        assert np.isfinite(standing.quality[measured]).all()
        assert np.isfinite(standing.quality_se[measured]).all()
        assert (standing.quality_se[measured] >= 0).all()


def test_names_of_candidates_and_tasks_are_taken_as_they_are() -> None:
    board = build_scoreboard(scored([[1.0]], candidates=[named("{0} %s \n[red]x")], tasks=["{task}"]))
    assert ["{task}"] == list(board.standings)
