"""Sentences reworded by rules without changing what they say, and changed so that they say something else."""

import re
from collections.abc import Sequence

import numpy as np

from evaluation.metrics.sentence_splitting import split_sentences

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<=[a-z,;] )[A-ZÀ-Þ][\w’'-]*[a-zß-ÿ](?: [A-ZÀ-Þ][\w’'-]*[a-zß-ÿ])*")
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|could|will|would|must|should|may|might|does|did)\b(?! not\b|n['’]t)"
)
_DENIAL = re.compile(r"\b(?:not|never)\b ")
_LEADING = re.compile(
    r"((?:In|On|At|After|Before|During|Since|For|By|With|From|When|If|Because|Although)\b[^,;]{3,60}), (.+)"
)
_SYNONYMS = {
    "big": "large", "large": "big", "begin": "start", "start": "begin", "began": "started", "started": "began",
    "bought": "purchased", "buy": "purchase", "every": "each", "about": "roughly", "also": "too", "often": "frequently",
    "because": "since", "near": "close to", "small": "little",
    "house": "building", "said": "stated", "shows": "reveals",
    "found": "discovered", "help": "assist", "needs": "requires", "need": "require", "must": "has to", "but": "yet",
    "quickly": "fast", "whole": "entire", "keeps": "retains", "today": "now", "people": "persons", "almost": "nearly",
    "many": "numerous", "made": "produced", "get": "receive", "gets": "receives", "children": "kids", "old": "aged",
    "costs": "is priced at", "called": "named", "ends": "finishes", "ended": "finished", "takes": "needs",
}  # fmt: skip
_NUMBER_WORDS = "zero one two three four five six seven eight nine ten eleven twelve"

Draw = np.random.Generator


def sentences_of(passages: Sequence[str]) -> list[str]:
    """The sentences of the passages that are long enough to claim something."""
    return [text for passage in passages for text in split_sentences(passage) if len(text.split()) >= 6]


def reworded(sentence: str) -> str:
    """The same said a little differently: synonyms, number words for digits, a leading phrase put last."""
    words = _NUMBER_WORDS.split()
    text = re.sub(r"\b[\w’']+\b", lambda word: _SYNONYMS.get(word.group(), word.group()), sentence)
    text = re.sub(r"\b(?:[1-9]|1[0-2])\b(?![.,:]\d)(?<![.,:]\d)", lambda digit: words[int(digit.group())], text)
    leading = _LEADING.fullmatch(text)
    if leading is None:
        return text
    first, rest = leading.groups()
    return f"{rest[0].upper()}{rest[1:].rstrip('.')} {first[0].lower()}{first[1:]}."


def shortened(sentence: str) -> str | None:
    """The sentence without what follows its last comma; None where too little would be left."""
    kept = sentence.rpartition(",")[0]
    return f"{kept}." if len(kept.split()) >= 6 else None


def number_changed(sentence: str, passages: Sequence[str], rng: Draw) -> str | None:
    """One number replaced by a near one that the passages lack; None without a number."""
    found = list(_NUMBER.finditer(sentence))
    if not found:
        return None
    match = found[rng.integers(len(found))]
    known = set(_NUMBER.findall(" ".join(passages)))
    digits = list(match.group())
    places = [index for index, letter in enumerate(digits) if letter.isdigit()]
    for _ in range(50):
        digits[places[rng.integers(len(places))]] = str(rng.integers(1, 10))
        if "".join(digits) not in known:
            return sentence[: match.start()] + "".join(digits) + sentence[match.end() :]
    return None


def number_swapped(sentence: str, passages: Sequence[str], rng: Draw) -> str | None:
    """One number replaced by another of the same passages; None where there is no other."""
    found = list(_NUMBER.finditer(sentence))
    others = sorted(set(_NUMBER.findall(" ".join(passages))) - {match.group() for match in found})
    return _replaced(sentence, found, others, rng)


def name_changed(sentence: str, passages: Sequence[str], strange: Sequence[str], rng: Draw) -> str | None:
    """One name replaced by one of other documents."""
    text = " ".join(passages)
    others = sorted({name for name in _NAME.findall(" ".join(strange)) if name not in text})
    return _replaced(sentence, list(_NAME.finditer(sentence)), others, rng)


def name_swapped(sentence: str, passages: Sequence[str], rng: Draw) -> str | None:
    """One name replaced by another of the same passages."""
    others = sorted({name for name in _NAME.findall(" ".join(passages)) if name not in sentence})
    return _replaced(sentence, list(_NAME.finditer(sentence)), others, rng)


def negated(sentence: str, rng: Draw) -> str | None:
    """A denial taken away where there is one, else put behind one of the verbs; None where neither can be done."""
    if _DENIAL.search(sentence):
        return _DENIAL.sub("", sentence, count=1)
    verbs = list(_VERB.finditer(sentence))
    if not verbs:
        return None
    end = verbs[rng.integers(len(verbs))].end()
    return f"{sentence[:end]} not{sentence[end:]}"


def _replaced(sentence: str, found: Sequence[re.Match[str]], others: Sequence[str], rng: Draw) -> str | None:
    if not found or not others:
        return None
    match = found[int(rng.integers(len(found)))]
    return sentence[: match.start()] + others[int(rng.integers(len(others)))] + sentence[match.end() :]
