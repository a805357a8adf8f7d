"""Dispatch of metrics' requests to their backends; equal requests are answered once.

There is one function for each kind of request.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from evaluation.metrics.requests import Answer, Answers, Request
from evaluation.scores import ScoreFailure

Answerers = Mapping[type[Request], Callable[[Any], Awaitable[Answer]]]
"""Backends by kind of request. None of them raises for a failure of a model or a program."""
NOBODY = ScoreFailure(kind="nobody_answers", message="no backend is configured for this kind of request")


async def all_answers(answerers: Answerers, requests: Sequence[Request]) -> Answers:
    """Return the answer to each request; the requests are sent concurrently."""
    different = list(dict.fromkeys(requests))
    return dict(
        zip(different, await asyncio.gather(*(_answer(answerers, request) for request in different)), strict=True)
    )


async def _answer(answerers: Answerers, request: Request) -> Answer:
    answerer = answerers.get(type(request))
    return NOBODY if answerer is None else await answerer(request)
