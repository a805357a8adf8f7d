"""Are candidates of two runs paired by their model and the closest options, and never across models?"""

from stored_runs import Asked, numbers, right, store_run, wrong

from evaluation.candidate import Candidate
from evaluation.run_results.run_diff import run_diff
from evaluation.store.session import Store

CASES = numbers(4)


def _asked(model: str, **options: object) -> Asked:
    outcomes = right(CASES) if options.get("temperature") == 0.0 else wrong(CASES)
    return Asked(candidate=Candidate(model=model, digest=f"digest-of-{model}", options=options), outcomes=outcomes)


def test_candidates_with_other_options_are_paired_by_model_and_what_differs_is_said(store: Store) -> None:
    store_run(store, _asked("m:1b", temperature=0.0), _asked("a:1b", top_k=1), cases=CASES, run_id="first")
    store_run(store, _asked("b:1b", top_k=1), _asked("m:1b", temperature=0.7), cases=CASES, run_id="second")

    diff = run_diff(store, "first", "second")
    (pair,) = diff.candidates

    assert (0.0, 0.7) == pair.parameters["option temperature"]
    assert pair.label in pair.title
    assert pair.second_label is not None
    assert pair.cases is not None
    assert 4 == len(pair.cases.worse)
    assert (1, 1) == (len(diff.only_in_first), len(diff.only_in_second))


def test_of_several_with_one_model_the_closest_options_are_paired(store: Store) -> None:
    first = (_asked("m:1b", temperature=0.0, top_k=5), _asked("m:1b", temperature=0.5, top_k=9))
    second = (_asked("m:1b", temperature=0.7, top_k=9), _asked("m:1b", temperature=0.1, top_k=5))
    store_run(store, *first, cases=CASES, run_id="first")
    store_run(store, *second, cases=CASES, run_id="second")

    changed = [pair.parameters for pair in run_diff(store, "first", "second").candidates]

    assert [(0.0, 0.1), (0.5, 0.7)] == [parameters["option temperature"] for parameters in changed]
    assert all("option top_k" not in parameters for parameters in changed)


def test_means_over_other_cases_have_no_difference(store: Store) -> None:
    for run_id, limit in (("all", None), ("again", None), ("some", 3)):
        outcomes = right(CASES[:limit])
        store_run(
            store,
            Asked(candidate=Candidate(model="m:1b", digest="d"), outcomes=outcomes),
            cases=CASES,
            run_id=run_id,
            limit=limit,
        )

    same, other = run_diff(store, "all", "again"), run_diff(store, "all", "some")

    assert ("the same cases", 0.0) == (same.cases_words, same.candidates[0].scores[0].difference)
    assert ("4 and 3 cases, 3 of them in common", None) == (
        other.cases_words,
        other.candidates[0].scores[0].difference,
    )
    cases = other.candidates[0].cases
    assert cases is not None
    assert (3, ("c3",)) == (cases.n_both, cases.only_in_first)
