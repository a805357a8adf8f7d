"""Instructions on the form: layout, required marks, how the answer begins and ends, what it repeats or leaves out."""

import json
import re
from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.instructions.instruction import Instruction, check_pattern

_OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_FENCES = ("```json", "```Json", "```JSON", "```")
_HIGHLIGHT = re.compile(r"\*[^\n*]*\*")
_DOUBLE_HIGHLIGHT = re.compile(r"\*\*([^\n*]*)\*\*")


@dataclass(frozen=True, kw_only=True)
class NumberBulletLists(Instruction):
    """Exactly this many bullet points: lines that start with `-`, or with `*` followed by something other than `*`."""

    name: ClassVar[str] = "detectable_format:number_bullet_lists"
    num_bullets: int

    def is_followed(self, answer: str) -> bool:
        lines = [line.lstrip() for line in answer.split("\n")]
        return _n_starred(lines) + sum(line.startswith("-") for line in lines) == self.num_bullets


@dataclass(frozen=True, kw_only=True)
class ConstrainedResponse(Instruction):
    """One of the three sentences "My answer is yes.", "… no." and "… maybe." occurs in the answer."""

    name: ClassVar[str] = "detectable_format:constrained_response"

    def is_followed(self, answer: str) -> bool:
        return any(option in answer for option in _OPTIONS)


@dataclass(frozen=True, kw_only=True)
class NumberHighlightedSections(Instruction):
    """At least this many non-blank highlights, `*so*` or `**so**`, each within one line."""

    name: ClassVar[str] = "detectable_format:number_highlighted_sections"
    num_highlights: int

    def is_followed(self, answer: str) -> bool:
        single = sum(bool(highlight.strip("*").strip()) for highlight in _HIGHLIGHT.findall(answer))
        double = sum(bool(highlight.strip()) for highlight in _DOUBLE_HIGHLIGHT.findall(answer))
        return single + double >= self.num_highlights


@dataclass(frozen=True, kw_only=True)
class MultipleSections(Instruction):
    """At least this many occurrences of the section's word before a number."""

    name: ClassVar[str] = "detectable_format:multiple_sections"
    section_spliter: str
    """Spelt as in IFEval. A regular expression in this class only."""
    num_sections: int

    def __post_init__(self) -> None:
        check_pattern(self, "section_spliter", self.section_spliter.strip())

    def is_followed(self, answer: str) -> bool:
        parts = re.split(rf"\s?{self.section_spliter.strip()}\s?\d+\s?", answer)
        return len(parts) - 1 >= self.num_sections


@dataclass(frozen=True, kw_only=True)
class JsonFormat(Instruction):
    """The whole answer is JSON, bare or between three backticks. JSON too deeply nested for Python does not count."""

    name: ClassVar[str] = "detectable_format:json_format"

    def is_followed(self, answer: str) -> bool:
        text = answer.strip()
        for fence in _FENCES:
            text = text.removeprefix(fence)
        try:
            json.loads(text.removesuffix("```").strip())
        except (ValueError, RecursionError):
            return False
        return True


@dataclass(frozen=True, kw_only=True)
class Title(Instruction):
    """A non-blank title between `<<` and `>>` within one line."""

    name: ClassVar[str] = "detectable_format:title"

    def is_followed(self, answer: str) -> bool:
        return any(map(_has_title, answer.split("\n")))


def _n_starred(lines: list[str]) -> int:
    """Return the number of bullet points with a star. A star alone on its line takes the next line into its point."""
    n, index = 0, 0
    while index < len(lines):
        line = lines[index]
        alone = line == "*" and index + 1 < len(lines)
        n += alone or (line[:1] == "*" and line[1:2] not in ("*", ""))
        index += 2 if alone else 1
    return n


def _has_title(line: str) -> bool:
    """Check whether there is a title, from the first `<<` to the last `>>`, with more than brackets in between."""
    start, end = line.find("<<"), line.rfind(">>")
    return 0 <= start <= end - 3 and bool(line[start : end + 2].lstrip("<").rstrip(">").strip())


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


@dataclass(frozen=True, kw_only=True)
class TwoResponses(Instruction):
    """Two different answers separated by `******`, with nothing empty except before the first and after the last."""

    name: ClassVar[str] = "combination:two_responses"

    def is_followed(self, answer: str) -> bool:
        parts = [part.strip() for part in answer.split("******")]
        if not all(parts[1:-1]):
            return False
        responses = [part for part in parts if part]
        return len(responses) == 2 and responses[0] != responses[1]


@dataclass(frozen=True, kw_only=True)
class RepeatPrompt(Instruction):
    """The answer starts with the request, ignoring case."""

    name: ClassVar[str] = "combination:repeat_prompt"
    prompt_to_repeat: str

    def is_followed(self, answer: str) -> bool:
        return answer.strip().lower().startswith(self.prompt_to_repeat.strip().lower())


@dataclass(frozen=True, kw_only=True)
class EndChecker(Instruction):
    """The answer ends with the phrase, ignoring case and blanks and double quotes around the answer."""

    name: ClassVar[str] = "startend:end_checker"
    end_phrase: str

    def is_followed(self, answer: str) -> bool:
        return answer.strip().strip('"').lower().endswith(self.end_phrase.strip().lower())


@dataclass(frozen=True, kw_only=True)
class Quotation(Instruction):
    """The answer is enclosed in straight double quotes."""

    name: ClassVar[str] = "startend:quotation"

    def is_followed(self, answer: str) -> bool:
        text = answer.strip()
        return len(text) > 1 and text.startswith('"') and text.endswith('"')


@dataclass(frozen=True, kw_only=True)
class NoComma(Instruction):
    """No `,`; commas of other scripts are ignored."""

    name: ClassVar[str] = "punctuation:no_comma"

    def is_followed(self, answer: str) -> bool:
        return "," not in answer
