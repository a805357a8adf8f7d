"""Normalisation of short texts for comparison: blanks, case, articles and sentence punctuation.

A step that would leave nothing but signs, digits and single letters is skipped: in such a text the marks are the
answer.
"""

import re
import string
import unicodedata

from evaluation.metrics.meaningful_symbols import NAMED_A
from evaluation.metrics.sentence_marks import TYPOGRAPHIC, is_content_sign, without_outer_marks, without_sentence_marks

_ARTICLE_BEFORE_A_WORD = re.compile(
    rf"(?P<named>{NAMED_A.pattern})|\b(?:a|an|the)\s+(?=\w)(?!(?:and|or)\b)", re.IGNORECASE
)
_THE_BEFORE_A_NAME = re.compile(r"\bthe\s+(?=\w)(?!(?:and|or|a|an|the)\b)", re.IGNORECASE)
_ARTICLES = frozenset({"a", "an", "the"})
# The day and month of a date may stand before its year.
_NO_NUMBER_BEFORE = (
    r"(?:(?<!\d)(?<!\d[.,:/])(?<!\s\.)(?<!^\.)(?<![^\w\s)\]%][-−])(?<!\s[-−])(?<!^[-−])"
    r"|(?<=\d[./-]\d[./-])|(?<=\d[./-]\d\d[./-]))"
)
_NO_NUMBER_AFTER = r"(?!\d|[.,:/]\d)"
_SQUAD_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_SQUAD_PUNCTUATION = str.maketrans("", "", string.punctuation)


def folded(text: str) -> str:
    """Return `text` in lower case and Unicode-normalised: `é` may come as one character or as two.

    Unicode's canonical caseless matching (chapter 3.13, D145), in composed form.
    """
    if text.isascii():
        return text.casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def keeps_words(text: str) -> bool:
    """Check whether `text` holds a word: two letters in a row that are no article, or a letter of a caseless script.

    Digits, signs and single letters are no words: what is written with them (`x - 1`, `C#`, `[1, 2]`) can differ in
    its marks alone.
    """
    run = ""
    for letter in f"{text} ":
        kind = unicodedata.category(letter)
        if kind[0] in "LM":
            if kind == "Lo":
                return True
            run += letter
        elif len(run) > 1 and run.casefold() not in _ARTICLES:
            return True
        else:
            run = ""
    return False


def without_articles(text: str) -> str:
    """Return `text` without English articles, where a word or a number remains.

    One at the very end stays, for it is a name, and so do the letter of a name ("vitamin A", see `NAMED_A`), and `a`
    and `an` among single letters ("a b").
    """
    rest = _ARTICLE_BEFORE_A_WORD.sub(lambda match: match["named"] or "", text)
    if keeps_words(rest) or any(map(str.isdigit, rest)):
        return rest
    return _THE_BEFORE_A_NAME.sub("", text)


def without_punctuation(text: str, *, hyphen: str = "") -> str:
    """Return `text` without sentence punctuation, quotes and emphasis marks, where a word remains (see `keeps_words`).

    What carries meaning stays: the point, comma and sign of a number (`3.5` is not `35`), symbols (`C++`, `C#`,
    `50%`), square and curly brackets, and marks inside a word (`f(x)`, `snake_case`). Where no word would remain, only
    a full stop, quotes and emphasis around the whole text are left out. `hyphen` is put for a hyphen between words.
    """
    if not any(map(is_content_sign, text)):
        return text
    text = text.translate(TYPOGRAPHIC)
    words = without_sentence_marks(text, hyphen=hyphen)
    return words if keeps_words(words) else without_outer_marks(text)


def whole_number(text: str) -> tuple[str, str]:
    """Return patterns for before and after `text` that keep it from matching inside a longer number.

    Each is empty unless `text` begins or ends, respectively, with a digit. `5` then does not match in `15`, `-5`, `5.2`
    and `5,000`, yet does in `3-5` and `5 km`.
    """
    before = _NO_NUMBER_BEFORE if text[:1].isdigit() else ""
    return before, _NO_NUMBER_AFTER if text[-1:].isdigit() else ""


def squad_words(text: str) -> list[str]:
    """Return the words of `text` as SQuAD's official script does: lower case, no ASCII punctuation, no articles."""
    return _SQUAD_ARTICLE.sub(" ", text.lower().translate(_SQUAD_PUNCTUATION)).split()
