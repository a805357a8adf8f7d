"""The server of a model that metrics ask: its turn on the GPU, the loaded model, its slots, and the answers."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

from evaluation.errors import ConfigurationError, ProviderError
from evaluation.generation import Generation, GenerationRequest
from evaluation.metrics.metric import Need
from evaluation.metrics.requests import AskJudge, EmbedText
from evaluation.options import load_options
from evaluation.planning.plan import MetricModelPlan
from evaluation.providers.detection import connect
from evaluation.providers.provider import Provider
from evaluation.retry_schedule import RetrySchedule
from evaluation.scores import ScoreFailure
from evaluation.scoring.metric_backends.dispatch import Answerers
from evaluation.scoring.metric_backends.embedder import Embedder
from evaluation.scoring.metric_backends.judge import RETRIES, Judge
from evaluation.store.session import Store
from tasks.flow_logging import log_info, log_warning
from tasks.generation.attempt import supervised
from tasks.generation.residency import load_with_retries, unload_or_warn
from tasks.generation.server_trouble import ServerTrouble
from tasks.slots import Gate, SlotClaim, ensure_limit

KEEP_ALIVE = "10m"
T = TypeVar("T")


@asynccontextmanager
async def serve_metric_model(
    metric_model: MetricModelPlan,
    store: Store,
    *,
    timeout_s: float,
    retry_base_s: float,
    on_leases: Callable[[str, frozenset[str]], Awaitable[None]],
    trouble: ServerTrouble | None = None,
) -> AsyncIterator[Answerers]:
    """Load the model in our turn on its server, and yield the answerer of the metrics' requests.

    Args:
        metric_model: The model and its server.
        store: Store of the vectors.
        timeout_s: Timeout of one attempt, without loading.
        retry_base_s: First pause before a retry, in seconds.
        on_leases: Called with the held leases by endpoint, so that others can free them if we die.
        trouble: Where the server's failures are noted for who shows progress; None: nobody does.

    Raises:
        ConfigurationError: the model cannot be loaded.
    """
    lane, gate = metric_model.lane, Gate()
    trouble = trouble or ServerTrouble(lane.endpoint_name)
    key = os.environ.get(lane.key_variable) if lane.key_variable else None
    provider = await connect(lane.url, provider=lane.provider, api_key=key, allow_remote=lane.allow_remote)
    async with provider:
        await ensure_limit(lane.gpu_tag, lane.slots, is_explicit=lane.slots_are_given)
        claim = SlotClaim(
            lane.gpu_tag,
            gate,
            slots=lane.slots,
            on_leases=lambda leases: on_leases(f"{lane.endpoint_name} {metric_model.need}", leases),
            say=log_info,
        )
        turn = claim.turn(
            metric_model.residency,
            metric_model.model,
            demand=lambda: lane.slots,
            prepare=lambda: _loaded(provider, metric_model, base_s=retry_base_s),
        )
        async with turn as held:
            try:
                yield _answerers(
                    provider,
                    metric_model,
                    store,
                    _Room(gate),
                    timeout_s=timeout_s,
                    retry_base_s=retry_base_s,
                    trouble=trouble,
                )
            finally:
                if not held.is_shared():
                    await unload_or_warn(
                        provider, metric_model.model, endpoint=metric_model.lane.endpoint_name, wait=False
                    )


def nobody_answers(metric_model: MetricModelPlan, why: ConfigurationError) -> Answerers:
    """Fail every request because the model could not be asked, so that each score is a named failure."""
    failure = ScoreFailure(kind=f"{metric_model.need}_not_loaded", message=why.message)

    async def answer(_request: Any) -> ScoreFailure:
        return failure

    return {EmbedText: answer, AskJudge: answer}


class _Room:
    """Admission of requests where a slot is leased and free; waiting requests are served in order."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._waiting: list[asyncio.Future[None]] = []
        gate.on_change(self._serve)

    async def __aenter__(self) -> None:
        if not self._waiting and self._gate.try_enter():
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._gate.leave()
            raise

    async def __aexit__(self, *exc: object) -> None:
        self._gate.leave()

    def _serve(self) -> None:
        self._waiting = [future for future in self._waiting if not future.done()]
        while self._waiting and self._gate.try_enter():
            self._waiting.pop(0).set_result(None)


def _answerers(
    provider: Provider,
    metric_model: MetricModelPlan,
    store: Store,
    room: _Room,
    *,
    timeout_s: float,
    retry_base_s: float,
    trouble: ServerTrouble,
) -> Answerers:
    if metric_model.need == Need.EMBEDDER:
        retries = RetrySchedule(base_s=retry_base_s)

        async def embed(texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
            async with room:
                embedded = await _noting(trouble, metric_model, provider.embed(metric_model.model, texts))
            return tuple(each.vector for each in embedded)

        embedder = Embedder(
            embed,
            store,
            model=metric_model.model,
            digest=metric_model.digest,
            retries=retries,
            on_pause=trouble.pauses,
        )
        return {EmbedText: embedder.answer}

    async def ask(request: GenerationRequest) -> Generation:
        async with room:
            return await _noting(trouble, metric_model, supervised(provider, request))

    judge = Judge(
        ask=ask,
        options=metric_model.options,
        think=metric_model.think,
        slots=metric_model.lane.slots,
        timeout_s=timeout_s,
        retries=replace(RETRIES, base_s=retry_base_s),
        keep_alive=KEEP_ALIVE,
        on_pause=trouble.pauses,
    )
    return {AskJudge: judge.answer}


async def _noting(trouble: ServerTrouble, metric_model: MetricModelPlan, request: Awaitable[T]) -> T:
    """Return the reply to a request; note and log when the server stops answering, and when it answers again."""
    name = metric_model.lane.endpoint_name
    try:
        reply = await request
    except ProviderError as error:
        if trouble.failed(error):
            log_warning("endpoint %s has a temporary failure; retrying: %s: %s", name, error.kind, error.message)
        raise
    if trouble.answered():
        log_info("endpoint %s answers again", name)
    return reply


async def _loaded(provider: Provider, metric_model: MetricModelPlan, *, base_s: float) -> float:
    """Load the model, and return the seconds it took. An embedder is loaded by its first text."""
    if metric_model.need == Need.EMBEDDER:
        return 0.0
    began = asyncio.get_running_loop().time()
    options = load_options(metric_model.options)
    try:
        await load_with_retries(
            provider,
            metric_model.model,
            options,
            endpoint=metric_model.lane.endpoint_name,
            base_s=base_s,
            keep_alive=KEEP_ALIVE,
        )
    except ProviderError as error:
        raise ConfigurationError(
            f"{metric_model.model} could not be loaded: {error.message}", error.next_step
        ) from error
    return asyncio.get_running_loop().time() - began
