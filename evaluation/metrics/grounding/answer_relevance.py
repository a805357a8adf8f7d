"""Answer relevance: how far the answer addresses the question.

Lexical: the rarity-weighted share of the question's words in a sentence of the answer or in its supporting passage.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.formatting import coefficient
from evaluation.generation import Generation
from evaluation.metrics.grounding.attribution import MOST_LINES, claims
from evaluation.metrics.grounding.grounded import EMPTY, GroundedMetric
from evaluation.metrics.grounding.passages import Passages, closest_sentences, indexed
from evaluation.metrics.grounding.reading import Reading, read
from evaluation.metrics.requests import Answers, Request
from evaluation.metrics.sentence_splitting import split_sentences
from evaluation.metrics.vectors import cosines
from evaluation.scores import Measurement, ScoreFailure

NONCOMMITTAL = "noncommittal"
"""An answer that only says that it does not know."""
_SOURCE = r"(?:context|passage|text|document|article|information|question)s?"
_DOES_NOT_KNOW = re.compile(
    rf"""
    \bI\ (?:do\ not|don['’]t|did\ not|didn['’]t)\ (?:know|have)\b
    | \bI(?:\ am|['’]m)\ (?:not\ sure|unable|sorry)\b
    | \b(?:cannot|can\ not|can['’]t|could\ not|couldn['’]t|unable\ to)\ (?:be\ )?(?:answer|determine|tell|say|find)
    | \b{_SOURCE}\ (?:provided\ |given\ )?(?:does\ not|doesn['’]t|do\ not|don['’]t|did\ not)\ \w+
    | \b(?:not\ enough|no|insufficient)\ (?:\w+\ )?information\b
    | \bnot\ (?:mentioned|specified|stated|provided|given)\ (?:in|by)\ the\ {_SOURCE}\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MOST_CLOSE = 60
_LEAST_BEST = 0.3
"""Least share of the question taken for the best passage; one with less is about another topic and no standard."""


@dataclass(frozen=True, kw_only=True)
class AnswerRelevance(GroundedMetric):
    """How far the answer speaks to the question, in [0, 1]; 0 for an empty answer and for "I do not know".

    By words, a short answer shares no word with its question, so the sentence of the passages that it rests on speaks
    for it. By embedding, the cosine of question and answer, where it is positive.
    """

    name: ClassVar[str] = "answer_relevance"
    formula: ClassVar[str] = (
        "by words: mean over the answer's sentences of the question's words, weighted by rarity, that stand in the "
        "sentence or in the passage's sentence that it rests on; by embedding: max(0, cosine of question and answer)"
    )
    source: ClassVar[str] = (
        "after answer relevance of RAGAS (Es et al. 2023, arXiv:2309.15217), which lets a model guess the question"
    )
    blind_spots: ClassVar[str] = (
        "Does not know whether the answer is right; an answer that repeats the question looks relevant, and one in "
        "other words, without passages, does not."
    )

    def requests(self, case: Case, generations: Sequence[Generation]) -> tuple[Request, ...]:
        (generation,) = generations
        question, answer = _question(case), generation.answer.strip()
        if self.by == "words" or not question or not answer or _is_noncommittal(answer):
            return ()
        return tuple(self.embedding_request(text) for text in dict.fromkeys([question, answer]))

    def measure(
        self, case: Case, generations: Sequence[Generation], answers: Answers
    ) -> Measurement | ScoreFailure | None:
        (generation,) = generations
        question, answer = _question(case), generation.answer.strip()
        if not answer:
            return Measurement(value=0.0, label=EMPTY)
        if _is_noncommittal(answer):
            return Measurement(value=0.0, label=NONCOMMITTAL)
        if not question:
            return None
        if self.by == "words":
            return self._by_words(question, answer, case)
        cosine = cosines([answers[self.embedding_request(question)]], [answers[self.embedding_request(answer)]])
        return cosine if isinstance(cosine, ScoreFailure) else Measurement(value=max(0.0, float(cosine[0, 0])))

    def _by_words(self, question: str, answer: str, case: Case) -> Measurement | None:
        question_reading, sentences = read(question), claims(answer)
        if not question_reading.claims_something or not sentences:
            return None
        passages = indexed(case.context)
        shares = [
            _share_of_question(question_reading, read(text), passages, self.least_relevance) for text in sentences
        ]
        lines = [f"sentence {number}: {coefficient(share)}" for number, share in enumerate(shares, start=1)]
        return Measurement(
            value=sum(shares) / len(shares), rationale="\n".join(lines[:MOST_LINES]), evidence=tuple(shares)
        )


def _question(case: Case) -> str:
    user_messages = [message.content for message in case.messages if message.role == "user"]
    return (user_messages[-1] if user_messages else case.prompt).strip()


def _is_noncommittal(answer: str) -> bool:
    """Check whether the answer is one or two sentences, each of which only says that it does not know."""
    sentences = split_sentences(answer, limit=3)
    return len(sentences) < 3 and all(_DOES_NOT_KNOW.search(sentence[:1000]) for sentence in sentences)


def _share_of_question(question: Reading, sentence: Reading, passages: Passages, threshold: float) -> float:
    """Return the question's words in `sentence`, or in it and the passage sentence that supports it."""
    weights = {stem: passages.rarity(stem) for stem in question.stems}
    bases = [frozenset[str](), *_bases(sentence, passages, threshold)]
    sentence_stems = frozenset(sentence.stems)
    share = max(_share(weights, sentence_stems | base) for base in bases)
    return min(1.0, share / _best_share(weights, passages))


def _best_share(weights: Mapping[str, float], passages: Passages) -> float:
    """Return the share of the question in the passages' sentence closest to it; 1 where there are no passages."""
    closest = closest_sentences(passages, weights, most=1)
    best = [_share(weights, passages.sentences[index].stems) for index in closest]
    return max([_LEAST_BEST, *best]) if passages.sentences else 1.0


def _bases(sentence: Reading, passages: Passages, threshold: float) -> Iterator[frozenset[str]]:
    """Yield the words of each passage sentence that holds enough of `sentence`."""
    weights = {stem: passages.rarity(stem) for stem in sentence.stems}
    for index in closest_sentences(passages, weights, most=_MOST_CLOSE):
        stems = passages.sentences[index].stems
        if sentence.numbers <= stems and _share(weights, stems) >= threshold:
            yield stems


def _share(weights: Mapping[str, float], held: frozenset[str]) -> float:
    return sum(weight for stem, weight in weights.items() if stem in held) / sum(weights.values())
