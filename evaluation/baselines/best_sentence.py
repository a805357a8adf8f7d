"""Best-sentence baseline: the context sentence closest to the question, cut to a span not in the question."""

import re
from dataclasses import dataclass
from typing import ClassVar

from evaluation.baselines.baseline import Baseline
from evaluation.baselines.prompt_parts import PromptParts, parts_of
from evaluation.baselines.text_processing import STOP_WORDS, content_stems, cosine, sentences, stem, tfidf, words

_ASKS_FOR_A_NUMBER = re.compile(
    r"\b(?:how (?:many|much|old|long|far|tall)|when|what year|which year|what date)\b", re.I
)
_ASKS_FOR_A_NAME = re.compile(r"\b(?:who|whom|whose|where|which (?:city|country|person|state))\b", re.I)


@dataclass(frozen=True, kw_only=True)
class BestSentence(Baseline):
    """The context's sentence with the highest TF-IDF cosine to the question, reduced to a part new to the question."""

    name: ClassVar[str] = "baseline-best-sentence"
    summary: ClassVar[str] = "the sentence closest to the question, shortened"

    shorten: bool = True
    """Answer with a part of the sentence instead of the whole."""
    max_span_words: int = 8

    def _answer(self, prompt: str, *, seed: int, limit: int | None) -> str:
        parts = parts_of(prompt)
        body_sentences = sentences(parts.body)
        if parts.options:
            return _closest_option(parts, body_sentences)
        best = _closest(parts.question, body_sentences)
        return self._span(best, parts.question) if self.shorten else best

    def _span(self, sentence: str, question: str) -> str:
        """Return the span of `sentence` of the kind asked for (number, name), else the longest not in the question."""
        runs = _new_runs(sentence, question)
        if _ASKS_FOR_A_NUMBER.search(question):
            runs = [piece for run in runs for piece in _between_small_words(run) if re.search(r"\d", piece)] or runs
        elif _ASKS_FOR_A_NAME.search(question):
            runs = [name for run in runs if (name := _capitalised(run))] or runs
        short = [run for run in runs if len(run.split()) <= self.max_span_words]
        return max(short, key=len, default=sentence)


def _closest(question: str, texts: list[str]) -> str:
    vectors = tfidf([question, *texts])
    scores = [cosine(vectors[0], vector) for vector in vectors[1:]]
    return texts[scores.index(max(scores))] if scores else question


def _closest_option(parts: PromptParts, body_sentences: list[str]) -> str:
    """Return the option whose text has most in common with the sentence closest to the question."""
    sought = _closest(parts.question, body_sentences)
    texts = list(parts.labels or parts.choices)
    return parts.options[texts.index(_closest(sought, texts))]


def _new_runs(sentence: str, question: str) -> list[str]:
    """Return the spans of `sentence` between words of the question and punctuation, trimmed of small words."""
    question_stems = set(content_stems(question))
    runs: list[list[str]] = [[]]
    for token in sentence.split():
        is_asked = any(stem(word) in question_stems for word in words(token))
        if is_asked:
            runs.append([])
            continue
        runs[-1].append(token)
        if token[-1] in ",;:.!?)":
            runs.append([])
    return [text for run in runs if (text := _trimmed(run))]


def _between_small_words(run: str) -> list[str]:
    pieces: list[list[str]] = [[]]
    for token in run.split():
        if token.lower() in STOP_WORDS:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return [" ".join(piece) for piece in pieces if piece]


def _trimmed(run: list[str]) -> str:
    while run and set(words(run[0])) <= STOP_WORDS:
        run = run[1:]
    while run and set(words(run[-1])) <= STOP_WORDS:
        run = run[:-1]
    return " ".join(run).strip(" ,;:.!?()\"'“”‘’")


def _capitalised(run: str) -> str:
    """Return the longest span of capitalised words in `run`; empty without one."""
    stretches = re.findall(r"[A-Z][\w.'’-]*(?:[ ](?:of |the |de |van |von )?[A-Z][\w.'’-]*)*", run)
    return max(stretches, key=len, default="")
