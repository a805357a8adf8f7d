"""Faithfulness: whether the passages support everything the answer claims.

Supported sentences of the answer / its sentences that make a claim.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.grounding.attribution import as_evidence, as_rationale, claims
from evaluation.metrics.grounding.grounded import EMPTY, GroundedMetric, share_supported
from evaluation.metrics.metric import Need
from evaluation.metrics.requests import Answers, Request
from evaluation.scores import Measurement, ScoreFailure


@dataclass(frozen=True, kw_only=True)
class Faithfulness(GroundedMetric):
    """Share of the answer's sentences that a passage supports, in [0, 1]; 0 for an empty answer.

    Not defined for an answer without a word to look for, such as a bare `Yes.`. Three values a sentence are its
    evidence: its passage from 1 or `none`, the relevance, and 1 where it is supported.
    """

    name: ClassVar[str] = "faithfulness"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTEXT})
    formula: ClassVar[str] = (
        "sentences with relevance ≥ threshold in some passage, with every number and name in it and nothing denied "
        "/ sentences that claim something; relevance = .3·window + .5·passage + .2·neighbours, weighted by rarity"
    )
    source: ClassVar[str] = "after RAGAS (Es et al. 2023, arXiv:2309.15217), with rules in place of its judge"
    blind_spots: ClassVar[str] = (
        "Sees words, not meaning: a free paraphrase or a computed number looks unsupported, and two names of one "
        "passage that changed places look supported."
    )

    def requests(self, case: Case, generations: Sequence[Generation]) -> tuple[Request, ...]:
        (generation,) = generations
        return self.to_embed(claims(generation.answer), case)

    def measure(
        self, case: Case, generations: Sequence[Generation], answers: Answers
    ) -> Measurement | ScoreFailure | None:
        (generation,) = generations
        sentences = claims(generation.answer)
        if not sentences:
            return None if generation.answer.strip() else Measurement(value=0.0, label=EMPTY)
        attributed = self.attributed(sentences, case, answers)
        if isinstance(attributed, ScoreFailure):
            return attributed
        return Measurement(
            value=share_supported(attributed), rationale=as_rationale(attributed), evidence=as_evidence(attributed)
        )
