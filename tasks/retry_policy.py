"""When is a task run tried again? When something unexpected broke it, never for what we have a word for."""

from typing import Any

from prefect.client.schemas.objects import State, TaskRun

from evaluation.errors import BenchwrightError


async def is_unexpected(task: Any, task_run: TaskRun, state: State[Any]) -> bool:
    """Return True for an error that is none of ours: a lost connection to Prefect, say."""
    try:
        await state.aresult(raise_on_failure=True)
    except BenchwrightError:
        return False
    except Exception:  # the question is only whether it is ours
        return True
    return True
