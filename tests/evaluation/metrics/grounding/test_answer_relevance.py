"""Does an answer speak to its question?"""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.case import Case, Message
from evaluation.generation import Generation
from evaluation.metrics.grounding.answer_relevance import AnswerRelevance
from evaluation.metrics.metric import Need
from evaluation.metrics.requests import EmbedText
from evaluation.scores import Measurement, ScoreFailure

QUESTION = "Who lit the lamp?"
PASSAGE = "Solheim lit the lamp. Lie watched the sea."
CASE = Case(case_id="1", prompt=QUESTION, context=(PASSAGE,))
BARE = Case(case_id="1", prompt=QUESTION)


def measured(answer: str, case: Case = CASE) -> Measurement | None:
    found = AnswerRelevance().measure(case, (Generation(text=answer, answer=answer),), {})
    assert not isinstance(found, ScoreFailure)
    return found


def value(answer: str, case: Case = CASE) -> float:
    found = measured(answer, case)
    assert found is not None
    return found.value


def test_without_passages_it_is_the_share_of_the_questions_words_in_the_answer() -> None:
    assert 1.0 == value("Solheim lit the lamp.", BARE)
    assert 0.5 == value("The lamp was bright.", BARE)
    assert 0.0 == value("Cats purr.", BARE)
    assert 0.5 == value("Solheim lit the lamp. Cats purr.", BARE)


def test_a_short_answer_is_judged_by_the_passages_sentence_that_it_rests_on() -> None:
    assert 1.0 == value("Solheim")
    assert 0.0 == value("the sea")
    assert 0.0 == value("Solheim", BARE)


def test_the_words_are_measured_against_the_passages_best_sentence() -> None:
    # Two sentences: "light" and "lamp" stand in one of them, ln(3 / 2) + 1 each; "boat" in none, ln(3) + 1.
    case = Case(case_id="1", prompt="Who lit the lamp of the boat?", context=(PASSAGE,))
    known, unknown = math.log(3 / 2) + 1, math.log(3) + 1

    assert 1.0 == value("Solheim", case)
    assert pytest.approx(known / (2 * known)) == value("The lamp of Solheim's cat purrs loudly at night.", case)
    assert pytest.approx(min(1.0, (unknown + known) / (2 * known))) == value(
        "A boat lamp of cats purring loudly.", case
    )


@pytest.mark.parametrize(
    "answer",
    [
        "I don't know.",
        "I do not know who lit the lamp.",
        "The passage does not say who lit the lamp.",
        "The context provided doesn't mention it. I cannot answer the question.",
        "There is no information about the lamp.",
        "It is not mentioned in the text.",
        "I'm sorry, I cannot tell.",
    ],
)
def test_an_answer_that_only_says_that_it_does_not_know_has_zero(answer: str) -> None:
    assert Measurement(value=0.0, label="noncommittal") == measured(answer)


@pytest.mark.parametrize("answer", ["Solheim lit it. I don't know when.", "Solheim did not know the lamp."])
def test_an_answer_that_also_says_something_is_measured(answer: str) -> None:
    found = measured(answer)

    assert found is not None
    assert found.label is None
    assert found.value > 0


def test_each_sentence_has_its_own_share_in_rationale_and_evidence() -> None:
    found = measured("Solheim. Cats purr.")

    assert found is not None
    assert ("sentence 1: 1.00\nsentence 2: 0.00", (1.0, 0.0)) == (found.rationale, found.evidence)
    assert 0.5 == found.value


def test_a_number_must_stand_in_the_sentence_that_an_answer_rests_on() -> None:
    case = Case(case_id="1", prompt=QUESTION, context=("Solheim lit the lamp in 1868. Lie came in 1870.",))

    assert 1.0 == value("in 1868", case)
    assert 0.0 == value("in 1870", case)
    assert 0.0 == value("Solheim, in 1870", case)


def test_an_empty_answer_has_zero() -> None:
    assert Measurement(value=0.0, label="empty") == measured(" ")


@pytest.mark.parametrize(("question", "answer"), [("", "Solheim."), ("Why is it so?", "Solheim."), (QUESTION, "Yes.")])
def test_there_is_no_value_without_words_to_compare(question: str, answer: str) -> None:
    assert measured(answer, Case(case_id="1", prompt=question, context=(PASSAGE,))) is None


def test_the_last_question_of_a_conversation_counts() -> None:
    messages = (
        Message(role="user", content="Who watched the sea?"),
        Message(role="assistant", content="Lie"),
        Message(role="user", content=QUESTION),
    )

    assert 1.0 == value("Solheim", Case(case_id="1", messages=messages, context=(PASSAGE,)))


def test_by_embedding_it_is_the_cosine_of_question_and_answer_where_that_is_positive() -> None:
    metric = AnswerRelevance(by="embedding", model="m", digest="d")
    generations = (Generation(text="", answer="Solheim "),)
    asked = metric.requests(CASE, generations)
    assert [QUESTION, "Solheim"] == [request.text for request in asked if isinstance(request, EmbedText)]

    for second, expected in (((4.0, 3.0), 0.96), ((-3.0, -4.0), 0.0)):
        found = metric.measure(CASE, generations, dict(zip(asked, [(3.0, 4.0), second], strict=True)))
        assert isinstance(found, Measurement)
        assert pytest.approx(expected) == found.value
    failure = ScoreFailure(kind="server_down", message="gone")
    assert failure is metric.measure(CASE, generations, dict.fromkeys(asked, failure))


@pytest.mark.parametrize("answer", ["", "I don't know."])
def test_by_embedding_nothing_is_asked_for_an_answer_that_says_nothing(answer: str) -> None:
    metric = AnswerRelevance(by="embedding")

    assert () == metric.requests(CASE, (Generation(text="", answer=answer),))


def test_by_words_nothing_is_asked() -> None:
    assert () == AnswerRelevance().requests(CASE, (Generation(text="", answer="Solheim lit it."),))


def test_it_needs_no_passages() -> None:
    assert frozenset() == AnswerRelevance().asks_for
    assert frozenset({Need.EMBEDDER}) == AnswerRelevance(by="embedding").asks_for


TEXTS = st.text(max_size=60) | st.text(alphabet="Aab.1 ,?\n\u202eא😀\x00\ud800", max_size=60)


@settings(max_examples=100)
@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=2))
def test_the_value_lies_between_zero_and_one_for_any_text(question: str, answer: str, passages: list[str]) -> None:
    found = measured(answer, Case(case_id="1", prompt=question, context=tuple(passages)))

    assert found is None or 0.0 <= found.value <= 1.0
