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
        ("1'234 and 1’234", "1234"),
        ("1\u00a0234\u202f567", "1234567"),
        ("1,234,5678", "5678"),
        ("5,678,9", "9"),
        ("１，２３４．５", "1234.5"),
        ("－５", "-5"),
        ("١٢٫٥", "12.5"),
        ("1.5E+3", "1500"),
        ("2e-1", "0.2"),
        ("1.5 × 10^3", "1500"),
        ("1.5x10^{-2} m", "0.015"),
        (r"1.5 \times 10^2", "150"),
        (r"2\cdot10^{3}", "2000"),
        ("1.5 · 10⁻³", "0.0015"),
        ("10^3", "1000"),
        ("10⁻²", "0.01"),
        ("3 x 10", "10"),
        ("2^10 = 1024", "1024"),
        ("25 = 5²", "25"),
        ("The total is 18, not 20.", "18"),
        ("18 ± 2", "18"),
        ("6.022 × 10**23", "602200000000000000000000"),
        ("1{,}234", "1234"),
        ("\\boxed{1\\,234}", "1234"),
        ("\\boxed{\\frac34}", "0.75"),
        ("–5 °C", "-5"),
        ("3/4", "0.75"),
        ("3⁄4 cup", "0.75"),
        ("- 10 / 4", "2.5"),
        ("= -3/4", "-0.75"),
        ("1 3/4 hours", "1.75"),
        ("5 10/4", "2.5"),
        ("5 4/4", "1"),
        ("1,000/4", "250"),
        ("0.5/2", "0.25"),
        ("7/0", "0"),
        ("½", "0.5"),
        ("2½ cups", "2.5"),
        ("1 ⅐", "8/7"),
        (r"\frac{3}{4}", "0.75"),
        (r"so $-\dfrac{3}{4}$", "-0.75"),
        (r"1\tfrac{1}{2}", "1.5"),
        ("on 11/21/2026", "2026"),
        ("11/21/2026 it was", "2026"),
        ("48/2=24", "24"),
        ("5 km/h", "5"),
    ],
)
def test_the_last_number_is_read_as_a_person_reads_it(score, answer, number):
    assert 1.0 == score(NumericMatch(), answer, number).value


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ("The answer is 18, as 2 * 9 = 18 and 9 > 2.", "18"),
        ("The answer is 18. She used 1/5 pound walnuts.", "18"),
        ("A: 18\nEach cake has 1/5 pound walnuts", "18"),
        ("Answer: 18 eggs (for 7 days)", "18"),
        ("**Answer:** 18\n\nCheck: 2 * 9 = 18, in 3 steps", "18"),
        ("Final answer: **$18.50**\nThis took 3 steps.", "18.5"),
        ("The final answer is -1,234.5 m after 3 s", "-1234.5"),
        ("The answer is −5, not 5", "-5"),
        ("The correct answer is approximately 3.14 (2 decimals)", "3.14"),
        ("The answer to question 3 is 18 in 2 steps", "18"),
        ("The answer is ½, or so 3 people say", "0.5"),
        ("The answer is 1 1/2 cups of 3", "1.5"),
        ("The answer is 1.5e3 for 2", "1500"),
        ("The answer is 12 m^2 for 3 rooms", "12"),
        ("The answer is 3 + 4 = 7", "7"),
        ("The answer is 3 + 4 = 7. That took 2 steps.", "7"),
        ("The answer is 5. Wait, the answer is 6, as 2 * 3 = 6 > 5.", "6"),
        ("The answer is not 5, it is 6", "6"),
        ("So we get **18 eggs** for 3 people", "18"),
        ("2 * 9 = 18 (with 9 eggs at $2)", "18"),
        ("2 * 9 = 18, so she has 36", "36"),
        ("First **16** eggs.\nIn total that is 18.", "18"),
        ("**1. Count**\nThere are 18", "18"),
        ("To answer this we need 3 steps. It is 18", "18"),
        ("Die Antwort ist 18, da 9 > 2", "18"),
        ("答案是18，因为9>2", "18"),
        ("#### 18\nThe answer is 3", "18"),
        ("The answer is 3, so \\boxed{18}", "18"),
        ("The answer is 18. No, 20.", "20"),
        ("The answer is 18. Wait, it should be 20.", "20"),
        ("The answer is 42 = 6 * 7.", "42"),
        ("The answer is (6)(7) = 42.", "42"),
    ],
)
def test_an_announced_number_comes_before_the_last_one(score, answer, number):
    assert 1.0 == score(NumericMatch(), answer, number).value


