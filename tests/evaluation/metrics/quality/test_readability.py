import re

import pytest
from textstat import textstat

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.quality.readability import Readability
from evaluation.scores import ScoreFailure

EASY = "The cat sat on the mat. The dog ran to the cat."
HARD = (
    "Institutional accountability necessitates comprehensive administrative documentation. "
    "Organisational responsibilities require considerable methodological sophistication."
)


def test_flesch_reading_ease_is_that_of_the_formula(measure) -> None:
    # 12 words of one syllable in 2 sentences: 206.835 - 1.015 * 6 - 84.6 * 1 = 116.145, cut to 1.
    measurement = measure(Readability(), EASY)
    assert 1.0 == measurement.value
    assert ("flesch", pytest.approx(116.145)) == measurement.evidence[:2]


@pytest.mark.parametrize(
    ("formula", "function"),
    [
        ("flesch", "flesch_reading_ease"),
        ("flesch_kincaid", "flesch_kincaid_grade"),
        ("gunning_fog", "gunning_fog"),
        ("smog", "smog_index"),
        ("coleman_liau", "coleman_liau_index"),
        ("automated_readability", "automated_readability_index"),
    ],
)
def test_every_formula_is_the_librarys(measure, story, formula: str, function: str) -> None:
    measurement = measure(Readability(formula_name=formula), story)
    own = getattr(textstat, function)(story)
    assert (formula, pytest.approx(own)) == measurement.evidence[:2]
    expected = own / 100 if formula == "flesch" else (20 - own) / 15
    assert measurement.value == pytest.approx(min(1.0, max(0.0, expected)))
    assert measure(Readability(formula_name=formula), HARD).value < measurement.value


def test_list_items_without_end_marks_are_sentences(measure) -> None:
    items, lines = "- red cats\n- blue dogs\n- green birds", "Red cats. Blue dogs. Green birds."
    assert measure(Readability(), lines).value == measure(Readability(), items).value


def test_longer_words_are_harder(measure, story) -> None:
    harder = re.sub(r"\b(?:sea|bay|gate|tide|wheel|hours|night|corn)\b", "responsibilities", story)
    assert measure(Readability(), story).value > 0.7 > measure(Readability(), harder).value


@pytest.mark.parametrize("answer", ["今天天气很好。", "Привет, мир!", "مرحبا بالعالم", "今天 2026-01-31 10:00"])
def test_other_scripts_fail_by_name(answer: str) -> None:
    found = Readability().measure(Case(case_id="1"), (Generation(text=answer, answer=answer),), {})
    assert isinstance(found, ScoreFailure)
    assert "script_unsupported" == found.kind


@pytest.mark.parametrize("answer", ["Der Müller mahlt Korn.", "1234", "ab今天"])
def test_latin_letters_of_any_language_and_numbers_are_read(measure, answer: str) -> None:
    assert 0.0 <= measure(Readability(), answer).value <= 1.0


def test_confidence_is_a_half_at_fifty_words(measure) -> None:
    assert 0.5 == measure(Readability(), "word " * 50).evidence[-1]
    assert "low_confidence" == measure(Readability(), "word " * 49).label
