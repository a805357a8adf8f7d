"""Forecasts count the requests of a pipeline: those measured before, else those of a walk on paper."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reusable_runs import AskedRun, answer
from scripted_ollama import ScriptedOllama
from stored_stages import make_stage

from evaluation.case import Benchmark, Case
from evaluation.forecasts.costs import Forecast
from evaluation.forecasts.forecast import forecast
from evaluation.forecasts.planned_work import planned_works
from evaluation.generation import Timing
from evaluation.requests.evaluation_request import read_request
from evaluation.resolution.resolution import Resolution, resolve
from evaluation.settings import Settings
from evaluation.store.past_speed import past_speed
from evaluation.store.session import Store, open_store
from evaluation.store.stage_rows import insert_stages

CASES = tuple(Case(case_id=f"c{n}", prompt=f"What is {n}? " * 10, references=(str(n),)) for n in range(8))
NUMBERS = Benchmark(name="numbers", task_type="reasoning", cases=CASES)
OWN = """
from dataclasses import dataclass
from typing import ClassVar
from evaluation.pipelines.pipeline import Pipeline, PipelineResult
from evaluation.pipelines.stages import AskModel

@dataclass(frozen=True, kw_only=True)
class Mine(Pipeline):
    name: ClassVar[str] = "mine"
    summary: ClassVar[str] = "asks once"

    def run(self, task):
        (reply,) = yield (AskModel(stage="answer", messages=task.messages),)
        return PipelineResult(answer=reply.text)
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "results.db")) as opened:
        yield opened


def resolved(server: ScriptedOllama, *candidates: str) -> tuple[Any, Resolution]:
    if not server.models:
        for model in ("small", "big", "judge"):
            server.add(model)
        server.add("embedder", capabilities=("embedding",))
    asked = read_request({"benchmarks": ["numbers"], "candidates": list(candidates), "endpoints": [server.url]})
    return asked, asyncio.run(resolve(asked, [NUMBERS], settings=Settings(), store=None))


def costs(store: Store, server: ScriptedOllama, candidate: str) -> Forecast:
    request, resolution = resolved(server, candidate)
    return forecast(store, planned_works(store, request, resolution, ()))


def calls(found: Forecast) -> dict[str, int]:
    return {load.model: sum(work.n_calls for work in load.works) for end in found.endpoints for load in end.loads}


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [
        ("direct", {"small": 8}),
        ("self_consistency n=3", {"small": 24}),
        ("map_reduce chunk_size=10 note_tokens=8", {"small": 8 * (4 + 1)}),
        ("cascade large=big signal=refusal", {"small": 8, "big": 8}),
        ("retrieval corpus={corpus} embedder=embedder rerank=judge", {"small": 8, "embedder": 8, "judge": 8}),
        ("retrieval corpus={corpus} method=bm25", {"small": 8}),
    ],
)
def test_requests_of_a_pipeline_that_was_never_run_are_those_of_a_walk_on_paper(
    store: Store, ollama_by_script: ScriptedOllama, tmp_path: Path, pipeline: str, expected: dict[str, int]
) -> None:
    (tmp_path / "corpus.md").write_text("What is 1? It is 1.")

    found = costs(store, ollama_by_script, f"small pipeline={pipeline.format(corpus=tmp_path / 'corpus.md')}")

    assert expected == calls(found)
    assert (sum(expected.values()), len(expected)) == (found.n_calls, found.n_model_loads)
    assert found.seconds is None


def asked_before(store: Store, server: ScriptedOllama, candidate: str) -> None:
    """A run of eight cases, each with a request of 1 s to the small model, every second with one of 4 s to the big."""
    _, resolution = resolved(server, candidate)
    (asked,) = resolution.candidates
    endpoint = asked.endpoint.name
    timing = Timing(total_s=3.0)
    outcomes = {case.case_id: answer("yes", timing=timing) for case in CASES}
    row_id = AskedRun(
        run_id="before", benchmark=NUMBERS, candidate=asked.candidate, endpoint=endpoint, outcomes=outcomes
    ).store(store)
    made = make_stage(row_id)
    stages = []
    for number, case in enumerate(CASES):
        stages.append(_stage(made, case, "answer", asked.candidate.model, endpoint, 1.0))
        if number % 2 and asked.pipeline is not None and asked.pipeline.models:
            stages.append(_stage(made, case, "escalated", "big", endpoint, 4.0))
    with store.write() as connection:
        insert_stages(connection, stages)


def _stage(made: Any, case: Case, name: str, model: str, endpoint: str, total_s: float) -> Any:
    generation = replace(made.generation, timing=Timing(total_s=total_s))
    return replace(
        made, case_id=case.case_id, name=name, model=model, endpoint=endpoint, digest=None, generation=generation
    )


def test_requests_and_seconds_of_a_pipeline_are_those_of_its_stages_before(
    store: Store, ollama_by_script: ScriptedOllama
) -> None:
    candidate = "small pipeline=cascade large=big signal=refusal"
    asked_before(store, ollama_by_script, candidate)

    found = costs(store, ollama_by_script, candidate)

    assert {"small": 8, "big": 4} == calls(found)
    (endpoint,) = found.endpoints
    assert (8 * 1.0 + 4 * 4.0) / endpoint.slots == pytest.approx(found.seconds)
    assert (12, 0) == (found.n_calls, found.n_calls_untimed)
    assert (12 * 10, 12 * 3) == (found.prompt_tokens, found.output_tokens)


def test_seconds_of_a_case_with_a_pipeline_are_not_those_of_a_request(
    store: Store, ollama_by_script: ScriptedOllama
) -> None:
    asked_before(store, ollama_by_script, "small pipeline=self_consistency n=3")
    _, resolution = resolved(ollama_by_script, "small")
    (plain,) = resolution.candidates

    assert (
        past_speed(
            store,
            endpoint_name=plain.endpoint.name,
            model=plain.candidate.model,
            digest=plain.candidate.digest,
            fingerprint=plain.candidate.fingerprint,
            benchmark_name="numbers",
        )
        is None
    )


def test_the_requests_of_a_pipeline_of_ones_own_are_unknown_until_it_was_run(
    store: Store, ollama_by_script: ScriptedOllama, tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(OWN)

    before = costs(store, ollama_by_script, f"small pipeline={path}:Mine")
    asked_before(store, ollama_by_script, f"small pipeline={path}:Mine")
    after = costs(store, ollama_by_script, f"small pipeline={path}:Mine")

    assert (8, 8, None) == (before.n_calls, before.n_calls_untimed, before.seconds)
    assert (8, 0) == (after.n_calls, after.n_calls_untimed)
    assert after.seconds is not None
