"""Features of a prompt that need no model: its length, language, digits, code, structure and words.

Of a long prompt the head and the tail are read, `HEAD` and `TAIL` characters; its length and its lines count in full.
Serving needs numpy alone.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating]

HEAD, TAIL = 4_000, 1_000
WORD_PATTERN = r"[^\W\d_]{2,}"
FURTHEST = 5.0
"""Maximum distance of a feature from its mean in standard deviations, so that an odd prompt is not extrapolated."""

_WORD = re.compile(WORD_PATTERN)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CODE = re.compile(
    r"```|</\w|=>|->|==|!=|\{\}|\(\)|;\n|\b(?:def|return|import|class|function|const|var|void|public|lambda|elif|"
    r"SELECT|FROM|WHERE|null|None|self|printf?|println|endif|struct|int|str)\b"
)
_LIST = re.compile(r"^[ \t]{0,12}(?:[-*•]|\d{1,3}[.)]|[A-Ha-h][.)])\s", re.MULTILINE)
_JSON = re.compile(r"[\"']\s*:\s|[{}\[\]],?\n|\[\{")
_TABLE = re.compile(r"^[^|\n]*\|[^|\n]*\|.*$|^[^\t\n]+\t[^\t\n]+\t.*$", re.MULTILINE)
_MATHS = re.compile(r"\d\s*[-+*/×÷^=<>≤≥]\s*[\d(x]|\\(?:frac|sum|int|sqrt)|[∑∫√π≈∞]|\$[^$\n]{1,80}\$|%")
_QUOTED = re.compile(r"[\"“”«»„]")
_SCRIPTS = {
    "cyrillic": ((0x0400, 0x04FF),),
    "cjk": ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7AF)),
    "arabic_hebrew": ((0x0590, 0x06FF),),
    "greek": ((0x0370, 0x03FF),),
    "indic": ((0x0900, 0x0DFF),),
}
_STOP_WORDS = {
    "english": "the of and to in is that for it with as was on are this what how which from be you",
    "german": "der die das und ist nicht ein eine mit auf für den dem von zu wie was sich auch werden",
    "french": "le la les des et est une dans pour que qui sur avec pas plus ce cette aux du nous",
    "spanish": "el los las del que una por con para es como más pero su al lo qué cuál este entre",
    "italian": "il gli della che di un una per con non sono come più nel alla questo cosa quale anche",
    "portuguese": "os uma não com para que por mais como dos das ao pelo qual isso você são foi em",
    "dutch": "het een van en dat niet zijn voor met op aan ook wordt naar deze maar wat hoe bij",
}
_LANGUAGE_OF: dict[str, tuple[int, ...]] = {}
for _position, _listed in enumerate(_STOP_WORDS.values()):
    for _word in _listed.split():
        _LANGUAGE_OF[_word] = (*_LANGUAGE_OF.get(_word, ()), _position)

PLAIN_FEATURES: tuple[str, ...] = (
    "log_characters",
    "log_words",
    "log_lines",
    "word_length",
    "distinct_words",
    "digits",
    "log_numbers",
    "non_ascii",
    "capitals",
    "punctuation",
    "log_questions",
    "code",
    "log_list_items",
    "json",
    "log_table_rows",
    "maths",
    "quoted",
    *_STOP_WORDS,
    *_SCRIPTS,
)
"""Names of the values of `plain_features`; a share is of the characters that were read, or of the words."""


def read_part(prompt: str) -> str:
    """Return the part of a prompt that is read: all of it, or head and tail of a long one."""
    return prompt if len(prompt) <= HEAD + TAIL else f"{prompt[:HEAD]}\n{prompt[-TAIL:]}"


def words(text: str) -> list[str]:
    """Return the words of a text in lower case: two letters or more, of any script."""
    return _WORD.findall(text.lower())


def plain_features(prompt: str) -> Floats:
    """Return the counts and shares that need no training, shape (len(PLAIN_FEATURES),); `PLAIN_FEATURES` names them."""
    text = read_part(prompt)
    return _plain(prompt, text, words(text))


def _plain(prompt: str, text: str, tokens: list[str]) -> Floats:
    size, n_words = max(len(text), 1), max(len(tokens), 1)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    n_beyond, capitals, punctuation, digits = _characters(codes)
    shape = [math.log1p(len(prompt)), math.log1p(n_words * len(prompt) / size), math.log1p(prompt.count("\n"))]
    shape += [sum(map(len, tokens)) / n_words, len(set(tokens)) / n_words, digits / size]
    shape += [math.log1p(len(_NUMBER.findall(text))), n_beyond / size, capitals / size, punctuation / size]
    shape += [math.log1p(text.count("?")), *_structure(text, size)]
    return np.array([*shape, *_languages(tokens, n_words), *_scripts(codes, size)])


def _characters(codes: NDArray[np.uint32]) -> tuple[int, int, int, int]:
    """Return the numbers of characters beyond ASCII, capitals, punctuation and digits."""
    counts = np.bincount(codes[codes < 128], minlength=128)
    marks = counts[33:48].sum() + counts[58:65].sum() + counts[91:97].sum() + counts[123:127].sum()
    return len(codes) - int(counts.sum()), int(counts[65:91].sum()), int(marks), int(counts[48:58].sum())


def _structure(text: str, size: int) -> list[float]:
    return [
        100 * len(_CODE.findall(text)) / size,
        math.log1p(len(_LIST.findall(text))),
        100 * len(_JSON.findall(text)) / size,
        math.log1p(len(_TABLE.findall(text))),
        100 * len(_MATHS.findall(text)) / size,
        100 * len(_QUOTED.findall(text)) / size,
    ]


def _languages(tokens: list[str], n_words: int) -> list[float]:
    hits = [0] * len(_STOP_WORDS)
    for word in tokens:
        for position in _LANGUAGE_OF.get(word, ()):
            hits[position] += 1
    return [hit / n_words for hit in hits]


def _scripts(codes: NDArray[np.uint32], size: int) -> list[float]:
    beyond = codes[codes >= 0x0370]
    if not len(beyond):
        return [0.0] * len(_SCRIPTS)
    ranges = _SCRIPTS.values()
    return [sum(int(((beyond >= a) & (beyond <= b)).sum()) for a, b in script) / size for script in ranges]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PromptSpace:
    """Mapping of prompts to the feature space of a model: plain arrays, fitted by `selection.learning`."""

    vocabulary: Mapping[str, int]
    idf: Floats
    """Inverse document frequencies, shape (n_words,)."""
    components: Floats
    """Singular vectors of the TF-IDF matrix, shape (n_words, n_components)."""
    centre: Floats
    """Subtracted from each feature, shape (n_features,): plain ones, components."""
    scale: Floats
    """Factor of each feature after centring, so that each of these groups has a total variance of one."""

    @property
    def n_features(self) -> int:
        """Length of the result of `of`."""
        return len(self.centre)

    def of(self, prompt: str) -> Floats:
        """Return the prompt's features, shape (n_features,)."""
        return self.scaled(self.raw(prompt))

    def of_all(self, prompts: Sequence[str]) -> Floats:
        """Return the features of several prompts, shape (n_prompts, n_features)."""
        return np.array([self.of(prompt) for prompt in prompts]).reshape(len(prompts), self.n_features)

    def raw(self, prompt: str) -> Floats:
        """Return the features before centring and scaling."""
        text = read_part(prompt)
        tokens = words(text)
        return np.concatenate([_plain(prompt, text, tokens), self._projected(tokens)])

    def scaled(self, raw: Floats) -> Floats:
        """Centre and scale raw features; outliers are clipped to `FURTHEST` standard deviations."""
        n_plain = len(PLAIN_FEATURES)
        reach = FURTHEST * np.concatenate(
            [np.full(n_plain, n_plain**-0.5), np.full(self.n_features - n_plain, 1.0)],
        )
        return np.clip((raw - self.centre) * self.scale, -reach, reach)

    def _projected(self, tokens: list[str]) -> Floats:
        """Return the words' TF-IDF (sublinear, of length one) projected on the components."""
        word_counts = Counter(self.vocabulary[word] for word in tokens if word in self.vocabulary)
        if not word_counts:
            return np.zeros(self.components.shape[1])
        at = np.fromiter(word_counts.keys(), dtype=np.intp, count=len(word_counts))
        counts = np.fromiter(word_counts.values(), dtype=np.float64, count=len(word_counts))
        weights = (1 + np.log(counts)) * self.idf[at]
        projected: Floats = (weights / np.linalg.norm(weights)) @ self.components[at]
        return projected
