"""Completeness: whether the answer ends properly and treats everything the prompt asks for."""

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.quality.prompt_requirements import prompt_of, requested_items, stem_of, topics
from evaluation.metrics.quality.quality_metric import QualityMetric, confidence_of, measurement
from evaluation.metrics.quality.reading import READ_CHARS, reading_of, words
from evaluation.metrics.quality.word_classes import DANGLING_WORDS
from evaluation.scores import Measurement

_END_MARKS = ".!?…。！？｡؟।॥።။"
_CLOSERS = "\"'”’»」』）)]}*_`|$>~ \t\r\n"
_CLOSING = '"”»」』）)]}`|$>'
_PHRASE_WORDS = 12
_TAIL_CHARS = 2_000
_HALF_SURE_AT = 20
_ITEM = re.compile(r"^[ \t]*(?:[-*+•‣–]|\(?(?:\d{1,3}|[a-zA-Z])[.)])[ \t]+\S", re.M)
_NOTE = re.compile(r"\s?(?:\[\d{1,3}\]\s?){1,9}$")
_ORNAMENTS = frozenset({"So", "Sk", "Cf", "Mn", "Me"})
_CODE_LINE = re.compile(r"^(?: {2,}|\t)\S|^(?:return|print|end|var|let|const)\b|\w = ")
_PAIRS = (("(", ")"), ("[", "]"), ("“", "”"), ("«", "»"))
_ENOUGH_OF_A_TOPIC = 0.5


@dataclass(frozen=True, kw_only=True)
class Completeness(QualityMetric):
    """How far the answer comes to its end and treats everything that was asked, in [0, 1].

    The ending: 1 after an end mark, closed code or a list's item, or for a short phrase; 1/2 where the text has no end
    marks at all, ends in bare code or leaves a bracket open; 0 in the middle of a sentence or of a code block, or where
    the server says that the answer was cut. Topics and numbers of items count where the prompt sets an open task or
    several questions. In other languages than English the ending decides alone.
    """

    name: ClassVar[str] = "completeness"
    formula: ClassVar[str] = (
        "w·ending + (1 - w)·coverage; coverage = mean over the prompt's parts of min(1, share of its key stems / 0.5),"
        " and over numbers asked for of min(1, items found / items asked); the ending alone where it names no parts"
    )
    source: ClassVar[str] = "our own"
    blind_spots: ClassVar[str] = (
        "An answer that stops after a whole sentence too early, unless the prompt names what is missing; whether what"
        f" is said of a topic is right; synonyms; topics treated only after {READ_CHARS} characters"
    )

    ending_weight: float = 0.5
    """Weight of the ending if there are parts to cover."""

    def __post_init__(self) -> None:
        """Refuse a weight that is no share."""
        if not 0 <= self.ending_weight <= 1:
            self.refuse("ending_weight", allowed="from 0 to 1", example="0.5")

    def judge(self, case: Case, generation: Generation) -> Measurement:
        """Return the value of an answer that holds a word."""
        ending = 0.0 if generation.finish_reason == "length" else ending_score(generation.answer)
        covered = coverage(prompt_of(case), generation.answer)
        label = "cut_off" if ending == 0 else None
        confidence = confidence_of(len(reading_of(generation.answer).words), half_at=_HALF_SURE_AT)
        if covered is None:
            return measurement(ending, {"ending": ending}, confidence=confidence, label=label)
        value = self.ending_weight * ending + (1 - self.ending_weight) * covered
        return measurement(value, {"ending": ending, "coverage": covered}, confidence=confidence, label=label)


def ending_score(answer: str) -> float:
    """Return 1 for a proper end, 1/2 where it cannot be told, 0 for a text that breaks off."""
    text = answer.rstrip()
    tail = text[-_TAIL_CHARS:]
    if _open_fence(text):
        return 0.0
    bare = _bare_end(tail)
    if bare and bare[-1] in _END_MARKS:
        last_sentence = re.split(r"(?<=[.!?])\s", tail)[-1]
        return 0.5 if any(last_sentence.count(left) > last_sentence.count(right) for left, right in _PAIRS) else 1.0
    return _end_without_mark(tail, n_words=len(reading_of(answer).words))


def coverage(prompt: str, answer: str) -> float | None:
    """Return the mean coverage of what the prompt asks for, in [0, 1]; None if it names no topics and no numbers."""
    reading = reading_of(answer)
    answer_stems = {stem_of(word) for word in reading.lower}
    shares = [min(1.0, len(topic & answer_stems) / len(topic) / _ENOUGH_OF_A_TOPIC) for topic in topics(prompt)]
    n_requested = requested_items(prompt)
    if n_requested:
        n_listed = len(_ITEM.findall(reading.text))
        n_items = max(n_listed, len(reading.sentences), reading.text.count(",") + 1 if not n_listed else 0)
        shares.append(min(1.0, n_items / n_requested))
    return sum(shares) / len(shares) if shares else None


def _bare_end(tail: str) -> str:
    """Return `tail` without the closing quotes, brackets, emphasis, emoji and note numbers at its end."""
    end = len(tail)
    while end and (tail[end - 1] in _CLOSERS or unicodedata.category(tail[end - 1]) in _ORNAMENTS):
        end -= 1
    note = _NOTE.search(tail[: end + 1])
    return tail[: note.start()].rstrip(_CLOSERS) if note else tail[:end]


def _open_fence(text: str) -> bool:
    return len(re.findall(r"^[ \t]*```", text, re.M)) % 2 == 1


def _end_without_mark(tail: str, *, n_words: int) -> float:
    last_line = tail.splitlines()[-1]
    if _CODE_LINE.search(last_line):
        return 0.5
    last_words = words(last_line)
    if tail[-1] in ",;:–—-(/" or (last_words and last_words[-1].lower() in DANGLING_WORDS):
        return 0.0
    if _ITEM.match(last_line) or tail[-1] in _CLOSING or n_words <= _PHRASE_WORDS:
        return 1.0
    return 0.0 if any(mark in tail for mark in _END_MARKS) else 0.5
