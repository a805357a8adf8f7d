"""What becomes of a question to a judge whose server fails, or that writes too much?"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from evaluation.case import Message
from evaluation.errors import CandidateFailureError, FailureKind, ProviderError, TransientProviderError
from evaluation.generation import Generation, GenerationRequest
from evaluation.metrics.requests import Answer, AskJudge
from evaluation.retry_schedule import MAX_ATTEMPTS
from evaluation.scores import ScoreFailure
from evaluation.scoring.metric_backends.judge import GIVEN_UP_AFTER, RETRIES, Judge

QUESTION = AskJudge(
    model="judge",
    digest="d",
    messages=(Message(role="user", content="How good?"),),
    schema='{"type":"object"}',
    seed=7,
    num_predict=64,
)


def asked(
    reply: Callable[[GenerationRequest], Generation], *, times: int = 1
) -> tuple[list[Answer], list[GenerationRequest]]:
    seen: list[GenerationRequest] = []

    async def ask(request: GenerationRequest) -> Generation:
        seen.append(request)
        return reply(request)

    async def work() -> list[Answer]:
        judge = Judge(ask=ask, options={"temperature": 0.0, "num_ctx": 4096}, retries=replace(RETRIES, base_s=0.0))
        return [await judge.answer(QUESTION) for _ in range(times)]

    return asyncio.run(work()), seen


def test_a_judge_is_asked_with_its_schema_seed_and_length() -> None:
    answers, (request,) = asked(lambda _: Generation(text="{}", answer="{}"))

    assert ["{}"] == answers
    assert {"type": "object"} == request.format
    assert {"temperature": 0.0, "num_ctx": 4096, "seed": 7, "num_predict": 64} == request.options


def test_a_transient_failure_is_asked_again_and_named_in_the_end() -> None:
    def busy(_request: GenerationRequest) -> Generation:
        raise TransientProviderError("busy", FailureKind.QUEUE_FULL)

    answers, seen = asked(busy)

    assert [ScoreFailure(kind="queue_full", message="busy")] == answers
    assert MAX_ATTEMPTS == len(seen)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ProviderError("no such option", FailureKind.BAD_OPTION), "bad_option"),
        (CandidateFailureError("nothing", FailureKind.EMPTY_ANSWER), "judge_empty_answer"),
    ],
)
def test_what_would_fail_again_is_asked_once(error: ProviderError, kind: str) -> None:
    def fail(_request: GenerationRequest) -> Generation:
        raise error

    answers, seen = asked(fail)

    assert [kind] == [answer.kind for answer in answers if isinstance(answer, ScoreFailure)]
    assert 1 == len(seen)


def test_a_verdict_that_was_cut_is_unreadable_and_quoted() -> None:
    (answer,), _ = asked(lambda _: Generation(text='{"score": 3, "rat', answer="", finish_reason="length"))

    assert isinstance(answer, ScoreFailure)
    assert ("verdict_unreadable", True) == (answer.kind, '{"score": 3, "rat' in answer.message)


def test_a_server_that_answers_nobody_is_given_up() -> None:
    def down(_request: GenerationRequest) -> Generation:
        raise TransientProviderError("refused", FailureKind.SERVER_DOWN)

    answers, seen = asked(down, times=GIVEN_UP_AFTER + 2)

    kinds = [answer.kind for answer in answers if isinstance(answer, ScoreFailure)]
    assert ["server_down"] * GIVEN_UP_AFTER + ["judge_given_up"] * 2 == kinds
    assert MAX_ATTEMPTS * GIVEN_UP_AFTER == len(seen)
