"""Corpus BLEU: word n-grams that a corpus of answers shares with its references.

Computed by `sacrebleu`: Papineni et al. 2002 (P02-1040), Post 2018 (W18-6319).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.metric import CorpusMetric, Need
from evaluation.metrics.requests import Answers
from evaluation.metrics.sufficient_statistics import mean_value, statistics_of, summed
from evaluation.scores import Measurement

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEU

TOKENIZERS = ("13a", "intl", "char", "zh", "none")
"""Tokenizers of sacrebleu that need no download and no further package."""


@dataclass(frozen=True, kw_only=True)
class Bleu(CorpusMetric):
    """Corpus BLEU in percent, 0-100, equal to sacrebleu's; one case alone has sentence BLEU with effective order.

    Evidence: the lengths of answer and reference, then matched and possible n-grams for n = 1 … 4. An empty answer to
    an empty reference is right (100), where sacrebleu has no value.
    """

    name: ClassVar[str] = "bleu"
    unit: ClassVar[str] = "percent"
    value_range: ClassVar[tuple[float, float]] = (0.0, 100.0)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES})
    formula: ClassVar[str] = (
        "100 · min(1, e^(1 - r/c)) · (p1·p2·p3·p4)^¼, with matched n-grams of all cases over possible ones"
    )
    source: ClassVar[str] = (
        "Papineni et al. 2002, aclanthology P02-1040; Post 2018, aclanthology W18-6319; sacrebleu BLEU"
    )
    blind_spots: ClassVar[str] = (
        "Knows no synonyms and hardly any word order beyond four words; means little for one sentence or with one "
        "short reference; values of two tokenizers or languages cannot be compared."
    )

    ignore_case: bool = False
    tokenize: str = "13a"
    """One of `13a`, `intl`, `char`, `zh`, `none`."""

    def __post_init__(self) -> None:
        """Refuse a tokenizer that does not exist."""
        if self.tokenize not in TOKENIZERS:
            raise ConfigurationError(
                f"bleu: invalid tokenize={self.tokenize!r}; expected one of {', '.join(TOKENIZERS)}"
            )

    @property
    def signature(self) -> str:
        """The metric with its options, and sacrebleu's own signature with its version."""
        return f"{super().signature}|{_signature(self.ignore_case, self.tokenize)}"

    def measure(self, case: Case, generations: Sequence[Generation], answers: Answers) -> Measurement:
        (generation,) = generations
        scorer = _scorer(self.ignore_case, self.tokenize, effective_order=True)
        statistics = statistics_of(scorer, generation.answer, case.references)
        value = _score(scorer, statistics) if any(statistics) else 100.0
        return Measurement(value=value, evidence=tuple(float(number) for number in statistics))

    def aggregate(self, rows: Sequence[Measurement]) -> float:
        """Return the corpus BLEU from the summed evidence."""
        totals = summed(rows)
        scorer = _scorer(self.ignore_case, self.tokenize, effective_order=False)
        return _score(scorer, totals) if any(totals) else mean_value(rows)


def _score(scorer: "BLEU", statistics: list[int]) -> float:
    return float(scorer._compute_score_from_stats(statistics).score)


@lru_cache(maxsize=16)
def _scorer(ignore_case: bool, tokenize: str, *, effective_order: bool) -> "BLEU":
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(lowercase=ignore_case, tokenize=tokenize, effective_order=effective_order, force=True)


@lru_cache(maxsize=16)
def _signature(ignore_case: bool, tokenize: str) -> str:
    scorer = _scorer(ignore_case, tokenize, effective_order=False)
    scorer.num_refs = -1
    return str(scorer.get_signature())
