import pytest
from stored_runs import Asked, answer, asked, numbers, right, store_run, wrong

from evaluation.candidate import Candidate
from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation
from evaluation.metrics.parsing import parse_metric
from evaluation.records.candidates import MetricUse
from evaluation.records.metric_keys import metric_keys
from evaluation.records.status import Status
from evaluation.results.failures import FailureExample
from evaluation.run_results.run_result import invocation_result, run_in_full, run_result, worst_status
from evaluation.scoring.aggregation import aggregate_run
from evaluation.scoring.candidate_scoring import score_candidate
from evaluation.store.runs import find_run
from evaluation.store.session import Store

DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="nobody listens", n_attempts=8)
EMPTY = Generation(text="", answer="", own_failure=FailureKind.EMPTY_ANSWER, message="not a word")


def test_a_result_counts_answers_own_failures_and_the_servers_apart(store: Store) -> None:
    cases = numbers(4)
    outcomes = right(cases) | {"c1": EMPTY, "c2": DOWN}
    result = run_result(store, store_run(store, asked("a:1b", outcomes), cases=cases))

    (candidate,) = result.candidates

    assert (4, 3, 1) == (candidate.n_cases, candidate.n_ok, candidate.n_failed)
    assert {"server_down": 1} == candidate.failures
    assert {"empty_answer": 1} == candidate.own_failures
    numbers_ = candidate.metrics["exact_match"]
    as_zero = numbers_.quantities["mean_with_failures_as_zero"]
    assert (2 / 3, 3) == (numbers_.value, numbers_.mean.n_cases)
    assert 0 < numbers_.low < 2 / 3 < numbers_.high < 1
    assert (2 / 4, 4) == (as_zero.value, as_zero.n_cases)


def test_a_result_says_where_its_numbers_come_from(store: Store) -> None:
    cases = numbers(2)
    result = run_result(store, store_run(store, asked("a:1b", right(cases)), cases=cases, limit=1))

    assert ("run-1", "of-run-1", "completed", None) == (
        result.run_id,
        result.invocation_id,
        result.status,
        result.reason,
    )
    assert ("numbers", "reasoning", "exact_match") == (result.benchmark, result.task_type, result.headline)
    assert (7, 1, 1, 1) == (result.seed, result.n_repeats, result.limit, result.n_cases)
    assert "0.1.0+gabc" == result.code_version
    assert ("flow-1",) == result.flow_run_ids
    assert {"exact_match": parse_metric("exact_match").signature} == result.metrics
    assert result.started_at <= result.finished_at
    (candidate,) = result.candidates
    assert ("a:1b", "digest-of-a:1b", "0.33.0") == (
        candidate.model,
        candidate.digest,
        candidate.server_version,
    )
    assert {"temperature": 0.0, "num_ctx": 4096} == candidate.options
    assert ("here", "http://127.0.0.1:9") == (candidate.endpoint, candidate.endpoint_url)


def test_a_run_that_was_never_started_has_no_times_and_no_metrics(store: Store) -> None:
    run_id = store_run(store, asked("a:1b"), cases=numbers(2), status=Status.PLANNED, scored=False)

    result = run_result(store, run_id)

    assert (None, None, "planned") == (result.started_at, result.finished_at, result.status)
    (candidate,) = result.candidates
    assert ({}, 0, 0) == (candidate.metrics, candidate.n_ok, candidate.n_failed)


def test_one_tag_with_two_digests_is_told_apart(store: Store) -> None:
    cases = numbers(2)
    twins = [
        Asked(
            candidate=Candidate(model="a:1b", digest=f"sha256:{n}123456789"),
            outcomes=right(cases),
            endpoint=f"gpu-{n}",
        )
        for n in range(2)
    ]
    result = run_result(store, store_run(store, *twins, cases=cases))

    assert ["a:1b @gpu-0", "a:1b @gpu-1"] == [found.label for found in result.candidates]