@pytest.mark.parametrize("answer", ["The answer is 5 or 6", "The answer is 5 apples or 6 apples.", "Answer: 5 to 6"])
def test_of_two_announced_numbers_none_is_read(score, answer):
    for reference in ("5", "6"):
        measurement = score(NumericMatch(), answer, reference)
        assert (0.0, "ambiguous") == (measurement.value, measurement.label)


@pytest.mark.parametrize(
    "answer", ["17 or 18", "between 17 and 18", "17-18", "17–18", "17 to 18", "The answer is 17–18."]
)
def test_of_two_numbers_that_are_offered_together_none_is_read(score, answer):
    for reference in ("17", "18"):
        measurement = score(NumericMatch(), answer, reference)
        assert (0.0, "ambiguous") == (measurement.value, measurement.label)


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("not 18", "18"),
        ("The answer is not 18.", "18"),
        ("It isn't 18.", "18"),
        ("18^2", "18"),
        ("2^10", "10"),
        ("2^10", "2"),
    ],
)
def test_a_denied_number_and_the_parts_of_a_power_are_not_the_answer(score, answer, reference):
    assert 0.0 == score(NumericMatch(), answer, reference).value


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
        ("USD18\nor so", "inside_word"),
        ("#### 18\nI used 3 steps", "marked"),
        ("#### $-18.\nI used 3 steps", "marked"),
        ("#### 18 eggs\nI used 3 steps", "marked"),
        ("####18%\n3", "marked"),
        ("\\boxed{18} in 3 steps", "marked"),
        ("\\boxed{\\text{about } 18}, or 3", "marked"),
        ("#### 3 or\nno:\n#### 18\nby 3 steps", "marked"),
        ("#### 18\nI used\n3 steps", "marked"),
        ("#### Step 3\n18", "last_line"),
        ("#### 3. Add up\n18", "last_line"),
        ("#### 3 eggs left\n18", "last_line"),
        ("\\boxed{none} 18", "last_line"),
        ("####\n18", "last_line"),
        ("I do not know", "no_number"),
        ("", "no_number"),
    ],
)
def test_the_label_says_where_the_number_stood(score, answer, label):
    assert label == score(NumericMatch(), answer, "18").label


@pytest.mark.parametrize(
    ("answer", "reference", "value"),
    [
        ("12%", "12", 1.0),
        ("12%", "0.12", 1.0),
        ("0.12", "12 %", 1.0),
        ("12 percent", "0.12", 1.0),
        ("12\\%", "0.12", 1.0),
        ("12%", "12%", 1.0),
        ("12", "0.12", 0.0),
        ("12%", "0.12%", 0.0),
        ("0.12%", "12", 0.0),
        ("-12%", "-0.12", 1.0),
    ],
)
def test_a_percentage_is_its_number_or_its_hundredth(score, answer, reference, value):
    assert value == score(NumericMatch(), answer, reference).value


def test_a_tolerance_counts_in_percent_where_one_side_is_a_percentage(score):
    assert 1.0 == score(NumericMatch(tolerance=1), "13%", "0.12").value
    assert 0.0 == score(NumericMatch(tolerance=1), "13.1%", "0.12").value


@pytest.mark.parametrize(
    ("answer", "number"),
    [("1.234,5", "1234,5"), ("1 234,5", "1234,5"), ("3,5", "7/2"), ("3/4", "0,75"), (",5", "0,5"), ("1.234", "1234")],
)
def test_the_comma_can_be_the_decimal_point(score, answer, number):
    assert 1.0 == score(NumericMatch(decimal_comma=True), answer, number).value
    assert "-3,5" in score(NumericMatch(decimal_comma=True), "x = -3,5", "1").rationale


def test_what_was_read_is_said(score):
    assert "read as '-1,234%'" == score(NumericMatch(), "that is -$1,234 %", "1").rationale
    assert "read as '3/4'" == score(NumericMatch(), "3/4.", "1").rationale


def test_a_number_that_nobody_can_mean_equals_nothing(score):
    huge = "1" * 401
    assert (0.0, "last_line") == (score(NumericMatch(), huge, huge).value, score(NumericMatch(), huge, "1").label)
    assert 1.0 == score(NumericMatch(), "1" * 400, "1" * 400).value
    assert "holds no number" in NumericMatch().problem(Case(case_id="q", references=(huge,)))
    assert 0.0 == score(NumericMatch(tolerance=1.0), "1e999", "1").value


