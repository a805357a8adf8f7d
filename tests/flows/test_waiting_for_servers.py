"""What Prefect's page of a flow run says while its model server is away."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from breaking_down import BreaksDownAtFive
from looking_back import results
from scripted_ollama import ScriptedOllama

from evaluation.store.session import Store
from tasks.artifacts import ProgressArtifact


def test_the_artifact_says_which_server_is_waited_for_and_goes_on_when_it_is_back(
    evaluate: Callable[..., Any],
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sentences: list[str] = []

    async def show(_self: ProgressArtifact, _percent: float, sentence: str) -> None:
        sentences.append(sentence)
        if "waiting for" in sentence:
            ollama_by_script.start()

    monkeypatch.setattr(ProgressArtifact, "show", show)
    monkeypatch.setattr("tasks.progress.SHOW_EVERY_S", 0.01)
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.2")
    ollama_by_script.add("model", BreaksDownAtFive(ollama_by_script))

    evaluate(benchmark_file(30), models=["model"], slots=2, invocation_id="one")

    waits = [sentence for sentence in sentences if "waiting for" in sentence]
    clock = r"\d\d:\d\d:\d\d UTC"
    expected = rf"answered, 0 failed, of 30 generations · waiting for {ollama_by_script.name} since {clock}, "
    assert waits
    assert all(re.search(expected + rf"(next attempt {clock}|attempt under way)$", wait) for wait in waits)
    assert all("left" not in wait for wait in waits)
    assert "30 answered, 0 failed, of 30 generations" == sentences[-1]
    assert 30 == results(store)["model"].n_ok
