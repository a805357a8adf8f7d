"""Thresholds of figures that a run has not measured."""

import pytest

from deployments.cli.thresholds import threshold_checks
from evaluation.request import EvaluationRequest


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        (
            {"cached_prompts": {"value": 0.25, "low": None, "high": None, "n": 12}},
            "could not be measured (the server had kept all its prompts), so that it is not known to hold 2",
        ),
        (None, "could not be measured, so that it is not known to hold 2"),
        ({"value": 1.5}, None),
        ({"value": 3.0}, "3 is over 2"),
    ],
)
def test_a_latency_of_kept_prompts_alone_holds_no_threshold(numbers: dict[str, object] | None, why: str | None) -> None:
    request = EvaluationRequest(benchmarks=["b.jsonl"], models=["m:1b"], fail_under=["latency_s=2"])
    metrics = {} if numbers is None else {"latency_s": numbers}
    candidate = {"candidate": "m:1b", "metrics": metrics}
    run = {"benchmark": "b", "metrics": {"exact_match": "ExactMatch()|v6"}, "candidates": [candidate]}

    (check,) = threshold_checks(request, {"runs": [run]})

    assert why == check.problem
    assert (None if numbers is None else numbers.get("value")) == check.value
