"""The same mark is left out, or kept, by `exact_match`, `token_f1` and `contains` alike, wherever each of them can."""

import pytest

from evaluation.metrics.contains import Contains
from evaluation.metrics.exact_match import ExactMatch
from evaluation.metrics.token_f1 import TokenF1


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("we're", "were"),
        ("We\u2019re", "were"),
        ("it's", "its"),
        ("won't", "wont"),
        ("can't", "cant"),
        ("I'll", "ill"),
        ("we'd", "wed"),
        ("let's go", "lets go"),
        ("re-sign", "resign"),
        ("She re-signed.", "She resigned."),
        ("co-op", "coop"),
        ("vitamin A deficiency", "vitamin deficiency"),
        ("A-level", "level"),
    ],
)
def test_a_mark_stays_where_the_word_without_it_is_another_one(score, left, right):
    assert 0.0 == score(ExactMatch(), left, right).value == score(ExactMatch(), right, left).value
    assert 1.0 == score(ExactMatch(), f"{left}!", left).value


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("don't", "dont"),
        ("O'Neill", "ONeill"),
        ("ice-cream", "ice cream"),
        ("icecream", "ice-cream"),
        ("twenty-one", "twenty one"),
        ("Jean-Paul", "Jean Paul"),
        ("T-shirt", "T shirt"),
        ("re-elect", "reelect"),
        ("U.S.", "US"),
    ],
)
def test_apostrophes_points_of_abbreviations_and_hyphens_do_not_matter(score, left, right):
    assert 1.0 == score(ExactMatch(), left, right).value == score(ExactMatch(), right, left).value


def test_what_is_one_word_by_a_hyphen_is_not_two_words_without_one(score):
    assert 0.0 == score(ExactMatch(), "icecream", "ice cream").value


@pytest.mark.parametrize("metric", [ExactMatch(), TokenF1(), Contains()])
@pytest.mark.parametrize(
    ("bare", "marked"),
    [
        ("今天", "今天。"),
        ("东京", "东京。"),
        ("東京", "「東京」"),
        ("三体", "《三体》"),
        ("مدينة", "مدينة؟"),
        ("नमस्ते", "नमस्ते।"),
        ("Москва", "«Москва»"),
        ("Paris", "Paris."),
        ("Paris", "**Paris**"),
        ("5", "5."),
        ("Yes", "Yes!"),
        ("Café", "Café."),
    ],
)
def test_marks_around_a_text_are_left_out_alike_on_both_sides(score, metric, bare, marked):
    assert 1.0 == score(metric, bare, marked).value == score(metric, marked, bare).value


@pytest.mark.parametrize(
    ("reference", "answer", "value"),
    [
        ("Paris.", "It is Paris, of course", 1.0),
        ("5.", "It is 5", 1.0),
        ("5.", "It is 5.2", 0.0),
        ("No.", "I know nothing", 0.0),
        ("No.", "No, never", 1.0),
        ("C.", "It is C++", 0.0),
        ("5!", "5", 0.0),
        ("C++.", "I like C++ most", 1.0),
        ('"yes" and "no"', "yes and no", 0.0),
        ("(A)", "A cat", 0.0),
        ("?", "what", 0.0),
        ("...", "what", 0.0),
    ],
)
def test_contains_does_not_ask_for_the_marks_that_end_a_reference(score, reference, answer, value):
    assert value == score(Contains(), answer, reference).value


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("vitamin A", "vitamin"),
        ("vitamin A deficiency", "vitamin deficiency"),
        ("Hepatitis a", "hepatitis"),
        ("It is group A.", "It is group."),
        ("#define X", "define X"),
        ("yes / no", "yes no"),
        ("3 - 2 apples", "3 2 apples"),
        ("run rm -rf here", "run rm rf here"),
        ("@property of it", "property of it"),
        ("i++", "++i"),
        ("count++", "++count"),
    ],
)
def test_a_sign_of_code_and_a_letter_that_names_count_beside_words(score, left, right):
    assert 1.0 > score(TokenF1(), left, right).value == score(TokenF1(), right, left).value
    assert 1.0 == score(TokenF1(), left, left).value
    assert 0.0 == score(ExactMatch(), left, right).value


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("* red\n* green", "red green"),
        ("the city - a capital", "city capital"),
        ("$5 million", "5 million"),
        ("plan a trip", "plan trip"),
        ("> a quoted line", "quoted line"),
        ("rock & roll", "rock roll"),
    ],
)
def test_squads_rule_holds_in_prose(score, answer, reference):
    assert score(ExactMatch(squad=True), answer, reference).value == score(TokenF1(), answer, reference).value
