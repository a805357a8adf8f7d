"""Varied cases on which metrics are compared with their references: the same ones for the same seed."""

import random
from collections.abc import Callable
from typing import Any


def _pieces(text: str) -> list[str]:
    return text.split()


_ENGLISH = _pieces(
    "the a an of to in and cat cats dog sat sits on mat runs running quickly quick brown fox jumps over lazy city 42 "
    "3.14 1,000 U.S. don't it's well-known “quoted” answer is not yes no question nations studies studied happily"
)
_SCRIPTS = (
    _pieces("кошка сидит на ковре и спит сегодня Москва река"),
    _pieces("猫 答案 北京 是 中国 的 首都 東京 カタカナ ひらがな 。 、"),
    _pieces("القط ينام على السجادة مدينة ٤٢ ؟ שלום עולם חתול"),
    _pieces("naïve façade Straße Ørsted İstanbul e\u0301te\u0301 ﬁne Å ½ ² Ⅷ"),
    _pieces("😀 👩\u200d👩\u200d👧 🏳\ufe0f\u200d🌈 ❤\ufe0f 👍🏽 cat 🙂🙃"),
)
_ODD = [
    "\x00",
    "\x07",
    "\u200b",
    "\u202e",
    "\ufeff",
    "\u2028",
    "\xa0",
    "\\",
    "'",
    '"',
    "$",
    "%",
    "***",
    "{}",
    "[1]",
    "&amp;",
]
_PUNCTUATION = [".", ",", "!", "?", ";", ":", " - ", "...", "\n", "\n\n", "\t", "  "]
_LABELS = ("spam", "ham", "eggs", "bacon", "toast")


def texts(n: int, seed: int, *, longest: int = 400) -> list[dict[str, Any]]:
    """Answers with one to three references each: equal, near and far ones, empty, long, of many scripts.

    Args:
        n: How many.
        seed: Of the draws.
        longest: Words of the longest text.
    """
    rng = random.Random(seed)
    return [_text_case(rng, _wording(rng, i), _length(rng, i, longest)) for i in range(n)]


def corpora(n: int, seed: int, *, largest: int = 12, longest: int = 40) -> list[dict[str, Any]]:
    """Sets of up to `largest` answers with equally many references each."""
    rng = random.Random(seed)
    return [_corpus(rng, largest, longest) for _ in range(n)]


def labels(n: int, seed: int) -> list[dict[str, Any]]:
    """Sets of up to 60 pairs of an expected and a predicted label, `""` where none came; some have one class alone."""
    rng = random.Random(seed)
    return [{"pairs": _pairs(rng)} for _ in range(n)]


def samples(n: int, seed: int) -> list[dict[str, Any]]:
    """Numbers of samples, of right ones among them, and of those drawn."""
    rng = random.Random(seed)
    found = []
    for _ in range(n):
        n_samples = rng.choice([1, 2, 5, 10, 20, 100, 200])
        found.append({"n": n_samples, "n_right": rng.randint(0, n_samples), "k": rng.randint(1, n_samples)})
    return found


def sentences(n: int, seed: int) -> list[dict[str, Any]]:
    """Plain English texts of several sentences."""
    rng = random.Random(seed)
    plain = [word for word in _ENGLISH if word.isalpha() and word.isascii()]

    def sentence() -> str:
        words = [rng.choice(plain) for _ in range(rng.randint(3, 25))]
        return " ".join([words[0].capitalize(), *words[1:]]) + "."

    return [{"answer": " ".join(sentence() for _ in range(rng.randint(1, 12))), "references": []} for _ in range(n)]


def _corpus(rng: random.Random, largest: int, longest: int) -> dict[str, Any]:
    n_references = rng.choice([1, 1, 2, 3])
    cases = [
        _text_case(rng, _wording(rng, i), rng.randint(0, longest), n_references) for i in range(rng.randint(1, largest))
    ]
    return {"answers": [case["answer"] for case in cases], "references": [case["references"] for case in cases]}


def _pairs(rng: random.Random) -> list[tuple[str, str]]:
    classes = _LABELS[: rng.randint(1, len(_LABELS))]
    skill, silent = rng.random(), rng.choice([0.0, 0.0, 0.2])
    pairs = []
    for _ in range(rng.randint(1, 60)):
        wanted = rng.choice(classes)
        given = wanted if rng.random() < skill else rng.choice(classes)
        pairs.append((wanted, "" if rng.random() < silent else given))
    return pairs


def _text_case(rng: random.Random, word: Callable[[], str], length: int, n_references: int = 0) -> dict[str, Any]:
    references = []
    for _ in range(n_references or rng.choice([1, 1, 1, 2, 3])):
        references.append(_text(rng, word, length))
    answer = rng.choice([_same, _same, _near, _near, _near, _other])(rng, word, references[0])
    if rng.random() < 0.04:
        answer = rng.choice(["", " ", "\n", ".", "the"])
    if rng.random() < 0.03:
        references[0] = rng.choice(["", "  ", "A", "?"])
    return {"answer": answer, "references": references}


def _same(rng: random.Random, word: Callable[[], str], reference: str) -> str:
    return rng.choice([reference, reference.upper(), reference.lower(), f" {reference}. "])


def _near(rng: random.Random, word: Callable[[], str], reference: str) -> str:
    """The reference with pieces dropped, added, replaced, doubled and moved."""
    pieces = reference.split(" ")
    for _ in range(rng.randint(1, max(1, len(pieces) // 3))):
        i, j = rng.randrange(len(pieces) or 1), rng.randrange(len(pieces) or 1)
        match rng.randrange(4):
            case 0 if len(pieces) > 1:
                del pieces[i]
            case 1:
                pieces.insert(i, word())
            case 2:
                pieces[i : i + 1] = [word()]
            case _:
                pieces[j:j] = pieces[i : i + 4]
    return " ".join(pieces[: 2 * len(reference.split(" ")) + 2])


def _other(rng: random.Random, word: Callable[[], str], reference: str) -> str:
    return _text(rng, word, rng.randint(0, 2 * len(reference.split(" ")) + 1))


def _text(rng: random.Random, word: Callable[[], str], n_words: int) -> str:
    pieces = (word() + (rng.choice(_PUNCTUATION) if rng.random() < 0.15 else " ") for _ in range(n_words))
    return "".join(pieces).removesuffix(" ")


def _wording(rng: random.Random, i: int) -> Callable[[], str]:
    """Where the words of a case come from: mostly English, every fourth case another script, every tenth odd signs."""
    words = list(_SCRIPTS[(i // 4) % len(_SCRIPTS)]) + _ENGLISH[:6] if i % 4 == 3 else list(_ENGLISH)
    if i % 10 == 9:
        words += _ODD * 2
    return lambda: rng.choice(words)


def _length(rng: random.Random, i: int, longest: int) -> int:
    if i % 50 == 49:
        return rng.randint(longest // 2, longest)
    return rng.choice([0, 1, 2, 3, 5, 8, 12, 20, 40])
