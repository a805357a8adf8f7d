"""The judge backend: greedy decoding, retries after server failures, no repair of replies."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from evaluation.errors import CandidateFailureError, FailureKind, ProviderError, TransientProviderError
from evaluation.generation import Generation, GenerationRequest
from evaluation.metrics.requests import Answer, AskJudge
from evaluation.retry_schedule import HOPELESS_SOON, OnPause, RetrySchedule, no_note
from evaluation.scores import ScoreFailure
from evaluation.truncation import FINISH_REASON, Limits

RETRIES = RetrySchedule(max_attempts_by_kind={**HOPELESS_SOON, FailureKind.TIMED_OUT: 4})
"""Retries of a judge request; few, because every stalled attempt takes its full time limit."""
GIVEN_UP_AFTER = 5
"""Consecutive requests, all attempts used up, without any answer from the server; at least as many as its slots."""
UNREACHABLE = frozenset({FailureKind.SERVER_DOWN, FailureKind.LOADING_TIMED_OUT, FailureKind.TIMED_OUT})
QUOTED = 200
"""Characters of a judge's reply that a failure quotes."""


@dataclass
class Judge:
    """Answers `AskJudge` for one model."""

    ask: Callable[[GenerationRequest], Awaitable[Generation]]
    """Sends one request when the server has a free slot; raises like `Provider.generate`."""
    options: Mapping[str, Any]
    """Options sent, except the seed and the length of an answer."""
    think: bool | str | None = None
    slots: int = 1
    timeout_s: float = 300.0
    retries: RetrySchedule = RETRIES
    keep_alive: str | int = "10m"
    on_pause: OnPause = no_note
    """Called before each pause with the error and the length of the pause in seconds."""
    given_up: str | None = field(default=None, init=False)
    """Why no further requests are sent."""
    _n_in_a_row: int = field(default=0, init=False)

    async def answer(self, question: AskJudge) -> Answer:
        """Return what the judge wrote, or the reason why it wrote nothing."""
        request = GenerationRequest(
            model=question.model,
            messages=question.messages,
            options={**self.options, "seed": question.seed, "num_predict": question.num_predict},
            think=self.think,
            format=json.loads(question.schema) if question.schema else None,
            keep_alive=self.keep_alive,
            timeout_s=self.timeout_s,
        )
        for n_attempts in count(1):
            if self.given_up is not None:
                return ScoreFailure(kind="judge_given_up", message=self.given_up)
            outcome = await self._attempt(request)
            if isinstance(outcome, str):
                self._n_in_a_row = 0
                return outcome
            failure, error = outcome
            pause_s = None if error is None else self.retries.pause_s(error, n_attempts)
            if error is None or pause_s is None:
                if isinstance(error, TransientProviderError):
                    self._note(failure)
                return failure
            self.on_pause(error, pause_s)
            await asyncio.sleep(pause_s)
        raise AssertionError("a schedule of retries ends")

    async def _attempt(self, request: GenerationRequest) -> str | tuple[ScoreFailure, ProviderError | None]:
        try:
            generation = await self.ask(request)
        except CandidateFailureError as error:
            detail = f"; it wrote {error.text[:QUOTED]!r}" if error.text else ""
            return ScoreFailure(kind=f"judge_{error.kind}", message=error.message + detail), error
        except ProviderError as error:
            return ScoreFailure(kind=str(error.kind), message=error.message), error
        if generation.finish_reason == FINISH_REASON:
            limits = Limits.of(request.options)
            cut = limits.cut_by(prompt_tokens=generation.prompt_tokens, output_tokens=generation.output_tokens)
            detail = f"it was cut {limits.where(cut)}: {generation.text[:QUOTED]!r}"
            return ScoreFailure(kind="verdict_unreadable", message=detail), None
        return generation.text

    def _note(self, failure: ScoreFailure) -> None:
        if failure.kind not in UNREACHABLE:
            self._n_in_a_row = 0
            return
        self._n_in_a_row += 1
        if self._n_in_a_row >= max(GIVEN_UP_AFTER, self.slots):
            self.given_up = (
                f"the judge's server did not answer {self._n_in_a_row} questions in a row; "
                f"the last: {failure.kind}: {failure.message}"
            )
