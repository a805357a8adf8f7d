import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.judges.pairwise import JudgePairwise, PairwiseEvidence, pairwise_evidence
from evaluation.metrics.judges.verdict import PAIRWISE_SCHEMA
from evaluation.metrics.parsing import metric_of
from evaluation.scores import Measurement, ScoreFailure

CASE = Case(case_id="1", prompt="What is the capital of France?", references=("Paris",))
JUDGE = JudgePairwise(model="judge:8b", digest="abc", against="phi4-mini @local 1234abcd")


def pair(measured: str, opponent: str) -> tuple[Generation, Generation]:
    return Generation(text=measured, answer=measured), Generation(text=opponent, answer=opponent)


def verdict(preference: str) -> str:
    return json.dumps({"rationale": f"{preference} it is.", "verdict": preference})


def judged(first: str | ScoreFailure, second: str | ScoreFailure) -> Measurement | ScoreFailure | None:
    both = pair("It is Paris.", "Lyon")
    orders = JUDGE.requests(CASE, both)
    return JUDGE.measure(CASE, both, dict(zip(orders, (first, second), strict=True)))


@pytest.mark.parametrize(
    ("first", "second", "value", "label"),
    [
        ("A", "B", 1.0, "win"),
        ("B", "A", 0.0, "loss"),
        ("tie", "tie", 0.5, "tie"),
        ("A", "A", 0.5, "inconsistent"),
        ("B", "B", 0.5, "inconsistent"),
        ("A", "tie", 0.5, "inconsistent"),
        ("tie", "B", 0.5, "inconsistent"),
        ("B", "tie", 0.5, "inconsistent"),
        ("tie", "A", 0.5, "inconsistent"),
    ],
)
def test_a_win_must_hold_in_both_orders(first, second, value, label):
    found = judged(verdict(first), verdict(second))
    assert isinstance(found, Measurement)
    assert (value, label) == (found.value, found.label)
    assert PairwiseEvidence(first, second, 12.0, 4.0) == pairwise_evidence(found)
    assert f"shown first: {first} it is.\nshown second: {second} it is." == found.rationale


def test_both_orders_are_asked_with_the_answers_as_a_and_b():
    orders = JUDGE.requests(CASE, pair("ONE", "TWO"))
    assert 2 == len(set(orders))
    for question, (first, second) in zip(orders, [("ONE", "TWO"), ("TWO", "ONE")], strict=True):
        prompt = question.messages[1].content
        assert prompt.index("<answer_A ") < prompt.index(first) < prompt.index("<answer_B ") < prompt.index(second)
        assert PAIRWISE_SCHEMA == question.schema


def test_the_judge_is_not_told_who_wrote_what():
    for question in JUDGE.requests(CASE, pair("ONE", "TWO")):
        words = " ".join(message.content for message in question.messages)
        assert "phi4" not in words
        assert "judge:8b" not in words


def test_turning_the_pair_round_asks_the_same_two_questions():
    assert set(JUDGE.requests(CASE, pair("ONE", "TWO"))) == set(JUDGE.requests(CASE, pair("TWO", "ONE")))


@pytest.mark.parametrize(
    ("first", "second", "order"),
    [("A wins!", verdict("A"), "measured answer stood first"), (verdict("A"), "no", "opponent's answer stood first")],
)
def test_one_unreadable_order_makes_the_pair_a_failure_that_says_which(first, second, order):
    found = judged(first, second)
    assert isinstance(found, ScoreFailure)
    assert "verdict_unreadable" == found.kind
    assert found.message.startswith(f"where the {order}: the verdict ")
    assert "is not valid JSON" in found.message


def test_a_judge_that_could_not_be_asked_is_passed_on_as_it_is():
    failure = ScoreFailure(kind="judge_refused", message="no")
    assert failure is judged(failure, verdict("A"))
    assert failure is judged(verdict("A"), failure)


@pytest.mark.parametrize(
    ("measured", "opponent", "value", "label", "reason"),
    [
        ("Paris", "Paris", 0.5, "equal_answers", "the answers are equal"),
        (" Paris\n", "Paris", 0.5, "equal_answers", "the answers are equal"),
        ("", " ", 0.5, "equal_answers", "the answers are equal"),
        ("", "Lyon", 0.0, "empty_answer", "the answer is empty"),
        ("Lyon", "\n", 1.0, "empty_answer", "the opponent's answer is empty"),
    ],
)
def test_what_needs_no_judge_is_not_asked(measured, opponent, value, label, reason):
    both = pair(measured, opponent)
    assert () == JUDGE.requests(CASE, both)
    found = JUDGE.measure(CASE, both, {})
    assert isinstance(found, Measurement)
    assert (value, label, None) == (found.value, found.label, pairwise_evidence(found))
    assert f"{reason}; the judge was not called" == found.rationale


def test_an_empty_answer_is_shown_where_a_reference_is_empty():
    assert 2 == len(JUDGE.requests(Case(case_id="1", prompt="Say nothing.", references=("",)), pair("", "words")))


def test_without_an_opponent_there_is_a_named_failure_and_no_question():
    alone = (Generation(text="Paris", answer="Paris"),)
    assert () == JUDGE.requests(CASE, alone)
    found = JUDGE.measure(CASE, alone, {})
    assert isinstance(found, ScoreFailure)
    assert ("no_opponent", "judge_pairwise needs an opponent; the run has only one candidate") == (
        found.kind,
        found.message,
    )


def test_evidence_is_read_back_from_plain_lists():
    stored = Measurement(value=0.5, evidence=tuple(json.loads(json.dumps(("A", "tie", 3.0, 4.0)))))
    assert PairwiseEvidence("A", "tie", 3.0, 4.0) == pairwise_evidence(stored)


def test_the_signature_tells_judge_opponent_and_prompt():
    for part in ("model='judge:8b'", "digest='abc'", "against='phi4-mini @local", JudgePairwise.scorer_version):
        assert part in JUDGE.signature
    assert JUDGE == metric_of("judge_pairwise", JUDGE.signature)


preferences = st.sampled_from(["A", "B", "tie"])
TURNED = {"A": "B", "B": "A", "tie": "tie"}


@settings(max_examples=60)
@given(st.text(), st.text(), preferences, preferences)
def test_the_two_values_of_a_pair_seen_from_both_sides_make_one(one, other, first, second):
    ways = pair(one, other), pair(other, one)
    values = []
    for both, replies in zip(ways, [(first, second), (second, first)], strict=True):
        orders = JUDGE.requests(CASE, both)
        found = JUDGE.measure(CASE, both, dict(zip(orders, map(verdict, replies), strict=False)))
        assert isinstance(found, Measurement)
        assert found.value in (0.0, 0.5, 1.0)
        values.append(found.value)
    assert 1.0 == sum(values)
