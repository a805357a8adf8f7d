"""Coherence: whether the sentences follow one another and share the same topics."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.quality.order_weights import WEIGHTS
from evaluation.metrics.quality.quality_metric import QualityMetric, confidence_of, measurement
from evaluation.metrics.quality.reading import reading_of
from evaluation.metrics.quality.sentence_facts import Sentence, sentence_of
from evaluation.metrics.quality.sentence_order import MOST_SENTENCES, order_log_odds
from evaluation.metrics.quality.word_classes import CUE_CLASSES
from evaluation.scores import Measurement

_LINKING = frozenset({"anaphoric", "contrast", "also"})
_HALF_SURE_AT = 5


@dataclass(frozen=True, kw_only=True)
class Coherence(QualityMetric):
    """How well the sentences follow one another and belong together, in [0, 1].

    The probability that this is the writer's order and not a random one of the same sentences (1/2 where nothing tells,
    as for one sentence), and the share of sentences that are linked to another one. In other languages than English the
    words, names, years and quotations that neighbours share and the first sentence's make decide alone.
    """

    name: ClassVar[str] = "coherence"
    scorer_version: ClassVar[str] = "2"
    formula: ClassVar[str] = (
        "(1 - w)·P(order) + w·(share of sentences that share a stem with another or begin with a linking word);"
        f" P(order) logistic in {len(WEIGHTS)} order features, each less its mean over all orders of the same sentences"
    )
    source: ClassVar[str] = "after Barzilay & Lapata 2008, doi:10.1162/coli.2008.34.1.1; weights of our own"
    blind_spots: ClassVar[str] = (
        "Contradictions and false statements; order in texts that repeat few words, such as stories and letters; what"
        f" comes after {MOST_SENTENCES} sentences; the weights come from English manuals, dictionaries and news"
    )

    link_weight: float = 0.2
    """Weight of the share of linked sentences, in [0, 1]; the rest is the weight of the order."""

    def __post_init__(self) -> None:
        """Refuse a weight that is no share."""
        if not 0 <= self.link_weight <= 1:
            self.refuse("link_weight", allowed="from 0 to 1", example="0.5")

    def judge(self, case: Case, generation: Generation) -> Measurement:
        """Return the value of an answer that holds a word."""
        sentences = read_sentences(reading_of(generation.answer).sentences[:MOST_SENTENCES])
        order = 1 / (1 + math.exp(-max(-30.0, min(30.0, order_log_odds(sentences)))))
        linked = linked_share(sentences)
        value = (1 - self.link_weight) * order + self.link_weight * linked
        label = "one_sentence" if len(sentences) < 2 else None
        parts = {"order": order, "linked": linked, "sentences": float(len(sentences))}
        return measurement(
            value, parts, confidence=confidence_of(len(sentences) - 1, half_at=_HALF_SURE_AT), label=label
        )


@lru_cache(maxsize=8)
def read_sentences(sentences: tuple[str, ...]) -> tuple[Sentence, ...]:
    """Return the facts about each sentence."""
    return tuple(map(sentence_of, sentences))


def linked_share(sentences: Sequence[Sentence]) -> float:
    """Return the share of sentences that have a stem in common with another one, or a first word that points back.

    1/2 for a single sentence.
    """
    if len(sentences) < 2:
        return 0.5
    n_linked = 0
    for i, sentence in enumerate(sentences):
        others = (other for j, other in enumerate(sentences) if j != i)
        refers = i > 0 and CUE_CLASSES.get(sentence.first) in _LINKING
        n_linked += refers or any(sentence.stems & other.stems for other in others)
    return n_linked / len(sentences)
