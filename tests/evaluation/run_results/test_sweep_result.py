"""What a stored sweep found: the scores of its run, combination by combination, and nothing that is not there."""

from typing import Any

import pytest
from stored_runs import Asked, answer, numbers, store_run

from evaluation.candidate import Candidate
from evaluation.errors import StoreError
from evaluation.generation import PromptState
from evaluation.metrics.parsing import parse_metric
from evaluation.records.status import Status
from evaluation.results.as_json import as_json
from evaluation.results.sweeps import ValueChoice, ValueRange
from evaluation.run_results.sweep_result import best_so_far, sweep_outcome
from evaluation.scoring.candidate_scoring import score_candidate
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.sweeps import begin_sweep, find_sweep, finish_sweep

CASES = numbers(12)
TRIED = tuple({"temperature": value} for value in (0.0, 0.5, 1.0))
N_RIGHT = (11, 8, 0)


def asked(combination: dict[str, Any], n_right: int, *, n_cases: int = 12, **given: Any) -> Asked:
    outcomes = {
        case.case_id: answer(case.references[0] if place < n_right else "no idea")
        for place, case in enumerate(CASES[:n_cases])
    }
    options = {name: value for name, value in combination.items() if name != "model"}
    candidate = Candidate(
        model=combination.get("model", "a:1b"), digest=f"d of {combination.get('model', 'a:1b')}", options=options
    )
    return Asked(candidate=candidate, outcomes=outcomes, **given)


def begin(store: Store, tried: tuple[dict[str, Any], ...] = TRIED, *parameters: str, **request: Any) -> str:
    invocation_id = "of-run-1"
    fields = {"parameters": list(parameters) or ["temperature=0,0.5,1"], **request}
    begin_sweep(store, invocation_id, request=fields, combinations=tried, code_version="1.0")
    return invocation_id


@pytest.fixture
def swept(store: Store) -> str:
    """Id of a sweep over three temperatures, the first of which is mostly right and the last one never."""
    store_run(
        store,
        *(asked(one, n) for one, n in zip(TRIED, N_RIGHT, strict=True)),
        cases=CASES,
        metrics=("token_f1", "exact_match", "bleu"),
    )
    return begin(store)


def test_the_headline_comes_first_and_each_combination_has_its_own_score(store: Store, swept: str) -> None:
    found = sweep_outcome(store, swept)

    assert ["exact_match", "token_f1"] == [metric.metric for metric in found.metrics]
    assert [(0.0, 0.9167), (0.5, 0.6667), (1.0, 0.0)] == [
        (one.combination["temperature"], round(one.value, 4)) for one in found.metrics[0].combinations
    ]
    assert ("grid", 3, 12, 1, {"temperature": ValueChoice(values=(0.0, 0.5, 1.0))}) == (
        found.design,
        found.n_combinations,
        found.n_cases,
        found.n_repeats,
        found.parameters,
    )
    (effect,) = found.metrics[0].effects
    assert effect.is_shown
    assert ValueRange(low=0.0, high=0.5) == effect.recommended
    assert () == found.as_asked


def test_what_was_found_can_be_stored_as_it_is(store: Store, swept: str) -> None:
    found = sweep_outcome(store, swept)

    finish_sweep(store, swept, as_json(found))

    stored = find_sweep(store, swept)
    assert stored is not None
    assert as_json(found) == stored.result


def test_best_so_far_is_the_highest_mean_with_its_interval(store: Store, swept: str) -> None:
    best = best_so_far(store, swept)

    assert best is not None
    combination, estimate = best
    assert {"temperature": 0.0} == combination
    assert pytest.approx(11 / 12) == estimate.value
    assert estimate.low < estimate.value < estimate.high


def test_before_anything_is_scored_there_is_no_best_and_nothing_is_said(store: Store) -> None:
    store_run(store, *(asked(one, 0, n_cases=0) for one in TRIED), cases=CASES, scored=False, status=Status.RUNNING)
    invocation_id = begin(store)

    (metric,) = sweep_outcome(store, invocation_id).metrics

    assert best_so_far(store, invocation_id) is None
    assert [None, None, None] == [one.value for one in metric.combinations]
    assert 0 == metric.n_may_be_best


