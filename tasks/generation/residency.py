"""Loading a model into a server's memory before generation, and releasing it afterwards."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.case import Message
from evaluation.errors import FailureKind, ProviderError, StoreError
from evaluation.generation import GenerationRequest
from evaluation.indexing.embedding_checks import check_embeddings
from evaluation.planning.pipelines import PipelineModel
from evaluation.planning.plan import Group
from evaluation.providers.model_names import same_model
from evaluation.providers.provider import LoadedModel, Provider, TextEmbedding
from evaluation.results.progress import ServerWait
from evaluation.retry_schedule import FEW_ATTEMPTS, HOPELESS_SOON, RetrySchedule, retry
from evaluation.store.embeddings import stored_dimension
from evaluation.store.loaded_memory import record_loaded_bytes
from evaluation.store.past_speed import record_load_s
from tasks.flow_logging import log_warning
from tasks.generation.asking import KEEP_ALIVE
from tasks.generation.corpus_index import weights_of
from tasks.generation.group_work import GroupWork
from tasks.generation.pool import Station
from tasks.generation.workbench import Workbench, workbench
from tasks.store_calls import call_store

LOAD_TIMEOUT_S = 900.0
PROBE = "Hello"
"""Text whose embedding loads an embedding model."""
RELEASE_TIMEOUT_S = 10.0
"""Timeout in seconds, longer than a server takes to unload; another client may keep the model there."""
LOADED_ALREADY_S = 0.2
"""Load time below which the model was already in memory, so that the time says nothing of loading."""
LOAD_ATTEMPTS = {**HOPELESS_SOON, FailureKind.RUNNER_CRASHED: FEW_ATTEMPTS}
"""Attempts at loading, by failure. A model that crashes its runner while loading does so again; a full queue or a
server that is away is waited for.
"""


@task(name="load model", task_run_name="load {model} on {endpoint}", cache_policy=NO_CACHE, persist_result=False)
async def load_model(invocation_id: str, endpoint: str, model: str, *, group_index: int) -> str | float:
    """Load and warm up the model, and return the seconds that loading took, or a text why it failed.

    The server's report of the loaded model is kept at the station.
    """
    bench = workbench(invocation_id)
    station, group = bench.stations[endpoint], bench.works[group_index].group
    station.resident = None
    began = time.monotonic()
    if group.embeds:
        return await _embedder_loaded(bench, station, bench.works[group_index])
    if (problem := await _loaded(station, group, base_s=bench.settings.retry_base_s)) is not None:
        return problem
    load_s = time.monotonic() - began
    await _warm_up(station, group, timeout_s=bench.plan.timeout_s)
    station.resident = await _resident(station, group)
    await asyncio.to_thread(_note_load, bench, station, group, load_s)
    return load_s


def _note_load(bench: Workbench, station: Station, group: Group, load_s: float) -> None:
    ids = [item.run_candidate_id for item in group.planned]
    own_ids = [item.run_candidate_id for item in group.planned if item.model == group.model]
    with contextlib.suppress(StoreError):  # it serves estimates alone
        if station.resident is not None and station.resident.size_bytes:
            resident = station.resident
            record_loaded_bytes(
                bench.store, ids, size_bytes=resident.size_bytes, context_length=resident.context_length
            )
        if load_s >= LOADED_ALREADY_S:
            record_load_s(bench.store, own_ids, endpoint_name=station.name, load_s=load_s)


async def _embedder_loaded(bench: Workbench, station: Station, work: GroupWork) -> str | float:
    """Load an embedding model by a short text, and return the seconds that it took, or a text why it failed.

    The text's embedding tells, before the corpus is embedded, whether vectors have the dimension of the stored ones.
    """
    began = time.monotonic()
    model_name = work.group.model
    models = {model for model in work.models.values() if model is not None}
    try:
        embedded = await _retry_loading(
            lambda: station.provider.embed(model_name, [PROBE]),
            model_name,
            endpoint=station.name,
            base_s=bench.settings.retry_base_s,
        )
        for model in models:
            await _check_dimension(bench, model, embedded)
    except ProviderError as error:
        step = f". Next: {error.next_step}" if error.kind is FailureKind.WRONG_EMBEDDING else ""
        return f"{error.kind}: {error.message}{step}"
    return time.monotonic() - began


async def _check_dimension(bench: Workbench, model: PipelineModel, embedded: Sequence[TextEmbedding]) -> None:
    """Check that the embedding of a short text has the dimension of the model's stored vectors, and note it.

    Raises:
        ProviderError: it has another one, or is no embedding.
    """
    weights = weights_of(model)
    dimension = bench.dimensions.get(weights)
    if dimension is None:
        dimension = await call_store(stored_dimension, bench.store, model.name, model.stored_digest)
    check_embeddings(embedded, [PROBE], model=model.name, dimension=dimension)
    bench.dimensions[weights] = len(embedded[0].vector)


async def _loaded(station: Station, group: Group, *, base_s: float) -> str | None:
    try:
        await load_with_retries(
            station.provider,
            group.model,
            group.load_options,
            endpoint=station.name,
            base_s=base_s,
            keep_alive=KEEP_ALIVE,
        )
    except ProviderError as error:
        return f"{error.kind}: {error.message}"
    return None


T = TypeVar("T")
loads_in_progress: dict[str, str] = {}
"""What this process's servers are loading now, by endpoint, as text for a progress line."""
load_waits: dict[str, ServerWait] = {}
"""Waits for servers that cannot load a model yet, by endpoint."""


