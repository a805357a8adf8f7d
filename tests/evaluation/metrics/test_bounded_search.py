import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics import bounded_search
from evaluation.metrics.bounded_search import PatternTimeoutError, checked_pattern, is_found


def test_a_pattern_is_found_anywhere_or_as_the_whole():
    assert is_found("b+", "abbc")
    assert not is_found("b+", "abbc", whole=True)
    assert is_found("ab+c", "abbc", whole=True)


def test_case_counts_unless_said_otherwise():
    assert not is_found("B", "abc")
    assert is_found("B", "abc", ignore_case=True)


def test_a_search_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(bounded_search, "TIMEOUT_S", 0.05)
    with pytest.raises(PatternTimeoutError, match=r"longer than 0.05 s on a text of 61 characters"):
        is_found("(a|aa)+$", "a" * 60 + "b")


def test_a_pattern_that_does_not_compile_is_refused():
    with pytest.raises(re.error):
        checked_pattern("(")
    with pytest.raises(re.error):
        is_found(r"\p{L}", "a")


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [("a{e<=1}", "b", False), ("a{e<=1}", "a{e<=1}", True), ("x{,2}y", "xxy", True), ("x{2}y", "xy", False)],
)
def test_what_the_faster_engine_would_read_otherwise_is_read_as_python_does(pattern, text, found):
    assert found is is_found(pattern, text)


@pytest.mark.filterwarnings("ignore:Possible")
@given(st.text(alphabet="ab.*+?()|[]^$", max_size=8), st.text(alphabet="ab.", max_size=8))
def test_it_finds_what_python_finds(pattern, text):
    try:
        expected = re.search(pattern, text) is not None
    except re.error:
        return
    assert expected is is_found(pattern, text)


def test_case_can_be_left_aside_by_the_slower_engine_too():
    assert is_found("A{e}", "a{e}", ignore_case=True)
    assert not is_found("A{e}", "a{e}")
