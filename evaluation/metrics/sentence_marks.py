"""Punctuation that belongs to the sentence, told from marks that carry meaning.

`Yes, he said.` has the words `Yes he said`; in `f(x)`, `C++`, `3.5` and `[1, 2]` every mark counts.

Where the word without its mark is another one, the mark stays: `we're` is not `were`, `re-sign` is not `resign`.
"""

import re
import string
import unicodedata

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
"""Words changed by dropping the mark: were, its, wont, cant, ill, well, hell, shell, id, wed; resign, coop."""


def without_inner_marks(word: str, *, hyphen: str = "") -> str:
    """Return `word` without apostrophes between letters, with a hyphen between two words replaced by `hyphen`."""
    if _OTHER_WORDS.search(word):
        return word
    return _BETWEEN_LETTERS.sub("", _BETWEEN_WORDS.sub(hyphen, word) if hyphen else word)


_FULL_WIDTH = {chr(ord(sign) + 0xFEE0): sign for sign in string.ascii_letters + string.digits}


# Variation selectors 15 and 16 say whether a sign is drawn as text or as a picture.
_INVISIBLE = "\u00ad\u200b\u200e\u200f\u2060\ufeff\ufe0e\ufe0f"
TYPOGRAPHIC_QUOTES = dict.fromkeys("“”„«»「」『』", '"') | dict.fromkeys("‘’‚‹›", "'")
TYPOGRAPHIC = str.maketrans(TYPOGRAPHIC_QUOTES | {"−": "-", "–": "-"} | _FULL_WIDTH | dict.fromkeys(_INVISIBLE, ""))
"""Normal forms of quotes, the minus sign, the dash of a range and full-width letters; drops invisible characters."""
_MEANT = frozenset("#%&@/\\‰‱§¶+=<>|^~$[]{}")
"""Punctuation with a meaning of its own, which is always kept."""
_LONGEST_WORD = 200
"""Longest word in characters; longer text stays unchanged."""
_QUOTES = "\"'`"


# `**word**` and `code`; what multiplies (`2*3*4`) or names (`*args`, `__init__`) is no emphasis.
_EMPHASIS = re.compile(r"(?<![\w*`])(\*{1,3}|`{1,3}|(?<!_)_(?!_))(?=[^\s*`_])([^*`_]{1,500})(?<=\S)\1(?![\w*`_])")
_ABBREVIATION = re.compile(r"(?<![\w.])(?:[^\W\d_]{1,3}\.){2,}(?:[^\W\d_](?!\w))?")
_UNSPACED = re.compile(r"(?<!\d)[、。，！？；：]|[、。，！？；：](?!\d)")
_PHRASE_IN_BRACKETS = re.compile(r"\s*[\[{]\s*([^\W\d_][^\d\[\]{}(),;:=<>|/\\]*)[\]}]\s*")
_CLOSING = {left: right for left, right in zip("\"'“‘„«「『《〈【(（", "\"'”’“»」』》〉】)）", strict=True)}
_SENTENCE_ENDS = frozenset(".!?…,;:。．｡！？，、；：।؟۔،؛")
_OPERAND = re.compile(r"[^\w]*(?:\d[\d.,]*|[^\W\d_])[^\w]*")
_CALL = re.compile(r"\w\([^()\s]*\s")
_LOGIC = re.compile(r"(?<!\w)(?:and|or|not|xor|nor)\s*\(|\)\s*(?:and|or|xor|nor)(?!\w)", re.IGNORECASE)
_LONE = re.compile(r"\(([^\W\d_])\)|([^\W\d_])[).:]")


def without_sentence_marks(text: str, *, hyphen: str = "") -> str:
    """Return `text` without sentence marks, word by word, with `hyphen` for hyphens between words; blanks stay."""
    phrase = _PHRASE_IN_BRACKETS.fullmatch(text)
    text = _without_emphasis(phrase.group(1) if phrase else text)
    text = _UNSPACED.sub("", _ABBREVIATION.sub(lambda match: match.group().replace(".", ""), text))
    pieces = re.split(r"(\s+)", text)
    words = pieces[::2]
    # `5'` and `O(n log n)`: what has no partner, or whose partner stands inside a word, is no sentence's mark.
    # In `p and (q or r)` the brackets say what belongs together.
    kept = {mark for mark in "\"'" if text.count(mark) % 2} | set(")" if _CALL.search(text) else "")
    if _LOGIC.search(text):
        kept |= set("()")
    for number, word in enumerate(words):
        if len(word) > _LONGEST_WORD:
            continue
        if not any(map(str.isalnum, word)):
            pieces[2 * number] = word if _says_something(words, number) else ""
            continue
        word = _without_marks_around(word, kept, is_last=number == len(words) - 1)
        pieces[2 * number] = without_inner_marks(word, hyphen=hyphen)
    return "".join(pieces)


