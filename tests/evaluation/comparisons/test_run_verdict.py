from dataclasses import replace

import pytest
from compared_runs import cases_of, compared, right_on, timed
from run_results import a_race, race_place
from stored_runs import Asked, answer, asked, numbers, right, store_run, wrong

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.comparisons.run_verdict import MOST_CANDIDATES, headline_verdict
from evaluation.formatting import p_value
from evaluation.generation import Failure, FailureKind
from evaluation.races.rules import Spent
from evaluation.reports.comparisons.tables import dropped_lines, zero_lines
from evaluation.reports.documents.run_report import compared_pairs
from evaluation.results.as_json import as_json
from evaluation.run_results.run_result import run_result
from evaluation.store.races import begin_race, finish_race
from evaluation.store.session import Store


def verdict(store: Store, run_id: str) -> list[str]:
    return headline_verdict(store, run_result(store, run_id))


def four_sides(store: Store) -> str:
    """Of four candidates the first is better by a margin that Holm shows, and Bonferroni does not."""
    cases = cases_of(40)
    return store_run(
        store,
        asked("a:1b", right_on(cases, range(27))),
        asked("b:1b", right_on(cases, range(20))),
        asked("c:1b", right_on(cases, range(10))),
        asked("d:1b", right_on(cases, range(10))),
        cases=cases,
    )


def test_the_verdict_on_the_run_of_a_race_is_what_the_race_found(store: Store) -> None:
    run_id = four_sides(store)
    assert "best of 4" in verdict(store, run_id)[0]
    rules = {"method": "evidence", "alpha": 0.05, "margin": None, "levels": [], "confirm": None, "budget": []}

    begin_race(store, f"of-{run_id}", request=rules, code_version="0.1.0")
    assert ["The race is not over: nobody is shown to be the best."] == verdict(store, run_id)

    places = [race_place(1 + i, f"{name}:1b") for i, name in enumerate("abcd")]
    over = a_race(places, (), spent=Spent(calls=160), full_grid_calls=160).outcome
    finish_race(store, f"of-{run_id}", as_json(over))
    assert [over.sentence] == verdict(store, run_id)
    assert compared_pairs(store, run_result(store, run_id)) is None
    assert any(note.startswith(f"race {run_id} chose by these cases") for note in compared(store, run_id).notes)


def test_a_run_and_its_comparison_give_one_verdict_at_one_p(store: Store) -> None:
    run_id = four_sides(store)
    result = compared(store, run_id)

    said = verdict(store, run_id)

    assert result.winner == "a:1b"
    assert said == [f"exact_match: {result.sentences[0]}"]
    nearest = next(pair for pair in result.pairs if (pair.a, pair.b) == ("a:1b", "b:1b"))
    assert nearest.p_adjusted < 0.05 < 6 * nearest.p_value
    assert f"{p_value(nearest.p_adjusted)} (exact McNemar, Holm over 6 pairs)" in said[0]


def test_scores_that_are_drawn_for_the_test_give_the_same_p_again_and_in_the_comparison(store: Store) -> None:
    cases = tuple(Case(case_id=f"c{i:02d}", prompt="?", references=(f"no idea at all, number {i}",)) for i in range(20))
    answers = {case.case_id: answer(f"idea {'all' if i % 3 else 'x'}") for i, case in enumerate(cases)}
    run_id = store_run(
        store,
        asked("a:1b", wrong(cases)),
        asked("b:1b", answers),
        asked("baseline-lead", right(cases)),
        cases=cases,
        metrics=("token_f1",),
        headline="token_f1",
    )

    said = verdict(store, run_id)

    assert said == verdict(store, run_id)
    first, *others = compared(store, run_id).sentences
    assert said[: 1 + len(others)] == [f"token_f1: {first}", *others]
    assert "(sign flips, Holm over 3 pairs)" in " ".join(said)


