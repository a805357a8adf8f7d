"""The share of an answer's sentences that rest on the passages, by words and with vectors made up for the test."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.grounding.faithfulness import Faithfulness
from evaluation.metrics.metric import Need
from evaluation.metrics.needs import missing_needs
from evaluation.metrics.parsing import metric_of, parse_metric
from evaluation.metrics.requests import Answer, EmbedText, Request
from evaluation.scores import Measurement, ScoreFailure

CASE = Case(case_id="1", context=("The sea is wide.", "The lamp burns oil. It was lit in 1868."))
BY_VECTORS = Faithfulness(by="embedding", model="embedder:1", digest="abc")


def said(answer: str) -> tuple[Generation]:
    return (Generation(text=answer, answer=answer),)


def value(answer: str, case: Case = CASE, metric: Faithfulness | None = None) -> float:
    found = (metric or Faithfulness()).measure(case, said(answer), {})
    assert isinstance(found, Measurement)
    return found.value


def rounded(found: Measurement) -> tuple[float | str, ...]:
    return tuple(round(value, 9) if isinstance(value, float) else value for value in found.evidence)


def embedded(vectors: dict[str, Answer]) -> dict[Request, Answer]:
    return {EmbedText(model="embedder:1", digest="abc", text=text): vector for text, vector in vectors.items()}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The lamp burns oil.", 1.0),
        ("The lamp burns oil. The sea is wide. Cats purr.", 2 / 3),
        ("The lamp burns oil. It was lit in 1869.", 0.5),
        ("The lamp doesn't burn oil.", 0.0),
        ("Cats purr.", 0.0),
        ("1868", 1.0),
        ("", 0.0),
        (" \n", 0.0),
    ],
)
def test_the_value_is_the_share_of_supported_sentences(answer: str, expected: float) -> None:
    assert pytest.approx(expected) == value(answer)


def test_an_answer_without_a_word_to_look_for_has_no_value() -> None:
    assert Faithfulness().measure(CASE, said("Yes."), {}) is None


def test_an_empty_answer_says_so() -> None:
    assert Measurement(value=0.0, label="empty") == Faithfulness().measure(CASE, said(""), {})


def test_each_sentence_is_attributed_in_evidence_and_rationale() -> None:
    found = Faithfulness().measure(CASE, said("The sea is wide. Cats purr."), {})

    assert isinstance(found, Measurement)
    assert (1.0, 1.0, 1.0, "none", 0.0, 0.0) == rounded(found)
    assert (
        'sentence 1 ← passage 1 (1.00) "The sea is wide."\nsentence 2 ↚ no passage (.00) "Cats purr."'
        == found.rationale
    )


def test_it_needs_an_embedding_model_only_where_it_looks_by_embedding() -> None:
    assert frozenset({Need.CONTEXT}) == Faithfulness().asks_for
    assert frozenset({Need.CONTEXT, Need.EMBEDDER}) == BY_VECTORS.asks_for
    assert missing_needs(Faithfulness(), [CASE]) is None
    assert "metric 'faithfulness' needs an embedding model, which is not there" == missing_needs(BY_VECTORS, [CASE])
    assert missing_needs(BY_VECTORS, [CASE], offered={Need.EMBEDDER}) is None
    assert "needs context" in str(missing_needs(Faithfulness(), [Case(case_id="bare")]))


def test_by_words_nothing_is_asked() -> None:
    assert () == Faithfulness().requests(CASE, said("The lamp burns oil."))


def test_by_embedding_the_answers_sentences_and_the_passages_sentences_are_asked_each_once() -> None:
    asked = BY_VECTORS.requests(CASE, said("Cats purr. The sea is wide. Yes."))

    assert ["Cats purr.", "The sea is wide.", "The lamp burns oil.", "It was lit in 1868."] == [
        request.text for request in asked if isinstance(request, EmbedText)
    ]


@pytest.mark.parametrize("answer", ["", "Yes."])
def test_by_embedding_nothing_is_asked_where_nothing_is_claimed(answer: str) -> None:
    assert () == BY_VECTORS.requests(CASE, said(answer))


def test_by_embedding_nothing_is_asked_of_blank_passages() -> None:
    case = Case(case_id="1", context=(" ",))

    assert () == BY_VECTORS.requests(case, said("Cats purr."))
    assert 0.0 == value("Cats purr.", case, BY_VECTORS)


def test_by_embedding_the_cosine_is_the_relevance() -> None:
    answers = embedded(
        {
            "Light comes from fuel.": (0.8, 0.6),
            "Cats purr.": (-1.0, 0.0),
            "The sea is wide.": (0.0, 1.0),
            "The lamp burns oil.": (1.0, 0.0),
            "It was lit in 1868.": (0.6, 0.8),
        }
    )

    found = BY_VECTORS.measure(CASE, said("Light comes from fuel. Cats purr."), answers)

    # 0.8 · 0.6 + 0.6 · 0.8 = .96 with the last sentence, of passage 2; the cats have no angle under 90°.
    assert isinstance(found, Measurement)
    assert 0.5 == found.value
    assert (2.0, 0.96, 1.0, 1.0, 0.0, 0.0) == rounded(found)


def test_by_embedding_a_wrong_number_still_speaks_against_support() -> None:
    vectors = {sentence: (1.0, 0.0) for sentence in ("It was lit in 1869.", "The sea is wide.", "The lamp burns oil.")}
    answers = embedded({**vectors, "It was lit in 1868.": (1.0, 0.0)})

    found = BY_VECTORS.measure(CASE, said("It was lit in 1869."), answers)

    assert isinstance(found, Measurement)
    assert 0.0 == found.value
    assert "number not in the passage: 1869" in str(found.rationale)


def test_by_embedding_a_failure_is_returned_as_it_is() -> None:
    failure = ScoreFailure(kind="timed_out", message="no answer")
    texts = [
        request.text for request in BY_VECTORS.requests(CASE, said("Cats purr.")) if isinstance(request, EmbedText)
    ]

    assert failure is BY_VECTORS.measure(CASE, said("Cats purr."), embedded(dict.fromkeys(texts, failure)))


def test_options_are_read_and_stand_in_the_signature() -> None:
    metric = parse_metric("faithfulness(by='embedding', threshold=0.5)")

    assert Faithfulness(by="embedding", threshold=0.5) == metric
    assert metric == metric_of("faithfulness", metric.signature)
    assert (0.4, 0.7, 0.5) == (Faithfulness().least_relevance, BY_VECTORS.least_relevance, metric.least_relevance)


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.5, float("nan")])
def test_a_threshold_that_decides_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ConfigurationError, match="faithfulness: threshold="):
        Faithfulness(threshold=threshold)


def test_all_of_a_sentences_words_may_be_asked_for() -> None:
    assert 1.0 == Faithfulness(threshold=1.0).least_relevance


def test_an_unknown_way_to_look_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="by='magic'"):
        parse_metric("faithfulness(by='magic')")


TEXTS = st.text(max_size=80) | st.text(alphabet="Aab.1 ,\n\u202eא😀\x00\ud800", max_size=80)


@settings(max_examples=100)
@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_the_value_lies_between_zero_and_one_for_any_text(answer: str, passages: list[str]) -> None:
    found = Faithfulness().measure(Case(case_id="1", context=tuple(passages)), said(answer), {})

    if found is not None:
        assert isinstance(found, Measurement)
        assert 0.0 <= found.value <= 1.0
        assert 0 == len(found.evidence) % 3


@pytest.mark.parametrize("piece", ["x", "cat. ", "他", "n't ", "1,", "\u0300\u0316", "\ufdfa", "(", "hundred "])
def test_a_hostile_answer_is_measured_within_bounds(piece: str) -> None:
    answer = piece * (200_000 // len(piece))
    case = Case(case_id="1", context=(answer, "The lamp burns oil."))

    found = Faithfulness().measure(case, said(answer), {})

    assert found is None or (isinstance(found, Measurement) and len(found.evidence) <= 600)
