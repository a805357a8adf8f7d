import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics.contains import Contains


@pytest.mark.parametrize(
    ("metric", "answer", "references", "value"),
    [
        (Contains(), "I think Paris is it", ("paris",), 1.0),
        (Contains(ignore_case=False), "I think Paris is it", ("paris",), 0.0),
        (Contains(), "New\n  York", ("new york",), 1.0),
        (Contains(), "red", ("blue", "red"), 1.0),
        (Contains(all=True), "red", ("blue", "red"), 0.0),
        (Contains(all=True), "blue and red", ("blue", "red"), 1.0),
        (Contains(), "green", ("blue", "red"), 0.0),
        (Contains(), "", ("blue",), 0.0),
        (Contains(), "", ("",), 1.0),
        (Contains(), "anything", ("",), 0.0),
        (Contains(), "It is 15", ("5",), 0.0),
        (Contains(), "It is -5", ("5",), 0.0),
        (Contains(), "It is 5.2", ("5",), 0.0),
        (Contains(), "It is 5,000", ("5",), 0.0),
        (Contains(), "It is 5.", ("5",), 1.0),
        (Contains(), "It is 5, 6 or 7", ("5",), 1.0),
        (Contains(), "It is 5km, 3-5 days", ("5",), 1.0),
        (Contains(), "It is (5)", ("5",), 1.0),
        (Contains(), "It was on 21.11.2026", ("2026",), 1.0),
        (Contains(), "It is -5", ("-5",), 1.0),
        (Contains(), "I like C++", ("C",), 0.0),
        (Contains(), "Cats", ("C",), 0.0),
        (Contains(), "I like C.", ("c",), 1.0),
        (Contains(), "I like C++ most", ("C++",), 1.0),
        (Contains(), "a[0]", ("]",), 1.0),
        (Contains(), "我喜欢猫", ("猫",), 1.0),
        (Contains(), "I don’t know", ("don't know",), 1.0),
        (Contains(), 'He said "no".', ("“no”",), 1.0),
    ],
)
def test_references_are_looked_for_in_the_answer(score, metric, answer, references, value):
    assert value == score(metric, answer, *references).value


def test_what_was_not_found_is_said(score):
    assert "not found: 'blue'" == score(Contains(all=True), "red", "blue", "red").rationale


@given(st.text(), st.text().filter(str.strip), st.text())
def test_what_stands_in_the_middle_is_found(score, before, reference, after):
    assert 1.0 == score(Contains(), f"{before} {reference} {after}", reference).value


def test_case_is_folded_as_unicode_says(score):
    assert 1.0 == score(Contains(), "HAUPTSTRASSE 5", "straße").value
    assert 1.0 == score(Contains(), "it is o'neill's", "O'Neill'S").value


@pytest.mark.parametrize(
    ("reference", "answer", "value"),
    [
        ("👍", "Sure 👍!", 1.0),
        ("👍", "👍🏿", 0.0),
        ("👩", "👩‍🔬", 0.0),
        ("🔬", "👩‍🔬", 0.0),
        ("🇷🇺", "🇫🇷🇺🇸", 0.0),
        ("🇺🇸", "🇫🇷🇺🇸", 1.0),
        ("❤️", "I ❤ you", 1.0),
        ("x", "x̄", 0.0),
    ],
)
def test_a_sign_is_looked_for_with_what_is_joined_to_it(score, reference, answer, value):
    assert value == score(Contains(), answer, reference).value
