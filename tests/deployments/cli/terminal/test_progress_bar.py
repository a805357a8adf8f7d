"""What the bar says of rate and time left."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest

from deployments.cli.terminal import progress_bar
from deployments.cli.terminal.progress_bar import _at_work
from evaluation.records.outcomes import CandidateProgress
from evaluation.records.status import Status
from evaluation.results.progress import Progress, ServerWait
from evaluation.store.session import Store
from tasks.generation.residency import loads_in_progress
from tasks.scoring.progress import ScoringProgress, at_work


def _progress(row: int, status: Status, n_done: int, n_planned: int = 100) -> CandidateProgress:
    return CandidateProgress(
        run_id="run",
        benchmark_name="numbers",
        run_candidate_id=row,
        label=f"m{row}",
        status=status,
        n_planned=n_planned,
        n_done=n_done,
        n_failed=0,
    )


def test_own_failures_are_told_apart_from_those_of_the_server() -> None:
    well = _progress(1, Status.RUNNING, 10)
    broken = replace(_progress(2, Status.RUNNING, 8), n_own_failed=8, n_failed=1)

    assert "0 failed" == Progress(candidates=(well,), at_work="").failures
    assert "1 failed, 8 own failures" == Progress(candidates=(well, broken), at_work="").failures


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ((_progress(1, Status.PLANNED, 0),), "planning"),
        ((_progress(1, Status.RUNNING, 3), _progress(2, Status.PLANNED, 0)), "m1 · numbers"),
        ((_progress(1, Status.RUNNING, 100),), "scoring"),
        ((_progress(1, Status.RUNNING, 100), _progress(2, Status.PLANNED, 0)), "loading the next model"),
        ((_progress(1, Status.COMPLETED, 100), _progress(2, Status.PLANNED, 0)), "loading the next model"),
        ((_progress(1, Status.COMPLETED, 100),), "scoring"),
    ],
)
def test_the_bar_says_who_is_at_work(found: tuple[CandidateProgress, ...], said: str) -> None:
    assert said == _at_work(found)


def test_the_bar_says_which_model_is_loaded_and_what_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = (_progress(1, Status.PLANNED, 0),)

    monkeypatch.setitem(loads_in_progress, "box", "waiting for box to load llama: queue full")
    assert "waiting for box to load llama: queue full" == _at_work(planned)
    assert "m1 · numbers" == _at_work((_progress(1, Status.RUNNING, 3), *planned))


def test_whoever_is_asked_for_scores_is_told_of_with_a_total(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_bar, "LOOK_EVERY_S", 0.001)
    monkeypatch.setattr(progress_bar, "LINE_EVERY_S", 0.0)
    monkeypatch.setattr(progress_bar, "_look", lambda *_: (_progress(1, Status.RUNNING, 100),))
    told = threading.Event()
    lines: list[str] = []
    monkeypatch.setattr(progress_bar, "print_status", lambda line: (lines.append(line), told.set()))
    at_work.append(ScoringProgress(who="judge qwen3:8b", n_planned=120, n_ended=34))
    try:
        with progress_bar.progress_bar(cast("Store", None), "invocation"):
            assert told.wait(120)
    finally:
        at_work.clear()

    assert "judge qwen3:8b: 34 of 120 scores" == lines[0]


def test_a_line_names_the_server_that_is_waited_for_and_guesses_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_bar, "LOOK_EVERY_S", 0.001)
    monkeypatch.setattr(progress_bar, "LINE_EVERY_S", 0.0)
    n_done = iter(range(1, 100))
    monkeypatch.setattr(progress_bar, "_look", lambda *_: (_progress(1, Status.RUNNING, next(n_done, 99)),))
    wait = ServerWait(endpoint="box", since=datetime.now(UTC), next_attempt_at=None)
    monkeypatch.setattr(progress_bar, "_waits", lambda _: (wait,))
    told = threading.Event()
    lines: list[str] = []
    monkeypatch.setattr(progress_bar, "print_status", lambda line: (lines.append(line), told.set()))
    with progress_bar.progress_bar(cast("Store", None), "invocation"):
        assert told.wait(120)

    assert lines[0].endswith(f" done, 0 failed · {wait.in_words()}")
