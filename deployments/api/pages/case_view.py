"""A case as a page shows it: what was sent, what came back, how it was scored, and what differs."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from deployments.api.pages.formatted_text import formatted
from deployments.api.pages.word_diff import Piece, word_diff
from evaluation.case import Message
from evaluation.generation import Generation
from evaluation.results.cases import AnswerResult, CaseCandidate, CaseResult, MissingOutcome, OutcomeResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of the time that an answer took."""

    name: str
    seconds: float
    words: str
    """What its server did in it."""
    share: float
    """Of the longest answer to the case, in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAnswer:
    """One outcome of a candidate."""

    candidate: CaseCandidate
    outcome: OutcomeResult | MissingOutcome
    answer: AnswerResult | None
    """None: there is none."""
    spans: tuple[Span, ...]
    seconds: float | None
    """Seconds from sending to the last byte."""
    diff: tuple[Piece, ...] | None
    """What differs from the answer or the reference that it is compared with; None: nothing to compare."""
    formatted: Markup | None
    """The answer as Markdown shows it; None: it is shown as it was written."""

    @property
    def is_stored(self) -> bool:
        """Return whether there is an outcome."""
        return isinstance(self.outcome, OutcomeResult)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAgain:
    """A new answer to a stored request, which is stored nowhere."""

    fingerprint: str
    """Of the candidate."""
    generation: Generation | None
    """None: there is no answer."""
    diff: tuple[Piece, ...] | None
    """What differs from the stored answer; None: there is none, or the two are equal."""
    is_equal: bool
    problem: str
    """Why there is no answer; empty: there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case with its answers."""

    case: CaseResult
    against: str
    """Label of the candidate, or `reference`, that the answers are compared with; empty: they are not."""
    absent: str
    """What they were to be compared with, of which there is no text; empty: there is one, or none was asked for."""
    is_formatted: bool
    """Answers are shown as Markdown shows them."""
    answers: tuple[ShownAnswer, ...]

    @property
    def common_messages(self) -> tuple[Message, ...]:
        """Return the messages that every candidate was sent; empty where they differ."""
        sent = {candidate.messages for candidate in self.case.candidates}
        return next(iter(sent)) if len(sent) == 1 else ()


def case_view(case: CaseResult, *, against: str = "", is_formatted: bool = False) -> CaseView:
    """Return a case as it is shown.

    Args:
        case: The case with all its outcomes.
        against: Label of a candidate, or `reference`: what the answers are compared with, word by word.
        is_formatted: Show answers as Markdown shows them, where they are compared with nothing.
    """
    base = _base(case, against)
    longest_s = max((total for _, outcome in _outcomes(case) if (total := _total(outcome))), default=0.0)
    return CaseView(
        case=case,
        against=against if base is not None else "",
        absent=against if base is None else "",
        is_formatted=is_formatted and base is None,
        answers=tuple(
            ShownAnswer(
                candidate=candidate,
                outcome=outcome,
                answer=_answer(outcome),
                spans=tuple(_spans(outcome, longest_s)),
                seconds=_total(outcome),
                diff=None if base is None or candidate.label == against else _diff(base, outcome),
                formatted=_formatted(outcome) if is_formatted and base is None else None,
            )
            for candidate, outcome in _outcomes(case)
        ),
    )


def _outcomes(case: CaseResult) -> Iterator[tuple[CaseCandidate, OutcomeResult | MissingOutcome]]:
    return ((candidate, outcome) for candidate in case.candidates for outcome in candidate.outcomes)


def _answer(outcome: OutcomeResult | MissingOutcome) -> AnswerResult | None:
    came_back = outcome.came_back if isinstance(outcome, OutcomeResult) else None
    return came_back if isinstance(came_back, AnswerResult) else None


def _base(case: CaseResult, against: str) -> str | None:
    if against == "reference":
        return case.case.references[0] if case.case.references else None
    of_label = (outcome for candidate, outcome in _outcomes(case) if candidate.label == against)
    answer = next((answer for outcome in of_label if (answer := _answer(outcome)) is not None), None)
    return None if answer is None else answer.text


def _diff(base: str, outcome: OutcomeResult | MissingOutcome) -> tuple[Piece, ...] | None:
    answer = _answer(outcome)
    return None if answer is None else word_diff(base, answer.text)


def _formatted(outcome: OutcomeResult | MissingOutcome) -> Markup | None:
    answer = _answer(outcome)
    return None if answer is None else formatted(answer.text)


def _total(outcome: OutcomeResult | MissingOutcome) -> float | None:
    timings = outcome.came_back.timings if isinstance(outcome, OutcomeResult) else None
    return None if timings is None else timings.total_s


_WORDS = {
    "queue": "waiting for a slot",
    "load": "loading the model",
    "prompt": "reading the prompt",
    "generate": "writing",
}


def _spans(outcome: OutcomeResult | MissingOutcome, longest_s: float) -> Iterator[Span]:
    answer = _answer(outcome)
    if answer is None or answer.timings is None or not longest_s:
        return
    timing = answer.timings
    in_turn = {
        "queue": timing.queue_s,
        "load": timing.load_s,
        "prompt": timing.prompt_s,
        "generate": timing.generate_s,
    }
    for name, seconds in in_turn.items():
        if seconds:
            yield Span(name=name, words=_WORDS[name], seconds=seconds, share=seconds / longest_s)
