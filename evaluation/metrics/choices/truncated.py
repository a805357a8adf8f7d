"""What of an answer that was cut off may still be read as a choice, where nothing announces it?

A model that goes through the options one by one and is stopped in the middle has named the first ones, and chosen none.
"""

import re
from collections.abc import Sequence

from evaluation.metrics.choices.claims import option_index, option_text_at

_OPEN_END = re.compile(
    r"(?:[,(\[]|(?<!\w)(?:the|an|of|and|or|to|with|in|at|by|for|from|is|are|was|were|that|which|because|since|than|"
    r"then|we|it's|however|but|if|when|while|its|their|we're|has|have|as|(?-i:a))[,:]?)\s*$",
    re.IGNORECASE,
)
"""Ends with a word, or a mark, with which no sentence ends."""
_JOINS = re.compile(r"(?<!\w)(?:or|and|but|however),?\s*$", re.IGNORECASE)
_LETTER = re.compile(r"(?<![\w'’])[(\[]?(?P<letter>[A-Z])[).:\]]{1,2}\s?(?=[^\n]{1,200}$)")
_SENTENCE_END = re.compile(r"(?<!\W[A-Z])(?<!^[A-Z])[.!?](?=\s)|[。！？]|\n")
_ENDED = re.compile(r"[.!?。！？)\]\"']\s*$")
_FIRST = re.compile(r"(?:option\s|choice\s)?[(\[]?A[).:\]]{1,2}\s", re.IGNORECASE)
_DESCRIBES = re.compile(r"[\"')]{0,2}(?::|\s?[–—-]\s|\n)")
_LONG = 40
"""Characters behind an option's text; a short limit of tokens leaves fewer, and then the letter is the answer."""
_ITEM = re.compile(r"\n(?:[-•–]\s?)?(?:option\s|choice\s)?[(\[]?(?P<letter>A)[).:\]]{1,2}\s", re.IGNORECASE)
_ITEM_TEXT = re.compile(r"\n(?:[-•–]\s?|\d[.)]\s?)?(?=\w)")


def is_unfinished(text: str, options: Sequence[str]) -> bool:
    """Return whether a readable text breaks off: in the text of an option, or behind a word that ends no sentence."""
    return _OPEN_END.search(text[-80:]) is not None or _breaks_off_in_option(text, options)


def settled_part(text: str, options: Sequence[str]) -> str:
    """Return a cut text without its last, broken sentence, and without a list of the options that it did not finish."""
    if not _ENDED.search(text[-8:]):
        ends = [match.end() for match in _SENTENCE_END.finditer(text)]
        text = text[: ends[-1]].rstrip() if ends else ""
    return text[: _unfinished_list(text, options)].rstrip()


def is_description(text: str, options: Sequence[str]) -> bool:
    """Return whether a text of one broken sentence begins with the first option and goes on to describe it.

    As a list does.
    """
    match = _FIRST.match(text)
    named = option_text_at(text, match.end() if match else 0, options)
    if named is None or named[0] != 0:
        return False
    return _DESCRIBES.match(text, named[1]) is not None or (match is not None and len(text) - named[1] > _LONG)


def joins_more(text: str) -> bool:
    """Return whether what a cut text says last would have gone on with another option.

    Or with what speaks against it.
    """
    return _JOINS.search(text[-20:]) is not None


def _breaks_off_in_option(text: str, options: Sequence[str]) -> bool:
    end = text[-240:]
    *_, match = [None, *_LETTER.finditer(end)]
    index = option_index(match["letter"], options) if match else None
    if match is None or index is None:
        return False
    written, whole = (" ".join(part.split()).casefold() for part in (end[match.end() :], options[index]))
    return (
        len(written) < len(whole)
        and whole.startswith(written)
        and whole[len(written)].isalnum()
        and written[-1].isalnum()
    )


def _unfinished_list(text: str, options: Sequence[str]) -> int:
    """Return where a list of options begins, behind other words, that does not come to the last one.

    Else the text's end.
    """
    match = _ITEM.search(text)
    start = match.start() if match else None
    if start is None:
        start = next(
            (
                item.start()
                for item in _ITEM_TEXT.finditer(text)
                if (named := option_text_at(text, item.end(), options))
                and named[0] == 0
                and text[named[1] : named[1] + 1] == ":"
            ),
            None,
        )
    if start is None:
        return len(text)
    last = chr(ord("A") + len(options) - 1)
    finished = re.search(rf"\n(?:[-•–]\s?)?(?:option\s|choice\s)?[(\[]?{last}[).:\]]", text[start:], re.IGNORECASE)
    named_last = options[-1].casefold() in text[start:].casefold()
    return len(text) if finished or named_last else start