def test_the_best_model_and_the_best_baseline_are_named_where_nobody_has_won(store: Store) -> None:
    cases = numbers(8)
    run_id = store_run(
        store,
        asked("good:1b", right(cases)),
        asked("fair:1b", right(cases) | dict(list(wrong(cases).items())[:1])),
        asked("baseline-random", wrong(cases)),
        cases=cases,
    )

    said = verdict(store, run_id)

    lead, first_two, baseline = said
    assert lead == "exact_match: no winner among 3: good:1b and fair:1b cannot be told apart."
    assert first_two.startswith("The first two: inconclusive: ")
    assert baseline.startswith("The best model and the best baseline: good:1b is better than baseline-random by 100.0 ")
    assert baseline.endswith("p = .023 (exact McNemar, Holm over 3 pairs), 8 pairs.")


def test_a_model_that_loses_to_a_baseline_is_said_to(store: Store) -> None:
    cases = numbers(8)
    run_id = store_run(store, asked("poor:1b", wrong(cases)), asked("baseline-lead", right(cases)), cases=cases)

    (said,) = verdict(store, run_id)

    assert said.startswith("exact_match: baseline-lead is better than poor:1b by 100.0 points")
    assert said.endswith("p = .0078 (exact McNemar), 8 pairs.")


@pytest.mark.parametrize("models", [("a:1b",), ("baseline-lead",), ()])
def test_a_single_candidate_is_held_against_nobody(store: Store, models: tuple[str, ...]) -> None:
    cases = numbers(6)
    run_id = store_run(store, *(asked(model, right(cases)) for model in models), cases=cases)

    assert verdict(store, run_id) == []


def test_a_lead_that_does_not_survive_the_number_of_comparisons_wins_nothing(store: Store) -> None:
    cases = numbers(8)
    run_id = store_run(
        store,
        *(asked(f"m{i}:1b", wrong(cases)) for i in range(3)),
        asked("b:1b", right(cases)),
        asked("c:1b", wrong(cases) | dict(list(right(cases).items())[:1])),
        cases=cases,
    )

    said = verdict(store, run_id)

    assert said[0] == "exact_match: no winner among 5: b:1b, c:1b, m0:1b, m1:1b and m2:1b cannot be told apart."
    assert "(exact McNemar, Holm over 10 pairs)" in said[1]


def test_of_very_many_candidates_it_is_said_what_compares_them(store: Store) -> None:
    cases = numbers(6)
    run_id = store_run(store, *(asked(f"m{i}:1b", right(cases)) for i in range(MOST_CANDIDATES + 1)), cases=cases)

    assert verdict(store, run_id) == [f"Who is best? `benchwright compare {run_id}` compares all 210 pairs."]


def test_cases_of_one_cluster_count_as_one(store: Store) -> None:
    cases = tuple(replace(case, cluster=f"topic {i // 4}") for i, case in enumerate(numbers(8)))
    run_id = store_run(store, asked("a:1b", right(cases)), asked("baseline-lead", wrong(cases)), cases=cases)

    (said,) = verdict(store, run_id)

    assert said == (
        "exact_match: inconclusive: these cases cannot tell a:1b from baseline-lead "
        "(a:1b minus baseline-lead: +100.0 points [no interval], p = .500 (sign flips), 8 pairs in 2 clusters)."
    )


def test_cases_of_a_single_cluster_are_too_few(store: Store) -> None:
    cases = numbers(8, cluster="the only topic")
    run_id = store_run(store, asked("a:1b", right(cases)), asked("baseline-lead", wrong(cases)), cases=cases)

    (said,) = verdict(store, run_id)

    assert said == "exact_match: insufficient data: 8 pairs in 1 cluster cannot tell a:1b from baseline-lead."


def test_a_baseline_without_a_score_is_not_compared(store: Store) -> None:
    cases = numbers(6)
    run_id = store_run(store, asked("a:1b", right(cases)), asked("baseline-lead"), cases=cases)

    assert verdict(store, run_id) == []


