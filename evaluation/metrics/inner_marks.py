"""Which marks inside a word may be left out? `don't` is `dont`, and `well-known` is `wellknown` or `well known`.

Where the word without its mark is another one, the mark stays: `we're` is not `were`, `re-sign` is not `resign`.
"""

import re

_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])|(?<=[^\W\d_]{2})-(?=[^\W\d_])|(?<=[^\W\d_])-(?=[^\W\d_]{2})")
_BETWEEN_WORDS = re.compile(r"(?<=[^\W\d_Aa])-(?=[^\W\d_]{2})|(?<=[^\W\d_]{2})-(?=[^\W\d_]{2})")
_CONTRACTIONS = r"(?:we|who)'re|it's|let's|(?:wo|ca)n't|(?:i|we|he|she)'ll|(?:i|we|she)'d"
_REPEATED = (
    r"re-(?:sign|form|cover|creat|treat|sort|sent|serv|mark|press|lease|pose|present|sound|prov|bound|coil|strain|tir|solv|dress|"
    r"fus|sid|act|ally|lay|port|count|store|search|claim|fund|view)\w*"
)
_OTHER_WORDS = re.compile(
    rf"(?<![^\W_])(?:{_CONTRACTIONS}|{_REPEATED}|co-ops?|un-ioni[sz]ed|pre-positions?|ex-pos[et]\w*)(?![^\W_])",
    re.IGNORECASE,
)
"""Words that are others without their mark: were, its, wont, cant, ill, well, hell, shell, id, wed; resign, coop."""


def without_inner_marks(word: str, *, hyphen: str = "") -> str:
    """Return `word` without apostrophes between letters, and with `hyphen` for a hyphen between two words."""
    if _OTHER_WORDS.search(word):
        return word
    return _BETWEEN_LETTERS.sub("", _BETWEEN_WORDS.sub(hyphen, word) if hyphen else word)
