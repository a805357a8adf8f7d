import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics.exact_match import ExactMatch


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("Paris.", "paris"),
        ("The Eiffel Tower", "eiffel tower"),
        ("**42**", "42"),
        ('"Yes", he said.', "yes he said"),
        ("two\n  words", "two words"),
        ("U.S.", "US"),
        ("well-known", "wellknown"),
        ("", ""),
        ("STRASSE", "straße"),
        ("“Paris”", "Paris"),
        ("(A)", "A"),
        ("A.", "A"),
        ('"42"', "42"),
        ("−5", "-5"),
        ("1990–95", "1990-95"),
        ("the 1990s", "1990s"),
        ("* red\n* green", "red green"),
        ("[Paris]", "Paris"),
        ("五 (5) apples", "五 5 apples"),
        ("巴黎。", "巴黎"),
        ("《三体》", "三体"),
        ("مدينة؟", "مدينة"),
        ("नमस्ते।", "नमस्ते"),
        ("Ph.D.", "PhD"),
        ("C++.", "C++"),
        ("The C++", "C++"),
        ("50%.", "50%"),
        ("f(x).", "f(x)"),
        ("[1, 2].", "[1, 2]"),
        ("😀.", "😀"),
        ("“😀”", "😀"),
        ("「42」", "42"),
        ("Ａ", "A"),
        ("１２", "12"),
        ("\u200bParis\ufeff", "Paris"),
    ],
)
def test_case_blanks_articles_and_sentence_punctuation_do_not_matter(score, answer, reference):
    assert 1.0 == score(ExactMatch(), answer, reference).value


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("3.5", "35"),
        ("-5", "5"),
        (".5", "5"),
        ("1,000", "1 000"),
        ("10:30", "1030"),
        ("1990-95", "199095"),
        ("C++", "C"),
        ("C#", "C"),
        ("50%", "50"),
        ("vitamin A", "vitamin"),
        ("A", "the"),
        ("?", "!"),
        ("] )", ") }"),
        ("[1, 2]", "{1, 2}"),
        ("3 - 2", "3 2"),
        ("(1, 2]", "[1, 2)"),
        ("f(x)", "fx"),
        ("f(x)", "f[x]"),
        ("x - y", "x y"),
        ("-x", "x"),
        ("a*b", "ab"),
        ("5!", "5"),
        ("snake_case", "snakecase"),
        ("os.path", "ospath"),
        ("O(n log n)", "O[n log n]"),
        ("print('hi')", 'print("hi")'),
        ("The list is [1, 2]", "The list is {1, 2}"),
        ("*args", "args"),
        ("->", "<-"),
        ("The", "A"),
        ("The The", "The"),
        ("a b", "b"),
        ("3 - 2 apples", "3 2 apples"),
        ("$5", "5"),
        ("–5", "5"),
        ("👍", "👎"),
        ("٣", "٤"),
        ("नमस्ते", "नमस्त"),
        ("", "a"),
        ("-\\infty", "\\infty"),
        ("-$price", "$price"),
        ("-(alpha + beta)", "(alpha + beta)"),
    ],
)
def test_what_carries_meaning_is_not_normalised_away(score, answer, reference):
    assert 0.0 == score(ExactMatch(), answer, reference).value


def test_any_reference_will_do(score):
    assert 1.0 == score(ExactMatch(), "Holland", "the Netherlands", "Holland").value


@pytest.mark.parametrize(
    ("option", "answer"),
    [
        ("ignore_case", "big cat"),
        ("ignore_punctuation", "Big. Cat"),
        ("ignore_articles", "the Big Cat"),
        ("strip", " Big  Cat"),
    ],
)
def test_each_option_can_be_turned_off(score, option, answer):
    assert 1.0 == score(ExactMatch(), answer, "Big Cat").value
    assert 0.0 == score(ExactMatch(**{option: False}), answer, "Big Cat").value


def test_without_any_option_texts_are_compared_as_they_are(score):
    bare = ExactMatch(ignore_case=False, ignore_punctuation=False, ignore_articles=False, strip=False)
    assert 0.0 == score(bare, "x ", "x").value
    assert 1.0 == score(bare, " The x. ", " The x. ").value


@pytest.mark.parametrize(
    ("answer", "reference", "value"),
    [
        ("3.5", "35", 1.0),
        ("The cat!", "cat", 1.0),
        ("vitamin A", "vitamin", 1.0),
        ("the", "", 1.0),
        ("cats", "cat", 0.0),
    ],
)
def test_squads_own_rule_can_be_asked_for(score, answer, reference, value):
    assert value == score(ExactMatch(squad=True, ignore_case=False, strip=False), answer, reference).value


@given(st.text())
def test_every_text_matches_itself(score, text):
    assert 1.0 == score(ExactMatch(), text, text).value


@given(st.text(), st.text())
def test_the_two_sides_can_be_swapped(score, left, right):
    assert score(ExactMatch(), left, right).value == score(ExactMatch(), right, left).value


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("!true", "true"),
        ("!ready", "ready"),
        (":name", "name"),
        ("Cl-", "Cl"),
        ("NO3-", "NO3"),
        ("p and (q or r)", "(p and q) or r"),
        ("p and (q or r)", "p and q or r"),
        ("not (p or q)", "not p or q"),
        ("the a", "a"),
        ("😀", "😁"),
    ],
)
def test_a_sign_that_changes_the_meaning_counts_beside_words_too(score, answer, reference):
    assert 0.0 == score(ExactMatch(), answer, reference).value


@pytest.mark.parametrize(
    ("answer", "reference", "value"),
    [
        ("❤", "❤️", 1.0),
        ("❤️", "💔", 0.0),
        ("👍", "👍🏿", 0.0),
        ("「", "」", 0.0),
        ("--all", "-all", 0.0),
        ("--all", "all", 0.0),
    ],
)
def test_pictures_and_lone_signs_are_compared_as_they_are_meant(score, answer, reference, value):
    assert value == score(ExactMatch(), answer, reference).value
