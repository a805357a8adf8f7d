from collections.abc import Callable
from dataclasses import replace

import pytest
from stored_rows import save_outcomes

from evaluation.errors import FailureKind, StoreError
from evaluation.generation import Failure, Generation
from evaluation.records.candidates import MetricUse
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.scores import EstimateRow, ScoreRow, StoredScore
from evaluation.scores import Estimate, Measurement, ScoreFailure
from evaluation.store.outcomes import load_outcomes
from evaluation.store.scores import (
    count_score_failures,
    count_unscored,
    iterate_scores,
    judged_ids,
    load_estimates,
    save_estimates,
    save_scores,
    scored_metrics,
    scores_of_generations,
)
from evaluation.store.session import Store

MakeRow = Callable[..., OutcomeRow]
F1 = MetricUse(name="token_f1", signature="TokenF1()|v1")
LONG = MetricUse(name="json_schema", signature="JsonSchema(" + "x" * 20_000 + ")|v1")


@pytest.fixture
def generation_ids(store: Store, run_candidate_id: int, make_row: MakeRow) -> list[int]:
    names = [f"case-{number}" for number in range(5)]
    save_outcomes(store, [make_row(run_candidate_id, name) for name in names])
    return [stored.generation_id for stored in load_outcomes(store, run_candidate_id, names)]


def _score(generation_id: int, value: float, metric: MetricUse = F1) -> ScoreRow:
    measurement = Measurement(value=value, label="a\x00", rationale="be\ud800cause", evidence=(1.5, "word", 0.0))
    return ScoreRow(generation_id=generation_id, metric=metric, measurement=measurement, scorer_version="1")


def test_scores_come_back_with_their_case_in_pages(
    store: Store, run_candidate_id: int, generation_ids: list[int]
) -> None:
    rows = [_score(generation_id, number / 4) for number, generation_id in enumerate(generation_ids)]
    save_scores(store, rows)
    expected = [
        StoredScore(case_id=f"case-{number}", repeat=0, measurement=row.measurement) for number, row in enumerate(rows)
    ]
    for batch in (2, 5, 100):
        assert expected == list(iterate_scores(store, run_candidate_id, F1.signature, batch=batch))


def test_a_score_of_the_same_signature_is_replaced(
    store: Store, run_candidate_id: int, generation_ids: list[int]
) -> None:
    save_scores(store, [_score(generation_ids[0], 0.0), _score(generation_ids[0], 0.25, LONG)])
    save_scores(store, [_score(generation_ids[0], 1.0)])
    (f1,) = iterate_scores(store, run_candidate_id, F1.signature)
    (schema,) = iterate_scores(store, run_candidate_id, LONG.signature)
    assert (1.0, 0.25) == (f1.measurement.value, schema.measurement.value)
    assert ((LONG, 1), (F1, 1)) == scored_metrics(store, run_candidate_id)


def test_an_unknown_signature_has_no_scores(store: Store, run_candidate_id: int) -> None:
    assert [] == list(iterate_scores(store, run_candidate_id, "Nothing()|v1"))
    save_scores(store, [])
    assert () == scored_metrics(store, run_candidate_id)


def test_a_score_that_is_no_number_is_refused(store: Store, generation_ids: list[int]) -> None:
    with pytest.raises(StoreError, match="not a finite number"):
        save_scores(store, [_score(generation_ids[0], float("nan"))])


def test_a_score_of_an_unknown_generation_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="rejected a row whose parent row is missing"):
        save_scores(store, [_score(404, 1.0)])


def test_estimates_come_back_as_they_went_in_and_are_replaced(store: Store, run_candidate_id: int) -> None:
    estimate = Estimate(value=0.5, low=0.25, high=0.75, n_cases=8, method="wilson", confidence_level=0.9)
    mean = EstimateRow(run_candidate_id=run_candidate_id, metric=F1, estimate=estimate, details={"n_failed": 1})
    p95 = replace(mean, quantity="p95", estimate=replace(estimate, low=None, high=None))
    save_estimates(store, [mean, p95])
    assert (mean, p95) == load_estimates(store, "run-1")
    better = replace(mean, estimate=replace(estimate, value=0.625))
    save_estimates(store, [better])
    assert (better, p95) == load_estimates(store, "run-1")
    assert () == load_estimates(store, "another run")


