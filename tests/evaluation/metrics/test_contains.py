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
