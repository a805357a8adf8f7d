import re

import pytest

from evaluation.metrics.quality.reading import reading_of
from evaluation.metrics.quality.specificity import Specificity, specific_share, vague_share


@pytest.mark.parametrize(
    ("text", "specific", "vague"),
    [
        ("In 1938 the mill at Carew closed", 2 / 7, 0.0),
        ("Carew closed", 0.0, 0.0),
        ("We think it may be something", 0.0, 3 / 6),
        ("The photosynthesis stopped", 1 / 3, 0.0),
        ("various interesting Things", 0.0, 1.0),
        ("A350 airliner", 1.0, 0.0),
    ],
)
def test_numbers_names_and_long_words_are_specific(text: str, specific: float, vague: float) -> None:
    reading = reading_of(text)
    assert specific_share(reading) == pytest.approx(specific)
    assert vague_share(reading) == pytest.approx(vague)


def test_the_value_sets_the_specific_against_the_vague(measure) -> None:
    # Four words: 1938 and Carew are specific, something is vague. 0.5 / (0.5 + 0.25 + 0.1).
    assert measure(Specificity(), "something 1938 near Carew").value == pytest.approx(0.5 / 0.85)
    assert measure(Specificity(floor=0.25), "something 1938 near Carew").value == 0.5


def test_a_text_without_anything_specific_has_no_value(measure) -> None:
    assert 0.0 == measure(Specificity(), "some thing or other").value
    assert 0.0 == measure(Specificity(floor=0.0), "it is so").value


def test_a_text_whose_words_became_vague_is_less_specific(measure, story) -> None:
    vague = re.sub(r"\b(?:mills?|corn|strength|miller|1938|Carew|through|However|hours)\b", "stuff", story)
    assert measure(Specificity(), story).value > 1.3 * measure(Specificity(), vague).value


def test_confidence_is_a_half_at_thirty_words(measure) -> None:
    assert 0.5 == measure(Specificity(), "word " * 30).evidence[-1]
    assert "low_confidence" == measure(Specificity(), "word " * 29).label
