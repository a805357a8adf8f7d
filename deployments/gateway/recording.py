"""The record of a call: a row of traffic, written in the background, and the figures for whoever watches."""

import asyncio
import time
from dataclasses import dataclass

from deployments.gateway.gateway_settings import FinishedCall, GatewaySettings
from deployments.gateway.plans import Target
from evaluation.chat_protocols.deltas import Delta
from evaluation.errors import BenchwrightError, ConfigurationError, FailureKind, ProviderError, SelectionError
from evaluation.records.traffic_calls import MOST_NAME_CHARACTERS
from evaluation.traffic import Recorder

NOBODY = "(none)"
"""Candidate of a call that nobody answered."""
_MOST_KEPT = 100_000
"""Characters of an answer that are kept where texts are stored."""
_REFUSED = frozenset({FailureKind.BAD_OPTION, FailureKind.PROMPT_TOO_LONG, FailureKind.REFUSED_BY_POLICY})


@dataclass(slots=True)
class Progress:
    """What is known of a call so far."""

    task: str
    prompt: str = ""
    target: Target | None = None
    n_asked: int = 0
    ttft_s: float | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    text: str = ""


class CallRecord:
    """Follows one call from its request to its end."""

    def __init__(self, recorder: Recorder, settings: GatewaySettings, *, task: str) -> None:
        self._settings = settings
        self._call = recorder.start(task=_name(task), candidate=NOBODY, keep_texts=settings.keep_texts)
        self._began = time.perf_counter()
        self.progress = Progress(task=task)

    def attempt(self, target: Target, *, task: str) -> None:
        """Note that a target is asked."""
        before = self.progress
        self.progress = Progress(task=task, prompt=before.prompt, target=target, n_asked=before.n_asked + 1)

    def take(self, delta: Delta) -> None:
        """Note a piece of the answer."""
        progress = self.progress
        if progress.ttft_s is None:
            progress.ttft_s = time.perf_counter() - self._began
        if self._settings.keep_texts and len(progress.text) < _MOST_KEPT:
            progress.text += delta.text
        if delta.ending is not None:
            progress.prompt_tokens, progress.output_tokens = delta.ending.prompt_tokens, delta.ending.output_tokens

    def end(self, error: BaseException | None = None) -> None:
        """Hand the call to the recorder's thread, and tell whoever watches."""
        progress, call = self.progress, self._call
        label = NOBODY if progress.target is None else progress.target.label
        call.task, call.candidate = _name(progress.task), _name(label)
        call.tokens(prompt=progress.prompt_tokens, output=progress.output_tokens)
        call.texts(input=progress.prompt, output=progress.text)
        call.complete(error=error)
        self._settings.on_finished(
            FinishedCall(
                task=progress.task,
                candidate="" if progress.target is None else label,
                endpoint="" if progress.target is None else progress.target.upstream.name,
                outcome=_outcome(error),
                duration_s=time.perf_counter() - self._began,
                ttft_s=progress.ttft_s,
                prompt_tokens=progress.prompt_tokens,
                output_tokens=progress.output_tokens,
                n_asked=progress.n_asked,
            )
        )


def _outcome(error: BaseException | None) -> str:
    if error is None:
        return "ok"
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    if isinstance(error, ProviderError):
        return "refused" if error.kind in _REFUSED else "failed"
    is_refused = isinstance(error, ConfigurationError | SelectionError)
    return "refused" if is_refused and isinstance(error, BenchwrightError) else "failed"


def _name(text: str) -> str:
    return text.strip()[:MOST_NAME_CHARACTERS] or NOBODY
