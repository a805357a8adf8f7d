"""Thresholds of figures that a run has not measured."""

import pytest
from run_results import a_run_result, an_invocation_result, candidate_result, estimate, metric_result

from deployments.cli.evaluate.thresholds import threshold_checks
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.results.runs import MetricResult


@pytest.mark.parametrize(
    ("latency", "why"),
    [
        (
            metric_result(cached_prompts=estimate(0.25, n_cases=12)),
            "could not be measured (all its prompts were in the server's cache), so it cannot be checked against 2",
        ),
        (None, "could not be measured, so it cannot be checked against 2"),
        (metric_result(1.5), None),
        (metric_result(3.0), "3 is over 2"),
    ],
)
def test_a_latency_of_kept_prompts_alone_holds_no_threshold(latency: MetricResult | None, why: str | None) -> None:
    request = EvaluationRequest(benchmarks=["b.jsonl"], models=["m:1b"], fail_under=["latency_s=2"])
    candidate = candidate_result("m:1b", {} if latency is None else {"latency_s": latency})
    run = a_run_result(candidate, benchmark="b", metrics={"exact_match": "ExactMatch()|v6"})

    (check,) = threshold_checks(request, an_invocation_result(run))

    assert why == check.problem
    assert (None if latency is None else latency.value) == check.value
