"""Verification of a draft by a second model, as a generator: it yields what the checker is asked, and gets its replies.

Nothing more is asked once a draft has failed.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from evaluation.formatting import excerpt
from evaluation.metrics.requests import AskJudge
from evaluation.passage import Passage
from evaluation.scores import ScoreFailure
from evaluation.suite_writing.drafts import Check, Draft, Dropped, Kind, dropped
from evaluation.suite_writing.questions import ask_finder, ask_guesser
from evaluation.suite_writing.replies import BrokenReplyError, FoundAnswer, read_answer
from evaluation.suite_writing.wording import HALF, same_answer

TRIES = 3
"""Times that every check is asked, each with another seed; all of them have to agree."""
Reply: TypeAlias = str | ScoreFailure
Asking: TypeAlias = Generator[AskJudge, Reply, Dropped | None]
"""Yields requests to the checker, and returns at which check the draft was dropped; None: it passed all."""


class _DroppedError(Exception):
    """Raised where a draft fails."""

    def __init__(self, check: Check, reason: str) -> None:
        super().__init__(check, reason)
        self.check, self.reason = check, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """The model that checks."""

    model: str
    digest: str
    seed: int = 0


def verification(draft: Draft, checker: Checker, *, near: Sequence[Passage] = ()) -> Asking:
    """Ask the checker what the draft's kind needs.

    Args:
        draft: A draft that the rules passed.
        checker: The model that is asked.
        near: The corpus' passages nearest to an unanswerable question.
    """
    try:
        if draft.task.kind is Kind.UNANSWERABLE:
            yield from _nobody_answers(draft, checker, near)
        else:
            yield from _is_not_known(draft, checker)
            yield from _is_found_again(draft, checker)
            yield from _needs_all_passages(draft, checker)
    except _DroppedError as error:
        return dropped(draft, error.check, error.reason)
    return None


def _is_not_known(draft: Draft, checker: Checker) -> Generator[AskJudge, Reply, None]:
    for seed in range(checker.seed, checker.seed + TRIES):
        request = ask_guesser(draft.question, model=checker.model, digest=checker.digest, seed=seed)
        guess = _read((yield request), flag="known")
        if guess.answer is not None and same_answer(draft.answer, guess.answer, least=HALF):
            raise _DroppedError(Check.KNOWN_WITHOUT_PASSAGE, f"it answered {excerpt(guess.answer, 160)!r}")


def _is_found_again(draft: Draft, checker: Checker) -> Generator[AskJudge, Reply, None]:
    for number in range(TRIES):
        reply = yield from _found(draft.question, draft.task.passages, checker, number)
        of_tries = f"in try {number + 1} of {TRIES}"
        if reply.answer is None:
            raise _DroppedError(Check.NOT_FOUND_AGAIN, f"no answer {of_tries}")
        if not same_answer(draft.answer, reply.answer):
            reason = f"{excerpt(reply.answer, 160)!r} instead of {excerpt(draft.answer, 160)!r} {of_tries}"
            raise _DroppedError(Check.OTHER_ANSWER, reason)


def _needs_all_passages(draft: Draft, checker: Checker) -> Generator[AskJudge, Reply, None]:
    if len(draft.task.passages) < 2:
        return
    for passage in draft.task.passages:
        for number in range(TRIES):
            reply = yield from _found(draft.question, (passage,), checker, number)
            if reply.answer is not None and same_answer(draft.answer, reply.answer):
                raise _DroppedError(
                    Check.ONE_PASSAGE_IS_ENOUGH, f"{passage.passage_id} gave {excerpt(reply.answer, 160)!r}"
                )


def _nobody_answers(draft: Draft, checker: Checker, near: Sequence[Passage]) -> Generator[AskJudge, Reply, None]:
    """Drop a question that the checker answers from its passage, from those nearest to it, or from what it knows."""
    passages = (*draft.task.passages, *(other for other in near if not _is_one_of(other, draft.task.passages)))
    for number in range(TRIES):
        reply = yield from _found(draft.question, passages, checker, number)
        if reply.answer is not None:
            raise _DroppedError(Check.ANSWERED_AFTER_ALL, f"it answered {excerpt(reply.answer, 160)!r}")


def _is_one_of(passage: Passage, others: Sequence[Passage]) -> bool:
    return any(passage.passage_id == other.passage_id for other in others)


def _found(
    question: str, passages: Sequence[Passage], checker: Checker, number: int
) -> Generator[AskJudge, Reply, FoundAnswer]:
    seed = checker.seed + number
    return _read(
        (yield ask_finder(question, passages, model=checker.model, digest=checker.digest, seed=seed)), flag="answerable"
    )


def _read(reply: Reply, *, flag: str) -> FoundAnswer:
    if isinstance(reply, ScoreFailure):
        raise _DroppedError(Check.NO_VERDICT, f"{reply.kind}: {reply.message}")
    try:
        return read_answer(reply, flag=flag)
    except BrokenReplyError as error:
        raise _DroppedError(Check.BROKEN_VERDICT, error.message) from error