def test_a_combination_that_was_given_up_leaves_the_others_results(store: Store) -> None:
    store_run(
        store,
        asked(TRIED[0], 11),
        asked(TRIED[1], 0, n_cases=0, given_up="no such file"),
        asked(TRIED[2], 0),
        cases=CASES,
        status=Status.FAILED,
    )

    (metric,) = sweep_outcome(store, begin(store)).metrics

    assert [0.0, 1.0, 0.5] == [one.combination["temperature"] for one in metric.combinations]
    assert metric.effects[0].is_shown
    assert any("1 of 3 combinations have no score" in note for note in metric.notes)


def test_models_that_were_named_by_model_are_a_parameter(store: Store) -> None:
    tried = tuple({"model": model, "temperature": 0.0} for model in ("a:1b", "b:1b"))
    store_run(store, asked(tried[0], 12), asked(tried[1], 1), cases=CASES)

    found = sweep_outcome(store, begin(store, tried, "temperature=0"))

    assert ["model", "temperature"] == list(found.parameters)
    (effect,) = found.metrics[0].effects
    assert ("model", ValueChoice(values=("a:1b",))) == (effect.name, effect.recommended)
    assert ("temperature",) == found.metrics[0].constant


def test_a_value_that_was_not_used_as_asked_is_named(store: Store) -> None:
    tried = tuple({"num_ctx": value, "top_k": 3} for value in (2048, 8192))
    candidates = [asked({"num_ctx": 2048}, 12), asked({"num_ctx": 2047}, 11)]
    store_run(store, *candidates, cases=CASES)

    found = sweep_outcome(store, begin(store, tried, "num_ctx=2048,8192", "top_k=3"))

    assert [
        "here takes no top_k: its values were not sent, and cannot make a difference there",
        "a:1b was asked with num_ctx=2047 where num_ctx=8192 was wanted: it was trained for no more",
    ] == list(found.as_asked)


def test_a_single_case_asked_several_times_has_answers_as_evidence(store: Store) -> None:
    case = numbers(1)
    candidates = [
        Asked(
            candidate=Candidate(model="a:1b", digest="d", options=one),
            outcomes={"c0": [answer("0" if place < n else "no") for place in range(8)]},
        )
        for one, n in zip(TRIED, (8, 7, 0), strict=True)
    ]
    store_run(store, *candidates, cases=case, n_repeats=8)

    (metric,) = sweep_outcome(store, begin(store)).metrics

    assert ("answer", 24) == (metric.unit, metric.n_units)
    assert metric.effects[0].is_shown


def test_other_runs_and_other_candidates_are_refused(store: Store, swept: str) -> None:
    with pytest.raises(StoreError, match="no sweep 'another'"):
        sweep_outcome(store, "another")
    store_run(store, asked(TRIED[0], 3), asked({"temperature": 0.7}, 3), cases=CASES, run_id="run-2")
    begin_sweep(
        store, "of-run-2", request={"parameters": ["temperature=0,0.5"]}, combinations=TRIED[:2], code_version="1"
    )
    with pytest.raises(StoreError, match="are not the combinations of its sweep"):
        sweep_outcome(store, "of-run-2")


def test_means_over_kept_and_read_prompts_say_so(store: Store) -> None:
    """Each of two combinations reads every other prompt first, and finds the others: its mean is of both."""
    outcomes = [
        {
            case.case_id: answer(
                "x", prompt_state=PromptState.FRESH if i % 2 == number else PromptState.CACHED, cached_tokens=None
            )
            for i, case in enumerate(CASES)
        }
        for number in range(2)
    ]
    candidates = [
        Asked(candidate=Candidate(model="a:1b", digest="d", options=options), outcomes=found)
        for options, found in zip(TRIED[:2], outcomes, strict=True)
    ]
    metrics = ("exact_match", "ttft_s")
    store_run(store, *candidates, cases=CASES, metrics=metrics, scored=False)
    for row in find_run(store, "run-1").candidates:
        score_candidate(store, "run-1", row.run_candidate_id, [parse_metric(text) for text in metrics])
    quality, first_token = sweep_outcome(store, begin(store, TRIED[:2], "temperature=0,0.5")).metrics

    (note,) = first_token.notes
    assert note.startswith("the server had cached, or may have cached, 12 of 24 prompts")
    assert not any("kept" in line for line in quality.notes)
