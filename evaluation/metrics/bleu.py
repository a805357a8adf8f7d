"""Corpus BLEU: word n-grams that a corpus of answers shares with its references.

Computed by `sacrebleu`: Papineni et al. 2002 (P02-1040), Post 2018 (W18-6319).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from evaluation.errors import ConfigurationError
from evaluation.metrics.sacrebleu_metric import SacrebleuMetric

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEU

TOKENIZERS = ("13a", "intl", "char", "zh", "none")
"""Tokenizers of sacrebleu that need no download and no further package."""


@dataclass(frozen=True, kw_only=True)
class Bleu(SacrebleuMetric):
    """Corpus BLEU in percent, 0-100, equal to sacrebleu's; one case alone has sentence BLEU with effective order.

    Evidence: the lengths of answer and reference, then matched and possible n-grams for n = 1 … 4. An empty answer to
    an empty reference is right (100), where sacrebleu has no value.
    """

    name: ClassVar[str] = "bleu"
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

    def scorer(self, *, alone: bool = False) -> "BLEU":
        return _scorer(self.ignore_case, self.tokenize, effective_order=alone)


@lru_cache(maxsize=16)
def _scorer(ignore_case: bool, tokenize: str, *, effective_order: bool) -> "BLEU":
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(lowercase=ignore_case, tokenize=tokenize, effective_order=effective_order, force=True)