@pytest.mark.parametrize(
    "piece",
    [
        "answer is ",
        "answer ",
        "A: ",
        "**1",
        "= ",
        "answer is 1 + ",
        "1",
        "1,111,",
        "1/",
        "1 1/1 ",
        "####1\n",
        "\\boxed{1",
        "\\frac{1}{",
        "10^",
        "-$",
        "１½",
        "1e9",
    ],
)
def test_a_very_long_answer_is_read_in_linear_time(score, piece):
    assert score(NumericMatch(), piece * (100_000 // len(piece)), "1").value in (0.0, 1.0)


def test_no_number_scores_zero_unless_answer_and_reference_are_empty(score):
    assert 0.0 == score(NumericMatch(), "none", "none").value
    assert 0.0 == score(NumericMatch(), "", "18").value
    assert 1.0 == score(NumericMatch(), "", "").value
    assert 1.0 == score(NumericMatch(), "", "5", "").value
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


@pytest.mark.parametrize("n", [1, 170])
def test_a_box_is_read_up_to_its_own_brace(score, n):
    answer = "\\boxed{" + "\\text{" * 3 + "}" * 3 + " " * n + "18} of {7}"
    assert ("marked", 1.0) == (score(NumericMatch(), answer, "18").label, score(NumericMatch(), answer, "18").value)


def test_the_last_box_counts(score):
    assert 1.0 == score(NumericMatch(), "\\boxed{3}, no: \\boxed{18} after 2 tries", "18").value


def test_digits_may_be_parted_by_thin_blanks_and_apostrophes_of_two_kinds(score):
    for separator in (",", "'", "’", "\u00a0", "\u202f", "\u2009"):
        assert 1.0 == score(NumericMatch(), f"1{separator}234", "1234").value
    for separator in (".", "'", "’", "\u00a0", "\u202f", "\u2009", " "):
        assert 1.0 == score(NumericMatch(decimal_comma=True), f"1{separator}234,5", "1234,5").value
    assert 0.0 == score(NumericMatch(decimal_comma=True), "1X234,5", "1234,5").value


def test_a_reference_with_an_underscore_between_digits_is_refused():
    problem = NumericMatch().problem(Case(case_id="a", prompt="?", references=("0_1",)))
    assert "has the reference '0_1', with an underscore between digits" == problem


@pytest.mark.parametrize(
    ("answer", "right", "wrong"),
    [
        ("**18**\n\nExplanation: 9 eggs at $2.", "18", "2"),
        ("18 eggs\nBecause 9 + 9 = 18 and 2 are left.", "18", "2"),
        ("24 is the answer, as 4 * 6 = 24 and 24 / 4 = 6.", "24", "6"),
        ("**Total: 15 apples** (5 red and 10 green)", "15", "10"),
        ("The total is 15 (see step 3).", "15", "3"),
        ("1. Add 5 and 10.\n2. The result is 15.\n3. Done", "15", "3"),
        ('{"answer": 24, "steps": 3}', "24", "3"),
        ("<answer>24</answer> (confidence 90%)", "24", "90"),
        ("The answer is 5. Some may say the answer is 6.", "5", "6"),
        ("Answer: 45\n\nQuestion 2: What is 3 + 4?\nAnswer: 7", "45", "7"),
        ("The answer would be 5 if there were no tax; with tax it is 6.", "6", "5"),
        ("Suppose the answer is 5. Then 2x = 10, but it must be 12.", "12", "5"),
        ("答案是5。不对，应该是7。", "7", "5"),
        ("Die Antwort ist 5. Nein, Moment: 7.", "7", "5"),
        ("She has 3 left, so the answer is 3 and not 4.", "3", "4"),
        ("I suppose the answer is 5 (of 9).", "5", "9"),
    ],
)
def test_the_number_that_is_the_answer_is_read_not_the_one_beside_it(score, answer, right, wrong):
    assert (1.0, 0.0) == (score(NumericMatch(), answer, right).value, score(NumericMatch(), answer, wrong).value)


@pytest.mark.parametrize(
    "answer",
    [
        "The answer is 5. Wait, that's not right.",
        "The answer is 5. Wait, no.",
        "The answer can't be 5.",
        "La respuesta no es 5.",
        "答案不是5。",
    ],
)
def test_a_number_that_is_denied_or_taken_back_is_no_answer(score, answer):
    assert 0.0 == score(NumericMatch(), answer, "5").value
