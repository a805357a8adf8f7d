import math

import pytest

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics import METRICS
from evaluation.metrics.quality.overall_quality import OverallQuality
from evaluation.metrics.quality.reading import sentences
from evaluation.scores import ScoreFailure

WEIGHTS = {
    "coherence": 0.25,
    "completeness": 0.25,
    "readability": 0.1,
    "length_fit": 0.15,
    "creativity": 0.15,
    "specificity": 0.1,
}
PROMPT = "Describe tidal mills in about 90 words."


def test_the_value_is_the_weighted_geometric_mean_of_the_six(measure, story) -> None:
    found = {name: measure(METRICS[name](), story, prompt=PROMPT) for name in WEIGHTS}
    expected = math.prod(found[name].value ** weight for name, weight in WEIGHTS.items())
    measurement = measure(OverallQuality(), story, prompt=PROMPT)
    assert measurement.value == pytest.approx(expected)
    confidence = sum(weight * found[name].evidence[-1] for name, weight in WEIGHTS.items())
    assert measurement.evidence[-1] == pytest.approx(confidence)
    assert list(WEIGHTS) == list(measurement.evidence[:-2:2])


@pytest.mark.parametrize("name", list(WEIGHTS))
def test_each_weight_is_an_option(measure, story, name: str) -> None:
    alone = OverallQuality(**{other: float(other == name) for other in WEIGHTS})
    expected = measure(METRICS[name](), story, prompt=PROMPT).value
    assert measure(alone, story, prompt=PROMPT).value == pytest.approx(expected)


def test_a_quality_without_weight_is_left_out_and_the_confidence_is_the_weighted_mean_of_the_others(
    measure, story
) -> None:
    metric = OverallQuality(**(dict.fromkeys(WEIGHTS, 0.0) | {"creativity": 3.0, "specificity": 1.0}))
    found = {name: measure(METRICS[name](), story, prompt=PROMPT).evidence[-1] for name in WEIGHTS}
    evidence = measure(metric, story, prompt=PROMPT).evidence
    assert ("creativity", "specificity", "confidence") == evidence[::2]
    assert evidence[-1] == pytest.approx((3 * found["creativity"] + found["specificity"]) / 4)


def test_a_quality_counts_as_no_less_than_a_twentieth(measure) -> None:
    only = OverallQuality(coherence=0, readability=0, length_fit=0, creativity=0, specificity=0)
    assert measure(only, "Eggs and").value == pytest.approx(0.05)


def test_a_quality_that_could_not_be_measured_is_left_out(measure) -> None:
    answer = "Привет, мир! Это мельница."
    measurement = measure(OverallQuality(), answer, prompt=PROMPT)
    assert "readability" not in measurement.evidence
    without = measure(OverallQuality(readability=0.0), answer, prompt=PROMPT)
    assert measurement.value == pytest.approx(without.value)


def test_where_no_weighted_quality_could_be_measured_the_score_fails_by_name() -> None:
    only = OverallQuality(**(dict.fromkeys(WEIGHTS, 0.0) | {"readability": 1.0}))
    found = only.measure(Case(case_id="1"), (Generation(text="今天。", answer="今天。"),), {})
    assert isinstance(found, ScoreFailure)
    assert "nothing_measured" == found.kind


def test_spoilt_texts_are_worth_less(measure, story) -> None:
    lines = sentences(story)
    good = measure(OverallQuality(), story, prompt=PROMPT).value
    for spoilt in (story[:300], " ".join(lines[:4] + lines[:3]), f"{story} {story}", " ".join(lines[::-1])):
        assert good > measure(OverallQuality(), spoilt, prompt=PROMPT).value
