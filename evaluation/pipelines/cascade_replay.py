"""What a cascade answers to a case on either side of its threshold, from the replies that are stored."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import cast

from evaluation.case import Case, Message
from evaluation.pipelines.cascade import ESCALATED, Cascade
from evaluation.pipelines.pipeline import PipelineInput, PipelineResult, StageFailedError
from evaluation.pipelines.stages import ModelReply, StageReply
from evaluation.pipelines.walk import Walk

HIGHEST_THRESHOLD = {"logprob": 0.0}
"""Greatest threshold of a signal; 1 for the others."""
_LOWEST_THRESHOLD = {"logprob": float("-inf")}


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeSide:
    """What a case ends with on one side of the threshold."""

    result: PipelineResult
    stages: tuple[str, ...]
    """Names of the stages that lead there, in the order of asking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeReplay:
    """A case of a cascade at every threshold."""

    is_measured: bool
    """False where the small model's replies are not all there: nothing is known of the case."""
    signal: float | None = None
    """None: the case is escalated at every threshold."""
    small: CascadeSide | None = None
    """With a threshold of at most the signal; None where the case is always escalated."""
    large: CascadeSide | None = None
    """With a threshold above the signal; None where the larger model's reply is not there."""


def highest_threshold(cascade: Cascade) -> float:
    """Return the greatest threshold that the cascade's signal allows."""
    return HIGHEST_THRESHOLD.get(cascade.signal, 1.0)


@cache
def _never_escalating(cascade: Cascade) -> Cascade:
    return replace(cascade, threshold=_LOWEST_THRESHOLD.get(cascade.signal, 0.0), ask_both=False)


@dataclass(frozen=True, kw_only=True)
class StoredInput(PipelineInput):
    """A case whose replies are all stored, so that no prompts are written."""

    def messages_of(self, case: Case) -> tuple[Message, ...]:
        """No messages."""
        return ()


def replay(cascade: Cascade, task: PipelineInput, replies: Mapping[str, StageReply]) -> CascadeReplay:
    """Return what the cascade answers to a case at every threshold.

    Args:
        cascade: With any threshold.
        task: The case.
        replies: The replies that are there, by the names of their stages.
    """
    walk, stages = Walk(_never_escalating(cascade), task), list[str]()
    while walk.waiting and all(request.stage in replies for request in walk.waiting):
        stages += [request.stage for request in walk.waiting]
        walk.feed(replies[request.stage] for request in walk.waiting)
    is_always = ESCALATED in (*stages, *(request.stage for request in walk.waiting))
    if walk.result is None and not is_always:
        return CascadeReplay(is_measured=False)
    of_small = tuple(name for name in stages if name != ESCALATED)
    large = _escalated(of_small, replies.get(ESCALATED))
    if is_always or walk.result is None:
        return CascadeReplay(is_measured=True, large=large)
    small = CascadeSide(result=walk.result, stages=of_small)
    return CascadeReplay(is_measured=True, signal=walk.result.notes["signal"], small=small, large=large)


def _escalated(of_small: tuple[str, ...], reply: StageReply | None) -> CascadeSide | None:
    """Return the side on which the larger model was asked; None without its reply."""
    if reply is None:
        return None
    larger = cast("ModelReply", reply)
    result = PipelineResult(answer=larger.text)
    if larger.failure is not None:
        error = StageFailedError(ESCALATED, larger.failure)
        result = PipelineResult(answer="", failure=error.kind, message=str(error))
    return CascadeSide(result=result, stages=(*of_small, ESCALATED))
