"""Letters that an answer names and does not choose: two that are offered, one rejected, one that others would choose.

The sentences of `tests/support/choice_sentences.txt` were labelled by hand, all but the last kind before a reader had
seen them: a letter, `ambiguous`, or `none`.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.choices.extraction import chosen_option
from evaluation.metrics.multiple_choice import MultipleChoice

PLANETS = ("Mercury", "Venus", "Mars", "Jupiter")
VITAMINS = ("vitamin A", "vitamin C", "vitamin D", "vitamin K")
SENTENCES = [
    tuple(line.split("|", 1))
    for line in Path(__file__).parents[2].joinpath("support/choice_sentences.txt").read_text().splitlines()
    if not line.startswith("#")
]
CHOOSE_UNREAD = {
    "A or B? A.",
    "Maybe A. On second thought, B.",
    "A is not a mistake; it is correct.",
    "Is it A? No. Is it D? Yes.",
    "It could only be D.",
    "A might seem wrong, but it is the answer.",
}
"""They choose, and are called ambiguous or not read."""


def _read(answer: str, options: tuple[str, ...] = PLANETS, question: str = "") -> str:
    choice = chosen_option(answer, options, question=question)
    return choice.stage if choice.index is None else "ABCD"[choice.index]


def test_no_letter_is_read_that_a_sentence_does_not_choose():
    wrong = {answer: _read(answer) for label, answer in SENTENCES if _read(answer) in {*"ABCD"} - {label}}
    assert len(SENTENCES) > 370
    assert {} == wrong


def test_a_letter_that_a_sentence_chooses_is_read():
    unread = {answer for label, answer in SENTENCES if label in {*"ABCD"} and _read(answer) != label}
    assert unread == CHOOSE_UNREAD


def test_two_options_that_are_offered_in_whatever_words_are_ambiguous():
    others = {answer: _read(answer) for label, answer in SENTENCES if label == "ambiguous" != _read(answer)}
    assert {"A would be my first guess, D my second... hard to say, either could be right.": "not_extracted"} == others


@pytest.mark.parametrize(
    ("answer", "options", "letter"),
    [
        ("Vitamin C is the answer", VITAMINS, "B"),
        ("The answer is vitamin D.", VITAMINS, "C"),
        ("Option C is the answer, vitamin D.", VITAMINS, "C"),
        ("Both.", ("Heat", "Light", "Both", "Neither"), "C"),
        ("Both.", PLANETS, "ambiguous"),
        ("Either.", PLANETS, "ambiguous"),
        ("Neither.", PLANETS, "not_extracted"),
        ("not C", PLANETS, "not_extracted"),
    ],
)
def test_a_name_is_the_option_that_has_it_and_both_are_two(answer, options, letter):
    assert letter == _read(answer, options)


@pytest.mark.parametrize(
    ("question", "options", "answer"),
    [
        ("Which of these is the most common mistake?", PLANETS, "C is the most common mistake."),
        ("Which planet is the least dense?", PLANETS, "C is the least dense"),
        ("Which of these foods would you avoid?", PLANETS, "C is what I would avoid."),
        ("What is it called?", ("trial", "bias", "sampling error", "chance"), "C is a sampling error."),
    ],
)
def test_a_rejecting_word_of_the_question_or_the_option_rejects_nothing(question, options, answer):
    assert "C" == _read(answer, options, question)


def test_the_metric_hands_the_question_to_the_reader():
    case = Case(case_id="1", prompt="Which is the most common mistake?", references=("A",), choices=PLANETS)
    answer = "A is the most common mistake"
    other = replace(case, prompt="Which is right?")
    values = [MultipleChoice().measure(asked, (Generation(text=answer, answer=answer),), {}) for asked in (case, other)]
    assert [1.0, 0.0] == [measurement.value for measurement in values]
