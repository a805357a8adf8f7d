"""ROUGE: words, word pairs or the longest common subsequence that an answer shares with the closest reference.

ROUGE-Lsum: how much of each reference sentence the answer's sentences cover together, in order. Equal to the
`rouge-score` package, whose tokenizer recognises only the letters a-z and the digits.
"""

from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from evaluation.case import Case
from evaluation.formatting import excerpt, score
from evaluation.generation import Generation
from evaluation.metrics.metric import AnswerMetric, Need
from evaluation.metrics.sentence_splitting import split_sentences
from evaluation.scores import Measurement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BLIND_SPOTS = (
    "Sees the letters a-z and the digits alone, so it cannot measure other scripts. Words are compared, not meanings: "
    "a paraphrase scores low, and a false sentence of the right words high."
)


class Shares(NamedTuple):
    """Shared content of two texts as a share of each."""

    precision: float
    recall: float
    f: float


@dataclass(frozen=True, kw_only=True)
class RougeMetric(AnswerMetric):
    """F-measure with the closest reference, in [0, 1]; two blank texts are right (1), where rouge-score has 0."""

    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES})
    source: ClassVar[str] = "Lin 2004, aclanthology W04-1013; the rouge-score package"
    blind_spots: ClassVar[str] = _BLIND_SPOTS

    use_stemmer: bool = True
    """Ignore word endings (Porter's rules for English)."""

    def problem(self, case: Case) -> str | None:
        """Say which reference has no word that the tokenizer recognises."""
        for reference in case.references:
            if reference.strip() and not rouge_words(reference, self.use_stemmer):
                shown = excerpt(reference, 60)
                return f"has the reference {shown!r}, in which ROUGE sees no word (it reads a-z and 0-9 alone)"
        return None

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        answer = generation.answer.strip()
        if not answer or not case.references:
            return Measurement(value=float(any(not reference.strip() for reference in case.references)))
        best = max((self._shares(reference, answer) for reference in case.references), key=lambda shares: shares.f)
        rationale = f"precision {score(best.precision)}, recall {score(best.recall)}"
        return Measurement(value=best.f, label=self._label(case.references, answer), rationale=rationale)

    @abstractmethod
    def _shares(self, reference: str, answer: str) -> Shares: ...

    def _label(self, references: Sequence[str], answer: str) -> str | None:
        return None


@dataclass(frozen=True, kw_only=True)
class _RougeN(RougeMetric):
    rouge_type: ClassVar[str]

    def _shares(self, reference: str, answer: str) -> Shares:
        score = _scorer(self.rouge_type, self.use_stemmer).score(reference, answer)[self.rouge_type]
        return Shares(float(score.precision), float(score.recall), float(score.fmeasure))


@dataclass(frozen=True, kw_only=True)
class Rouge1(_RougeN):
    """F-measure of shared words with the closest reference, in [0, 1] (Lin 2004, aclanthology W04-1013)."""

    name: ClassVar[str] = "rouge_1"
    formula: ClassVar[str] = "max over references of 2·P·R / (P + R), P and R the shares of common words"
    rouge_type: ClassVar[str] = "rouge1"


@dataclass(frozen=True, kw_only=True)
class Rouge2(_RougeN):
    """F-measure of shared pairs of neighbouring words with the closest reference, in [0, 1] (Lin 2004)."""

    name: ClassVar[str] = "rouge_2"
    formula: ClassVar[str] = "max over references of 2·P·R / (P + R), P and R the shares of common word pairs"
    rouge_type: ClassVar[str] = "rouge2"


@dataclass(frozen=True, kw_only=True)
class RougeL(RougeMetric):
    """F-measure of the longest common subsequence of words with the closest reference, in [0, 1] (Lin 2004)."""

    name: ClassVar[str] = "rouge_l"
    formula: ClassVar[str] = "max over references of 2·P·R / (P + R), P = LCS / words of the answer, R = LCS / its own"

    def _shares(self, reference: str, answer: str) -> Shares:
        reference_words, answer_words = rouge_words(reference, self.use_stemmer), rouge_words(answer, self.use_stemmer)
        return shares_of(
            _common_order(reference_words, answer_words), n_wanted=len(reference_words), n_given=len(answer_words)
        )


def shares_of(n_shared: int, *, n_wanted: int, n_given: int) -> Shares:
    """Return precision, recall and F-measure of so many shared words; all 0 where a side has none."""
    if not n_shared:
        return Shares(0.0, 0.0, 0.0)
    precision, recall = n_shared / n_given, n_shared / n_wanted
    return Shares(precision, recall, 2 * precision * recall / (precision + recall))


@lru_cache(maxsize=1024)
def rouge_words(text: str, use_stemmer: bool) -> tuple[str, ...]:
    """Return the words of `text` as rouge-score's default tokenizer splits it."""
    return tuple(_tokenizer(use_stemmer).tokenize(text))


