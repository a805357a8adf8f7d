"""Baselines that choose: the label that the text mentions or most resembles, or any one at random."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from evaluation.baselines.baseline import Baseline, generator_for
from evaluation.baselines.prompt_parts import parts_of
from evaluation.baselines.text_processing import STOP_WORDS, character_trigrams, content_stems, cosine, sentences, words


@dataclass(frozen=True, kw_only=True)
class LabelMatch(Baseline):
    """The label whose words the text mentions most, else the label with the closest spelling, else the first one."""

    name: ClassVar[str] = "baseline-label-match"
    summary: ClassVar[str] = "the label that the text mentions or resembles"

    def _answer(self, prompt: str, *, seed: int, limit: int | None) -> str:
        parts = parts_of(prompt)
        if parts.options:
            return parts.options[_best_label(parts.body, parts.labels or parts.choices)]
        return _keyword(parts.body)


def _best_label(text: str, labels: tuple[str, ...]) -> int:
    """Return the index of the label for `text`; the earlier one of equals."""
    stems = Counter(content_stems(text))
    letters = character_trigrams(text)
    scores = [(_mentions(label, stems), round(cosine(letters, character_trigrams(label)), 9)) for label in labels]
    return scores.index(max(scores))


def _mentions(label: str, stems: Counter[str]) -> float:
    """Return the mean number of occurrences of the label's words, or variants of them, in the text."""
    own = content_stems(label)
    return sum(stems[word] for word in own) / len(own) if own else 0.0


def _keyword(text: str) -> str:
    """Return the most frequent content word, which serves as label where none are offered."""
    every = words(text)
    counts = Counter(word for word in every if word not in STOP_WORDS) or Counter(every)
    return counts.most_common(1)[0][0] if counts else text


@dataclass(frozen=True, kw_only=True)
class RandomChoice(Baseline):
    """One of the labels or of the letters, else of the sentences, each with equal probability."""

    name: ClassVar[str] = "baseline-random"
    summary: ClassVar[str] = "a random label, letter or sentence"

    def _answer(self, prompt: str, *, seed: int, limit: int | None) -> str:
        parts = parts_of(prompt)
        pool = parts.options or tuple(sentences(parts.body)) or (prompt,)
        return pool[int(generator_for(seed, prompt).integers(len(pool)))]
