"""How near an answer comes to its references, with vectors made up for the test."""

import pytest

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import Need
from evaluation.metrics.parsing import metric_of, parse_metric
from evaluation.metrics.requests import Answer, EmbedText, Request
from evaluation.metrics.semantic_similarity import SemanticSimilarity
from evaluation.scores import Measurement, ScoreFailure

METRIC = SemanticSimilarity(model="embedder:1", digest="abc")
CASE = Case(case_id="1", references=("a cat", " a dog "))


def said(answer: str) -> tuple[Generation]:
    return (Generation(text=answer, answer=answer),)


def answered(**vectors: Answer) -> dict[Request, Answer]:
    return {
        EmbedText(model="embedder:1", digest="abc", text=text.replace("_", " ")): vector
        for text, vector in vectors.items()
    }


def test_answer_and_references_are_each_embedded_once() -> None:
    asked = METRIC.requests(CASE, said("a cat\n"))

    assert ["a cat", "a dog"] == [request.text for request in asked]
    assert {("embedder:1", "abc")} == {(request.model, request.digest) for request in asked}


def test_the_value_is_the_cosine_with_the_closest_reference() -> None:
    # cos((1, 0), (0, 1)) = 0; cos((1, 0), (3, 4)) = 3/5.
    vectors = answered(kitten=(1.0, 0.0), a_cat=(0.0, 1.0), a_dog=(3.0, 4.0))

    found = METRIC.measure(CASE, said("kitten"), vectors)

    assert isinstance(found, Measurement)
    assert pytest.approx(0.6) == found.value
    assert "closest to reference 2" == found.rationale
    assert (2.0,) == found.evidence


def test_opposite_vectors_have_minus_one() -> None:
    vectors = answered(kitten=(1.0, 0.0), a_cat=(-2.0, 0.0), a_dog=(-1.0, 0.0))

    found = METRIC.measure(CASE, said("kitten"), vectors)

    assert isinstance(found, Measurement)
    assert -1.0 == found.value


@pytest.mark.parametrize(("references", "expected"), [(("a",), 0.0), (("a", " "), 1.0), (("",), 1.0)])
def test_an_empty_answer_has_zero_without_asking_unless_a_reference_is_empty(
    references: tuple[str, ...], expected: float
) -> None:
    case = Case(case_id="1", references=references)

    assert () == METRIC.requests(case, said(" \n"))
    assert Measurement(value=expected, label="empty") == METRIC.measure(case, said(" \n"), {})


def test_an_answer_where_only_an_empty_one_is_right_has_zero() -> None:
    case = Case(case_id="1", references=("",))

    assert () == METRIC.requests(case, said("something"))
    found = METRIC.measure(case, said("something"), {})
    assert isinstance(found, Measurement)
    assert 0.0 == found.value


def test_an_unusable_vector_is_a_failure_and_never_a_value() -> None:
    found = METRIC.measure(CASE, said("kitten"), answered(kitten=(0.0, 0.0), a_cat=(1.0, 0.0), a_dog=(1.0, 0.0)))

    assert isinstance(found, ScoreFailure)
    assert "embedding_unusable" == found.kind


def test_what_the_server_failed_at_is_returned_as_it_is() -> None:
    failure = ScoreFailure(kind="server_down", message="refused")

    found = METRIC.measure(CASE, said("kitten"), answered(kitten=(1.0,), a_cat=failure, a_dog=(1.0,)))

    assert failure is found


def test_the_embedding_model_and_its_digest_are_part_of_the_signature() -> None:
    assert "SemanticSimilarity(model='embedder:1', digest='abc')|v1" == METRIC.signature
    assert METRIC == metric_of("semantic_similarity", METRIC.signature)
    assert frozenset({Need.REFERENCES, Need.EMBEDDER}) == parse_metric("semantic_similarity").asks_for
