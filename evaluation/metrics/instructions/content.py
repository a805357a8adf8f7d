"""Instructions on required content: placeholders and a postscript."""

import re
from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.instructions.instruction import Instruction
from evaluation.metrics.instructions.patterns import check_pattern

_POSTSCRIPTS = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}


@dataclass(frozen=True, kw_only=True)
class NumberPlaceholders(Instruction):
    """At least this many pairs of square brackets, each within one line."""

    name: ClassVar[str] = "detectable_content:number_placeholders"
    num_placeholders: int

    def is_followed(self, answer: str) -> bool:
        return sum(map(_n_bracketed, answer.split("\n"))) >= self.num_placeholders


@dataclass(frozen=True, kw_only=True)
class Postscript(Instruction):
    """The marker occurs in the answer, ignoring case; `P.S.` and `P.P.S` may have blanks between the letters."""

    name: ClassVar[str] = "detectable_content:postscript"
    postscript_marker: str

    def __post_init__(self) -> None:
        if self.postscript_marker.strip() not in _POSTSCRIPTS:
            check_pattern(self, "postscript_marker", self.postscript_marker.strip().lower())

    def is_followed(self, answer: str) -> bool:
        marker = self.postscript_marker.strip()
        return re.search(_POSTSCRIPTS.get(marker, marker.lower()), answer.lower()) is not None


def _n_bracketed(line: str) -> int:
    """Return the number of brackets that are closed.

    Counted in a loop: a regular expression would scan to the end from each of a million `[`.
    """
    n, opened = 0, line.find("[")
    while opened >= 0 and (closed := line.find("]", opened)) >= 0:
        n += 1
        opened = line.find("[", closed)
    return n
