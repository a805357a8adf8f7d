import pytest

from evaluation.case import Case
from evaluation.metrics.quality.length_fit import LengthFit


@pytest.mark.parametrize(
    ("prompt", "answer", "expected"),
    [
        ("At least 10 words.", "one two three four five", 0.5),
        ("At most 4 words.", "one two three four five", 0.8),
        ("At most 5 words.", "one two three four five", 1.0),
        ("In about 10 words.", "w " * 9, 1.0),
        ("In about 10 words.", "w " * 22, 0.5),
        ("One sentence.", "It is. It was.", 0.5),
        ("Two paragraphs.", "One.\n\nTwo.", 1.0),
        ("Four lines.", "a\nb\n\nc", 0.75),
        ("At most 5 characters.", " 1234567890 ", 0.5),
        ("Two sentences of at most 2 words.", "It is so. Was it?", 2 / 5),
        ("No more than 0 words.", "yes", 0.0),
    ],
)
def test_the_value_is_the_ratio_to_the_nearer_end(measure, prompt: str, answer: str, expected: float) -> None:
    measurement = measure(LengthFit(), answer, prompt=prompt)
    assert measurement.value == pytest.approx(expected)
    assert ("length_stated", 1.0) == (measurement.label, measurement.evidence[-1])


@pytest.mark.parametrize(
    ("case", "low", "high"),
    [
        (Case(case_id="1", prompt="Which?", choices=("a", "b")), 1, 12),
        (Case(case_id="1", prompt="Summarize the document.", context=("w " * 500, "w " * 500)), 50, 400),
        (Case(case_id="1", prompt="Summarize the document.", context=("w " * 20,)), 5, 30),
        (Case(case_id="1", prompt="Please summarize the document.", context=("w " * 20,)), 5, 30),
        (Case(case_id="1", prompt="Tell me: how many cats are there?"), 1, 60),
        (Case(case_id="1", prompt="Why did it end?", context=("It did.",)), 1, 60),
        (Case(case_id="1", prompt="How many cats are there?"), 1, 60),
        (Case(case_id="1", prompt="Explain briefly."), 1, 80),
        (Case(case_id="1", prompt="Explain."), 15, 400),
    ],
)
def test_a_range_is_assumed_by_the_kind_of_case(measure, case: Case, low: float, high: float) -> None:
    measurement = measure(LengthFit(), "word", case=case)
    assert ("length_assumed", 0.3) == (measurement.label, measurement.evidence[-1])
    assert ("words", 1.0, "low", low, "high", high) == measurement.evidence[:6]


def test_an_open_end_is_no_number_of_the_evidence(measure) -> None:
    measurement = measure(LengthFit(), "one two", prompt="At least 4 words.")
    assert ("words", 2.0, "low", 4.0, "confidence", 1.0) == measurement.evidence


def test_the_assumed_range_is_an_option(measure) -> None:
    assert 0.5 == measure(LengthFit(fewest=2), "word", prompt="Explain.").value
    assert 0.5 == measure(LengthFit(most=20), "w " * 40, prompt="Explain.").value


def test_a_cut_and_a_padded_text_fit_less_than_the_whole(measure, story) -> None:
    prompt = f"Tell me of tidal mills in about {len(story.split())} words."
    assert 1.0 == measure(LengthFit(), story, prompt=prompt).value
    assert 0.7 > measure(LengthFit(), story[: len(story) // 2], prompt=prompt).value
    assert 0.7 > measure(LengthFit(), f"{story} {story}", prompt=prompt).value
