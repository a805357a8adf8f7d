"""Token F1: word overlap of the answer and the closest reference.

F1 = 2·shared / (words of the answer + words of the reference), words counted as often as they occur.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.meaningful_symbols import find_symbols
from evaluation.metrics.metric import AnswerMetric, Need
from evaluation.metrics.normalization import folded, keeps_words, squad_words, without_articles, without_punctuation
from evaluation.metrics.sentence_marks import without_marks_of_other_scripts
from evaluation.scores import Measurement

# A call, an operator or a bracket of a program or a formula, as no sentence has them.
_CODE = re.compile(r"\w[(\[]\S|[=<>{}\\^|~]|\w_\w|[^\W\d_][+#](?!\w)")
_MARKED = re.compile(r"^[^\w\s(]|[-+<>](?!\n)$|^__")
_PARTS = re.compile(
    r"[\U0001f1e6-\U0001f1ff]{2}|(?<![\w)\]])-?(?:\d+(?:[.,]\d+)*|\.\d+)|\d+(?:[.,]\d+)*|(?:[^\W\d]|[\u0300-\u036f])+|(?:\+\+|--)(?=[^\W\d_])|[^\w\s]"
)
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")


@dataclass(frozen=True, kw_only=True)
class TokenF1(AnswerMetric):
    """Word overlap with the closest reference, in [0, 1] (Rajpurkar et al. 2016, arXiv:1606.05250).

    SQuAD's official rule: a multiset of lower-case words without ASCII punctuation and English articles, the best
    over the references. It holds where answer and reference have words. Where one has none (`[1, 2]`, `3.5`, `C++`,
    `A`), or the reference is code, the marks are counted too: each number with its sign and point, each word and each
    other sign is one; and so they are where the two are the same by SQuAD's rule, but for a sign of code or a letter
    that names something (`#define X` and `define X`, `vitamin A` and `vitamin`). The marks of other scripts around
    their words (`今天。`) are left out as ASCII's are.
    """

    name: ClassVar[str] = "token_f1"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES})
    formula: ClassVar[str] = (
        "max over references of 2·shared / (words of the answer + words of the reference), words as a multiset"
    )
    scorer_version: ClassVar[str] = "5"
    source: ClassVar[str] = "Rajpurkar et al. 2016, arXiv:1606.05250; SQuAD's evaluation script"
    blind_spots: ClassVar[str] = (
        "Order and meaning are not seen: a 'not' costs one word of many. An `A` that names something is told from the"
        " article behind common nouns alone ('vitamin A'). Scripts without blanks between words are one"
        " word a line."
    )

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        return Measurement(value=max((_f1(generation.answer, reference) for reference in case.references), default=0.0))


def is_in_words(answer: str, reference: str) -> bool:
    """Check whether SQuAD's normalisation applies: both texts have words (`keeps_words`), and the reference is no code.

    Neither text may be a single word with a meaningful mark (`Na+`, `.NET`, `--all`), nor may the two differ only in a
    meaningful symbol (see `find_symbols`).
    """
    if _is_marked_word(answer) or _is_marked_word(reference):
        return False
    if not (keeps_words(answer) and keeps_words(reference)) or _CODE.search(reference):
        return False
    return find_symbols(answer) == find_symbols(reference) or Counter(_words(answer)) != Counter(_words(reference))


def _words(text: str) -> list[str]:
    return squad_words(without_marks_of_other_scripts(text))


def _is_marked_word(text: str) -> bool:
    word = without_punctuation(text).strip()
    return bool(word) and not any(map(str.isspace, word)) and bool(_MARKED.search(word))


def _f1(answer: str, reference: str) -> float:
    words, reference_words = _words(answer), _words(reference)
    if not is_in_words(answer, reference):
        words, reference_words = _with_marks(answer), _with_marks(reference)
    if not words and not reference_words:
        return 1.0
    shared = sum((Counter(words) & Counter(reference_words)).values())
    return 2 * shared / (len(words) + len(reference_words))


def _with_marks(text: str) -> list[str]:
    plain = folded(without_articles(without_punctuation(text)))
    return [part.replace(",", "") if _GROUPED.fullmatch(part) else part for part in _PARTS.findall(plain)]
