"""Metrics from a user's file in a run: broken ones, one that is defined for no case, one that never returns."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ending_early import press_ctrl_c
from scripted_ollama import ScriptedOllama

from evaluation.reports.runs.tables import remarks
from evaluation.run_results.run_result import invocation_result
from evaluation.store.session import Store
from tasks import partial_scoring

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]
CLASS = '''

@dataclass(frozen=True, kw_only=True)
class {name}(Metric):
    """One of a user's."""

    name: ClassVar[str] = "own_{name}"
    unit: ClassVar[str] = "fraction"

    def measure(self, case, generations, answers):
        {body}
'''


@pytest.fixture
def own(tmp_path: Path) -> Callable[..., list[str]]:
    """Writes metrics, by name and body of `measure`, into one file, and names them."""

    def write(**bodies: str) -> list[str]:
        source = (
            "import pathlib, time\nfrom dataclasses import dataclass\nfrom typing import ClassVar\n\n"
            "from evaluation.metrics.metric import Metric\nfrom evaluation.scores import Measurement\n"
        )
        path = tmp_path / "own.py"
        path.write_text(source + "".join(CLASS.format(name=name, body=body) for name, body in bodies.items()))
        return [f"{path}:{name}" for name in bodies]

    return write


def test_a_metric_that_is_broken_or_defined_for_no_case_is_told_of_and_harms_no_other(
    evaluate: Evaluate,
    own: Callable[..., list[str]],
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
) -> None:
    ollama_by_script.add("good")
    metrics = own(
        Nothing="return None",
        Number="return 0.5",
        Interrupts="raise KeyboardInterrupt",
        Leaves="import os; os._exit(0)",
        Sound="return Measurement(value=0.25)",
    )

    state = evaluate(benchmark_file(2), models=["good"], metrics=[*metrics, "exact_match"], invocation_id="one")

    assert state.is_completed()
    (run,) = invocation_result(store, "one").runs
    (candidate,) = run.candidates
    assert {
        "own_Number": {"metric_returned_nonsense": 2},
        "own_Interrupts": {"metric_raised": 2},
        "own_Leaves": {"metric_ended_its_process": 2},
    } == candidate.score_failures
    values = {name: candidate.metrics[name].value for name in ("own_Sound", "exact_match")}
    assert {"own_Sound": 0.25, "exact_match": 1.0} == values
    undefined = [line for line in remarks(run) if "not defined" in line]
    assert ["own_Nothing: not defined for any case of good (the metric returned None every time)"] == undefined
    alarmed = {alarm.metric for alarm in run.alarms if alarm.kind == "score_failures"}
    assert {"own_Number", "own_Interrupts", "own_Leaves"} == alarmed


def test_a_metric_that_never_returns_is_a_named_failure_after_its_limit(
    evaluate: Evaluate,
    own: Callable[..., list[str]],
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BENCHWRIGHT_METRIC_TIMEOUT_S", "0.3")
    ollama_by_script.add("good")

    state = evaluate(
        benchmark_file(4), models=["good"], metrics=["exact_match", *own(Hangs="time.sleep(3600)")], invocation_id="one"
    )

    assert state.is_completed()
    (run,) = invocation_result(store, "one").runs
    assert {"own_Hangs": {"metric_given_up": 1, "metric_timed_out": 3}} == run.candidates[0].score_failures


def test_one_ctrl_c_ends_a_run_whose_metric_never_returns_and_keeps_what_is_scored(
    evaluate: Evaluate,
    own: Callable[..., list[str]],
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BENCHWRIGHT_METRIC_TIMEOUT_S", "3600")
    monkeypatch.setattr(partial_scoring, "AT_MOST_S", 0.2)
    ollama_by_script.add("good")
    mark = tmp_path / "hangs"
    metrics = own(
        Sound="return Measurement(value=0.25)", Hangs=f"pathlib.Path({str(mark)!r}).touch(); time.sleep(3600)"
    )

    def interrupt() -> None:
        while not mark.exists():
            time.sleep(0.05)
        press_ctrl_c()

    thread = threading.Thread(target=interrupt)
    thread.start()
    state = evaluate(benchmark_file(3), models=["good"], metrics=["exact_match", *metrics], invocation_id="one")
    thread.join()

    assert (True, "interrupted by Ctrl-C") == (state.is_cancelled(), state.message)
    (run,) = invocation_result(store, "one").runs
    assert {"exact_match": 3, "own_Sound": 3} == run.candidates[0].n_scored
    assert [] == [line for line in remarks(run) if "not defined" in line]
