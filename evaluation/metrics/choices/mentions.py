"""Mentions of an option in an answer, by letter, by text or by both, whatever the answer claims about it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from evaluation.metrics.choices import patterns as wording
from evaluation.metrics.choices.claims import option_index, option_pattern
from evaluation.metrics.label_extraction import NO_BY_ITSELF, is_denied, stands_by_itself

_LETTER = re.compile(
    r"(?<![A-Za-zÀ-ӿ\d_'’+#°-])(?P<letter>[A-Z])(?![A-Za-zÀ-ӿ\d_°+#]|['’]\w|-\w|\.\w|\s?=\s?[\w-])"
    r"(?!(?<=[AI])\s(?!(?:is|was|or|and|but|because|since|as|not|if|though|rather|instead|over|with|than)(?!\w))[a-z])"
)
_NO_NOUN = re.compile(NO_BY_ITSELF, re.IGNORECASE)
_OWN_MARKS = re.compile(r"[\s.):,(\"'\]–—-]{1,5}")
_JOIN = re.compile(
    r"[\s)\].,;\"']{0,5}(?:\s|^)(?:or|and|and/or|as\swell\sas|plus|oder|und|ou|et|o|y|e)\s(?:(?:maybe|perhaps|possibly|even|"
    r"also|the|an?|option|choice|answer|it|could|might|may|be)\s){0,5}[(\[\"']{0,2}|[\s)\].\"']{0,4}[/&|][\s(\[\"']{0,4}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A mention of an option."""

    start: int
    end: int
    index: int


def mentions(text: str, options: Sequence[str]) -> list[Mention]:
    """Return all places of a readable text that name an option, in order.

    A letter with its text is one place.
    """
    places = sorted(
        [*_letters(text, options), *_texts(text, options)], key=lambda mention: (mention.start, -mention.end)
    )
    merged: list[Mention] = []
    for mention in places:
        before = merged[-1] if merged else None
        if before is not None and mention.start < before.end:
            continue
        if (
            before is not None
            and before.index == mention.index
            and _OWN_MARKS.fullmatch(text, before.end, mention.start)
        ):
            merged[-1] = Mention(before.start, mention.end, mention.index)
        else:
            merged.append(mention)
    return merged


def is_joined(text: str, here: Mention, following: Mention) -> bool:
    """Check whether the next option is offered as an alternative to this one: "A. Paris or C. Rome"."""
    joins = here.index != following.index and _JOIN.fullmatch(text, here.end, following.start) is not None
    return joins and not is_denied(text, following.start, following.end)


def _letters(text: str, options: Sequence[str]) -> Iterator[Mention]:
    for match in _LETTER.finditer(text):
        index = option_index(match["letter"], options)
        if index is not None and not wording.NO_CHOICE_AFTER.search(text[max(0, match.start() - 14) : match.start()]):
            yield Mention(match.start(), match.end(), index)


def _texts(text: str, options: Sequence[str]) -> Iterator[Mention]:
    pattern = _whole(tuple(options))
    for match in pattern.finditer(text) if pattern else ():
        word = match.group()
        if not stands_by_itself(text, match.start(), word):
            continue
        if word.casefold() == "no" and _NO_NOUN.match(text, match.end()) is None:
            continue
        yield Mention(match.start(), match.end(), int(str(match.lastgroup)[1:]))


@lru_cache(maxsize=512)
def _whole(options: tuple[str, ...]) -> re.Pattern[str] | None:
    pattern = option_pattern(options)
    return re.compile(rf"(?<!\w)(?<!\d[.,])(?<![$€£-](?=\d))(?:{pattern.pattern})", re.IGNORECASE) if pattern else None
