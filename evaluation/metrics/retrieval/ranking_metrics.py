"""Metrics of the passages that an answer was made from, beside those that its case names as relevant.

They measure the search alone, whatever the model wrote. An answer without retrieval has no value; neither has one to a
case that names no relevant passage. A search that found nothing has 0.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.formatting import counted
from evaluation.generation import Generation
from evaluation.metrics.metric import AnswerMetric, Need
from evaluation.metrics.retrieval.passage_ranking import hit_rate_at, ndcg_at, precision_at, reciprocal_rank
from evaluation.metrics.retrieval.relevance import JudgedSources, judged
from evaluation.relevant_passages import relevant_passages, relevant_problem
from evaluation.scores import Measurement

MOST_SHOWN = 20
"""Relevant passages whose ranks are shown."""
_WHAT_COUNTS = (
    "A passage counts as relevant by its document and words alone: one that proves the answer in other words does not, "
    "and neither does a document that is named by another path than the corpus has."
)


@dataclass(frozen=True, kw_only=True)
class _RankingMetric(AnswerMetric):
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.RELEVANT})
    blind_spots: ClassVar[str] = _WHAT_COUNTS

    def problem(self, case: Case) -> str | None:
        """Say what is wrong with the case's relevant passages."""
        return relevant_problem(case.details)

    def measure_answer(self, case: Case, generation: Generation) -> Measurement | None:
        relevant = relevant_passages(case)
        if not relevant or generation.sources is None:
            return None
        sources = judged(generation.sources, relevant)
        return Measurement(value=self._value(sources), rationale=_rationale(sources))

    @abstractmethod
    def _value(self, sources: JudgedSources) -> float:
        """Return the value for the sources of one answer, beside at least one relevant passage."""


@dataclass(frozen=True, kw_only=True)
class _AtK(_RankingMetric):
    k: int = 10
    """Number of passages, from the first, that are looked at."""

    def __post_init__(self) -> None:
        """Refuse a `k` that is no number of passages."""
        if self.k < 1:
            raise ConfigurationError(f"{self.name} has k={self.k!r}", "Give a number from 1")


@dataclass(frozen=True, kw_only=True)
class RecallAtK(_AtK):
    """Share of the case's relevant passages that stand among the first `k` sources, in [0, 1]."""

    name: ClassVar[str] = "recall_at_k"
    formula: ClassVar[str] = "relevant passages in the first k sources / relevant passages"
    source: ClassVar[str] = "Manning et al. 2008, Introduction to Information Retrieval, chapter 8"

    def _value(self, sources: JudgedSources) -> float:
        hits = (
            hit_rate_at(sources.ids, {sources.ids[place]: 1.0 for place in places}, self.k) if places else 0.0
            for places in sources.holders
        )
        return sum(hits) / len(sources.holders)


@dataclass(frozen=True, kw_only=True)
class PrecisionAtK(_AtK):
    """Share of the first `k` places that hold a relevant passage, in [0, 1]; empty places hold none."""

    name: ClassVar[str] = "precision_at_k"
    formula: ClassVar[str] = "relevant ones of the first k sources / k"
    source: ClassVar[str] = "Manning et al. 2008, Introduction to Information Retrieval, chapter 8"
    blind_spots: ClassVar[str] = (
        f"{_WHAT_COUNTS} A candidate that shows fewer than k passages cannot reach 1, and a case with one relevant "
        "passage hardly exceeds 1 / k."
    )

    def _value(self, sources: JudgedSources) -> float:
        return precision_at(sources.ids, sources.relevant, self.k)


@dataclass(frozen=True, kw_only=True)
class HitRateAtK(_AtK):
    """1 where a relevant passage stands among the first `k` sources, else 0."""

    name: ClassVar[str] = "hit_rate_at_k"
    formula: ClassVar[str] = "1 if one of the first k sources is relevant, else 0"
    source: ClassVar[str] = "Manning et al. 2008, Introduction to Information Retrieval, chapter 8"

    def _value(self, sources: JudgedSources) -> float:
        return hit_rate_at(sources.ids, sources.relevant, self.k)


@dataclass(frozen=True, kw_only=True)
class ReciprocalRank(_RankingMetric):
    """1 / rank of the first relevant source, 0 without one; its mean over cases is the MRR (Voorhees 1999)."""

    name: ClassVar[str] = "reciprocal_rank"
    formula: ClassVar[str] = "1 / rank of the first relevant source; mean over cases: MRR"
    source: ClassVar[str] = "Voorhees 1999, TREC-8 question answering"

    def _value(self, sources: JudgedSources) -> float:
        return reciprocal_rank(sources.ids, sources.relevant)


@dataclass(frozen=True, kw_only=True)
class NdcgAtK(_AtK):
    """Discounted gain of the first `k` sources over that of the best order, in [0, 1] (Järvelin and Kekäläinen 2002).

    The gain of a source is the number of relevant passages that none before it holds: two chunks that overlap, or two
    of a document that is relevant as a whole, gain once. The best order has the same sources by their gains, with one
    more for each relevant passage that was not found.
    """

    name: ClassVar[str] = "ndcg_at_k"
    formula: ClassVar[str] = "Σ gain / log2(rank + 1) over the first k sources / the same sum for the best order"
    source: ClassVar[str] = "Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418"

    def _value(self, sources: JudgedSources) -> float:
        return ndcg_at(sources.ids, sources.new, self.k)


def _rationale(sources: JudgedSources) -> str:
    ranks = [f"{places[0] + 1}" if places else "none" for places in sources.holders[:MOST_SHOWN]]
    more = ", …" if len(sources.holders) > MOST_SHOWN else ""
    n_found = sum(bool(places) for places in sources.holders)
    return (
        f"{n_found} of {counted(len(sources.holders), 'relevant passage')} among "
        f"{counted(len(sources.ids), 'source')}, first at rank {', '.join(ranks)}{more}"
    )