def test_candidates_that_share_no_case_are_not_compared(store: Store) -> None:
    cases = numbers(2)
    all_right = right(cases)
    run_id = store_run(
        store,
        asked("a:1b", {"c0": all_right["c0"]}),
        asked("baseline-lead", {"c1": all_right["c1"]}),
        cases=cases,
    )
    assert verdict(store, run_id) == []


def test_twins_of_one_name_are_not_mixed_up(store: Store) -> None:
    cases = numbers(7)
    twins = [
        Asked(candidate=Candidate(model="a:1b", digest=digest), outcomes=outcomes)
        for digest, outcomes in (("11111111", wrong(cases)), ("22222222", right(cases)))
    ]
    run_id = store_run(store, *twins, asked("baseline-lead", wrong(cases)), cases=cases)

    (said,) = verdict(store, run_id)

    assert said.startswith("exact_match: a:1b @22222222 is the best of 3: better than the nearest, a:1b @11111111")


def test_a_table_of_each_candidates_own_cases_and_a_verdict_on_the_common_ones_say_so(store: Store) -> None:
    cases = numbers(10)
    answers = right(cases)
    on_six = {f"c{i}": answers[f"c{i}"] for i in range(6)}
    run_id = store_run(
        store, asked("a:1b", on_six), asked("b:1b", wrong(cases) | dict(list(answers.items())[:6])), cases=cases
    )

    said = verdict(store, run_id)

    assert said[-1] == "Compared on the cases that both have a value of; the table has each candidate's own cases."
    assert (
        "values and order above are over the 6 cases that both sides have a value of; each difference is over the "
        "cases of its two sides; `benchwright show` uses each candidate's own cases, and may order them differently"
        in dropped_lines(compared(store, run_id))
    )


def test_means_over_the_common_cases_of_a_metric_say_so_wherever_a_side_has_more(store: Store) -> None:
    cases = cases_of(10)
    partly_reused = timed(cases, 1.0) | timed(cases[:3], 1.0, reused=True)
    run_id = store_run(
        store, asked("a:1b", partly_reused), asked("b:1b", timed(cases, 2.0)), asked("c:1b", right(cases)), cases=cases
    )

    said = [line for line in dropped_lines(compared(store, run_id)) if "own cases" in line]

    assert [
        "latency s and time to first token s: means above are over the 7 cases that all sides have in common, of the "
        "7 to 10 that each has; `benchwright show` uses each candidate's own cases"
    ] == said


def test_where_all_have_the_same_cases_nothing_is_said_of_them(store: Store) -> None:
    run_id = four_sides(store)

    assert [] == [line for line in verdict(store, run_id) if "own cases" in line]
    assert [] == dropped_lines(compared(store, run_id))


def test_p_is_said_to_allow_for_the_pairs_that_were_tested(store: Store) -> None:
    cases = numbers(10)
    few = dict(list(right(cases).items())[:3])
    run_id = store_run(store, asked("a:1b", right(cases)), asked("b:1b", wrong(cases)), asked("c:1b", few), cases=cases)

    said = verdict(store, run_id)
    pair = next(pair for pair in compared(store, run_id).pairs if (pair.a, pair.b) == ("a:1b", "b:1b"))

    assert pair.p_adjusted == pair.p_value
    assert "Holm" not in " ".join(said)


def test_failures_as_zero_stand_at_the_p_that_allows_for_all_pairs(store: Store) -> None:
    cases = numbers(12)
    run_id = store_run(
        store,
        asked("a:1b", right(cases)),
        asked("b:1b", wrong(cases) | {"c0": Failure(kind=FailureKind.TIMED_OUT, message="late")}),
        asked("c:1b", wrong(cases)),
        cases=cases,
    )
    result = compared(store, run_id)
    pair = next(pair for pair in result.pairs if (pair.a, pair.b) == ("a:1b", "b:1b"))

    (line,) = [line for line in zero_lines(result) if line.startswith("a:1b – b:1b")]

    assert pair.p_adjusted > pair.p_value
    assert f" {p_value(pair.p_adjusted)}, 11 pairs" in line
    assert f" {p_value(pair.failures_as_zero.p_adjusted)}, 12 pairs" in line
