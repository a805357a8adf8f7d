"""Base class of the metrics for retrieval-augmented answers, which look for sentences in passages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.metrics.grounding.attribution import Attribution, attribution
from evaluation.metrics.grounding.passages import Passages, indexed
from evaluation.metrics.grounding.reading import read
from evaluation.metrics.grounding.support import THRESHOLD, Support, support_by, supports
from evaluation.metrics.metric import ModelMetric, Need
from evaluation.metrics.requests import Answers, EmbedText
from evaluation.metrics.vectors import cosines
from evaluation.scores import ScoreFailure

EMBEDDING_THRESHOLD = 0.7
"""Cosine from which two sentences are taken to say the same. Embedding models differ: set your own."""
MOST_EMBEDDED = 500
"""Sentences of all passages that are embedded for one case, at most; later ones are ignored."""
EMPTY = "empty"


@dataclass(frozen=True, kw_only=True)
class GroundedMetric(ModelMetric):
    """A metric that searches the passages of a case for sentences."""

    unit: ClassVar[str] = "fraction"

    by: Literal["words", "embedding"] = "words"
    """`embedding`: cosine of the sentence with each sentence of the passages; needs an embedding model."""
    threshold: float | None = None
    """Least relevance that counts as support. None for the default: .4 by words, .7 by embedding."""

    def __post_init__(self) -> None:
        """Check that the threshold is one that some relevances reach, but not all."""
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise ConfigurationError(
                f"{self.name}: threshold={self.threshold!r} is not above 0 and at most 1",
                next_step="Leave it out, or write for example threshold=0.5",
            )

    @property
    def asks_for(self) -> frozenset[Need]:
        """What this instance needs: an embedding model only where it matches by embedding."""
        return self.needs | {Need.EMBEDDER} if self.by == "embedding" else self.needs

    @property
    def least_relevance(self) -> float:
        """The least relevance that counts as support."""
        if self.threshold is not None:
            return self.threshold
        return THRESHOLD if self.by == "words" else EMBEDDING_THRESHOLD

    def to_embed(self, sentences: Sequence[str], case: Case) -> tuple[EmbedText, ...]:
        """Return the sentences and passages to be embedded, each once.

        Empty where support is found by words, or where there is nothing to support.
        """
        if self.by == "words" or not sentences:
            return ()
        passage_texts = [sentence.text for sentence in indexed(case.context).sentences[:MOST_EMBEDDED]]
        return (
            tuple(self.embedding_request(text) for text in dict.fromkeys([*sentences, *passage_texts]))
            if passage_texts
            else ()
        )

    def supports(self, sentences: Sequence[str], case: Case, answers: Answers) -> list[list[Support]] | ScoreFailure:
        """Return the support that each passage gives to each of the sentences, in the order of the passages."""
        passages = indexed(case.context)
        if self.by == "words" or not sentences or not passages.sentences:
            return [list(supports(read(sentence), passages)) for sentence in sentences]
        vectors = [answers[self.embedding_request(text)] for text in sentences]
        passage_vectors = [answers[self.embedding_request(each.text)] for each in passages.sentences[:MOST_EMBEDDED]]
        likeness = cosines(vectors, passage_vectors)
        if isinstance(likeness, ScoreFailure):
            return likeness
        rows = likeness.clip(0.0, 1.0).tolist()
        return [_by_passage(sentence, row, passages) for sentence, row in zip(sentences, rows, strict=True)]

    def attributed(
        self, sentences: Sequence[str], case: Case, answers: Answers
    ) -> tuple[Attribution, ...] | ScoreFailure:
        """Return each sentence with the passage that supports it."""
        by_sentence = self.supports(sentences, case, answers)
        if isinstance(by_sentence, ScoreFailure):
            return by_sentence
        pairs = zip(sentences, by_sentence, strict=True)
        return tuple(
            attribution(text, sentence_supports, threshold=self.least_relevance) for text, sentence_supports in pairs
        )

    def embedding_request(self, text: str) -> EmbedText:
        """Return the request to embed `text`."""
        return EmbedText(model=self.model, digest=self.digest, text=text)


def share_supported(attributed: Sequence[Attribution]) -> float:
    """Return the share of the sentences that some passage supports; needs at least one sentence."""
    return sum(each.supported for each in attributed) / len(attributed)


def _by_passage(sentence: str, row: Sequence[float], passages: Passages) -> list[Support]:
    closest: dict[int, int] = {}
    for index, likeness in enumerate(row):
        passage_index = passages.sentences[index].passage_index
        if passage_index not in closest or likeness > row[closest[passage_index]]:
            closest[passage_index] = index
    reading = read(sentence)
    return [support_by(reading, passages, index, likeness=row[index]) for index in closest.values()]
