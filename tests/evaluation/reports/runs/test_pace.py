"""What is said of the pace and of the time that is left."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from evaluation.records.outcomes import CandidateProgress
from evaluation.records.status import Status
from evaluation.reports.runs.pace import Pace
from evaluation.results.progress import ServerWait


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


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("evaluation.reports.runs.pace.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_the_time_left_is_that_of_the_model_at_work_since_another_may_be_far_faster(clock: list[float]) -> None:
    pace, waiting = Pace(), _progress(2, Status.PLANNED, 0)
    assert "" == pace.in_words((_progress(1, Status.RUNNING, 0), waiting))
    clock[0] += 10
    said = pace.in_words((_progress(1, Status.RUNNING, 20), waiting))
    assert "2 answers/s, 40 s left for this model, then 1 more" == said


def test_another_model_begins_with_a_rate_of_its_own(clock: list[float]) -> None:
    pace = Pace()
    pace.in_words((_progress(1, Status.RUNNING, 0), _progress(2, Status.PLANNED, 0)))
    clock[0] += 100
    done = _progress(1, Status.COMPLETED, 100)
    assert "" == pace.in_words((done, _progress(2, Status.RUNNING, 0)))
    clock[0] += 1
    assert "50 answers/s, 1.0 s left for this model" == pace.in_words((done, _progress(2, Status.RUNNING, 50)))


def test_the_wait_for_the_first_answer_is_not_counted_where_workers_had_to_start(clock: list[float]) -> None:
    pace = Pace()
    assert "" == pace.in_words((_progress(1, Status.RUNNING, 0),))
    clock[0] += 60
    assert "" == pace.in_words((_progress(1, Status.RUNNING, 1),))
    clock[0] += 2
    assert "10 answers/s, 7.9 s left for this model" == pace.in_words((_progress(1, Status.RUNNING, 21),))


def test_while_a_server_is_waited_for_no_time_is_guessed_and_the_wait_counts_for_no_later_guess(
    clock: list[float],
) -> None:
    pace = Pace(zone=UTC)
    wait = ServerWait(
        endpoint="box",
        since=datetime(2026, 5, 1, 14, 3, 10, tzinfo=UTC),
        next_attempt_at=datetime(2026, 5, 1, 14, 3, 18, tzinfo=UTC),
    )
    pace.in_words((_progress(1, Status.RUNNING, 0),))
    clock[0] += 10
    before = pace.in_words((_progress(1, Status.RUNNING, 20),))

    waiting = pace.in_words((_progress(1, Status.RUNNING, 20),), [wait])
    clock[0] += 1000
    pace.in_words((_progress(1, Status.RUNNING, 20),), [wait])
    clock[0] += 1000

    assert "waiting for box since 14:03:10 UTC, next attempt 14:03:18 UTC" == waiting
    assert before == pace.in_words((_progress(1, Status.RUNNING, 20),))


def test_a_model_that_begins_while_a_server_is_waited_for_has_a_pace_of_its_own_afterwards(clock: list[float]) -> None:
    pace, wait = Pace(), ServerWait(endpoint="box", since=datetime.now(UTC), next_attempt_at=None)
    pace.in_words((_progress(1, Status.RUNNING, 0),))
    clock[0] += 10
    pace.in_words((_progress(1, Status.RUNNING, 20),), [wait])
    clock[0] += 100
    pace.in_words((_progress(2, Status.RUNNING, 0),), [wait])
    clock[0] += 100
    pace.in_words((_progress(2, Status.RUNNING, 0),))
    clock[0] += 10
    assert "2 answers/s, 40 s left for this model" == pace.in_words((_progress(2, Status.RUNNING, 20),))
