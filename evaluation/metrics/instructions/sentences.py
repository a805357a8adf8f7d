"""Sentence boundary detection by Punkt (Kiss & Strunk 2006, doi:10.1162/coli.2006.32.4.485), as in NLTK.

A mark that may end a sentence is considered with the word before and the word after it; the decision depends on lists
of words. NLTK learned its lists from newspapers and does not install them with the package. Ours (`sentence_words`) are
short and omit its collocations: the rules are the same, and results differ where a rare word follows an abbreviation or
dots.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from string import whitespace

from evaluation.metrics.instructions.sentence_words import ABBREVIATIONS, STARTERS, USUALLY_SMALL

_CLOSING = "['\")\\]}‘’“”«»]"
_NO_WORD = "[)\";}\\]*:@'({\\[‘’“”«»!?]"
_LONG_MARK = r"(?:-{2,}|\.{2,}|(?:\.\s){2,}\.)"
_TOKEN = re.compile(
    rf"{_LONG_MARK}|(?=[^(\"`{{\[:;&#*@)}}\]\-,])\S+?(?=\s|$|{_NO_WORD}|{_LONG_MARK}|,(?=$|\s|{_NO_WORD}|{_LONG_MARK}))|\S"
)
_CANDIDATE = re.compile(rf"[.?!](?=(?P<after>{_NO_WORD}|\s+(?P<next>\S+)))")
_LEFT_OVER = re.compile(rf"{_CLOSING}+?(?:\s+|(?=--)|$)", re.MULTILINE)
_ELLIPSIS = re.compile(r"\.\.+")
_NUMBER = re.compile(r"-?[.,]?\d[\d,.\-]*\.?")
_INITIAL = re.compile(r"[^\W\d]\.")
_INSIDE = frozenset(";:,.!?")

_Span = tuple[int, int]
_Context = tuple[re.Match[str], str]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, in time that grows with its length."""
    return [text[start:stop] for start, stop in _with_closing_marks(text, list(_spans(text)))]


def _spans(text: str) -> Iterator[_Span]:
    start = 0
    for mark, context in _contexts(text):
        if _holds_an_end(context):
            yield start, mark.end()
            start = mark.start("next") if mark["next"] else mark.end()
    yield start, len(text.rstrip())


def _with_closing_marks(text: str, spans: list[_Span]) -> Iterator[_Span]:
    """Yield the non-empty spans, with quotes and brackets moved to the sentence that they close."""
    taken = 0
    for (start, stop), following in zip(spans, [*spans[1:], None], strict=True):
        match = _LEFT_OVER.match(text[slice(*following)]) if following else None
        if match and following:
            yield start + taken, following[0] + len(match[0].rstrip())
        elif start + taken < stop:
            yield start + taken, stop
        taken = match.end() if match else 0


def _contexts(text: str) -> Iterator[_Context]:
    """Yield each mark that may end a sentence, with the word around it and the text after it.

    Of several marks in one word, only the last.
    """
    held: re.Match[str] | None = None
    word: _Span = (0, 0)
    for mark in _CANDIDATE.finditer(text):
        start = _word_start(text, word, mark.start())
        if held and word[1] <= start:
            yield held, text[slice(*word)] + held[0] + held["after"]
        held, word = mark, (start, mark.start())
    if held:
        yield held, text[slice(*word)] + held[0] + held["after"]


def _word_start(text: str, word: _Span, stop: int) -> int:
    """Return the place after the last blank since the previous word; without a blank, where that word starts."""
    between = text[word[1] : stop]
    blank = max(between.rfind(character) for character in whitespace)
    return word[1] + blank + 1 if blank > 0 else word[0]


def _holds_an_end(context: str) -> bool:
    """Check whether a token of the context other than the last ends a sentence."""
    tokens = [token for line in context.split("\n") for token in _TOKEN.findall(line)]
    return any(_ends(token, following) for token, following in pairwise(tokens))


def _ends(token: str, following: str) -> bool:
    is_abbreviation = _is_abbreviation(token)
    is_ellipsis = _ELLIPSIS.fullmatch(token) is not None
    is_initial = _INITIAL.fullmatch(token) is not None
    if is_abbreviation or is_ellipsis:
        return not is_initial and following[0].isupper() and _type(following) in STARTERS
    if not token.endswith(".") or token.endswith(".."):
        return token in ("?", "!")
    if is_initial:
        return not (
            _goes_on(following) or (following[0].isupper() and _type(following) not in USUALLY_SMALL | STARTERS)
        )
    return not (_NUMBER.fullmatch(token) and _goes_on(following))


def _is_abbreviation(token: str) -> bool:
    if not token.endswith("."):
        return False
    word = token[:-1].lower()
    return word in ABBREVIATIONS or word.rpartition("-")[2] in ABBREVIATIONS


def _goes_on(following: str) -> bool:
    """Check that the text does not begin a sentence."""
    return following in _INSIDE or following[0].islower()


def _type(token: str) -> str:
    """Return the word in lower case, without the period after it."""
    return token.removesuffix(".").lower()
