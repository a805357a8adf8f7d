"""A tag that was pulled again is another model, and that is said."""

import asyncio

from recorded_models import record_model
from scripted_ollama import ScriptedOllama

from evaluation.case import Benchmark, Case
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.resolution.resolution import Resolution, resolve
from evaluation.settings import Settings
from evaluation.store.session import Store


def _resolved(server: ScriptedOllama, store: Store) -> Resolution:
    case = Case(case_id="1", prompt="What is 1?", references=("1",))
    benchmark = Benchmark(name="numbers", task_type="reasoning", cases=(case,))
    request = EvaluationRequest(benchmarks=["numbers"], models=["tiny"], endpoints=[server.url])
    return asyncio.run(resolve(request, [benchmark], settings=Settings(), store=store))


def test_new_weights_under_a_known_name_are_said(ollama_by_script: ScriptedOllama, store: Store) -> None:
    ollama_by_script.add("tiny")
    before = _resolved(ollama_by_script, store)
    record_model(store, name=before.candidates[0].info.name, digest="a" * 64, endpoint_name="here")

    notes = _resolved(ollama_by_script, store).notes

    assert [] == [note for note in before.notes if "new weights" in note]
    (said,) = (note for note in notes if "new weights" in note)
    assert "previously aaaaaaaaaaaa; earlier results are kept separate" in said
