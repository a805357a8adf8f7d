"""Context recall: whether the passages contain what a good answer needs.

Supported sentences of a reference / its sentences that make a claim, the best over the references.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.grounding.attribution import as_evidence, as_rationale, claims
from evaluation.metrics.grounding.grounded import GroundedMetric, share_supported
from evaluation.metrics.metric import Need
from evaluation.metrics.requests import Answers, Request
from evaluation.scores import Measurement, ScoreFailure


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