UNREADABLE = ScoreFailure(kind="verdict_unreadable", message="no JSON: 'well\x00\ud800'")


def _failed(generation_id: int, failure: ScoreFailure = UNREADABLE) -> ScoreRow:
    return ScoreRow(generation_id=generation_id, metric=F1, measurement=failure, scorer_version="1")


def test_scores_that_could_not_be_had_are_counted_by_metric_and_kind(
    store: Store, run_candidate_id: int, generation_ids: list[int]
) -> None:
    refused = ScoreFailure(kind="judge_refused", message="no")
    save_scores(
        store,
        [
            _score(generation_ids[0], 1.0),
            *(_failed(one) for one in generation_ids[1:3]),
            _failed(generation_ids[3], refused),
        ],
    )

    assert ((F1, {"judge_refused": 1, "verdict_unreadable": 2}),) == count_score_failures(store, run_candidate_id)
    assert {generation_ids[1]: [(F1, UNREADABLE)]} == scores_of_generations(store, [generation_ids[1]])
    assert [generation_ids[0]] == sorted(judged_ids(store, F1.signature, generation_ids))


def test_a_score_takes_the_place_of_its_failure_and_the_other_way_round(
    store: Store, run_candidate_id: int, generation_ids: list[int]
) -> None:
    save_scores(store, [_failed(generation_ids[0]), _score(generation_ids[1], 0.5)])
    save_scores(store, [_score(generation_ids[0], 1.0), _failed(generation_ids[1])])

    assert [1.0] == [found.measurement.value for found in iterate_scores(store, run_candidate_id, F1.signature)]
    assert ((F1, {"verdict_unreadable": 1}),) == count_score_failures(store, run_candidate_id)


def test_a_message_is_stored_up_to_a_length(store: Store, run_candidate_id: int, generation_ids: list[int]) -> None:
    save_scores(store, [_failed(generation_ids[0], ScoreFailure(kind="metric_raised", message="x" * 100_000))])

    ((_, failure),) = scores_of_generations(store, [generation_ids[0]])[generation_ids[0]]
    assert isinstance(failure, ScoreFailure)
    assert 4000 == len(failure.message)


F1_OF_UNSCORED, EXACT = (MetricUse(name=name, signature=f"{name}()|v1") for name in ("token_f1", "exact_match"))
DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="no answer")
EMPTY = Generation(text="", answer="", own_failure=FailureKind.EMPTY_ANSWER)


def test_what_has_no_score_is_counted_by_metric_failures_of_the_server_left_out(
    store: Store, run_candidate_id: int, make_row: MakeRow
) -> None:
    names = [f"case-{number}" for number in range(5)]
    outcomes = {"case-3": EMPTY, "case-4": DOWN}
    save_outcomes(
        store,
        [
            make_row(run_candidate_id, name, outcomes[name]) if name in outcomes else make_row(run_candidate_id, name)
            for name in names
        ],
    )
    signatures = [F1_OF_UNSCORED.signature, EXACT.signature]
    assert 8 == count_unscored(store, run_candidate_id, signatures)

    ids = [stored.generation_id for stored in load_outcomes(store, run_candidate_id, names)]
    good, bad = Measurement(value=1.0), ScoreFailure(kind="verdict_unreadable", message="{")
    save_scores(
        store,
        [
            ScoreRow(generation_id=ids[number], metric=metric, measurement=measurement, scorer_version="1")
            for number, metric, measurement in (
                (0, F1_OF_UNSCORED, good),
                (1, F1_OF_UNSCORED, good),
                (0, EXACT, good),
                (1, EXACT, bad),
            )
        ],
    )
    assert 5 == count_unscored(store, run_candidate_id, signatures)
    assert 2 == count_unscored(store, run_candidate_id, [F1_OF_UNSCORED.signature])
    assert 0 == count_unscored(store, run_candidate_id, [])
