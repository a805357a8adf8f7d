"""What is asked again, when, and for how long?"""

import asyncio
from typing import Any

import pytest
from prefect.states import exception_to_failed_state

from evaluation.errors import FailureKind, ProviderError, StoreError, TransientProviderError
from tasks.generation.generate import FEW_ATTEMPTS, LONGEST_PAUSE_S, MAX_ATTEMPTS, _pause_s
from tasks.retrying import is_unexpected


def transient(kind: FailureKind = FailureKind.RUNNER_CRASHED, retry_after_s: float | None = None) -> ProviderError:
    return TransientProviderError("why", kind, retry_after_s)


def test_pauses_double_with_jitter_up_to_the_longest_and_end_after_eight_attempts() -> None:
    for n_attempts in range(1, MAX_ATTEMPTS):
        pause_s = _pause_s(transient(), n_attempts, base_s=1.0)
        assert pause_s is not None
        middle = min(2.0 ** (n_attempts - 1), LONGEST_PAUSE_S)
        assert 0.75 * middle <= pause_s <= 1.25 * middle
    assert _pause_s(transient(), MAX_ATTEMPTS, base_s=1.0) is None


def test_a_server_that_says_when_to_come_back_is_believed() -> None:
    assert 7.5 == _pause_s(transient(retry_after_s=7.5), 1, base_s=1.0)


@pytest.mark.parametrize("kind", [FailureKind.OUT_OF_MEMORY, FailureKind.LOADING_TIMED_OUT])
def test_a_failed_load_is_tried_twice(kind: FailureKind) -> None:
    assert _pause_s(transient(kind), FEW_ATTEMPTS - 1, base_s=1.0) is not None
    assert _pause_s(transient(kind), FEW_ATTEMPTS, base_s=1.0) is None


def test_what_asking_again_will_not_change_is_not_asked_again() -> None:
    assert _pause_s(ProviderError("why", FailureKind.BAD_OPTION), 1, base_s=1.0) is None


@pytest.mark.parametrize(
    ("error", "again"),
    [(StoreError("disk full"), False), (transient(), False), (RuntimeError("lost connection"), True)],
)
def test_a_task_run_is_tried_again_only_for_what_we_have_no_word_for(error: Exception, again: bool) -> None:
    async def ask() -> bool:
        state = await exception_to_failed_state(error)
        nothing: Any = None
        return await is_unexpected(nothing, nothing, state)

    assert again is asyncio.run(ask())
