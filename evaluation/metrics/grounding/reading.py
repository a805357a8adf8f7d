"""Tokens of a sentence: stems, numbers, names, and which words are negated.

Words are folded (NFKC, case) and, in English, reduced to a light stem. Scripts without blanks are read as pairs of
letters. Numbers are brought to one form: `1,000`, `1000` and `a thousand` are equal.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

_SMALL_WORDS = """
a about after again all also although am an and any are as at be because been before being both but by can could did
do does done during each either else even ever every few for from further had has have having he her here hers herself
him himself his how however i if in into is it its itself just may me might more most much must my myself of off on
once one only or other our ours ourselves out over own said same shall she should since so some such than that the
their theirs them themselves then there therefore these they this those though through thus to too under until up upon
us very was we were what when where whether which while who whom whose why will with within would yet you your yours
yes true false ok okay sure indeed mr mrs ms dr
"""
STOP_WORDS = frozenset(_SMALL_WORDS.split())
"""English words that say little about a sentence's claim; other languages rely on weights by rarity."""
_DENYING = """
not no never neither nor cannot none nobody nothing nowhere without hardly scarcely
nicht kein keine keinen keinem keiner nie niemals ohne pas jamais aucun aucune sans nunca ningún ninguna
"""
DENIALS = frozenset(_DENYING.split())
"""Denials, in addition to every English word that ends in `n't`."""
NOT_DENIED_BEFORE = frozenset({"only", "doubt", "just", "merely", "least", "nur"})
_ENDINGS = "ements ement ments ment ness ingly ings ing edly ed ions ion ly es s"
SUFFIXES = tuple(_ENDINGS.split())
"""English endings, longest first."""
_FORMS = """
become became
begin began begun|break broke broken|bring brought|build built|buy bought|catch caught|choose chose chosen|come came
child children|cut cuts|do did|draw drew drawn|drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen
feel felt|fight fought|find found|fly flew flown|foot feet|forget forgot forgotten|freeze froze frozen|get got gotten
give gave given|go went gone|grow grew grown|hear heard|hide hid hidden|hold held|keep kept|know knew known|lead led
leave left|lend lent|light lit|lose lost|make made|man men|mean meant|meet met|mouse mice|pay paid|person people
ride rode ridden|ring rang rung|rise rose risen|run ran|say said|see saw seen|seek sought|sell sold|send sent
shake shook shaken|sing sang sung|sink sank sunk|sit sat|sleep slept|speak spoke spoken|spend spent|stand stood
steal stole stolen|swim swam swum|take took taken|teach taught|tell told|think thought|throw threw thrown
understand understood|use used using|wear wore worn|win won|woman women|write wrote written
"""
IRREGULAR = {
    form: forms[0] for line in _FORMS.replace("\n", "|").split("|") if (forms := line.split()) for form in forms[1:]
}
"""Dictionary forms of irregular words."""
_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_MORE_ONES = "seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(f"{_ONES} {_MORE_ONES}".split())}
_TENS_VALUES = {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"\d+,\d+")
_LONGEST = 40


def plain_number(token: str) -> str | None:
    """Return `1,000.50` as `1000.5`, `3,5` as `3.5`; None where the token is no number."""
    if not token[:1].isdecimal():
        return None
    if len(token) > _LONGEST:
        return token
    if _GROUPED.fullmatch(token):
        token = token.replace(",", "")
    elif _DECIMAL_COMMA.fullmatch(token):
        token = token.replace(",", ".")
    try:
        value = Decimal(token)
    except ArithmeticError:
        return token
    return _written(value)


