"""Sentence splitting by rules without a model, in linear time, for text that a model may have written.

A sentence ends at `.`, `!`, `?` or an ellipsis before a blank, unless what follows begins in lower case or the dot
belongs to an abbreviation, an initial or a number; at the full stops of scripts that write no blanks; at an empty
line, before and after a list item or heading, and at a line break that does not look like wrapped prose.
"""

import re
from collections.abc import Iterator
from itertools import islice

MOST_SENTENCES = 10_000

_MARKS = ".!?…‥"
_STOPS_WITHOUT_BLANK = "。！？｡．؟۔।॥።։។။"
_CLOSERS = "\"'”’»›)]}」』】）》*_`"
_OPENERS = "\"'“‘«‹([{「『【（《*_`¿¡„‚-–—"
# Nothing is asked of what follows: a pattern that looks ahead would read a long run of dots once for each dot.
_END = re.compile(rf"(?P<marks>[{re.escape(_MARKS + _STOPS_WITHOUT_BLANK)}]+)[{re.escape(_CLOSERS)}]*")
_BLANKS = re.compile(r"\s*")
_ITEM = re.compile(r"\s*(?:[-*+•‣◦▪●–—]\s+|#{1,6}\s+|>\s+|\(?\d{1,3}[.)]\s+|\(?[a-z][.)]\s+|[|])")
_RULE = re.compile(r"[-=*_~`|+:\s]{3,}")
_ONLY_A_NUMBER = re.compile(r"\(?\d{1,3}[.)]+")
_WORD_BEFORE = re.compile(r"(?:[^\W_]|['’.\-])+$")
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_])*")

_WITH_WHAT_FOLLOWS = """
mr mrs ms mx dr prof hon rev fr sen rep gov gen col capt lt sgt maj cmdr pres vs v e.g i.e cf viz ca approx fig figs
eq eqs sec ch vol vols pp bzw z.b d.h u.a
"""
_WITH_A_NUMBER = "no nos nr p art jan feb mar apr jun jul aug sep sept oct nov dec tel ext"
_SOMETIMES_THE_END = "st ed eds ph.d inc ltd co corp bros etc al jr sr esq dept univ assn ave blvd mt ft"
_BEGINNINGS = """
the a an it its he she they we i you this that these those there here his her their our my in on at for from after
before when while if as but and or so however then also although because since what who where why how all some many
most no not one two each every another with by to is are was were
"""
_NEVER_LAST = frozenset(_WITH_WHAT_FOLLOWS.split())
_BEFORE_A_NUMBER = frozenset(_WITH_A_NUMBER.split())
_SOMETIMES_LAST = frozenset(_SOMETIMES_THE_END.split())
_FIRST_WORDS = frozenset(_BEGINNINGS.split())

_WRAPPED_LINE = 60
"""Length from which a line that ends without a mark is taken for wrapped prose that continues on the next line."""


def split_sentences(text: str, *, limit: int = MOST_SENTENCES) -> tuple[str, ...]:
    """Return the first `limit` sentences of `text` in order, none of them blank, with single blanks inside.

    Bullets, list numbers and heading marks are left out. A text without capital letters is also split before
    lower-case ones.
    """
    return tuple(islice(_sentences(text), limit))


def _sentences(text: str) -> Iterator[str]:
    is_cased = text != text.lower()
    for block in _blocks(text):
        held = ""
        for piece in _pieces(block, is_cased=is_cased):
            held = f"{held} {piece}" if held else piece
            if not _ONLY_A_NUMBER.fullmatch(held):
                yield held
                held = ""
        if held:
            yield held


def _blocks(text: str) -> Iterator[str]:
    """Yield the parts of `text` that no line break interrupts, each on one line."""
    lines: list[str] = []
    for line in text.splitlines():
        item = _ITEM.match(line)
        words = " ".join((line[item.end() :] if item else line).split())
        if lines and (item or not words or not _goes_on(lines[-1], words)):
            yield " ".join(lines)
            lines = []
        if words and not _RULE.fullmatch(line):
            lines.append(words)
    if lines:
        yield " ".join(lines)


def _goes_on(line: str, following: str) -> bool:
    """Check whether the sentence of `line` goes on after its line break."""
    end = line.rstrip(_CLOSERS)
    if end.endswith(tuple(_MARKS + _STOPS_WITHOUT_BLANK)):
        return end.endswith(".") and _is_abbreviation(end[:-1], following)
    return _starts_small(following) or len(line) >= _WRAPPED_LINE


def _pieces(block: str, *, is_cased: bool) -> Iterator[str]:
    start = 0
    for match in _END.finditer(block):
        if _ends_a_sentence(block, match, is_cased=is_cased):
            piece = block[start : match.end()].strip()
            start = match.end()
            if piece:
                yield piece
    rest = block[start:].strip()
    if rest:
        yield rest


def _ends_a_sentence(block: str, match: re.Match[str], *, is_cased: bool) -> bool:
    marks, after = match["marks"], match.end()
    blanks = _BLANKS.match(block, after)
    start = blanks.end() if blanks else after
    if start == len(block):
        return True
    if marks[-1] in _STOPS_WITHOUT_BLANK:
        # A full stop inside a quotation that the sentence goes on after.
        return start > after or match.end("marks") == after
    following = block[start : start + 40]
    if start == after or (is_cased and _starts_small(following)):
        return False
    return marks != "." or not _is_abbreviation(block[max(0, match.start() - 20) : match.start()], following)


def _starts_small(text: str) -> bool:
    return text[:8].lstrip(_OPENERS)[:1].islower()


def _is_abbreviation(before: str, following: str) -> bool:
    """Check whether the dot between the two belongs to the word before it."""
    match = _WORD_BEFORE.search(before[-20:])
    word = match.group().lower() if match else ""
    if word in _NEVER_LAST:
        return True
    if word in _BEFORE_A_NUMBER:
        return following[:1].isdigit()
    if word in _SOMETIMES_LAST or _INITIALS.fullmatch(word):
        first = re.match(r"[^\W_]*", following.lstrip(_OPENERS))
        return first is None or first.group().lower() not in _FIRST_WORDS
    return False
