"""Translation edit rate: word insertions, deletions, replacements and shifts that turn answers into references.

Computed over a corpus by `sacrebleu`: Snover et al. 2006 (2006.amta-papers.25).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.sacrebleu_metric import SacrebleuMetric, score_of_counts
from evaluation.scores import Measurement

if TYPE_CHECKING:
    from sacrebleu.metrics.ter import TER

CUT = "cut"
MAX_WORDS = 200
"""Words of an answer that are aligned, or as many as its longest reference has: searching for shifts is slow."""


@dataclass(frozen=True, kw_only=True)
class Ter(SacrebleuMetric):
    """Edits in percent of the references' words, equal to sacrebleu's TER; 0 is a perfect answer, lower is better.

    Over 100 where more is wrong than the reference is long. Evidence: the least number of edits over the references,
    and their mean length. Words beyond the 200th, or beyond the longest reference's length where that is more, are
    not aligned and count as one edit each; the label is then `cut`.
    """

    name: ClassVar[str] = "ter"
    value_range: ClassVar[tuple[float, float]] = (0.0, inf)
    higher_is_better: ClassVar[bool] = False
    formula: ClassVar[str] = "100 · Σ least edits over the references / Σ mean length of the references, in words"
    source: ClassVar[str] = "Snover et al. 2006, aclanthology 2006.amta-papers.25; sacrebleu TER"
    blind_spots: ClassVar[str] = (
        "Every edit costs the same, be it a comma or a negation; a paraphrase is edited word by word. "
        "It has no upper end, so that one very long answer can outweigh many."
    )

    ignore_case: bool = True
    normalized: bool = False
    """Separate punctuation from words, as tercom does."""
    no_punct: bool = False
    """Ignore punctuation."""
    asian_support: bool = False
    """Treat Chinese and Japanese characters as words of their own."""

    def scorer(self, *, alone: bool = False) -> "TER":
        return _scorer(self.normalized, self.no_punct, self.asian_support, not self.ignore_case)

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        scorer = self.scorer()
        reference_info = scorer._extract_reference_info(list(case.references))
        words = scorer._preprocess_segment(generation.answer).split()
        n_read = max(MAX_WORDS, *map(len, reference_info["ref_words"]))
        n_edits, length = scorer._compute_segment_statistics(" ".join(words[:n_read]), reference_info)
        n_edits += max(0, len(words) - n_read)
        return Measurement(
            value=score_of_counts(scorer, (n_edits, length)),
            label=CUT if len(words) > n_read else None,
            rationale=f"{n_edits:g} edits for {length:g} words",
            evidence=(float(n_edits), float(length)),
        )

    def aggregate(self, rows: Sequence[Measurement]) -> float:
        """Return the corpus TER from the summed evidence."""
        n_edits, length = (sum(float(row.evidence[i]) for row in rows) for i in (0, 1))
        return score_of_counts(self.scorer(), (n_edits, length))


@lru_cache(maxsize=16)
def _scorer(normalized: bool, no_punct: bool, asian_support: bool, case_sensitive: bool) -> "TER":
    from sacrebleu.metrics.ter import TER

    return TER(normalized, no_punct, asian_support, case_sensitive)
