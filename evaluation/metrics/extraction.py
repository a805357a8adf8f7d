"""Which label or option did the model choose, in whatever words it said so?

Stages are tried from strict to flexible, and the first that settles on one choice wins. A choice that is only denied
("not spam") is not taken.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from evaluation.metrics.normalization import folded

NOT_EXTRACTED = "not_extracted"
STRICT = "strict"
FLEXIBLE = "flexible"

_WRAPPING = " \t\r\n.,;:!?\"'`*_()[]{}<>«»“”‘’"
_BLANKS = re.compile(r"[\s_\-]+")
_DENIED = re.compile(r"(?:\bnot|n't|n’t|\bneither|\bnor|\bnever)\s+(?:an?\s+|the\s+)?[\"'(*]*$", re.IGNORECASE)

# "A good choice" and "I think" begin with a word; "A because …" with a letter.
_NO_WORD = r"(?![AaIi]\s+(?!(?:because|since|as|and|or|is|but|for)\b)[a-z])"
# "The answer is A or B" announces nothing.
_NO_SECOND = r"(?!\W{0,8}(?:or|and|/)\W{0,8}[A-Z]\b)"
_ANNOUNCED = re.compile(
    r"(?i:\b(?:answer|option|choice)\b\s*(?:is|would\s+be|:|=|-)?\s*:?\s*(?:(?:option|choice)\s+)?)"
    rf"[(\[*\"'`\s]*{_NO_WORD}(?P<letter>[A-Za-z])(?![A-Za-z0-9'’]){_NO_SECOND}"
)
_LEADING = re.compile(r"\W*(?P<letter>[A-Za-z])\W*[).:,\]\n]")
_STANDING_ALONE = re.compile(rf"(?<![\w'’]){_NO_WORD}(?P<letter>[A-Z])(?![\w'’])")
_NOTHING_BUT = re.compile(r"\W*(?P<letter>[A-Za-z])\W*")


def plain(text: str) -> str:
    """`text` in lower case, with single blanks for blanks, `_` and `-`, and without marks around it."""
    return _BLANKS.sub(" ", folded(text).strip(_WRAPPING)).strip()


def chosen_label(answer: str, labels: Sequence[str]) -> str | None:
    """The label that `answer` gives; None where it gives none, or several.

    Exactly a label; else a label at the very start; else the only label mentioned.
    """
    answer = answer.strip()
    if answer in labels:
        return answer
    by_text = {plain(label): label for label in reversed(labels) if plain(label)}
    text = plain(answer)
    if text in by_text:
        return by_text[text]
    mentions = _mentions(text, tuple(by_text))
    if mentions and mentions[0][0] == 0:
        return by_text[mentions[0][1]]
    mentioned = {word for start, word in mentions if not _is_denied(text, start)}
    return by_text[mentioned.pop()] if len(mentioned) == 1 else None


def chosen_option(answer: str, options: Sequence[str]) -> tuple[int, str] | None:
    """Index of the option that `answer` chooses, and the stage that found it; None where it chooses none, or several.

    `strict`: the answer is a letter, an option's text, or both. `flexible`: a letter is announced ("the answer is B"),
    leads the answer, or is the only one standing alone; else an option's text leads it, or is the only one mentioned.
    """
    index = _strictly_chosen(answer, options)
    if index is not None:
        return index, STRICT
    index = _flexibly_chosen(answer, options)
    return None if index is None else (index, FLEXIBLE)


def option_index(reference: str, options: Sequence[str]) -> int | None:
    """Index of the option that a reference names by its letter, else its text, or both; None where it names none."""
    return _strictly_chosen(reference, options)


def _strictly_chosen(answer: str, options: Sequence[str]) -> int | None:
    match = _NOTHING_BUT.fullmatch(answer)
    index = _index(match.group("letter"), options) if match else None
    if index is None:
        index = _index_of_text(answer, options)
    if index is not None:
        return index
    leading = _LEADING.match(answer)
    index = _index(leading.group("letter"), options) if leading else None
    if leading and index is not None and plain(answer[leading.end() :]) == plain(options[index]):
        return index
    return None


def _flexibly_chosen(answer: str, options: Sequence[str]) -> int | None:
    # Some of the patterns below would try every way to part a long run of blanks.
    answer = "\n".join(words for line in answer.splitlines() if (words := " ".join(line.split())))
    announced = [match.group("letter") for match in _ANNOUNCED.finditer(answer)]
    if announced:
        return _index(announced[-1], options)
    leading = _LEADING.match(answer)
    if leading and _index(leading.group("letter"), options) is not None:
        return _index(leading.group("letter"), options)
    alone = {
        _index(match.group("letter"), options)
        for match in _STANDING_ALONE.finditer(answer)
        if not _is_denied(answer, match.start())
    } - {None}
    if alone:
        return alone.pop() if len(alone) == 1 else None
    label = chosen_label(answer, options)
    return None if label is None else list(options).index(label)


def _is_denied(text: str, start: int) -> bool:
    return _DENIED.search(text[max(0, start - 24) : start]) is not None


def _index(letter: str, options: Sequence[str]) -> int | None:
    index = ord(letter.upper()) - ord("A")
    return index if index < len(options) else None


def _index_of_text(text: str, options: Sequence[str]) -> int | None:
    texts = [plain(option) for option in options]
    return texts.index(plain(text)) if plain(text) in texts else None


def _mentions(text: str, words: tuple[str, ...]) -> list[tuple[int, str]]:
    if not words:
        return []
    return [(match.start(), match.group()) for match in _any_of(words).finditer(text)]


@lru_cache(maxsize=512)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """One of `words`, as whole words; the longest first, so that "spam" is not found in "not spam"."""
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
