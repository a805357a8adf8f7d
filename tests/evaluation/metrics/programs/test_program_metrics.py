"""pass@k, the share of tests and valid syntax, from outcomes that were made by hand."""

from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.metric import Need, TooFewRepeatsError
from evaluation.metrics.parsing import parse_metric
from evaluation.metrics.programs.program_metrics import PassAtK, ProgramMetric, SyntaxValid, TestsPassed
from evaluation.metrics.requests import RunProgram
from evaluation.program import Program, ProgramEnd, ProgramOutcome
from evaluation.scores import Measurement, ScoreFailure

CASE = Case(
    case_id="c",
    prompt="Write f.",
    details={"entry_point": "f", "tests": ["assert f(1) == 1", "assert f(2) == 2"], "setup": "x = 1"},
)


def _said(answer: str) -> Generation:
    return Generation(text=answer, answer=answer)


def _measured(metric: ProgramMetric, outcome: ProgramOutcome | ScoreFailure, answer: str = "def f(x): return x") -> Any:
    (request,) = metric.requests(CASE, (_said(answer),))
    return metric.measure(CASE, (_said(answer),), {request: outcome})


def _outcome(*passed: bool, end: ProgramEnd = ProgramEnd.FINISHED, message: str = "") -> ProgramOutcome:
    return ProgramOutcome(passed=passed, end=end, message=message)


def test_both_metrics_ask_for_the_same_run_of_the_program_with_all_that_the_case_gives() -> None:
    answer = (_said("```python\ndef f(x): return x\n```"),)
    expected = RunProgram(
        program=Program(
            source="def f(x): return x",
            tests=("assert f(1) == 1", "assert f(2) == 2"),
            entry_point="f",
            setup="x = 1",
            timeout_s=3.0,
        )
    )
    assert (expected,) == PassAtK().requests(CASE, answer) == TestsPassed().requests(CASE, answer)
    assert (expected,) != PassAtK(timeout_s=5.0).requests(CASE, answer)
    assert frozenset({Need.SANDBOX}) == PassAtK.needs == TestsPassed.needs


@pytest.mark.parametrize(
    ("outcome", "passes", "share", "label"),
    [
        (_outcome(True, True), 1.0, 1.0, "passed"),
        (_outcome(True, False, message="AssertionError: assert f(2) == 2"), 0.0, 0.5, "failed"),
        (_outcome(False, False, end=ProgramEnd.SYNTAX_ERROR, message="bad"), 0.0, 0.0, "syntax_error"),
        (_outcome(True, False, end=ProgramEnd.TIMED_OUT), 0.0, 0.5, "timed_out"),
        (_outcome(True, True, end=ProgramEnd.TOO_MUCH_OUTPUT), 0.0, 1.0, "too_much_output"),
    ],
)
def test_a_program_passes_where_all_tests_held_and_it_kept_its_limits(
    outcome: ProgramOutcome, passes: float, share: float, label: str
) -> None:
    found = _measured(PassAtK(), outcome)
    assert (passes, label) == (found.value, found.label)
    assert outcome.message in found.rationale
    assert f"{sum(outcome.passed)} of 2 tests passed" in found.rationale
    assert share == _measured(TestsPassed(), outcome).value


def test_a_program_that_came_to_no_test_has_passed_none() -> None:
    assert 0.0 == _measured(TestsPassed(), _outcome(end=ProgramEnd.TIMED_OUT)).value


@pytest.mark.parametrize("metric", [PassAtK(), TestsPassed(), SyntaxValid()])
@pytest.mark.parametrize("answer", ["", " \n\t\u2003"])
def test_an_empty_answer_is_wrong_and_nothing_is_run(metric: Any, answer: str) -> None:
    assert () == metric.requests(CASE, (_said(answer),))
    found = metric.measure(CASE, (_said(answer),), {})
    assert (0.0, "empty_answer") == (found.value, found.label)


def test_a_failure_to_run_is_handed_on_and_is_no_value() -> None:
    failure = ScoreFailure(kind="sandbox_failed", message="gone")
    assert failure is _measured(PassAtK(), failure)
    found = PassAtK().measure(CASE, (_said("x"),), {})
    assert ScoreFailure(kind="not_run", message="the program was not run") == found


def test_pass_at_k_of_worked_values() -> None:
    # 5 samples, 2 right: one draw 2/5; two draws 1 - (3/5)(2/4) = 0.7; four draws cannot miss both.
    assert 0.4 == PassAtK().combine([1.0, 0.0, 0.0, 1.0, 0.0])
    assert 0.7 == pytest.approx(PassAtK(k=2).combine([1.0, 0.0, 0.0, 1.0, 0.0]))
    assert 1.0 == PassAtK(k=4).combine([1.0, 0.0, 0.0, 1.0, 0.0])
    assert 0.0 == PassAtK(k=3).combine([0.0] * 5)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(st.booleans(), min_size=1, max_size=8), st.integers(1, 8))
