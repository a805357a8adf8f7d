"""Which errors make a task run be tried again?"""

import asyncio
from typing import Any

import pytest
from prefect.states import exception_to_failed_state

from evaluation.errors import FailureKind, StoreError, TransientProviderError
from tasks.retry_policy import is_unexpected


def transient() -> TransientProviderError:
    return TransientProviderError("why", FailureKind.RUNNER_CRASHED)


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
