"""What a run does with the GPU's limit in Prefect: makes it, obeys it, leaves none of its slots taken."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from looking_back import results
from prefect.client.orchestration import get_client
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.resolution.endpoints import default_gpu_tag
from evaluation.store.session import Store
from flows import serving
from tasks.slots import ensure_limit
from tasks.slots.limits import Limit
from tasks.slots.prefect_limits import prefect_limits, retry_while_away

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]


def limit_of(tag: str) -> Limit:
    async def look() -> Limit:
        async with prefect_limits() as limits:
            return (await retry_while_away(lambda: limits.look([tag]), patience_s=120))[tag]

    return asyncio.run(look())


def test_a_run_makes_the_limit_of_its_gpu_with_the_endpoints_slots_and_gives_all_of_them_back(
    evaluate: Evaluate, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    tag = default_gpu_tag(ollama_by_script.url)
    ollama_by_script.add("model")

    assert evaluate(benchmark_file(8), models=["model"], slots=3).is_completed()

    assert (3, 0) == (limit_of(tag).limit, limit_of(tag).n_taken)


def test_a_limit_that_is_smaller_is_obeyed_and_that_is_said(
    evaluate: Evaluate,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(serving, "log_info", lambda message, *words: said.append(message % words))
    tag = f"gpu-{uuid4().hex[:8]}"
    asyncio.run(ensure_limit(tag, 8))
    with get_client(sync_client=True) as client:  # as a person does in Prefect's pages
        client.request("PATCH", f"/v2/concurrency_limits/{tag}", json={"limit": 2})
    two = threading.Barrier(2, timeout=120)

    def fills_two_slots(chat: Chat) -> Reply:
        two.wait()
        return right(chat)

    ollama_by_script.add("model", fills_two_slots)

    assert evaluate(benchmark_file(20), models=["model"], slots=6, gpu_tag=tag).is_completed()

    assert 2 == ollama_by_script.max_active
    assert any(f"the limit of {tag} is 2 in Prefect: at most 2 requests at once" in line for line in said)
    assert (2, 0) == (limit_of(tag).limit, limit_of(tag).n_taken)


def test_two_servers_on_one_gpu_take_turns_with_different_models(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    other_ollama: ScriptedOllama,
    benchmark_file: Benchmarks,
) -> None:
    tag = f"gpu-{uuid4().hex[:8]}"
    lock, active, met = threading.Lock(), Counter[str](), []

    def watched(chat: Chat) -> Reply:
        """Notes whether the other model has a request on its way; the reply goes out a moment later."""
        with lock:
            active[chat.model] += 1
            met.append(len(+active))
        time.sleep(0.02)
        with lock:
            active[chat.model] -= 1
        return right(chat)

    for server, model in ((ollama_by_script, "small"), (other_ollama, "large")):
        server.add(model, watched, digest=model[0] * 64)
    urls = [ollama_by_script.url, other_ollama.url]

    state = evaluate(
        benchmark_file(30), models=["small", "large"], endpoints=urls, slots=3, gpu_tag=tag, invocation_id="one"
    )

    assert state.is_completed()
    assert {1} == set(met)
    assert [30, 30] == [found.n_ok for found in results(store).values()]
    assert (6, 0) == (limit_of(tag).limit, limit_of(tag).n_taken)
