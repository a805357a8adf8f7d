from dataclasses import replace
from typing import Any

import pytest
from stored_runs import Asked, asked, numbers, right, store_run, wrong

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.reports.results import run_result
from evaluation.reports.verdicts import (
    Pairing,
    compare_candidates,
    headline_verdict,
    sentence,
    shown_p,
)
from evaluation.stats.pair_comparison import Kind, PairComparison
from evaluation.store.runs import find_run
from evaluation.store.session import Store

FOUND = PairComparison(
    kind=Kind.BINARY,
    n_pairs=1319,
    n_only_a=0,
    n_only_b=0,
    n_clusters=None,
    mean_a=0.75,
    mean_b=0.5,
    difference=0.25,
    low=0.1,
    high=0.4,
    p_value=0.0341,
    method="newcombe+mcnemar_exact",
    effect_size=0.4,
    effect_size_name="cohen_g",
    mde=0.03,
    n_more=None,
    verdict="A better",
    n_better_a=9,
    n_better_b=1,
    n_equal=1309,
)


def pairing(**changes: Any) -> Pairing:
    return Pairing(a="llama", b="baseline-lead", metric="exact_match", result=replace(FOUND, **changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "llama beats baseline-lead (exact_match differs by +0.250 [+0.100, +0.400], p = .034, 1,319 cases)."),
        (
            {"verdict": "B better", "difference": -0.25, "low": None, "p_value": 0.0001},
            "baseline-lead beats llama (exact_match differs by -0.250, p < .001, 1,319 cases).",
        ),
        (
            {"verdict": "inconclusive", "p_value": 1.0},
            "Not shown: these cases cannot tell llama from baseline-lead "
            "(exact_match differs by +0.250 [+0.100, +0.400], p = 1.000, 1,319 cases).",
        ),
        (
            {"verdict": "insufficient data", "n_pairs": 4},
            "llama against baseline-lead: 4 cases are too few to tell (at least 6).",
        ),
        (
            {"verdict": "insufficient data", "n_pairs": 1},
            "llama against baseline-lead: 1 case is too few to tell (at least 6).",
        ),
    ],
)
def test_a_sentence_says_what_the_pairs_show_and_no_more(changes: dict[str, Any], said: str) -> None:
    assert said == sentence(pairing(**changes))


def test_a_metric_over_all_cases_is_compared_case_by_case_and_says_so() -> None:
    assert "(macro_f1, case by case, differs by +0.250" in sentence(replace(pairing(), metric="macro_f1"))


@pytest.mark.parametrize(("p_value", "shown"), [(0.0005, "< .001"), (0.001, "= .001"), (0.5, "= .500"), (1, "= 1.000")])
def test_p_values_have_three_digits(p_value: float, shown: str) -> None:
    assert shown == shown_p(p_value)


def test_the_best_model_is_held_against_the_best_baseline(store: Store) -> None:
    cases = numbers(8)
    run_id = store_run(
        store,
        asked("poor:1b", wrong(cases)),
        asked("good:1b", right(cases)),
        asked("baseline-random", wrong(cases)),
        asked("baseline-lead", wrong(cases) | dict(list(right(cases).items())[:1])),
        cases=cases,
    )

    said = headline_verdict(store, run_result(store, run_id))

    assert said is not None
    assert said.startswith("good:1b beats baseline-lead (exact_match differs by +0.875 [")
    # The better of two models was picked by these cases: its p is doubled.
    assert said.endswith("p = .031 (allowing for 2 comparisons), 8 cases).")


def test_a_model_that_loses_to_a_baseline_is_said_to(store: Store) -> None:
    cases = numbers(8)
    run_id = store_run(store, asked("poor:1b", wrong(cases)), asked("baseline-lead", right(cases)), cases=cases)

    said = headline_verdict(store, run_result(store, run_id))

    assert said is not None
    assert said.startswith("baseline-lead beats poor:1b")


@pytest.mark.parametrize("models", [("a:1b",), ("baseline-lead",), ()])
def test_a_single_candidate_is_held_against_nobody(store: Store, models: tuple[str, ...]) -> None:
    cases = numbers(6)
    run_id = store_run(store, *(asked(model, right(cases)) for model in models), cases=cases)

    assert None is headline_verdict(store, run_result(store, run_id))


