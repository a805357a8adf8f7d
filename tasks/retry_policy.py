"""The retry condition of task runs: unexpected errors are retried, errors of our own types never."""

from typing import Any

from prefect.client.schemas.objects import State, TaskRun

from evaluation.errors import BenchwrightError


async def is_unexpected(task: Any, task_run: TaskRun, state: State[Any]) -> bool:
    """Return whether the error is not one of ours, such as a lost connection to Prefect."""
    try:
        await state.aresult(raise_on_failure=True)
    except BenchwrightError:
        return False
    except Exception:  # the question is only whether it is ours
        return True
    return True
