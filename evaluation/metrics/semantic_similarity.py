"""Semantic similarity of an answer and a reference, by an embedding model.

cos(a, r) = a·r / (|a|·|r|), the best over the references.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import ModelMetric, Need
from evaluation.metrics.requests import Answers, EmbedText
from evaluation.metrics.vectors import cosines
from evaluation.scores import Measurement, ScoreFailure

EMPTY = "empty"


@dataclass(frozen=True, kw_only=True)
class SemanticSimilarity(ModelMetric):
    """Cosine of the embeddings of the answer and the closest reference, in [-1, 1].

    Not stretched to [0, 1]: what counts as alike differs from one embedding model to the next, so that values compare
    only within one model. An empty answer has 0, which is a right angle, without asking; it has 1 where a reference is
    empty too.
    """

    name: ClassVar[str] = "semantic_similarity"
    unit: ClassVar[str] = "cosine"
    value_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES, Need.EMBEDDER})
    formula: ClassVar[str] = "the largest cosine a·r / (|a|·|r|) of the answer's vector a and a reference's vector r"
    source: ClassVar[str] = "cosine of sentence embeddings (Reimers and Gurevych 2019, arXiv:1908.10084)"
    blind_spots: ClassVar[str] = (
        "Hardly sees a wrong number, a swapped name or a negation; unrelated texts seldom have 0, "
        "and values of two embedding models do not compare."
    )

    def requests(self, case: Case, generations: Sequence[Generation]) -> tuple[EmbedText, ...]:
        (generation,) = generations
        answer, references = generation.answer.strip(), _written(case)
        if not answer or not references:
            return ()
        return tuple(self._embedding_request(text) for text in dict.fromkeys([answer, *references]))

    def measure(self, case: Case, generations: Sequence[Generation], answers: Answers) -> Measurement | ScoreFailure:
        (generation,) = generations
        answer, references = generation.answer.strip(), _written(case)
        if not answer:
            return Measurement(value=float(len(references) < len(case.references)), label=EMPTY)
        if not references:
            return Measurement(value=0.0, rationale="the reference is empty, and the answer is not")
        similarities = cosines(
            [answers[self._embedding_request(answer)]], [answers[self._embedding_request(text)] for text in references]
        )
        if isinstance(similarities, ScoreFailure):
            return similarities
        (values,) = similarities.tolist()
        best = max(values)
        stripped = [reference.strip() for reference in case.references]
        closest = stripped.index(references[values.index(best)]) + 1
        return Measurement(value=best, rationale=f"closest to reference {closest}", evidence=(float(closest),))

    def _embedding_request(self, text: str) -> EmbedText:
        return EmbedText(model=self.model, digest=self.digest, text=text)


def _written(case: Case) -> tuple[str, ...]:
    return tuple(text for reference in case.references if (text := reference.strip()))
