"""Results as frames: the columns, their dtypes, and missing values, whatever the results hold."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from comparison_results import a_comparison, a_pair
from run_results import (
    a_race,
    a_run_result,
    an_invocation_result,
    candidate_result,
    estimate,
    metric_result,
    race_place,
)
from stored_runs import answer, asked, numbers, store_run

from evaluation.errors import ConfigurationError, FailureKind, UnknownNameError
from evaluation.exports.filters import Filters
from evaluation.exports.listings import case_list, score_list
from evaluation.generation import Failure
from evaluation.races.rules import Spent
from evaluation.records.alerts import AlertRecord
from evaluation.records.outcomes import CandidateProgress
from evaluation.records.traffic_calls import TrafficCall, TrafficStage
from evaluation.results.frames import columns_of, frame
from evaluation.results.listings import (
    AlertList,
    CaseList,
    CaseRow,
    ComparisonList,
    RunList,
    ScoreList,
    StageList,
    TrafficList,
)
from evaluation.results.pairs import PairResult
from evaluation.results.races import RaceResult
from evaluation.results.sweeps import SweepResult, SweptMetric, ValueChoice
from evaluation.store.session import Store
from evaluation.store.summaries import list_runs
from evaluation.sweeps.findings import CombinationScore

TEXT, WHOLE, REAL, TRUTH, MOMENT = "string", "Int64", "float64", "boolean", "datetime64[us, UTC]"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def dtypes(made: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(dtype) for name, dtype in made.dtypes.items()}


def some(made: pd.DataFrame, *names: str) -> dict[str, str]:
    return {name: dtypes(made)[name] for name in names}


def test_candidates_are_rows_with_a_column_for_each_number_of_each_metric() -> None:
    metrics = {"exact_match": metric_result(0.5, 0.2, 0.8, n_cases=8, strict=estimate(0.4))}
    run = a_run_result(candidate_result("a", metrics, options={"temperature": 0.5}), candidate_result("b"))

    made = run.to_frame()

    assert ["a", "b"] == list(made["candidate"])
    assert (0.5, 0.2, 0.8, 8, 0.4) == tuple(
        made.iloc[0][["exact_match", "exact_match low", "exact_match high", "exact_match n", "exact_match strict"]]
    )
    assert made.iloc[1][["exact_match", "exact_match n"]].isna().all()
    assert '{"temperature": 0.5}' == made.iloc[0]["options"]
    assert {
        "run_id": TEXT, "benchmark": TEXT, "candidate": TEXT, "model": TEXT, "digest": TEXT, "fingerprint": TEXT,
        "endpoint": TEXT, "endpoint_url": TEXT, "provider": TEXT, "server_version": TEXT, "status": TEXT,
        "given_up_reason": TEXT, "n_cases": WHOLE, "n_ok": WHOLE, "n_failed": WHOLE, "n_reused": WHOLE,
        "n_cached": WHOLE, "vram_share": REAL, "options": TEXT, "exact_match": REAL, "exact_match low": REAL,
        "exact_match high": REAL, "exact_match n": WHOLE, "exact_match strict": REAL,
    } == dtypes(made)  # fmt: skip


def test_an_invocation_has_the_candidates_of_all_its_runs_and_one_run_where_it_has_one() -> None:
    first, second = a_run_result(candidate_result("a")), a_run_result(candidate_result("a"), run_id="run-2")

    assert ["run-1", "run-2"] == list(an_invocation_result(first, second).to_frame()["run_id"])
    assert first == an_invocation_result(first).run
    with pytest.raises(ConfigurationError, match="has 2 runs: numbers, numbers"):
        _ = an_invocation_result(first, second).run
    with pytest.raises(UnknownNameError, match="unknown candidate 'c'"):
        first.candidate("c")


def test_cases_are_rows_whose_scores_stand_in_columns_of_their_own(store: Store) -> None:
    cases = numbers(3)
    down = Failure(kind=FailureKind.SERVER_DOWN, message="away", n_attempts=8)
    outcomes = {cases[0].case_id: answer("0"), cases[1].case_id: answer("no"), cases[2].case_id: down}
    store_run(store, asked("m", outcomes), cases=cases)

    rows = case_list(store, "run-1", Filters())
    made = rows.to_frame()

    expected = dict.fromkeys(columns_of(CaseRow), TEXT)
    expected |= dict.fromkeys(("repeat", "prompt_tokens", "output_tokens", "cached_tokens"), WHOLE)
    expected |= dict.fromkeys(("n_attempts", "seed", "effective_context"), WHOLE)
    expected |= dict.fromkeys(("total_s", "ttft_s", "queue_s", "load_s", "prompt_s", "generate_s"), REAL)
    expected |= {"vram_share": REAL, "energy_j": REAL, "cold": TRUTH, "reused": TRUTH}
    expected |= {"started_at": MOMENT, "finished_at": MOMENT}
    expected |= {"exact_match": REAL, "exact_match label": TEXT, "exact_match failure": TEXT}
    assert expected == dtypes(made)
    failed = made[made["failure"].notna()]
    assert [("server_down", "away", 8)] == list(failed[["failure", "message", "n_attempts"]].itertuples(index=False))
    assert failed["exact_match"].isna().all()
    assert [True] == [row.failure is not None for row in case_list(store, "run-1", Filters(failed=True))]


def test_scores_are_rows(store: Store) -> None:
    cases = numbers(2)
    store_run(store, asked("m", {cases[0].case_id: answer("0"), cases[1].case_id: answer("no")}), cases=cases)

    made = score_list(store, "run-1", Filters()).to_frame()

    assert {"value": REAL, "repeat": WHOLE} == {name: dtype for name, dtype in dtypes(made).items() if dtype != TEXT}
    assert [1.0, 0.0] == list(made.sort_values("case_id")["value"])


def test_runs_are_rows(store: Store) -> None:
    store_run(store, asked("m"), asked("n"), cases=numbers(2))

    made = RunList(list_runs(store)).to_frame()

    assert '["m", "n"]' == made.iloc[0]["candidates"]
    assert {"run_id": TEXT, "status": TEXT, "n_cases": WHOLE, "favourite": TRUTH, "started_at": MOMENT} == some(
        made, "run_id", "status", "n_cases", "favourite", "started_at"
    )


def test_pairs_are_rows_and_nested_numbers_are_left_out() -> None:
    comparison = a_comparison(pairs=(a_pair(), a_pair(metric="latency_s", n_clusters=3)))

    made = ComparisonList([comparison]).to_frame()

    pd.testing.assert_frame_equal(made, comparison.to_frame())
    wholes = {"n_pairs", "n_only_a", "n_only_b", "n_clusters", "n_more", "n_better_a", "n_better_b", "n_equal"}
    texts = {"metric", "a", "b", "verdict", "method", "kind", "effect_size_name", "unit", "prompts"}
    texts |= {"comparison_id", "benchmark"}
    assert wholes == {name for name, dtype in dtypes(made).items() if dtype == WHOLE}
    assert texts == {name for name, dtype in dtypes(made).items() if dtype == TEXT}
    assert {"higher_is_better": TRUTH, "p_value": REAL, "margin": REAL, "mde": REAL} == some(
        made, "higher_is_better", "p_value", "margin", "mde"
    )
    assert not {"also", "intervals", "notes", "statistics", "tails", "failures_as_zero"} & set(made.columns)
    assert [None, 3] == [None if pd.isna(value) else value for value in made["n_clusters"]]
    assert set(columns_of(PairResult)) < set(made.columns)


def test_the_places_of_a_race_are_rows() -> None:
    spent = Spent(calls=40, minutes=1.0, tokens=400)
    race = a_race(
        [race_place(1, "a"), race_place(2, "b", left_after=16, score=None)], [], spent=spent, full_grid_calls=40
    )

    made = RaceResult(invocation=an_invocation_result(), race=race).to_frame()

    assert {
        "rank": WHOLE, "label": TEXT, "fingerprint": TEXT, "score": REAL, "n_cases": WHOLE, "behind_first": REAL,
        "left_after": WHOLE, "is_given_up": TRUTH,
    } == dtypes(made)  # fmt: skip
    assert [True, False] == list(made["left_after"].isna())


def a_sweep(*combinations: dict[str, Any]) -> SweepResult:
    tried = tuple(
        CombinationScore(combination=each, value=0.5, low=None, high=None, n_units=4, may_be_best=True)
        for each in combinations
    )
    metric = SweptMetric(
        metric="exact_match", signature="", higher_is_better=True, n_units=4, unit="case", confidence_level=0.95,
        combinations=tried, n_may_be_best=1, effects=(), interactions=(), constant=(), notes=(),
    )  # fmt: skip
    return SweepResult(
        run_id="run-1", benchmark="numbers", benchmark_version="v1", prompt=None, design="grid", seed=0, n_cases=4,
        n_repeats=1, n_combinations=len(tried), parameters={name: ValueChoice(values=()) for name in combinations[0]},
        headline="exact_match", as_asked=(), metrics=(metric,),
    )  # fmt: skip


def test_combinations_are_rows_with_a_column_for_each_parameter() -> None:
    made = a_sweep({"model": "a", "temperature": 0, "think": True}, {"model": "b", "temperature": 0.5}).to_frame()

    assert {
        "metric": TEXT, "model": TEXT, "temperature": REAL, "think": TEXT, "value": REAL, "low": REAL, "high": REAL,
        "n_units": WHOLE, "may_be_best": TRUTH,
    } == dtypes(made)  # fmt: skip
    assert ["True", None] == [None if pd.isna(value) else value for value in made["think"]]


def test_recorded_calls_are_rows() -> None:
    stages = (TrafficStage(name="retrieval", duration_s=0.5),)
    call = TrafficCall(call_id="1", task="t", candidate="c", started_at=NOW, duration_s=2, stages=stages)

    made = TrafficList([call]).to_frame()

    assert {
        "call_id": TEXT, "task": TEXT, "candidate": TEXT, "started_at": MOMENT, "duration_s": REAL, "ok": TRUTH,
        "error_type": TEXT, "prompt_tokens": WHOLE, "output_tokens": WHOLE, "input": TEXT, "output": TEXT,
        "stages": TEXT, "context": TEXT, "refusal": TEXT,
    } == dtypes(made)  # fmt: skip
    assert '[{"name": "retrieval", "duration_s": 0.5, "tokens": null}]' == made.iloc[0]["stages"]
    assert pd.Timestamp(NOW) == made.iloc[0]["started_at"]


def test_alerts_are_rows_with_their_state() -> None:
    fields: dict[str, Any] = dict.fromkeys(
        ("task", "benchmark", "candidate", "metric", "run_id", "notified_at", "acknowledged_at", "acknowledged_by")
    )
    alert = AlertRecord(
        alert_id="1", subject="s", occurrence="", rule="quality", severity="warning", source="runs", sentence="worse",
        evidence={"z": 2.5}, changes=(), raised_at=NOW, seen_at=NOW, n_seen=1, note=None, resolved_at=None,
        resolution=None, **fields,
    )  # fmt: skip

    made = AlertList([alert]).to_frame()

    assert ("open", '{"z": 2.5}') == tuple(made.iloc[0][["state", "evidence"]])
    assert {"raised_at": MOMENT, "resolved_at": MOMENT, "n_seen": WHOLE, "state": TEXT, "changes": TEXT} == some(
        made, "raised_at", "resolved_at", "n_seen", "state", "changes"
    )


@pytest.mark.parametrize("listing", [RunList, ComparisonList, CaseList, ScoreList, StageList, TrafficList, AlertList])
def test_an_empty_frame_has_the_same_columns_and_dtypes(listing: Any) -> None:
    made = listing().to_frame()

    assert 0 == len(made)
    assert {TEXT} < set(dtypes(made).values())


def test_a_run_without_pipelines_has_an_empty_frame_of_stages_with_their_dtypes() -> None:
    made = a_run_result(candidate_result("a:1b")).stages_frame()

    assert 0 == len(made)
    assert {"candidate": TEXT, "stage": TEXT, "n": WHOLE, "total_s": REAL, "prompt_tokens": WHOLE, "model": TEXT} == (
        some(made, "candidate", "stage", "n", "total_s", "prompt_tokens", "model")
    )


def test_fields_that_hold_several_values_are_no_columns() -> None:
    assert {
        "run_id": TEXT, "benchmark_name": TEXT, "run_candidate_id": WHOLE, "label": TEXT, "status": TEXT,
        "n_planned": WHOLE, "n_done": WHOLE, "n_failed": WHOLE, "n_own_failed": WHOLE,
    } == columns_of(CandidateProgress)  # fmt: skip
    assert {"value": REAL} == dtypes(frame([{}, {"value": 1}], {"value": REAL}))
