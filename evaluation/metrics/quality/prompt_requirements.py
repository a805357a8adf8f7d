"""Requirements that a prompt states: topics, number of items, length of the answer. English wording only."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from evaluation.case import Case
from evaluation.metrics.quality.reading import words
from evaluation.metrics.quality.word_classes import SMALL_WORDS

READ_PROMPT_CHARS = 8_000
"""Characters at the beginning, and as many at the end, of a prompt that are searched for requirements."""
_TEENS_TEXT = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
_TENS_TEXT = "thirty forty fifty sixty seventy eighty ninety hundred"
_NUMBERS = {word: n for n, word in enumerate(_TEENS_TEXT.split())} | {
    word: 10 * n for n, word in enumerate(_TENS_TEXT.split(), start=3)
}
_N = rf"(?:a |one )?(\d{{1,6}}(?:,\d{{3}})?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))}|single)"
_UNIT = r"(?:[ -]\w{1,12}){0,2}?[ -](words?|sentences?|paragraphs?|characters?|lines?)\b"
_MOST = r"(?:at most|no more than|not more than|up to|a maximum of|maximum of|max\.?|maximum|not exceed(?:ing)?|within)"
_LESS = r"(?:under|below|fewer than|less than)"
_LEAST = r"(?:at least|no fewer than|no less than|not less than|a minimum of|minimum of|minimum|min\.?)"
_MORE = r"(?:more than|over|above)"
_ABOUT = r"(?:about|around|approximately|approx\.?|roughly|circa|some|~)"
_LIMIT = re.compile(
    rf"\b(?:(?P<most>{_MOST})|(?P<less>{_LESS})|(?P<least>{_LEAST})|(?P<more>{_MORE})|(?P<about>{_ABOUT})|(?:between|from))?"
    rf" ?(?<!these )(?<!the )(?<!following )\b{_N}(?:(?: ?(?:to|or|and|-|–) ?){_N})?{_UNIT}"
    r"(?P<after> or (?:less|fewer|more)| (?:at most|at least|maximum|max\b))?"
)
_NEAR = 0.1
"""Tolerance of "about" in either direction."""
_TASK_TEXT = """
    explain describe discuss compare contrast write outline list give name tell state define summarize summarise
    answer provide show create compose draft suggest propose identify analyse analyze evaluate include mention cover
    mentioning including please sentence sentences word words paragraph paragraphs text document following essay
    story letter email message article report poem summary question detail details briefly short long brief simple
    plain clear concise reader example examples reason reasons way ways step steps item items thing things point
    points tip tips idea ideas fact facts benefit benefits advantage advantages disadvantage disadvantages
    difference differences between used your own using based able make sure also then use
"""
_WORDS_OF_TASKS = frozenset(_TASK_TEXT.split())
_OPEN_TASK = re.compile(
    r"\b(?:explain|describe|discuss|compare|contrast|outline|list|write|summari[sz]e|analy[sz]e|evaluate|compose|draft|"
    r"give|name|suggest|propose|identify|cover|mention|include)\b"
)
_ITEM_KINDS = (
    "reasons|ways|examples|steps|items|things|points|tips|ideas|facts|benefits|advantages|disadvantages|differences|"
    "causes|effects|options|arguments|features|types|kinds|questions|rules|uses"
)
_ITEMS = re.compile(
    r"\b(?:list|give|name|write|suggest|propose|identify|provide|mention|describe|explain|state|what are)\b"
    rf"[^.?!\n]{{0,30}}?\b{_N} (?:\w{{1,20}} ){{0,2}}?(?:{_ITEM_KINDS})\b"
)
_SENTENCE_ENDS = re.compile(r"(?<=[.?!])\s|\n+")
_PART_ENDS = re.compile(r";|, (?:and |or )?| and ")
_LISTED = re.compile(r"\s*(?:[-*•]|\(?\w{1,2}[.)])\s")
_MATERIAL = re.compile(r":\s(?:\S+\s+){8}.*|(?<!\w)(['\"“‘])(?:[^\s'\"”’]+\s+){4}.{0,500}?['\"”’](?!\w)", re.S)
"""Long text after a colon, and longer quotations: material to work on, without requirements."""
_STEM = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthRequirement:
    """A length requested by a prompt."""

    low: float
    high: float
    unit: str
    """`word`, `sentence`, `paragraph`, `character` or `line`."""


def prompt_of(case: Case) -> str:
    """Return the case's prompt, or the last user message, in lower case."""
    prompt = case.prompt or next((turn.content for turn in reversed(case.messages) if turn.role == "user"), "")
    if len(prompt) > 2 * READ_PROMPT_CHARS:
        prompt = f"{prompt[:READ_PROMPT_CHARS]}\n{prompt[-READ_PROMPT_CHARS:]}"
    return re.sub(r"[ \t]+", " ", prompt).lower()


@lru_cache(maxsize=64)
def length_requirements(prompt: str) -> tuple[LengthRequirement, ...]:
    """Return every length requirement in a lower-case prompt."""
    return tuple(_requirement(match) for match in _LIMIT.finditer(prompt))


@lru_cache(maxsize=64)
def topics(prompt: str) -> tuple[frozenset[str], ...]:
    """Return the stems of each topic that an open task, or a prompt of several questions, asks about; else none."""
    instructions = _MATERIAL.sub(" ", prompt)
    if not _OPEN_TASK.search(instructions) and instructions.count("?") < 2:
        return ()
    wishes = [
        text
        for text in _SENTENCE_ENDS.split(instructions)
        if _OPEN_TASK.search(text) or "?" in text or _LISTED.match(text)
    ]
    parts = (part for wish in wishes for part in _PART_ENDS.split(wish))
    return tuple(stems for part in parts if (stems := frozenset(_topic_stems(part))))


@lru_cache(maxsize=64)
def requested_items(prompt: str) -> int:
    """Return the number of reasons, steps, examples, … that a prompt asks for; 0 where it gives none."""
    match = _ITEMS.search(prompt)
    return int(_number(match.group(1))) if match else 0


def stem_of(word: str) -> str:
    """Return the beginning that identifies the forms of one word."""
    return word[:_STEM]


def _topic_stems(part: str) -> Iterator[str]:
    for word in words(_LIMIT.sub(" ", f" {part}")):
        if len(word) > 2 and word not in SMALL_WORDS and word not in _WORDS_OF_TASKS and word not in _NUMBERS:
            yield stem_of(word)


def _requirement(match: re.Match[str]) -> LengthRequirement:
    first = _number(match.group(6))
    last = _number(match.group(7)) if match.group(7) else first
    low, high = min(first, last), max(first, last)
    after = match.group("after") or ""
    if match.group("most") or after.endswith(("less", "fewer", "most", "maximum", "max")):
        low = 0.0
    elif match.group("less"):
        low, high = 0.0, max(0.0, high - 1)
    elif match.group("least") or after.endswith(("more", "least")):
        high = float("inf")
    elif match.group("more"):
        low, high = low + 1, float("inf")
    elif match.group("about") or (low == high and match.group(8).startswith(("word", "character"))):
        low, high = low * (1 - _NEAR), high * (1 + _NEAR)
    return LengthRequirement(low=low, high=high, unit=match.group(8).rstrip("s"))


def _number(text: str) -> float:
    if text == "single":
        return 1.0
    return float(_NUMBERS[text]) if text in _NUMBERS else float(text.replace(",", ""))
