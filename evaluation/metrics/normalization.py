"""When do two short texts say the same? Blanks, case, articles and sentence punctuation may not matter."""

import re
import string
import unicodedata

_ARTICLE_BEFORE_A_WORD = re.compile(r"\b(?:a|an|the)\s+(?=\S)", re.IGNORECASE)
_SENTENCE_PUNCTUATION = re.compile(
    r"""
    (?<!\d)[,:*] | [,:*](?!\d)            # kept between digits: 1,000 and 10:30
    | \.(?!\d) | (?<=[^\W\d])\.          # kept in and before a number: 3.5 and .5
    | -(?![\d.$€£]) | (?<=[^\W\d])-      # kept as a sign and between digits: -5 and 1990-95
    | [;!?"'()\[\]{}_`«»¿¡‘’‚“”„‹›–—…、。！，：；？]
    """,
    re.VERBOSE,
)
_SQUAD_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_SQUAD_PUNCTUATION = str.maketrans("", "", string.punctuation)


def folded(text: str) -> str:
    """`text` in lower case, and with one way of writing each letter: `é` may come as one character or as two.

    Unicode's canonical caseless matching (chapter 3.13, D145), in composed form.
    """
    if text.isascii():
        return text.casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def without_articles(text: str) -> str:
    """`text` without English articles; one at the very end stays, for it is a name ("vitamin A")."""
    return _ARTICLE_BEFORE_A_WORD.sub("", text)


def without_punctuation(text: str) -> str:
    """`text` without sentence punctuation, brackets, quotes and emphasis marks.

    What carries meaning stays: the point, comma and sign of a number (`3.5` is not `35`), and symbols
    (`C++`, `C#`, `50%`). A text of nothing but punctuation stays as it is.
    """
    return _SENTENCE_PUNCTUATION.sub("", text) or text


def squad_words(text: str) -> list[str]:
    """Words of `text` as SQuAD's official script sees them: lower case, no ASCII punctuation, no articles."""
    return _SQUAD_ARTICLE.sub(" ", text.lower().translate(_SQUAD_PUNCTUATION)).split()