def without_outer_marks(text: str) -> str:
    """Return `text` without marks that can only surround it.

    A full stop, paired quotes, emphasis, the brackets of a letter.
    """
    shorter = _without_emphasis(text.strip())
    quote, inner = shorter[:1], shorter[1:-1]
    if inner and quote == shorter[-1] and quote in _QUOTES and quote not in inner:
        shorter = inner
    if len(shorter) > 1 and shorter[-1] in ".。" and _ends_something(shorter[-2]):
        shorter = _without_emphasis(shorter[:-1])
    lone = _LONE.fullmatch(shorter)
    if lone:
        shorter = lone.group(1) or lone.group(2)
    return text.replace(text.strip(), shorter) if any(map(is_content_sign, shorter)) else text


def without_marks_of_other_scripts(text: str) -> str:
    """Return `text` without the marks around and between words in non-Latin letters: `今天。` is `今天`."""
    if text.isascii():
        return text
    return re.sub(r"\S+", lambda match: _without_marks_of_its_script(match.group()), text)


def _without_marks_of_its_script(word: str) -> str:
    if not any(letter.isalpha() and "LATIN" not in unicodedata.name(letter, "") for letter in word):
        return word
    word, start = _UNSPACED.sub("", word), 0
    while start < len(word) - 1 and _is_mark_of_another_script(word[start]):
        start += 1
    end = len(word)
    while end > start + 1 and _is_mark_of_another_script(word[end - 1]):
        end -= 1
    return word[start:end]


def _is_mark_of_another_script(mark: str) -> bool:
    return not mark.isascii() and _is_sentence_mark(mark)


def without_closing_marks(text: str) -> str:
    """Return `text` without emphasis, quotes and brackets around all of it, and the marks that end its sentence.

    A single letter keeps its brackets, and text without words (`5!`) keeps all but a full stop.
    """
    bare, before = text.strip(), ""
    while bare != before:
        before = bare
        bare = _without_emphasis(bare)
        closing, inner = _CLOSING.get(bare[:1]), bare[1:-1]
        if inner and bare[-1] == closing and not {bare[0], closing} & set(inner) and (closing != ")" or len(inner) > 2):
            bare = inner.strip()
        ends = _SENTENCE_ENDS if _ends_a_word(bare[-2:-1]) else ".。．｡"
        if len(bare) > 1 and bare[-1] in ends and (_ends_something(bare[-2]) or bare[-2] in _SENTENCE_ENDS):
            bare = bare[:-1]
    return bare if any(map(is_content_sign, bare)) else text


def _ends_a_word(sign: str) -> bool:
    return sign in _SENTENCE_ENDS or unicodedata.category(sign or " ")[0] in "LM"


def is_content_sign(sign: str) -> bool:
    """Check whether `sign` is a letter, a digit or a pictograph, which no normalisation removes."""
    return sign.isalnum() or unicodedata.category(sign) == "So"


def _ends_something(sign: str) -> bool:
    """Check whether a full stop after `sign` may be the sentence's own: after `C++`, `50%`, `f(x)` or a pictograph."""
    return sign.isalnum() or sign in ")]}%‰#+*`\"'" or unicodedata.category(sign) in ("So", "Sc", "Mn", "Sk")


def _without_emphasis(text: str) -> str:
    return _EMPHASIS.sub(lambda match: match.group(2), text)


def _says_something(words: list[str], number: int) -> bool:
    """Check whether a word of nothing but marks has a meaning: a symbol, or an operation between two operands."""
    word = words[number]
    if not all(_is_sentence_mark(mark) for mark in word):
        return True
    return 0 < number < len(words) - 1 and all(_OPERAND.fullmatch(words[beside]) for beside in (number - 1, number + 1))


def _without_marks_around(word: str, kept: set[str], *, is_last: bool) -> str:
    start, end = 0, len(word)
    while _opens(word[start:end], kept):
        start += 1
    while _closes(word[start:end], kept, is_last=is_last):
        end -= 1
    return word[start:end]


def _opens(word: str, kept: set[str]) -> bool:
    mark = word[0]
    if not _is_sentence_mark(mark) or mark in "*_":
        return False
    if mark == "(":
        return (mark not in kept and word.count("(") > word.count(")")) or word.find(")") == len(
            word.rstrip(".,;:!?\"'")
        ) - 1
    # `-x`, `--all`, `.5`, `!ready` and `:key` are not `x`, `all`, `5`, `ready` and `key`.
    # `-\\infty` has the sign of its symbol.
    is_sign = mark == "-" and word[1:2] in ("\\", "$", "∞", "(")
    return not (is_sign or (mark in "-.!?:" and word[1:2].isalnum()) or (word[:2] == "--" and word[2:3].isalnum()))


def _closes(word: str, kept: set[str], *, is_last: bool) -> bool:
    mark, before = word[-1], word[-2:-1]
    if not _is_sentence_mark(mark) or mark in "*_":
        return False
    if mark == ")":
        return mark not in kept and word.count(")") > word.count("(")
    if mark == "-" and before.isalnum():
        return False
    if before.isdigit():
        # `5'` and `5"` are measures, and `5!` a factorial, unless a sentence ends with it.
        return not (mark in "′″" or mark in kept or (mark == "!" and not is_last))
    return True


def _is_sentence_mark(mark: str) -> bool:
    return mark == "`" or (unicodedata.category(mark)[0] == "P" and mark not in _MEANT)
