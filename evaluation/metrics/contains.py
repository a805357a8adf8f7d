"""Contains: whether the answer contains a reference verbatim."""

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import AnswerMetric, Need
from evaluation.metrics.normalization import folded, whole_number
from evaluation.metrics.sentence_marks import TYPOGRAPHIC_QUOTES, without_closing_marks
from evaluation.scores import Measurement

_LETTERS_WITH_CASE = frozenset({"Lu", "Ll"})
_NOT_COMPARED = str.maketrans(dict.fromkeys("\ufe0e\ufe0f", "") | TYPOGRAPHIC_QUOTES)
"""Characters ignored in comparisons: text or emoji style of a sign, and straight or curved quotes."""
_NOT_JOINED = "(?<!\u200d)"
# A combining mark, a joiner, a keycap or a colour of skin belongs to the sign before it.
_NOTHING_JOINED = "(?![\u0300-\u036f\u200d\u20d0-\u20ff\U0001f3fb-\U0001f3ff])"
_FLAG_LETTERS = re.compile("[\U0001f1e6-\U0001f1ff]+$")


@dataclass(frozen=True, kw_only=True)
class Contains(AnswerMetric):
    """1 where a reference (with `all`, every reference) stands somewhere in the answer, else 0.

    Runs of blanks and line breaks count as one blank, and curved quotes as straight ones. A number must be there whole
    (`5` is not in `15`, `-5` or `5.2`), a single letter by itself (`C` is not in `C++` or `Cats`), and a sign with what
    is joined to it (`👍` is not in `👍🏿`). The reference's own full stop, quotes and other marks around all of it need
    not be there (`Paris.` is in `It is Paris`). An empty reference is contained in an empty answer only.
    """

    name: ClassVar[str] = "contains"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES})
    scorer_version: ClassVar[str] = "6"
    formula: ClassVar[str] = "1 if a reference (with `all`: each of them) is a part of the answer, else 0"
    blind_spots: ClassVar[str] = (
        "A denied or quoted reference counts ('it is not Paris'), a long answer that names everything is right, and "
        "'art' is found in 'party'."
    )

    all: bool = False
    """Require every reference instead of one."""
    ignore_case: bool = True

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        answer = self._folded(generation.answer)
        missing = [reference for reference in case.references if not _contained(*self._bare(reference), answer)]
        right = len(missing) < (1 if self.all else len(case.references))
        rationale = None if right else f"not found: {', '.join(map(repr, missing))}"
        return Measurement(value=float(right), rationale=rationale)

    def _bare(self, reference: str) -> tuple[str, bool]:
        """Return the reference without its closing marks, and whether it had any."""
        whole = self._folded(reference)
        bare = without_closing_marks(whole)
        return bare, bare != whole

    def _folded(self, text: str) -> str:
        text = " ".join(text.translate(_NOT_COMPARED).split())
        return folded(text) if self.ignore_case else text


def _contained(reference: str, is_closed: bool, answer: str) -> bool:
    if not reference:
        return not answer
    before, after = whole_number(reference)
    if len(reference) == 1 and unicodedata.category(reference) in _LETTERS_WITH_CASE:
        before, after = r"(?<!\w)", r"(?![\w+#'’])"
    elif is_closed and unicodedata.category(reference[-1]) in _LETTERS_WITH_CASE:
        # `No.` is not in `nothing`.
        before, after = before or (r"(?<!\w)" if reference[0].isalpha() else ""), r"(?!\w)"
    after += _NOTHING_JOINED
    return any(
        not _is_half_flag(answer, match.start())
        for match in re.finditer(f"{before}{_NOT_JOINED}{re.escape(reference)}{after}", answer)
    )


def _is_half_flag(text: str, start: int) -> bool:
    """Check whether the character at `start` is the second half of a flag emoji, which takes two characters."""
    letters = _FLAG_LETTERS.search(text, max(0, start - 200), start)
    return _FLAG_LETTERS.match(text[start : start + 1]) is not None and letters is not None and len(letters[0]) % 2 == 1