def test_without_baselines_the_first_is_held_against_the_second_allowing_for_all_pairs(store: Store) -> None:
    cases = numbers(8)
    run_id = store_run(
        store,
        asked("a:1b", wrong(cases)),
        asked("b:1b", right(cases)),
        asked("c:1b", wrong(cases) | dict(list(right(cases).items())[:1])),
        cases=cases,
    )

    said = headline_verdict(store, run_result(store, run_id))

    assert said is not None
    assert said.startswith("b:1b beats c:1b (")
    assert "p = .047 (allowing for 3 comparisons)" in said


def test_a_winner_that_does_not_survive_the_number_of_comparisons_is_none(store: Store) -> None:
    cases = numbers(8)
    models = [asked(f"m{i}:1b", wrong(cases)) for i in range(3)]
    run_id = store_run(
        store,
        *models,
        asked("b:1b", right(cases)),
        asked("c:1b", wrong(cases) | dict(list(right(cases).items())[:1])),
        cases=cases,
    )

    said = headline_verdict(store, run_result(store, run_id))

    assert said is not None
    assert said.startswith("Not shown: these cases cannot tell b:1b from c:1b")
    assert "p = .156 (allowing for 10 comparisons)" in said


def test_cases_of_one_cluster_count_as_one(store: Store) -> None:
    cases = tuple(replace(case, cluster=f"topic {i // 4}") for i, case in enumerate(numbers(8)))
    run_id = store_run(store, asked("a:1b", right(cases)), asked("baseline-lead", wrong(cases)), cases=cases)

    said = headline_verdict(store, run_result(store, run_id))

    assert said == (
        "Not shown: these cases cannot tell a:1b from baseline-lead (exact_match differs by +1.000, p = .500, "
        "8 cases in 2 clusters)."
    )


def test_cases_of_a_single_cluster_are_too_few(store: Store) -> None:
    cases = numbers(8, cluster="the only topic")
    run_id = store_run(store, asked("a:1b", right(cases)), asked("baseline-lead", wrong(cases)), cases=cases)

    said = headline_verdict(store, run_result(store, run_id))

    assert said == "a:1b against baseline-lead: 8 cases in 1 cluster are too few to tell."


def test_grades_are_compared_by_their_order() -> None:
    said = sentence(pairing(kind=Kind.ORDINAL))

    assert "(exact_match is higher less lower by +0.250" in said


def test_a_baseline_without_a_score_is_not_compared(store: Store) -> None:
    cases = numbers(6)
    run_id = store_run(store, asked("a:1b", right(cases)), asked("baseline-lead"), cases=cases)

    assert None is headline_verdict(store, run_result(store, run_id))


def test_candidates_that_share_no_case_are_not_compared(store: Store) -> None:
    cases = numbers(2)
    all_right = right(cases)
    run_id = store_run(
        store,
        asked("a:1b", {"c0": all_right["c0"]}),
        asked("baseline-lead", {"c1": all_right["c1"]}),
        cases=cases,
    )
    first, second = (found.run_candidate_id for found in find_run(store, run_id).candidates)

    assert None is compare_candidates(store, run_id, first, second)
    assert None is headline_verdict(store, run_result(store, run_id))


def test_twins_of_one_name_are_not_mixed_up(store: Store) -> None:
    cases = numbers(7)
    twins = [
        Asked(candidate=Candidate(model="a:1b", digest=digest), outcomes=outcomes)
        for digest, outcomes in (("11111111", wrong(cases)), ("22222222", right(cases)))
    ]
    run_id = store_run(store, *twins, asked("baseline-lead", wrong(cases)), cases=cases)

    said = headline_verdict(store, run_result(store, run_id))

    assert said is not None
    assert said.startswith("a:1b @here 22222222 beats baseline-lead")


def test_the_same_run_gives_the_same_sentence_again(store: Store) -> None:
    cases = tuple(
        Case(case_id=f"c{i}", prompt="?", references=("no idea at all, number " + str(i),)) for i in range(20)
    )
    run_id = store_run(
        store,
        asked("a:1b", wrong(cases)),
        asked("baseline-lead", right(cases)),
        cases=cases,
        metrics=("token_f1",),
        headline="token_f1",
    )
    run = run_result(store, run_id)

    assert headline_verdict(store, run) == headline_verdict(store, run)
