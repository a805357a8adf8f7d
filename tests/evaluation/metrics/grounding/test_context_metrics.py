"""Did the retrieval bring what was needed, and first?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.grounding.context_metrics import ContextPrecision, ContextRecall, average_precision
from evaluation.metrics.metric import Metric, Need
from evaluation.metrics.requests import Answer, EmbedText, Request
from evaluation.scores import Measurement, ScoreFailure

OIL, SEA, CATS = "The lamp burns oil.", "The sea is wide.", "Cats purr."


def measured(metric: Metric, *passages: str, references: tuple[str, ...] = (), answer: str = "") -> Measurement | None:
    case = Case(case_id="1", prompt="What?", context=passages, references=references)
    found = metric.measure(case, (Generation(text=answer, answer=answer),), {})
    assert not isinstance(found, ScoreFailure)
    return found


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([], 0.0),
        ([False, False], 0.0),
        ([True], 1.0),
        ([True, True], 1.0),
        ([True, False, False], 1.0),
        ([False, True], 1 / 2),
        ([False, False, True], 1 / 3),
        # (1/1 + 2/3) / 2, as RAGAS has it.
        ([True, False, True], 5 / 6),
        # (1/2 + 2/4) / 2.
        ([False, True, False, True], 1 / 2),
    ],
)
def test_average_precision_is_what_the_formula_gives_by_hand(flags: list[bool], expected: float) -> None:
    assert pytest.approx(expected) == average_precision(flags)


@settings(max_examples=100)
@given(st.lists(st.booleans(), max_size=12))
def test_average_precision_is_largest_where_what_matters_comes_first(flags: list[bool]) -> None:
    best = average_precision(sorted(flags, reverse=True))

    assert 0.0 <= average_precision(flags) <= best
    assert float(any(flags)) == best


@pytest.mark.parametrize(
    ("passages", "expected", "evidence"),
    [((OIL, SEA), 1.0, (1.0, 0.0)), ((SEA, OIL), 0.5, (0.0, 1.0)), ((SEA, CATS), 0.0, (0.0, 0.0))],
)
def test_a_passage_matters_where_it_supports_a_reference(
    passages: tuple[str, ...], expected: float, evidence: tuple[float, ...]
) -> None:
    found = measured(ContextPrecision(), *passages, references=("It burns oil.",), answer=CATS)

    assert found is not None
    assert (expected, evidence) == (found.value, found.evidence)


def test_any_reference_makes_a_passage_matter() -> None:
    found = measured(ContextPrecision(), OIL, SEA, CATS, references=("Oil.", "The cats."))

    assert found is not None
    assert "of 3 passages these matter: 1, 3" == found.rationale


def test_without_references_the_answer_makes_passages_matter() -> None:
    found = measured(ContextPrecision(), SEA, OIL, answer="It burns oil.")

    assert found is not None
    assert 0.5 == found.value


def test_without_references_and_answer_no_passage_matters() -> None:
    assert Measurement(value=0.0, label="empty") == measured(ContextPrecision(), SEA)
    assert measured(ContextPrecision(), SEA, answer="Yes.") is None
    assert measured(ContextPrecision(), SEA, references=("Yes.",), answer="") is None


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        (("The lamp burns oil. Dogs bark.",), 0.5),
        (("The lamp burns oil. The sea is wide.",), 1.0),
        (("Dogs bark.", "The sea is wide."), 1.0),
        (("Dogs bark.",), 0.0),
        (("Yes. The sea is wide.",), 1.0),
    ],
)
def test_recall_is_the_share_of_the_best_references_sentences_that_a_passage_supports(
    references: tuple[str, ...], expected: float
) -> None:
    found = measured(ContextRecall(), OIL, SEA, references=references)

    assert found is not None
    assert expected == found.value


def test_recall_does_not_look_at_the_answer() -> None:
    assert measured(ContextRecall(), OIL, references=(SEA,), answer=OIL) == measured(
        ContextRecall(), OIL, references=(SEA,)
    )


def test_recall_has_no_value_where_no_reference_has_a_word_to_look_for() -> None:
    assert measured(ContextRecall(), OIL, references=("Yes.", "")) is None


def test_recall_attributes_the_sentences_of_the_reference() -> None:
    found = measured(ContextRecall(), OIL, SEA, references=(SEA,))

    assert found is not None
    assert 'sentence 1 ← passage 2 (1.00) "The sea is wide."' == found.rationale
    assert [2.0, 1.0, 1.0] == [round(float(value), 9) for value in found.evidence]


@pytest.mark.parametrize("kind", [ContextPrecision, ContextRecall])
def test_by_embedding_references_and_passages_are_compared_as_vectors(
    kind: type[ContextPrecision] | type[ContextRecall],
) -> None:
    metric = kind(by="embedding", model="m", digest="d")
    case = Case(case_id="1", context=(SEA, OIL), references=("Fuel gives light.",))
    generations = (Generation(text="", answer=""),)
    vectors = {"Fuel gives light.": (2.0, 0.0), OIL: (3.0, 0.0), SEA: (0.0, 1.0)}

    asked = metric.requests(case, generations)
    answers: dict[Request, Answer] = {
        request: vectors[request.text] for request in asked if isinstance(request, EmbedText)
    }
    found = metric.measure(case, generations, answers)

    assert {"Fuel gives light.", OIL, SEA} == {request.text for request in asked if isinstance(request, EmbedText)}
    assert isinstance(found, Measurement)
    assert (0.5 if kind is ContextPrecision else 1.0) == found.value
    failure = ScoreFailure(kind="server_down", message="gone")
    assert failure is metric.measure(case, generations, dict.fromkeys(answers, failure))


def test_recall_needs_references_and_precision_does_not() -> None:
    assert frozenset({Need.CONTEXT, Need.REFERENCES}) == ContextRecall().asks_for
    assert frozenset({Need.CONTEXT}) == ContextPrecision().asks_for
