"""Metrics of the passages: whether the relevant ones are ranked first, and contain what a good answer needs.

Precision is average precision: the mean, over the relevant passages, of the share of the passages up to it that are
relevant. Recall: supported sentences of a reference / its sentences that make a claim, the best over the references.
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
class ContextPrecision(GroundedMetric):
    """Average precision of the passages in their order, in [0, 1]; 0 where none of them matters.

    A passage matters where it supports a sentence of a reference; where there is no reference, one of the answer. Its
    evidence is 1 or 0 for each passage.
    """

    name: ClassVar[str] = "context_precision"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTEXT})
    formula: ClassVar[str] = (
        "Σ precision@k · mₖ / Σ mₖ over the passages k in their order; mₖ = 1 where passage k supports a sentence of a "
        "reference (without references: of the answer), else 0"
    )
    source: ClassVar[str] = "context precision of RAGAS (Es et al. 2023, arXiv:2309.15217), rules in place of its judge"
    blind_spots: ClassVar[str] = (
        "A short reference is found by chance in a passage about something else, and a passage that gives one of two "
        "facts that must be joined does not count; without references a wrong answer makes its own passages matter."
    )

    def requests(self, case: Case, generations: Sequence[Generation]) -> tuple[Request, ...]:
        return self.to_embed(_sentences(case, generations), case)

    def measure(
        self, case: Case, generations: Sequence[Generation], answers: Answers
    ) -> Measurement | ScoreFailure | None:
        sentences = _sentences(case, generations)
        if not sentences:
            is_empty = not case.references and not generations[0].answer.strip()
            return Measurement(value=0.0, label=EMPTY) if is_empty else None
        by_sentence = self.supports(sentences, case, answers)
        if isinstance(by_sentence, ScoreFailure):
            return by_sentence
        matter = {
            support.passage_index
            for sentence_supports in by_sentence
            for support in sentence_supports
            if support.holds(self.least_relevance)
        }
        flags = [index in matter for index in range(len(case.context))]
        named = ", ".join(str(index + 1) for index in sorted(matter)) or "none"
        return Measurement(
            value=average_precision(flags),
            rationale=f"of {len(flags)} passages these matter: {named}",
            evidence=tuple(map(float, flags)),
        )


def average_precision(flags: Sequence[bool]) -> float:
    """Return the precision at each true flag, averaged over the true flags; 0 where none is true."""
    n_true = 0
    total = 0.0
    for position, flag in enumerate(flags, start=1):
        n_true += flag
        total += n_true / position if flag else 0.0
    return total / n_true if n_true else 0.0


def _sentences(case: Case, generations: Sequence[Generation]) -> list[str]:
    texts = case.references or tuple(generation.answer for generation in generations)
    return [sentence for text in texts for sentence in claims(text)]


@dataclass(frozen=True, kw_only=True)
class ContextRecall(GroundedMetric):
    """Share of a reference's sentences that a passage supports, in [0, 1]: says how good the retrieval was.

    The best over the references. Does not look at the answer, so that it is the same for every candidate that was
    given the same passages. Not defined where no reference has a word to look for.
    """

    name: ClassVar[str] = "context_recall"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTEXT, Need.REFERENCES})
    formula: ClassVar[str] = (
        "sentences of a reference that some passage supports, as `faithfulness` has it / its sentences that claim "
        "something; the largest over the references"
    )
    source: ClassVar[str] = "after RAGAS (Es et al. 2023, arXiv:2309.15217), with rules in place of its judge"
    blind_spots: ClassVar[str] = (
        "A reference that puts passages together, computes or rewords looks unsupported; "
        "a short one is found in a passage about something else."
    )

    def requests(self, case: Case, generations: Sequence[Generation]) -> tuple[Request, ...]:
        return self.to_embed([sentence for claimed in _claims(case) for sentence in claimed], case)

    def measure(
        self, case: Case, generations: Sequence[Generation], answers: Answers
    ) -> Measurement | ScoreFailure | None:
        best: Measurement | None = None
        for sentences in _claims(case):
            attributed = self.attributed(sentences, case, answers)
            if isinstance(attributed, ScoreFailure):
                return attributed
            value = share_supported(attributed)
            if best is None or value > best.value:
                rationale, evidence = as_rationale(attributed), as_evidence(attributed)
                best = Measurement(value=value, rationale=rationale, evidence=evidence)
        return best


def _claims(case: Case) -> list[tuple[str, ...]]:
    """Return the sentences of each reference that claims something."""
    return [claimed for reference in case.references if (claimed := claims(reference))]
