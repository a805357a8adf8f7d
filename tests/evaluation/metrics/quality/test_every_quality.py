import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics import METRICS
from evaluation.metrics.parsing import parse_metric
from evaluation.scores import Measurement, ScoreFailure

NAMES = ("coherence", "completeness", "readability", "length_fit", "creativity", "specificity", "overall_quality")
PIECES = [
    "Cats sleep. ",
    "However, ",
    "the ",
    "- item\n",
    "```\n",
    "\n\n",
    "# H\n",
    "今天。",
    "مرحبا؟ ",
    "🎉",
    "\ud800",
    "\x00",
    "1. ",
    "(",
    '"',
]
WISHES = (
    Case(case_id="2", prompt="At least 1 word."),
    Case(case_id="3", prompt="In no more than 0 words?"),
)
CASE = Case(case_id="1", prompt="Explain cats and dogs, list three reasons, in about 50 words.")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("answer", ["", " \n\t", "\u00a0"])
def test_an_empty_answer_is_worth_nothing_and_says_so(measure, name: str, answer: str) -> None:
    measurement = measure(METRICS[name](), answer, prompt=CASE.prompt)
    assert (0.0, "empty") == (measurement.value, measurement.label)


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_without_words_is_worth_nothing_and_says_so(measure, name: str) -> None:
    measurement = measure(METRICS[name](), "🎉 … !", prompt=CASE.prompt)
    assert (0.0, "no_words") == (measurement.value, measurement.label)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=30).map("".join))
@example("a" * 100_000)
@example("Mr. (" * 20_000)
@example("\n- a" * 20_000)
@example("a\u0301" * 50_000)
def test_any_text_gets_a_share_or_a_named_failure_and_always_the_same(name: str, answer: str) -> None:
    generation = Generation(text=answer, answer=answer)
    for case in (CASE, *WISHES):
        found = METRICS[name]().measure(case, (generation,), {})
        assert found == METRICS[name]().measure(case, (generation,), {})
        _check(name, found)


def _check(name: str, found: Measurement | ScoreFailure | None) -> None:
    if isinstance(found, ScoreFailure):
        assert ("readability", "script_unsupported") == (name, found.kind)
        return
    assert isinstance(found, Measurement)
    assert 0.0 <= found.value <= 1.0
    numbers = [entry for entry in found.evidence if isinstance(entry, float)]
    assert all(math.isfinite(number) for number in numbers)


@pytest.mark.parametrize("name", NAMES)
def test_every_part_is_in_the_evidence_and_in_the_rationale(measure, story, name: str) -> None:
    measurement = measure(METRICS[name](), story, prompt=CASE.prompt)
    names, numbers = measurement.evidence[::2], measurement.evidence[1::2]
    assert "confidence" == names[-1]
    assert 0.0 <= numbers[-1] <= 1.0
    for part, number in zip(names, numbers, strict=True):
        assert f"{part.replace('_', ' ')} {number:.3g}" in measurement.rationale


@pytest.mark.parametrize(
    "text",
    [
        "coherence(link_weight=1.5)",
        "completeness(ending_weight=-0.1)",
        "creativity(window=0)",
        "specificity(floor=2.0)",
        "length_fit(fewest=0)",
        "length_fit(fewest=9, most=8)",
        "overall_quality(readability=-1)",
        "overall_quality(coherence=0,completeness=0,readability=0,length_fit=0,creativity=0,specificity=0)",
    ],
)
def test_an_option_out_of_its_range_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_metric(text)
    option = text.partition("(")[2].partition("=")[0]
    assert f"{option}=" in str(refused.value)


@pytest.mark.parametrize("name", [*NAMES, "word_count", "sentence_count"])
def test_every_quality_is_documented(name: str) -> None:
    assert METRICS[name].formula
    assert METRICS[name].source
    assert METRICS[name].blind_spots
