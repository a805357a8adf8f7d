import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics.token_f1 import TokenF1

WORDS = st.lists(st.sampled_from(["cat", "Cat.", "sat", "mat", "dog", "the", "a", "o'clock"]), max_size=8).map(" ".join)


def official_f1(prediction, reference):
    """The f1 of SQuAD v2's evaluation script, restated."""

    def normalised(text):
        text = "".join(ch for ch in text.lower() if ch not in set(string.punctuation))
        return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())

    given_words, wanted = normalised(prediction).split(), normalised(reference).split()
    n_same = sum((Counter(given_words) & Counter(wanted)).values())
    if not given_words or not wanted:
        return float(given_words == wanted)
    if n_same == 0:
        return 0.0
    precision, recall = n_same / len(given_words), n_same / len(wanted)
    return 2 * precision * recall / (precision + recall)


def test_the_hand_worked_value(score):
    # 3 words against 2 ("cat sat"), 2 shared: 2·2/5
    assert 0.8 == score(TokenF1(), "The cat sat down.", "a cat sat").value


def test_words_are_counted_as_often_as_they_occur(score):
    # "no no no" and "no": one shared, not three
    assert 0.5 == score(TokenF1(), "no no no", "no").value


def test_the_closest_reference_counts(score):
    assert 1.0 == score(TokenF1(), "a cat", "dog", "cat").value


def test_an_empty_answer_scores_zero_unless_the_reference_is_empty(score):
    assert 0.0 == score(TokenF1(), "", "cat").value
    assert 0.0 == score(TokenF1(), "", "The").value
    assert 1.0 == score(TokenF1(), "", "").value
    assert 0.0 == score(TokenF1(), "cat", "").value


@pytest.mark.parametrize(
    ("answer", "reference", "value"),
    [
        ("[1, 2]", "{1, 2}", 0.6),
        ("3 - 2", "3 2", 0.8),
        ("3.5", "35", 0.0),
        ("-5", "5", 0.0),
        ("C++", "C", 0.5),
        ("C#", "C++", 0.4),
        ("] )", ") }", 0.5),
        ("print('hi')", 'print("hi")', 4 / 6),
        ("1,000", "1000", 1.0),
        ("**42**", "42", 1.0),
        ("The answer is 42.", "42", 0.5),
        ("The answer is A", "A", 0.5),
        ("\U0001f44d", "\U0001f44e", 0.0),
        ("\u0663", "\u0664", 0.0),
    ],
)
def test_where_no_word_is_the_marks_count(score, answer, reference, value):
    assert value == pytest.approx(score(TokenF1(), answer, reference).value)
    assert 1.0 == score(TokenF1(), reference, reference).value


def test_words_that_normalisation_removes_are_compared_as_written(score):
    assert 1.0 == score(TokenF1(), "a", "A").value
    assert 0.0 == score(TokenF1(), "The", "A").value


@given(WORDS.filter(lambda text: "cat" in text.lower()), WORDS.filter(lambda text: "at" in text.lower()))
def test_it_equals_the_official_script(score, answer, reference):
    assert official_f1(answer, reference) == pytest.approx(score(TokenF1(), answer, reference).value, abs=1e-12)


@given(WORDS, WORDS)
def test_it_is_symmetric_and_bounded(score, left, right):
    value = score(TokenF1(), left, right).value
    assert value == score(TokenF1(), right, left).value
    assert 0.0 <= value <= 1.0


@pytest.mark.parametrize(
    ("answer", "reference"),
    [("Na-", "Na+"), ("Na+", "Na"), ("Cl", "Cl-"), ("NET", ".NET"), ("args", "*args"), ("init", "__init__")],
)
def test_a_mark_that_one_word_means_counts(score, answer, reference):
    assert 1.0 > score(TokenF1(), answer, reference).value
    assert 1.0 == score(TokenF1(), reference, reference).value


def test_a_flag_is_one_sign(score):
    assert 0.0 == score(TokenF1(), "🇩🇪", "🇪🇩").value
