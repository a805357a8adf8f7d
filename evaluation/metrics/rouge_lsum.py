"""ROUGE-Lsum: how much of each reference sentence the answer's sentences cover together, in order.

The closest reference counts.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from evaluation.metrics.rouge import RougeMetric, Shares, rouge_words, shares_of
from evaluation.metrics.sentence_splitting import split_sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
