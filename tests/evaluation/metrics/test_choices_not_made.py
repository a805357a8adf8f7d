"""Answers that name an option without choosing it: taken back, replaced, one of two, supposed, weighed, or cut off."""

import pytest

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.choices.extraction import chosen_option
from evaluation.metrics.multiple_choice import MultipleChoice

PLANETS = ("Mars", "Venus", "Jupiter", "Saturn")
YES_NO = ("Yes", "No")
TRUE_FALSE = ("True", "False")
COUNTS = ("12", "15", "18", "21")
THINGS = ("the trophy", "the suitcase")


@pytest.mark.parametrize(
    ("answer", "options"),
    [
        ("The answer is B. Wait, no.", PLANETS),
        ("The answer is B. Wait, that's not right. Let me recompute.", PLANETS),
        ("I would say B, but that can't be right because Venus has no moons.", PLANETS),
        ("Jupiter. Wait, that's wrong.", PLANETS),
        ("C. Hmm, that doesn't fit. Let me think again.", PLANETS),
        ("12... no, that's not right.", COUNTS),
    ],
)
def test_a_choice_that_is_taken_back_is_none(answer, options):
    assert chosen_option(answer, options).index is None


@pytest.mark.parametrize(
    ("answer", "options", "index"),
    [
        ("No, that's not right.", YES_NO, 1),
        ("No. That's wrong because whales are mammals.", YES_NO, 1),
        ("The answer is C. Actually, this is easy: Jupiter is the king of gods.", PLANETS, 2),
        ("C) Jupiter\n\nWait, I should check. Venus 12,104 km; Jupiter 142,984 km; Saturn less. Yes.", PLANETS, 2),
        ("Answer: C. Sorry for the long explanation.", PLANETS, 2),
        ("Is it Jupiter? Yes, since no other planet is as large.", PLANETS, 2),
        ("The answer is C. Some say B; that is wrong.", PLANETS, 2),
    ],
)
def test_what_only_sounds_like_taking_back_hides_no_choice(answer, options, index):
    assert index == chosen_option(answer, options).index


@pytest.mark.parametrize(
    ("answer", "options", "index"),
    [
        ("The answer is 18. Oops, I mean 15.", COUNTS, 1),
        ("Paris? No. It is Rome. Sorry, Oslo.", ("Oslo", "Paris", "Rome"), 0),
        ("Jupiter. Sorry, Saturn.", PLANETS, 3),
        ("Jupiter -- no, Saturn!", PLANETS, 3),
        ("So the answer is D, Saturn. Oh wait, I misread it. Then it is Jupiter.", PLANETS, None),
        ("Yes. Actually, no.", YES_NO, 1),
        ("Yes... well, no, since whales are mammals.", YES_NO, None),
        ("La respuesta es A. No, espera, es B.", PLANETS, None),
        ("答案是B。等等，不对，应该是C。", PLANETS, None),
        ("答えはBです。いや、違います。Cです。", PLANETS, None),
    ],
)
def test_a_choice_that_another_one_replaces_is_not_read(answer, options, index):
    assert index == chosen_option(answer, options).index


@pytest.mark.parametrize(
    "answer",
    [
        "A. Mars or C. Jupiter",
        "**A. Mars** and **C. Jupiter**",
        "The answer is Mars (A) or Saturn (D).",
        "The answer is C. Jupiter and D. Saturn.",
        "The answer could be Mars, but it could also be Venus.",
        "C. Jupiter, but D. Saturn could also be correct.",
    ],
)
def test_options_named_side_by_side_by_letter_or_text_are_ambiguous(answer):
    assert (None, "ambiguous") == (chosen_option(answer, PLANETS).index, chosen_option(answer, PLANETS).stage)


@pytest.mark.parametrize(
    ("answer", "options"),
    [
        ("Suppose the answer is A. Then it would be small.", PLANETS),
        ("It is unclear whether the answer is A or not.", PLANETS),
        ("Unless A is true, we cannot tell.", PLANETS),
        ("The probability that it's B is low.", PLANETS),
        ("The claim that the answer is D is widespread.", PLANETS),
        ("Suppose it is Saturn.", PLANETS),
        ("Let's consider Mars.", PLANETS),
        ("Is it 12?", COUNTS),
        ("The question is about Mars.", PLANETS),
        ("We need to decide if the statement is true", TRUE_FALSE),
        ("The answer can't be C, because Jupiter is too large.", PLANETS),
        ("La respuesta no es A.", PLANETS),
        ("答えはDではありません。", PLANETS),
        ("Cevap D değil.", PLANETS),
    ],
)
def test_an_option_that_is_supposed_asked_or_denied_is_not_chosen(answer, options):
    assert chosen_option(answer, options).index is None


@pytest.mark.parametrize(
    ("answer", "options", "index"),
    [
        ("The trophy doesn't fit because the suitcase is too small. So it refers to the suitcase.", THINGS, None),
        ("Mars: no rings.\nVenus: no rings.\nJupiter: faint ones.\nSaturn: yes.\n\nWinner: Saturn", PLANETS, None),
        ("Mars has two moons; Jupiter and Saturn have dozens. This leaves Venus.", PLANETS, None),
        ("True at first glance, but 0 is a counterexample, so the statement is false.", TRUE_FALSE, None),
        ("red: wrong, blue: wrong, so green.", ("red", "green", "blue"), 1),
        ("10 * 10 = 100", ("10", "100", "1000"), 1),
        ("The passage says that there were no survivors.", YES_NO, None),
        ("Answer: the trophy", THINGS, 0),
        ("Jupiter, because Saturn is smaller.", PLANETS, 2),
        ("Jupiter\n\nSaturn is smaller.", PLANETS, 2),
        ("Jupiter has faint rings. Therefore, Saturn.", PLANETS, 3),
    ],
)
def test_the_first_option_of_which_an_answer_tells_something_is_not_yet_its_choice(answer, options, index):
    assert index == chosen_option(answer, options).index


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        ("To solve this problem, we consider A) Mars, B) Ven", None),
        ("Let me evaluate each option.\n\n**A) Mars**: a rocky planet with a", None),
        ("Let's go through the options.\n\nA. Mars: It is small. Its diameter is 6,792 km.", None),
        ("A) Mars: a rocky planet with a radius of about half that of the Ear", None),
        ("The options are: A) Mars: A planet that is kno", None),
        ("I think the answer is C or", None),
        ("Mars is small and dry. The planet Venus is", None),
        ("We need to look at the size of Jup", None),
        ("C. Jupiter is the largest planet. It has a diameter of", "Jupiter"),
        ("The answer is C. Jupiter is huge. Saturn, on the", "Jupiter"),
        ("A. Mars\n\nMars is called the red planet because of the iron", "Mars"),
        ("A) Mars is the", "Mars"),
        ("C. Jup", "Jupiter"),
        ("Jupiter is the largest planet. It is a gas giant, with", "Jupiter"),
    ],
)
def test_of_an_answer_cut_off_what_it_did_not_finish_chooses_nothing(answer, chosen):
    case = Case(case_id="q", references=("C",), choices=PLANETS)
    measurement = MultipleChoice().measure(case, [Generation(text=answer, answer=answer, finish_reason="length")], None)
    assert (f"chose {chosen!r}" if chosen else None) == measurement.rationale


def test_a_text_that_ends_inside_an_option_or_before_a_noun_is_cut_off_though_no_server_says_so():
    assert chosen_option("We consider A) Mars, B) Ven", PLANETS).index is None
    assert chosen_option("Let me see.\nA) Mars: a rocky planet with a", PLANETS).index is None
