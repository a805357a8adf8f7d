"""What is noted of a metric model's server while it does not answer?"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evaluation.case import Message
from evaluation.errors import CandidateFailureError, FailureKind, ProviderError, TransientProviderError
from evaluation.generation import Generation
from evaluation.metrics.metric import Need
from evaluation.metrics.requests import AskJudge, EmbedText
from evaluation.planning.plan import MetricModelPlan
from evaluation.providers.provider import TextEmbedding
from evaluation.results.progress import ServerWait
from evaluation.store.session import Store
from tasks.generation.server_trouble import ServerTrouble
from tasks.scoring import metric_server

JUDGED = AskJudge(
    model="m", digest="d", messages=(Message(role="user", content="How good?"),), schema="", seed=1, num_predict=8
)
EMBEDDED = EmbedText(model="m", digest="d", text="some text")
DOWN = TransientProviderError("refused", FailureKind.SERVER_DOWN)
BUSY = TransientProviderError("busy", FailureKind.QUEUE_FULL)


class Server:
    """Raises these errors one after the other, then answers; keeps what was noted at each request."""

    def __init__(self, trouble: ServerTrouble, errors: Sequence[ProviderError]) -> None:
        self._trouble, self._errors = trouble, list(errors)
        self.noted: list[ServerWait | None] = []

    async def embed(self, _model: str, texts: Sequence[str]) -> tuple[TextEmbedding, ...]:
        self._attempt()
        return tuple(TextEmbedding(vector=(1.0, 0.5)) for _ in texts)

    async def supervised(self, _provider: Any, _request: Any) -> Generation:
        self._attempt()
        return Generation(answer="{}", text="{}")

    def _attempt(self) -> None:
        self.noted.append(self._trouble.wait)
        if self._errors:
            raise self._errors.pop(0)


class OpenRoom:
    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *_: object) -> None:
        pass


def ask(
    monkeypatch: pytest.MonkeyPatch, store: Store, need: Need, errors: Sequence[ProviderError]
) -> tuple[ServerTrouble, Server, list[ServerWait | None]]:
    """Return the trouble after one request, the server, and what was noted in each pause."""
    trouble = ServerTrouble("box")
    server = Server(trouble, errors)
    monkeypatch.setattr(metric_server, "supervised", server.supervised)
    in_pauses: list[ServerWait | None] = []
    sleep = asyncio.sleep

    async def pause(seconds: float) -> None:
        in_pauses.append(trouble.wait)
        await sleep(0 if seconds > 1 else seconds)

    monkeypatch.setattr("evaluation.retry_schedule.asyncio", SimpleNamespace(sleep=pause))
    monkeypatch.setattr("evaluation.scoring.metric_backends.judge.asyncio", SimpleNamespace(sleep=pause))
    lane = SimpleNamespace(endpoint_name="box", slots=1)
    plan = MetricModelPlan(need=need, model="m", digest="d", lane=cast("Any", lane), options={})
    answerers = metric_server._answerers(
        cast("Any", server), plan, store, cast("Any", OpenRoom()), timeout_s=1.0, retry_base_s=3600.0, trouble=trouble
    )
    request: Any = EMBEDDED if need == Need.EMBEDDER else JUDGED
    asyncio.run(answerers[type(request)](request))  # type: ignore[arg-type]
    return trouble, server, in_pauses


@pytest.mark.parametrize("need", [Need.EMBEDDER, Need.JUDGE])
def test_the_wait_for_a_server_that_is_away_lasts_from_its_first_failure_to_its_answer(
    monkeypatch: pytest.MonkeyPatch, store: Store, need: Need
) -> None:
    trouble, server, in_pauses = ask(monkeypatch, store, need, [DOWN, DOWN])

    assert 3 == len(server.noted)
    assert server.noted[0] is None
    first, second = in_pauses
    assert first is not None
    assert second is not None
    assert first.endpoint == "box"
    assert first.since == second.since
    assert first.next_attempt_at is not None
    assert first.next_attempt_at > datetime.now(UTC)
    assert trouble.wait is None


@pytest.mark.parametrize("need", [Need.EMBEDDER, Need.JUDGE])
def test_a_server_that_refuses_or_is_busy_is_there_and_no_wait(
    monkeypatch: pytest.MonkeyPatch, store: Store, need: Need
) -> None:
    trouble, _, in_pauses = ask(monkeypatch, store, need, [BUSY, DOWN, BUSY])

    assert [False, True, False] == [wait is not None for wait in in_pauses]
    assert trouble.wait is None


def test_a_judges_own_failure_ends_the_wait(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    own = CandidateFailureError("nothing", FailureKind.EMPTY_ANSWER)
    trouble, _, in_pauses = ask(monkeypatch, store, Need.JUDGE, [DOWN, own])

    assert 1 == len(in_pauses)
    assert trouble.wait is None


def test_a_server_that_stays_away_is_waited_for_until_the_next_answer(
    monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    trouble, _, _ = ask(monkeypatch, store, Need.JUDGE, [DOWN] * 50)

    assert trouble.wait is not None
    trouble.answered()
    assert trouble.wait is None