def _common_order(left: Sequence[str], right: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, computed 64 words at a time.

    Rouge-score's own table takes quadratic time in Python.
    """
    from rapidfuzz.distance import LCSseq

    numbers: dict[str, int] = {}
    in_numbers = [[numbers.setdefault(word, len(numbers)) for word in words] for words in (left, right)]
    return int(LCSseq.similarity(*in_numbers))


class _CachedTokenizer:
    """A tokenizer that processes each text once for all metrics."""

    def __init__(self, use_stemmer: bool) -> None:
        self._use_stemmer = use_stemmer

    def tokenize(self, text: str) -> list[str]:
        return list(rouge_words(text, self._use_stemmer))


@lru_cache(maxsize=8)
def _scorer(rouge_type: str, use_stemmer: bool) -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([rouge_type], tokenizer=_CachedTokenizer(use_stemmer))


@lru_cache(maxsize=2)
def _tokenizer(use_stemmer: bool) -> Any:
    from rouge_score.tokenizers import DefaultTokenizer

    return DefaultTokenizer(use_stemmer)


CUT = "cut"
MAX_CELLS = 20_000_000
"""Cells of the tables of common order: words of the reference times words of the answer. Words beyond are not read."""
_CELLS_OF_A_PAIR = 8
"""Fixed cost of a pair of sentences, in words."""

Sentence = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RougeLsum(RougeMetric):
    """F-measure of the union of longest common subsequences, sentence by sentence, in [0, 1] (Lin 2004, section 3.2).

    A sentence is a line, as in rouge-score. The words of an answer that lie beyond 20,000,000 comparisons (200,000
    words against a reference of 100) count as not shared, and the label is `cut`.
    """

    name: ClassVar[str] = "rouge_lsum"
    formula: ClassVar[str] = (
        "max over references of 2·P·R / (P + R), from the words of each reference sentence that lie in a longest "
        "common subsequence with any sentence of the answer, each counted once"
    )

    split_sentences: bool = False
    """Split sentences at punctuation, by our own rules; False: only at line breaks, as rouge-score does."""

    def _shares(self, reference: str, answer: str) -> Shares:
        reference_sentences, answer_sentences = self._sentences(reference), self._sentences(answer)
        read, _ = _affordable(reference_sentences, answer_sentences)
        n_wanted, n_given = sum(map(len, reference_sentences)), sum(map(len, answer_sentences))
        return shares_of(_hits(reference_sentences, answer_sentences, read), n_wanted=n_wanted, n_given=n_given)

    def _label(self, references: Sequence[str], answer: str) -> str | None:
        answer_sentences = self._sentences(answer)
        return (
            CUT
            if any(_affordable(self._sentences(reference), answer_sentences)[1] for reference in references)
            else None
        )

    def _sentences(self, text: str) -> list[Sentence]:
        pieces = split_sentences(text, limit=len(text) + 1) if self.split_sentences else text.split("\n")
        return [words for piece in pieces if (words := rouge_words(piece, self.use_stemmer))]


def _affordable(
    reference_sentences: Sequence[Sentence], answer_sentences: Sequence[Sentence]
) -> tuple[list[Sentence], bool]:
    """Return the distinct sentences of an answer that are few enough to compare, and True where some were left out."""
    n_words = MAX_CELLS // max(1, sum(len(sentence) + _CELLS_OF_A_PAIR for sentence in reference_sentences))
    read: list[Sentence] = []
    for sentence in dict.fromkeys(answer_sentences):
        n_words -= _CELLS_OF_A_PAIR
        if len(sentence) > n_words:
            return [*read, sentence[: max(0, n_words)]], True
        read.append(sentence)
        n_words -= len(sentence)
    return read, False


def _hits(
    reference_sentences: Sequence[Sentence], answer_sentences: Sequence[Sentence], read: Sequence[Sentence]
) -> int:
    """Return the words of the reference that the answer covers, each word of the answer used at most once."""
    left = Counter(word for sentence in answer_sentences for word in sentence)
    n_hits = 0
    for sentence in reference_sentences:
        for i in sorted(set[int]().union(*(_common_places(sentence, other) for other in read))):
            word = sentence[i]
            if left[word] > 0:
                n_hits += 1
                left[word] -= 1
    return n_hits


def _common_places(reference: Sentence, answer: Sentence) -> set[int]:
    """Return the places in `reference` of one longest common subsequence, the same that rouge-score finds."""
    places: set[int] = set()
    if set(reference).isdisjoint(answer):
        return places
    table = _common_order_table(reference, answer)
    i, j = len(reference), len(answer)
    while i > 0 and j > 0:
        if reference[i - 1] == answer[j - 1]:
            i, j = i - 1, j - 1
            places.add(i)
        elif table[i, j - 1] > table[i - 1, j]:
            j -= 1
        else:
            i -= 1
    return places


def _common_order_table(reference: Sentence, answer: Sentence) -> "NDArray[np.int32]":
    """Return the length of the longest common subsequence of every two prefixes, filled along the longer sentence."""
    import numpy as np

    if len(answer) < len(reference):
        return _common_order_table(answer, reference).T
    table: NDArray[np.int32] = np.zeros((len(reference) + 1, len(answer) + 1), dtype=np.int32)
    numbers = {word: i for i, word in enumerate(dict.fromkeys(reference))}
    answer_numbers = np.array([numbers.get(word, -1) for word in answer])
    for i, word in enumerate(reference):
        longer = table[i, :-1] + (answer_numbers == numbers[word])
        np.maximum.accumulate(np.maximum(table[i, 1:], longer), out=table[i + 1, 1:])
    return table