def folded_numbers(tokens: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Yield each token with the number it stands for, if any.

    The words of one number (`twenty-six`) become one token.
    """
    index = 0
    while index < len(tokens):
        value, used = _number_at(tokens, index)
        if used == 0:
            yield tokens[index], None
            index += 1
        else:
            yield " ".join(tokens[index : index + used]).casefold(), _written(value)
            index += used


def _number_at(tokens: Sequence[str], start: int) -> tuple[Decimal, int]:
    """Return the number in words, or in digits before a scale (`3.2 million`), at `start`, and its number of tokens."""
    value, used = _below_a_hundred(tokens, start)
    while used and start + used < len(tokens) and (scale := _SCALES.get(tokens[start + used].casefold())):
        value *= scale
        used += 1
    return (value, used) if used > 1 or not tokens[start][:1].isdecimal() else (value, 0)


def _below_a_hundred(tokens: Sequence[str], start: int) -> tuple[Decimal, int]:
    word = tokens[start].casefold()
    if word in _SMALL:
        return Decimal(_SMALL[word]), 1
    if word in _TENS_VALUES:
        ones = _SMALL.get(tokens[start + 1].casefold(), 0) if start + 1 < len(tokens) else 0
        return (Decimal(_TENS_VALUES[word] + ones), 2) if 0 < ones < 10 else (Decimal(_TENS_VALUES[word]), 1)
    if word in _SCALES:
        return Decimal(_SCALES[word]), 1
    digits = plain_number(word)
    try:
        return (Decimal(digits), 1) if digits and len(digits) <= _LONGEST else (Decimal(0), 0)
    except ArithmeticError:
        return Decimal(0), 0


def _written(value: Decimal) -> str:
    return format(value.normalize(), "f")


MOST_WORDS = 300
"""Words read of one sentence, at most."""
_PIECE = 200
_LONGEST_WORD = 40
_SHORTEST_NAME = 3
_DENIED_WITHIN = 4
"""Number of words after a denial within which the denied word is searched."""
_NO_BLANKS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(
    rf"\d+(?:[.,]\d+)*|[{_NO_BLANKS}]+|(?:(?![{_NO_BLANKS}])[^\W\d_])+(?:['’](?:(?![{_NO_BLANKS}])[^\W\d_])+)*"
)
_UNSPACED = re.compile(rf"[{_NO_BLANKS}]")
_VOWEL = re.compile(r"[aeiouy]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One sentence as analysed by the measures of support."""

    stems: tuple[str, ...]
    """Stems of the content words, including numbers, in order."""
    numbers: frozenset[str]
    """Numbers, except the words `one` and `two`, which are often pronouns or determiners."""
    names: frozenset[str]
    """Stems of words capitalised without need."""
    denied: frozenset[str]
    """Stems that follow a denial."""
    denies: bool
    n_words: int
    n_capitals: int
    """Capitalised words, without the first word."""

    @property
    def claims_something(self) -> bool:
        """Whether there is a word to look for; a bare `Yes.` has none."""
        return bool(self.stems)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    stem: str
    is_capital: bool
    is_number: bool
    is_denial: bool


def read(sentence: str) -> Reading:
    """Return the reading of the first `MOST_WORDS` words of `sentence`."""
    words = _words(sentence)
    content = [word for word in words if _carries_meaning(word)]
    return Reading(
        stems=tuple(word.stem for word in content),
        numbers=frozenset(word.stem for word in words if word.is_number and word.text not in ("one", "two")),
        names=frozenset(word.stem for word in content if _is_name(word) and word is not words[0]),
        denied=frozenset(_denied(words)),
        denies=any(_is_denial(words, index) for index in range(len(words))),
        n_words=len(words),
        n_capitals=sum(word.is_capital for word in words[1:]),
    )


def _carries_meaning(word: _Word) -> bool:
    return not word.is_denial and word.text not in STOP_WORDS


def _is_name(word: _Word) -> bool:
    return word.is_capital and not word.is_number and len(word.stem) >= _SHORTEST_NAME


def _words(sentence: str) -> list[_Word]:
    tokens = list(islice(_tokens(sentence), MOST_WORDS))
    return [_word(text, number) for text, number in folded_numbers(tokens)]


def _tokens(sentence: str) -> Iterator[str]:
    for piece in sentence.split():
        for start in range(0, len(piece), _PIECE):
            # Piece by piece: long runs of combining marks take time that grows with the square.
            for token in _TOKEN.findall(unicodedata.normalize("NFKC", piece[start : start + _PIECE])):
                yield from _letter_pairs(token) if _UNSPACED.match(token) else (token,)


def _letter_pairs(token: str) -> Iterator[str]:
    if len(token) == 1:
        yield token
    for index in range(len(token) - 1):
        yield token[index : index + 2]


def _word(token: str, number: str | None) -> _Word:
    folded = token.casefold().replace("’", "'")
    is_denial = folded in DENIALS or folded.endswith("n't")
    stem = number or plain_number(token) or light_stem(folded)
    return _Word(folded, stem, token[:1].isupper(), number is not None or token[:1].isdigit(), is_denial)


def light_stem(word: str) -> str:
    """Return `word`, in lower case, without its English ending: `stopped` and `stops` are `stop`.

    The stem keeps at least 3 letters.
    """
    word = word.removesuffix("'s")[:_LONGEST_WORD]
    word = IRREGULAR.get(word, word)
    if not word.isascii() or len(word) < 4:
        return word
    if word.endswith("ies"):
        return _without_last_vowel(word[:-3] + "y")
    for suffix in SUFFIXES:
        rest = word.removesuffix(suffix)
        if rest != word and len(rest) > 2 and _VOWEL.search(rest) and not (suffix == "s" and rest[-1] in "sui"):
            return _without_last_vowel(_undoubled(rest))
    return _without_last_vowel(word)


def _undoubled(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls" else word


def _without_last_vowel(word: str) -> str:
    if len(word) > 3 and word[-1] == "y":
        return word[:-1] + "i"
    return word[:-1] if len(word) > 3 and word[-1] == "e" else word


def _denied(words: list[_Word]) -> Iterator[str]:
    for index in range(len(words)):
        if _is_denial(words, index):
            following = words[index + 1 : index + 1 + _DENIED_WITHIN]
            yield from [word.stem for word in following if _carries_meaning(word)][:1]


def _is_denial(words: list[_Word], index: int) -> bool:
    """Check whether a denial word denies: not a `No` that opens an answer, nor `not only`, `no doubt`, `or not`."""
    if not words[index].is_denial or (index == 0 and words[0].text in ("no", "nein", "non")):
        return False
    following = words[index + 1].text if index + 1 < len(words) else ""
    return following not in NOT_DENIED_BEFORE and not (index > 0 and words[index - 1].text == "or")
