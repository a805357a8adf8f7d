import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.metrics import bounded_search
from evaluation.metrics.regex import MAX_CHARS, Regex


@pytest.mark.parametrize(
    ("metric", "answer", "value"),
    [
        (Regex(pattern="^yes"), "yes, sir", 1.0),
        (Regex(pattern="^yes"), "Yes, sir", 0.0),
        (Regex(pattern="^yes", ignore_case=True), "Yes, sir", 1.0),
        (Regex(pattern=r"\d+"), "about 12 or so", 1.0),
        (Regex(pattern=r"\d+", search=False), "about 12 or so", 0.0),
        (Regex(pattern=r"\d+", search=False), "12 or so", 0.0),
        (Regex(pattern=r"\d+", search=False), " 12\n", 1.0),
        (Regex(pattern=".*"), "", 0.0),
        (Regex(pattern="^(?!.*sorry)"), "", 0.0),
        (Regex(pattern="^$"), " ", 1.0),
        (Regex(pattern="^$"), "text", 0.0),
        (Regex(pattern=""), "", 1.0),
        (Regex(pattern=""), "text", 0.0),
    ],
)
def test_the_pattern_decides(score, metric, answer, value):
    assert value == score(metric, answer).value


def test_without_a_pattern_the_references_are_the_patterns(score):
    assert 1.0 == score(Regex(), "colour", "nothing", "colou?r").value
    assert 0.0 == score(Regex(), "hue", "colou?r").value
    assert "matched 'colou?r'" == score(Regex(), "color", "colou?r").rationale


def test_with_a_pattern_the_references_are_left_alone(score):
    assert 0.0 == score(Regex(pattern="x"), "colour", "colour").value


def test_a_long_answer_is_cut_and_says_so(score):
    at_the_end = score(Regex(pattern="end"), "a" * MAX_CHARS + "end")
    assert (0.0, "cut") == (at_the_end.value, at_the_end.label)
    assert score(Regex(pattern="end"), "end").label is None


def test_a_pattern_that_takes_too_long_fails_the_score(score, monkeypatch):
    monkeypatch.setattr(bounded_search, "TIMEOUT_S", 0.05)
    failed = score(Regex(pattern="(a|aa)+$"), "a" * 60 + "b")
    assert ("timed_out", True) == (failed.kind, "(a|aa)+$" in failed.message)


def test_a_pattern_that_does_not_compile_is_refused():
    with pytest.raises(ConfigurationError, match="unterminated"):
        Regex(pattern="(")


def test_problems_of_a_case_are_found_before_anything_is_asked():
    assert "does not compile" in Regex().problem(Case(case_id="q", references=("fine", "(")))
    assert "no references" in Regex().problem(Case(case_id="q"))
    assert Regex().problem(Case(case_id="q", references=("fine",))) is None
    assert Regex(pattern="x").problem(Case(case_id="q", references=("(",))) is None


def test_a_reference_that_does_not_compile_is_refused_by_name_when_measured_all_the_same(score):
    with pytest.raises(ConfigurationError, match="'\\('"):
        score(Regex(), "text", "(")


@given(st.text(alphabet="abc .", min_size=1).filter(str.strip))
def test_every_text_is_found_by_its_own_escaped_pattern(score, text):
    assert 1.0 == score(Regex(), text, re.escape(text.strip())).value
