"""Attribution of each sentence of an answer to the passage that supports it."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.case import Case
from evaluation.formatting import coefficient
from evaluation.generation import Generation
from evaluation.metrics.grounding.passages import indexed
from evaluation.metrics.grounding.reading import read
from evaluation.metrics.grounding.support import THRESHOLD, Support, supports
from evaluation.metrics.sentence_splitting import split_sentences

MOST_SENTENCES = 200
"""Sentences considered of one text, at most."""
MOST_LINES = 40
_EXCERPT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """One sentence of an answer with its source."""

    sentence: str
    passage_index: int | None
    """Index of the best passage, from 0; None if no passage is related to the sentence."""
    relevance: float
    """Relevance of that passage, in [0, 1]."""
    supported: bool
    doubt: str | None = None
    """Contradicting evidence: a missing number, a denial."""


def attributions(case: Case, generation: Generation, *, threshold: float = THRESHOLD) -> tuple[Attribution, ...]:
    """Return the claiming sentences of an answer, each with the passage that supports it by its words.

    Args:
        case: Its `context` holds the passages.
        generation: The first `MOST_SENTENCES` sentences of its answer are used.
        threshold: The least relevance that counts as support.
    """
    passages = indexed(case.context)
    sentences = claims(generation.answer)
    return tuple(attribution(text, tuple(supports(read(text), passages)), threshold=threshold) for text in sentences)


def claims(text: str) -> tuple[str, ...]:
    """Return the sentences of `text` that claim something; a bare `Yes.` does not."""
    sentences = split_sentences(text, limit=MOST_SENTENCES)
    return tuple(sentence for sentence in sentences if read(sentence).claims_something)


def attribution(sentence: str, evidence: Sequence[Support], *, threshold: float) -> Attribution:
    """Return the sentence with its best support; of equals, the earlier one."""
    if not evidence:
        return Attribution(sentence=sentence, passage_index=None, relevance=0.0, supported=False)
    best = max(evidence, key=lambda support: support.relevance)
    return Attribution(
        sentence=sentence,
        passage_index=best.passage_index,
        relevance=best.relevance,
        supported=best.holds(threshold),
        doubt=best.doubt,
    )


def as_evidence(attributed: Sequence[Attribution]) -> tuple[float | str, ...]:
    """Return three values a sentence, in order: its passage from 1 or `none`, the relevance, and 1 if supported."""
    return tuple(
        value
        for each in attributed
        for value in (
            "none" if each.passage_index is None else float(each.passage_index + 1),
            each.relevance,
            float(each.supported),
        )
    )


def as_rationale(attributed: Sequence[Attribution]) -> str:
    """Return a line for each sentence: `sentence 1 ← passage 2 (.83) "…"`, with any contradiction."""
    lines = [_line(number, each) for number, each in enumerate(attributed[:MOST_LINES], start=1)]
    left_out = len(attributed) - len(lines)
    return "\n".join([*lines, f"and {left_out} more"] if left_out else lines)


def _line(number: int, attributed: Attribution) -> str:
    passage = "no passage" if attributed.passage_index is None else f"passage {attributed.passage_index + 1}"
    arrow = "←" if attributed.supported else "↚"
    doubt = f", {attributed.doubt}" if attributed.doubt else ""
    relevance = coefficient(attributed.relevance).removeprefix("0")
    return f"sentence {number} {arrow} {passage} ({relevance}{doubt}) {_excerpt(attributed.sentence)}"


def _excerpt(sentence: str) -> str:
    shown = sentence if len(sentence) <= _EXCERPT else f"{sentence[: _EXCERPT - 1]}…"
    return '"' + "".join(letter if letter.isprintable() else "·" for letter in shown) + '"'