def test_two_metrics_of_one_name_are_both_there(store: Store) -> None:
    cases = numbers(3)
    metrics = ("regex(pattern='1')", "regex(pattern='[12]')")
    run_id = store_run(store, asked("a:1b", right(cases)), cases=cases, metrics=metrics, headline="regex")

    result = run_result(store, run_id)

    second = parse_metric(metrics[1]).signature
    assert ["regex", second] == list(result.metrics)
    measured = result.candidates[0].metrics
    assert (1 / 3, 2 / 3) == (measured["regex"].value, measured[second].value)


def test_a_metric_that_was_added_later_does_not_replace_the_runs_own(store: Store) -> None:
    cases = numbers(3)
    run_id = store_run(
        store, asked("a:1b", right(cases)), cases=cases, metrics=("regex(pattern='1')",), headline="regex"
    )
    later = parse_metric("regex(pattern='.')")
    score_candidate(store, run_id, find_run(store, run_id).candidates[0].run_candidate_id, [later])
    aggregate_run(store, run_id, ["regex(pattern='.')"])

    measured = run_result(store, run_id).candidates[0].metrics

    assert (1 / 3, 1.0) == (measured["regex"].value, measured[later.signature].value)


def test_the_runs_own_metrics_take_their_names_first() -> None:
    planned, later, other = (
        MetricUse(name=name, signature=said) for name, said in [("m", "M(1)"), ("m", "M(2)"), ("k", "K")]
    )

    assert {"M(1)": "m", "M(2)": "M(2)", "K": "k"} == metric_keys([planned], [later, other, planned])


def test_an_invocation_has_the_worst_status_of_its_runs(store: Store) -> None:
    store_run(store, asked("a:1b"), cases=numbers(1), status=Status.FAILED, scored=False)

    result = invocation_result(store, "of-run-1")

    assert ("failed", "of-run-1", ["run-1"]) == (
        result.status,
        result.invocation_id,
        [run.run_id for run in result.runs],
    )


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        (["completed", "failed", "cancelled"], "failed"),
        (["completed", "cancelled", "interrupted"], "cancelled"),
        (["completed", "running"], "running"),
        (["completed"], "completed"),
        ([], "planned"),
    ],
)
def test_the_worst_status_comes_first(statuses: list[str], worst: str) -> None:
    assert worst == worst_status(statuses)


def test_a_run_in_full_lists_its_cases_and_one_example_of_each_kind_of_failure(store: Store) -> None:
    cases = numbers(4)
    thought = Generation(text="", answer="", own_failure=FailureKind.THINKING_USED_UP_THE_BUDGET)
    run_id = store_run(
        store,
        asked("a:1b", {"c0": answer("0"), "c1": DOWN, "c2": DOWN, "c3": EMPTY}),
        asked("b:1b", {"c0": thought, "c1": DOWN, "c2": answer("2"), "c3": answer("3")}),
        asked("c:1b", right(cases)),
        cases=cases,
    )

    full = run_in_full(store, run_id)

    assert ("c0", "c1", "c2", "c3") == full.case_ids
    down, empty, thinking = full.failures
    assert ("server_down", False, 3, {"a:1b": 2, "b:1b": 1}) == (down.kind, down.is_own, down.n, down.by_candidate)
    assert (
        FailureExample(
            candidate="a:1b", case_id="c1", repeat=0, message="nobody listens", n_attempts=8, endpoint="here"
        )
        == down.example
    )
    assert ("empty_answer", True, "c3") == (empty.kind, empty.is_own, empty.example.case_id)
    assert ("thinking_used_up_the_budget", "b:1b") == (thinking.kind, thinking.example.candidate)


def test_a_run_without_failures_has_no_examples(store: Store) -> None:
    cases = numbers(2)

    assert () == run_in_full(store, store_run(store, asked("a:1b", wrong(cases)), cases=cases)).failures
