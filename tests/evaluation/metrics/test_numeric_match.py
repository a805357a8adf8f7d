import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.numeric_match import NumericMatch

RECORDED = Path(__file__).parents[3].parent / "shared" / "data" / "gsm8k" / "cases.jsonl.gz"


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ("57", "57"),
        ("57.00", "57"),
        ("The answer is 57.", "57"),
        ("$1,234", "1234"),
        ("1,234,567.5 people", "1234567.5"),
        ("€57.00", "57"),
        ("57 €", "57"),
        ("50%", "50"),
        ("12 km", "12"),
        ("12km", "12"),
        ("12m2", "12"),
        ("12 m^2", "12"),
        ("-5", "-5"),
        ("x = −5.", "-5"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("16 - 3 = 13", "13"),
        ("16-3", "3"),
        ("10–20", "20"),
        ("(5)-3", "3"),
        ("- 5 apples", "5"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("Rs.18", "18"),
        ("1.5e3", "1500"),
        ("\\boxed{42}", "42"),
        ("first 1, then 2, so 3", "3"),
        ("1,2,3", "3"),
        ("#### 18", "18"),
    ],
)
def test_the_last_number_is_read_as_a_person_reads_it(score, answer, number):
    assert 1.0 == score(NumericMatch(), answer, number).value


def test_the_reference_is_read_by_the_same_rule(score):
    assert 1.0 == score(NumericMatch(), "It is 18.", "9 * 2 = 18\n#### $18.00").value
    assert 0.0 == score(NumericMatch(), "It is 9.", "9 * 2 = 18").value


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("So it is 18.", "last_line"),
        ("It is 18\n\n", "last_line"),
        ("It is 18\nI hope that helps!", "earlier_line"),
        ("USD18", "inside_word"),
        ("I do not know", "no_number"),
        ("", "no_number"),
    ],
)
def test_the_label_says_where_the_number_stood(score, answer, label):
    assert label == score(NumericMatch(), answer, "18").label


def test_no_number_scores_zero_unless_answer_and_reference_are_empty(score):
    assert 0.0 == score(NumericMatch(), "none", "none").value
    assert 0.0 == score(NumericMatch(), "", "18").value
    assert 1.0 == score(NumericMatch(), "", "").value
    assert 0.0 == score(NumericMatch(), "5", "").value


def test_decimals_are_compared_exactly_unless_a_tolerance_is_given(score):
    assert 0.0 == score(NumericMatch(), "0.30000000000000001", "0.3").value
    assert 1.0 == score(NumericMatch(tolerance=0.1), "3.2", "3.1").value
    assert 0.0 == score(NumericMatch(tolerance=0.1), "3.21", "3.1").value


@pytest.mark.parametrize("tolerance", [-0.1, float("nan"), float("inf")])
def test_a_tolerance_that_means_nothing_is_refused(tolerance):
    with pytest.raises(ConfigurationError, match="tolerance"):
        NumericMatch(tolerance=tolerance)


def test_a_reference_without_a_number_is_reported_before_anything_is_asked():
    assert "'many'" in NumericMatch().problem(Case(case_id="q", references=("many",)))
    assert NumericMatch().problem(Case(case_id="q", references=("4 apples", ""))) is None


@given(st.integers(-(10**12), 10**12))
def test_separators_currency_and_decimals_change_no_integer(score, number):
    assert 1.0 == score(NumericMatch(), f"That makes ${number:,}.00.", str(number)).value


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_text_can_be_read(score, answer, reference):
    assert score(NumericMatch(), answer, reference).value in (0.0, 1.0)


@pytest.mark.skipif(not RECORDED.exists(), reason=f"the recorded answers are not at {RECORDED}")
def test_the_published_verdicts_on_recorded_answers_are_reproduced():
    right: Counter[str] = Counter()
    with gzip.open(RECORDED, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            case = Case(case_id=row["case_id"], references=(row["reference"],))
            for model, given_answer in row["models"].items():
                text = given_answer["output"]
                value = NumericMatch().measure(case, (Generation(text=text, answer=text),), {}).value
                assert given_answer["correct"] == bool(value), (row["case_id"], model)
                right[model] += int(value)
    published = {
        "gpt3-6b-finetuning": 286,
        "gpt3-6b-verification": 515,
        "gpt3-175b-finetuning": 458,
        "gpt3-175b-verification": 742,
    }
    assert published == right
