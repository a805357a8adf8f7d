import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.metrics.classification import Accuracy
from evaluation.metrics.label_extraction import chosen_label

LABELS = ("spam", "ham", "not_spam")


@pytest.mark.parametrize(
    ("answer", "predicted"),
    [
        ("ham", "ham"),
        ("  **Ham**.", "ham"),
        ("Not spam", "not_spam"),
        ("NOT-SPAM!", "not_spam"),
        ("ham because it reads well, unlike spam", "ham"),
        ("Label: ham", "ham"),
        ("The text is ham.", "ham"),
        ("This is not spam", "not_spam"),
        ("It is not ham, it is spam", "spam"),
        ("It is spam or ham", "not_extracted"),
        ("It isn't ham", "not_extracted"),
        ("hamster", "not_extracted"),
        ("", "not_extracted"),
    ],
)
def test_the_label_is_found_in_the_answer(score, answer, predicted):
    measurement = score(Accuracy(), answer, "ham", choices=LABELS)
    assert (predicted, float(predicted == "ham")) == (measurement.label, measurement.value)


def test_labels_that_differ_only_in_case_are_told_apart_by_an_exact_answer(score):
    assert "US" == score(Accuracy(), "US", "US", choices=("us", "US")).label


@pytest.mark.parametrize(
    ("answer", "labels", "predicted"),
    [
        (">", ("<", ">", "="), ">"),
        ("-1", ("1", "0", "-1"), "-1"),
        ("-1", ("0", "1"), "not_extracted"),
        ("It is -1.", ("1", "0", "-1"), "-1"),
        ("1.5", ("1", "15"), "not_extracted"),
        ("It is 1.5", ("1", "15", "1.5"), "1.5"),
        ("C++", ("C", "Java"), "not_extracted"),
        ("(1, 2]", ("[1, 2)", "(1, 2]"), "(1, 2]"),
        ("👍", ("👎", "👍"), "👍"),
        ("**US**.", ("us", "US"), "US"),
        ("正面", ("负面", "正面"), "正面"),
        ("spam or ham", ("spam", "ham"), "not_extracted"),
        ("spam and ham", ("spam", "ham"), "not_extracted"),
        ("spam? No, ham.", ("spam", "ham"), "not_extracted"),
        ("Spam is wrong.", ("spam", "ham"), "not_extracted"),
        ("I do not think it is spam, it is ham", ("spam", "ham"), "ham"),
    ],
)
def test_labels_that_differ_in_their_marks_are_told_apart(score, answer, labels, predicted):
    for reference in labels:
        measurement = score(Accuracy(), answer, reference, choices=labels)
        assert (predicted, float(predicted == reference)) == (measurement.label, measurement.value)


def test_labels_with_symbols_are_found_whole(score):
    assert "C++" == score(Accuracy(), "I say C++ here", "C++", choices=("C", "C++")).label


def test_a_case_without_labels_extracts_nothing(score):
    assert "not_extracted" == score(Accuracy(), "ham", "ham").label


def test_a_reference_outside_the_labels_is_reported_before_anything_is_asked():
    assert "'eggs'" in Accuracy().problem(Case(case_id="q", references=("eggs",), choices=LABELS))
    assert Accuracy().problem(Case(case_id="q", references=("Ham",), choices=LABELS)) is None


@given(st.sampled_from(LABELS), st.sampled_from(["{}", "{}.", "'{}'", "{} ", "{}\n\nBecause of the tone."]))
def test_a_label_at_the_start_is_always_found(score, label, wording):
    assert label == score(Accuracy(), wording.format(label), label, choices=LABELS).label


@given(st.text(max_size=100), st.lists(st.text(max_size=10), max_size=5))
def test_any_text_can_be_read(score, answer, choices):
    assert score(Accuracy(), answer, "x", choices=choices).value in (0.0, 1.0)


def test_a_label_of_nothing_but_marks_is_never_read():
    assert chosen_label("?!", ("", "ham")) is None
    assert "" == chosen_label("", ("", "ham"))


def test_case_is_folded_as_unicode_says(score):
    assert "straße" == score(Accuracy(), "STRASSE", "straße", choices=("straße", "weg")).label


@pytest.mark.parametrize(
    ("answer", "labels", "label"),
    [
        ("spam: no sign of it. ham: all signs of it.", ("spam", "ham"), None),
        ("Positive aspects are few, the whole is negative.", ("positive", "negative"), None),
        ("Sports. The match is no matter of politics.", ("sports", "politics"), "sports"),
        ("Sports\n\nPolitics is only mentioned.", ("sports", "politics"), "sports"),
        ("positive because nothing negative is said", ("positive", "negative"), "positive"),
        ("Spam. Sorry, ham.", ("spam", "ham"), None),
        ("The text names no survivors.", ("yes", "no"), None),
        ("In short, no.", ("yes", "no"), "no"),
        ("Yes, the text says no such thing is false.", ("yes", "no"), "yes"),
    ],
)
def test_a_label_that_begins_a_sentence_about_itself_is_no_answer_where_another_one_is_named(answer, labels, label):
    assert label == chosen_label(answer, labels)
