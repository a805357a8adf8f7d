"""What is said of the progress of whoever is asked for scores."""

from types import SimpleNamespace

import pytest

from evaluation.errors import FailureKind, TransientProviderError
from tasks.generation.server_trouble import ServerTrouble
from tasks.scoring.progress import ScoringProgress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    for module in ("tasks.scoring.progress", "tasks.generation.server_trouble"):
        monkeypatch.setattr(f"{module}.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_scores_are_told_with_their_total_and_the_time_left_at_the_pace_so_far(clock: list[float]) -> None:
    how_far = ScoringProgress(who="judge qwen3:8b", n_planned=120)
    assert ("judge qwen3:8b: 0 of 120 scores", 0.0) == (str(how_far), how_far.percent)

    clock[0] += 17
    assert "judge qwen3:8b: 0 of 120 scores" == str(how_far)
    how_far.n_ended = 34
    assert "judge qwen3:8b: 34 of 120 scores, 43 s left" == str(how_far)
    clock[0] += 170
    assert "judge qwen3:8b: 34 of 120 scores, 8 min left" == str(how_far)
    how_far.n_ended = 120
    assert ("judge qwen3:8b: 120 of 120 scores", 100.0) == (str(how_far), how_far.percent)


def test_nothing_is_said_of_the_time_left_before_there_is_a_measure(clock: list[float]) -> None:
    how_far = ScoringProgress(who="programs", n_planned=1640, n_ended=3)
    clock[0] += 0.5

    assert how_far.seconds_left is None
    assert "programs: 3 of 1,640 scores" == str(how_far)


def test_nothing_to_do_is_all_done() -> None:
    assert 100.0 == ScoringProgress(who="programs", n_planned=0).percent


def test_a_wait_for_the_server_stands_instead_of_the_time_left_and_is_no_part_of_later_ones(clock: list[float]) -> None:
    error = TransientProviderError("refused", FailureKind.SERVER_DOWN)
    trouble = ServerTrouble("box")
    trouble.failed(error)
    clock[0] += 1000  # a wait before this work begins
    trouble.answered()
    how_far = ScoringProgress(who="judge qwen3:8b", n_planned=120, trouble=trouble)
    clock[0] += 17
    how_far.n_ended = 34
    assert "judge qwen3:8b: 34 of 120 scores, 43 s left" == str(how_far)

    trouble.failed(error)
    clock[0] += 3600
    assert str(how_far).startswith("judge qwen3:8b: 34 of 120 scores, waiting for box since ")
    assert str(how_far).endswith(", attempt under way")
    trouble.pauses(error, 600.0)
    assert "next attempt" in how_far.time_left
    assert 43.0 == how_far.seconds_left

    trouble.answered()
    assert "judge qwen3:8b: 34 of 120 scores, 43 s left" == str(how_far)
