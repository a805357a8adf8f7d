"""Answering one request: the targets in order, the next where one fails before its first byte, never after."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployments.gateway.attempts import Sending, pieces
from deployments.gateway.explanations import Story, explained, header_value
from deployments.gateway.plans import Plan, Target, in_order
from deployments.gateway.problems import AllAwayError, Problem, problem_of
from deployments.gateway.recording import CallRecord
from deployments.gateway.responses import Reply
from deployments.tracing import span
from evaluation.errors import (
    BenchwrightError,
    FailureKind,
    ProviderError,
    TransientProviderError,
    UnfitMessagesError,
)
from evaluation.formatting import duration
from selection.serving_order.order import serving_order

if TYPE_CHECKING:
    from deployments.gateway.staged_answers import StagedSending

JSON = "application/json"
_NO_FACTS: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A client's request, in whatever protocol."""

    send: Callable[[Target], "Sending | StagedSending"]
    """Return what a target is sent."""
    stream_type: str
    error: Callable[[Problem], dict[str, Any]]
    broken_off: Callable[[Problem], bytes]
    is_explained: bool = False


async def answer(plan: Plan, request: Request, record: CallRecord, reply: Reply, *, prefer_loaded: bool) -> None:
    """Write the answer of the first target that gives one.

    Raises:
        BenchwrightError: none did, and nothing was written.
    """
    loaded = await asyncio.gather(*(target.upstream.has_loaded(target.model) for target in plan.targets))
    # Nothing is awaited from here until the request counts as on its way: the next one has to see the queue.
    now = time.monotonic()
    options = [target.option(now, is_loaded=each) for target, each in zip(plan.targets, loaded, strict=True)]
    order = serving_order(options, prefer_loaded=prefer_loaded and plan.prefers_loaded)
    story = Story(plan=plan, notes=order.notes)
    for target in in_order(plan.targets, order.positions):
        if not target.upstream.breakers.allows(target.model, time.monotonic()):
            continue
        sent = request.send(target)  # What cannot be said is the client's fault, not a call of the target.
        record.attempt(target, plan)
        try:
            with span("ask") as recording:
                recording.note(candidate=target.label, endpoint=target.upstream.name)
                await _attempt(target, sent, request, record, reply, story)
        except ProviderError as error:
            if reply.has_begun:
                await _break_off(error, request, reply)
                raise
            if not _next_may_answer(error):
                raise
            story.failures.append((target, error))
        else:
            return
    raise _nobody_answered(plan.targets, story)


async def _attempt(
    target: Target,
    sent: "Sending | StagedSending",
    request: Request,
    record: CallRecord,
    reply: Reply,
    story: Story,
) -> None:
    if not isinstance(sent, Sending):
        await _staged_attempt(sent, request, record, reply, story)
        return
    waiting = b""
    with target.upstream.asked(target.model):
        async with aclosing(pieces(target.upstream, sent)) as answer_pieces:
            async for piece in answer_pieces:
                if piece.delta is not None:
                    record.take(piece.delta)
                data, waiting = waiting + piece.data, b""
                if not reply.has_begun and (not data or record.progress.ttft_s is None):
                    waiting = data  # What comes before the answer does not bind us to this server.
                    continue
                if not reply.has_begun:
                    headers = story.headers(target)
                    record.recommended(story.recommendation_id)
                    data = await _with_explanation(data, request, story, target)
                    await reply.begin(200, request.stream_type if sent.is_stream else JSON, headers)
                await reply.write(data)
    await reply.end()


async def _staged_attempt(
    sent: "StagedSending", request: Request, record: CallRecord, reply: Reply, story: Story
) -> None:
    """Write the answer of a pipeline, which comes in one piece: nothing is sent before it is whole."""
    from deployments.gateway.staged_answers import staged_answer, turn_of_client

    answered = await staged_answer(sent, turn=turn_of_client, on_stage=record.stage)
    record.take(answered.delta)
    headers = story.headers(sent.target) | {name: header_value(text) for name, text in answered.headers.items()}
    record.recommended(story.recommendation_id)
    data = await _with_explanation(answered.data, request, story, sent.target, answered.facts)
    await reply.begin(200, request.stream_type if sent.is_stream else JSON, headers)
    await reply.write(data)
    await reply.end()


async def _with_explanation(
    data: bytes, request: Request, story: Story, target: Target, facts: Mapping[str, Any] = _NO_FACTS
) -> bytes:
    """Return the answer's first piece with the facts that are always told, and with the rest where the client asks."""
    told = await asyncio.to_thread(story.explanation, target) if request.is_explained else {}
    return explained(data, told | dict(facts)) if told or facts else data


async def _break_off(error: ProviderError, request: Request, reply: Reply) -> None:
    """Tell the client that the answer is not complete."""
    await reply.write(request.broken_off(problem_of(error)))
    await reply.end()


def _next_may_answer(error: ProviderError) -> bool:
    """Check whether another candidate may have an answer: not where the request itself is at fault."""
    if error.kind is FailureKind.PROMPT_TOO_LONG:
        return False
    is_its_own = error.kind.is_the_candidates_own or error.kind is FailureKind.MODEL_NOT_PULLED
    return is_its_own or isinstance(error, TransientProviderError | UnfitMessagesError)


def _nobody_answered(targets: Sequence[Target], story: Story) -> BenchwrightError:
    if not story.failures:
        now = time.monotonic()
        wait_s = min(target.upstream.breakers.wait_s(target.model, now) for target in targets)
        names = ", ".join(sorted({f"{target.model} on {target.upstream.name}" for target in targets}))
        return AllAwayError(
            f"every candidate that could answer failed lately and is left alone for a while: {names}",
            f"Ask again in {duration(max(1.0, wait_s))}; `benchwright doctor` says which servers answer.",
            max(1.0, wait_s),
        )
    left_alone = [target for target in targets if target not in [failed for failed, _ in story.failures]]
    if len(story.failures) == 1 and not left_alone:
        return story.failures[0][1]
    told = [f"{failed.label} on {failed.upstream.name}: {error.message}" for failed, error in story.failures]
    told += [f"{target.label} on {target.upstream.name}: failed lately and is left alone" for target in left_alone]
    first = story.failures[0][1]
    kind = first.kind if isinstance(first, ProviderError) else FailureKind.SERVER_DOWN
    return TransientProviderError(f"no candidate answered: {'; '.join(told)}", kind, next_step=first.next_step)


async def write_problem(
    error: BenchwrightError, error_body: Callable[[Problem], Mapping[str, Any]], reply: Reply
) -> None:
    """Write an error as the whole answer."""
    problem = problem_of(error)
    await reply.begin(problem.status, JSON, problem.headers)
    await reply.write(json.dumps(error_body(problem)).encode())
    await reply.end()
