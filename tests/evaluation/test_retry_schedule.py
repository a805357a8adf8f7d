"""When a model server is asked again, after which pause, and how often."""

import ast
import asyncio
from pathlib import Path

import pytest

import evaluation
from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.retry_schedule import (
    FEW_ATTEMPTS,
    LONGEST_PAUSE_S,
    LONGEST_RETRY_AFTER_S,
    MAX_ATTEMPTS,
    RetrySchedule,
    retry,
)

ROOT = Path(evaluation.__file__).parents[1]
SCHEDULE = RetrySchedule(base_s=1.0)


def transient(kind: FailureKind = FailureKind.RUNNER_CRASHED, retry_after_s: float | None = None) -> ProviderError:
    return TransientProviderError("why", kind, retry_after_s)


def test_pauses_double_with_jitter_up_to_the_longest_and_end_after_eight_attempts() -> None:
    for n_attempts in range(1, MAX_ATTEMPTS):
        pause_s = SCHEDULE.pause_s(transient(), n_attempts)
        assert pause_s is not None
        middle = min(2.0 ** (n_attempts - 1), LONGEST_PAUSE_S)
        assert 0.75 * middle <= pause_s <= 1.25 * middle
    assert SCHEDULE.pause_s(transient(), MAX_ATTEMPTS) is None


def test_two_requests_refused_together_do_not_return_together() -> None:
    assert len({SCHEDULE.pause_s(transient(), 1) for _ in range(20)}) > 1


def test_a_server_that_says_when_to_come_back_is_believed_up_to_ten_minutes() -> None:
    assert 7.5 == SCHEDULE.pause_s(transient(retry_after_s=7.5), 1)
    assert LONGEST_RETRY_AFTER_S == SCHEDULE.pause_s(transient(retry_after_s=1e9), 1)


@pytest.mark.parametrize("kind", [FailureKind.OUT_OF_MEMORY, FailureKind.LOADING_TIMED_OUT])
def test_a_failed_load_is_tried_twice(kind: FailureKind) -> None:
    assert SCHEDULE.pause_s(transient(kind), FEW_ATTEMPTS - 1) is not None
    assert SCHEDULE.pause_s(transient(kind), FEW_ATTEMPTS) is None


def test_what_asking_again_will_not_change_is_not_asked_again() -> None:
    assert SCHEDULE.pause_s(ProviderError("why", FailureKind.BAD_OPTION), 1) is None


def test_retry_calls_again_until_it_is_answered_and_tells_of_every_pause() -> None:
    errors, told = [transient(), transient(FailureKind.QUEUE_FULL)], []

    async def call() -> str:
        if errors:
            raise errors.pop()
        return "answered"

    def on_pause(error: ProviderError, pause_s: float) -> None:
        told.append((error.kind, pause_s))

    assert "answered" == asyncio.run(retry(call, RetrySchedule(base_s=0.0), on_pause=on_pause))
    assert [(FailureKind.QUEUE_FULL, 0.0), (FailureKind.RUNNER_CRASHED, 0.0)] == told


def test_retry_raises_the_error_of_the_last_attempt() -> None:
    n_calls = 0

    async def call() -> str:
        nonlocal n_calls
        n_calls += 1
        raise TransientProviderError(f"attempt {n_calls}", FailureKind.SERVER_DOWN)

    with pytest.raises(TransientProviderError, match=f"attempt {MAX_ATTEMPTS}"):
        asyncio.run(retry(call, RetrySchedule(base_s=0.0)))


def test_nobody_else_doubles_pauses_between_requests_to_a_model_server() -> None:
    """A second schedule would show as a power of two, or a doubled pause, where providers' errors are handled."""
    others = []
    for folder in ("evaluation/scoring/metric_backends", "evaluation/servers", "tasks/generation", "tasks/scoring"):
        for path in (ROOT / folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                is_power = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and _is_two(node.left)
                is_doubled = isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Mult) and _is_two(node.value)
                if is_power or is_doubled:
                    others.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert [] == others


def _is_two(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 2