def test_pass_at_k_is_the_share_of_draws_that_hold_a_right_one(right: list[bool], k: int) -> None:
    k = min(k, len(right))
    draws = list(combinations(right, k))
    expected = Fraction(sum(any(draw) for draw in draws), len(draws))
    assert float(expected) == pytest.approx(PassAtK(k=k).combine([float(each) for each in right]), abs=1e-12)


def test_fewer_repeats_than_k_have_no_value() -> None:
    with pytest.raises(TooFewRepeatsError):
        PassAtK(k=3).combine([1.0, 0.0])


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.booleans(), min_size=2, max_size=20), st.integers(1, 19))
def test_more_tries_never_pass_less_and_the_value_is_a_chance(right: list[bool], k: int) -> None:
    values = [float(each) for each in right]
    k = min(k, len(values) - 1)
    assert 0.0 <= PassAtK(k=k).combine(values) <= PassAtK(k=k + 1).combine(values) + 1e-12 <= 1.0 + 1e-12


def test_options_are_checked_and_say_how_many_repeats_are_needed() -> None:
    metric = parse_metric("pass_at_k(k=3)")
    assert PassAtK(k=3) == metric
    assert 3 == metric.n_repeats_needed
    assert 1 == TestsPassed().n_repeats_needed
    for bad in ({"k": 0}, {"timeout_s": 0.0}, {"timeout_s": float("nan")}):
        with pytest.raises(ConfigurationError):
            PassAtK(**bad)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        TestsPassed(timeout_s=-1.0)


@pytest.mark.parametrize(
    ("details", "problem"),
    [
        ({}, "has no tests"),
        ({"tests": []}, "has no tests"),
        ({"tests": "assert f()"}, "has no tests"),
        ({"tests": ["assert f()", 3]}, "has no tests"),
        ({"tests": ["f()"], "entry_point": "a b"}, "names no function in `details.entry_point`: 'a b'"),
        ({"tests": ["f()"], "setup": [3]}, "has no Python statements in `details.setup`"),
        ({"tests": ["f()"], "test_imports": {"a": 1}}, "has no Python statements in `details.test_imports`"),
    ],
)
def test_a_case_that_cannot_test_a_program_is_refused_before_it_is_asked(details: Any, problem: str) -> None:
    case = Case(case_id="c", prompt="?", details=details)
    for metric in (PassAtK(), TestsPassed()):
        assert str(metric.problem(case)).startswith(problem)
    assert None is PassAtK().problem(CASE)
    assert None is SyntaxValid().problem(case)


@pytest.mark.parametrize(
    ("answer", "value", "label", "why"),
    [
        ("def f(x): return x", 1.0, "as_it_is", None),
        ("```python\ndef f(x): return\n```", 1.0, "fenced", None),
        ("```python\ndef f(x) return\n```", 0.0, "fenced", "SyntaxError: expected ':' (line 1)"),
        ("I cannot do that.", 0.0, "as_it_is", "SyntaxError: invalid syntax (line 1)"),
        ("(" * 5000, 0.0, "as_it_is", "SyntaxError: too many nested parentheses (line 1)"),
        ("- " * 40_000 + "1", 0.0, "as_it_is", "nested too deep for Python"),
        ("x = 1\n" * 20_000, 0.0, "as_it_is", "120000 characters, and no more than 100000 are read"),
        ("f = '\udc80'", 0.0, "as_it_is", "'utf-8' codec can't encode"),
        ("f = 1\x00", 0.0, "as_it_is", ""),
        ("f = '\\d'", 1.0, "as_it_is", None),
        ("\u202edef f(): pass", 0.0, "as_it_is", "SyntaxError: invalid non-printable character U+202E (line 1)"),
    ],
)
def test_syntax_is_what_pythons_parser_says(answer: str, value: float, label: str, why: str | None) -> None:
    found = SyntaxValid().measure(CASE, (_said(answer),), {})
    assert (value, label) == (found.value, found.label)
    assert found.rationale is None if why is None else str(found.rationale).startswith(why)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=300))
def test_any_text_is_measured(answer: str) -> None:
    found = SyntaxValid().measure(CASE, (_said(answer),), {})
    assert isinstance(found, Measurement)
    assert found.value in (0.0, 1.0)
    for request in PassAtK().requests(CASE, (_said(answer),)):
        assert isinstance(request, RunProgram)
