"""What a run found, as JSON: keys that other programs read stand as they always did."""

import json

from run_results import a_run_result, an_invocation_result, candidate_result, estimate, metric_result

from evaluation.escaping import as_json as json_text
from evaluation.results.as_json import as_json


def test_a_metrics_mean_stands_before_its_other_quantities() -> None:
    shown = as_json(metric_result(0.5, 0.25, 0.75, n_cases=4, signature="S", p95=estimate(1.0, n_cases=3)))

    assert ["value", "low", "high", "n", "method", "signature", "p95"] == list(shown)
    assert {"value": 1.0, "low": None, "high": None, "n": 3, "method": "t"} == shown["p95"]


def test_a_metric_without_a_mean_shows_its_other_quantities_alone() -> None:
    result = metric_result(p95=estimate(1.0))

    assert ["p95"] == list(as_json(result))
    assert (None, None, None, None) == (result.value, result.low, result.high, result.signature)


def test_a_result_inside_plain_values_is_written_as_its_json() -> None:
    invocation = an_invocation_result(a_run_result(candidate_result("a:1b", given_up_reason="gone"), n_repeats=2))

    written = json.loads(json_text({"status": "failed", "of": [invocation]}))

    assert {"status": "failed", "of": [as_json(invocation)]} == written
    (run,) = written["of"][0]["runs"]
    assert (2, "a:1b", "gone") == (run["repeats"], run["candidates"][0]["candidate"], run["candidates"][0]["given_up"])