async def load_with_retries(
    provider: Provider, model: str, load_options: Mapping[str, Any], *, endpoint: str, base_s: float, keep_alive: str
) -> None:
    """Load a model, waiting for a server that is away or busy with another client; log what is waited for.

    Args:
        provider: The server.
        model: The model.
        load_options: Options to load it with.
        endpoint: The server's name, for messages.
        base_s: First pause, in seconds.
        keep_alive: How long the server keeps it without requests.

    Raises:
        ProviderError: it cannot be loaded.
    """
    await _retry_loading(
        lambda: provider.load(model, load_options, keep_alive=keep_alive, timeout_s=LOAD_TIMEOUT_S),
        model,
        endpoint=endpoint,
        base_s=base_s,
    )


async def _retry_loading(load: Callable[[], Awaitable[T]], model: str, *, endpoint: str, base_s: float) -> T:
    """Call `load` as often as loading is tried, and return what it gives; progress shows it, and what is waited for."""

    def on_pause(error: ProviderError, pause_s: float) -> None:
        now = datetime.now(UTC)
        since = load_waits[endpoint].since if endpoint in load_waits else now
        due = now + timedelta(seconds=pause_s)
        load_waits[endpoint] = ServerWait(endpoint=endpoint, since=since, next_attempt_at=due)
        if loads_in_progress.get(endpoint) != _waiting(endpoint, model, error):
            loads_in_progress[endpoint] = _waiting(endpoint, model, error)
            log_warning("%s cannot load %s yet; retrying: %s", endpoint, model, error.message)

    loads_in_progress[endpoint] = f"loading {model} on {endpoint}"
    try:
        schedule = RetrySchedule(base_s=base_s, max_attempts_by_kind=LOAD_ATTEMPTS)
        return await retry(load, schedule, on_pause=on_pause)
    finally:
        loads_in_progress.pop(endpoint, None)
        load_waits.pop(endpoint, None)


def _waiting(endpoint: str, model: str, error: ProviderError) -> str:
    return f"waiting for {endpoint} to load {model}: {str(error.kind).replace('_', ' ')}"


async def _warm_up(station: Station, group: Group, *, timeout_s: float) -> None:
    """Ask for an answer of one token, never stored. Its failure says nothing about the candidate."""
    request = GenerationRequest(
        model=group.model,
        messages=(Message(role="user", content="Hello"),),
        options={**group.asked_options, "num_predict": 1, "seed": 0},
        think=group.think,
        keep_alive=KEEP_ALIVE,
        timeout_s=timeout_s,
    )
    try:
        await station.provider.generate(request)
    except ProviderError as error:
        log_warning("warm-up of %s failed; continuing: %s", group.model, error)


async def _resident(station: Station, group: Group) -> LoadedModel | None:
    try:
        loaded = await station.provider.loaded()
    except ProviderError as error:
        log_warning("%s does not report its loaded models: %s", station.lane.endpoint_name, error)
        return None
    resident = next((model for model in loaded if same_model(model.name, group.model)), None)
    if resident is None:
        return None
    num_ctx = group.load_options.get("num_ctx")
    if num_ctx and resident.context_length and resident.context_length < num_ctx:
        log_warning("%s was loaded with a context of %s instead of %s", group.model, resident.context_length, num_ctx)
    return resident


@task(name="release model", task_run_name="release {model} on {endpoint}", cache_policy=NO_CACHE, persist_result=False)
async def release_model(invocation_id: str, endpoint: str, model: str, *, is_last: bool = False) -> None:
    """Unload the model; a server that is gone has unloaded it already.

    Args:
        invocation_id: Invocation with an open workbench in this process.
        endpoint: The server.
        model: The model.
        is_last: No other model follows on the server, so that the memory is not waited for.
    """
    station = workbench(invocation_id).stations[endpoint]
    await unload_or_warn(station.provider, model, endpoint=endpoint, wait=not is_last)
    station.resident = None


async def unload_or_warn(provider: Provider, model: str, *, endpoint: str, wait: bool) -> None:
    """Unload the model; warn where it stays in memory, or may.

    Args:
        provider: The server.
        model: The model. One that was removed from the server meanwhile is gone from its memory too.
        endpoint: The server's name, for messages.
        wait: Return only when the memory is free.
    """
    try:
        async with asyncio.timeout(RELEASE_TIMEOUT_S):
            await provider.unload(model, wait=wait)
    except ProviderError as error:
        if error.kind is FailureKind.TIMED_OUT:
            log_warning("%s was told to unload %s and still has it: %s", endpoint, model, error.message)
        elif error.kind is not FailureKind.MODEL_NOT_PULLED:
            log_warning("could not ask %s to unload %s: %s", endpoint, model, error.message)
    except TimeoutError:
        if wait:
            log_warning("%s did not unload %s within %g s", endpoint, model, RELEASE_TIMEOUT_S)
