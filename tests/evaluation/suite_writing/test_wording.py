"""Which answers and questions say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.suite_writing.wording import (
    HALF,
    contains_answer,
    numbers,
    same_answer,
    same_question,
    similar_question,
)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Marta Eklund", "marta eklund."),
        ("Marta Eklund", "by Marta Eklund"),
        ("1,200 tonnes", "1200 tonnes"),
        ("three boats", "3 boats"),
        ("the old harbour master", "the old harbour master of Vik"),
        ("14 May 1987", "on 14 May 1987"),
        ("not allowed", "it is not allowed"),
        ("Straße", "STRASSE"),
        ("Zürich", "Zu\u0308rich"),
    ],
)
def test_answers_that_say_the_same(first: str, second: str) -> None:
    assert same_answer(first, second)
    assert same_answer(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Marta Eklund", "Ole Bang"),
        ("45", "60"),
        ("45", "45 of 60"),
        ("1987", "14 May 1987"),
        ("Marta Eklund", "Marta Eklund and Ole Bang"),
        ("allowed", "not allowed"),
        ("harbour", "the old harbour master of Vik in winter"),
        ("3.5 m", "35 m"),
        ("", "anything"),
        ("...", "..."),
    ],
)
def test_answers_that_do_not(first: str, second: str) -> None:
    assert not same_answer(first, second)
    assert not same_answer(second, first)


def test_half_of_an_answer_is_the_same_where_it_is_guessed() -> None:
    assert same_answer("Marta Eklund", "Marta Eklund and Ole Bang", least=HALF)
    assert not same_answer("Marta", "Marta Eklund and Ole Bang", least=HALF)


@given(st.text(max_size=30), st.text(max_size=30))
def test_whether_answers_say_the_same_does_not_depend_on_their_order(first: str, second: str) -> None:
    assert same_answer(first, second) is same_answer(second, first)


def test_numbers_are_read_without_their_thousands() -> None:
    assert {"1200", "3.5", "7", "2"} == numbers("1,200 or 3,5 or 7 or two, and one more")


def test_a_question_contains_its_answer_only_where_its_words_stand_together() -> None:
    assert contains_answer("Was the Brennholm station founded by Marta Eklund?", "Marta Eklund")
    assert not contains_answer("Was Marta the sister of Ole Eklund?", "Marta Eklund")
    assert not contains_answer("Who founded it?", "...")


def test_questions_in_another_order_are_not_the_same_but_alike() -> None:
    assert same_question("Who founded the station?", "Who founded station")
    assert not same_question("Does Vik supply Brenn?", "Does Brenn supply Vik?")
    assert similar_question("Does Vik supply Brenn?", "Does Brenn supply Vik?")
    assert not similar_question("What was sold in 2021?", "What was sold in 2022?")
