"""What the log of a flow run says of an error."""

import asyncio
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect import flow, task

from evaluation.errors import BenchwrightError, ConfigurationError, UnknownNameError
from tasks.mistakes_in_logs import log_mistakes_by_message

FLOWS = Path(__file__).parents[2] / "flows"


@task
async def in_a_task() -> None:
    raise UnknownNameError("metric", "rouge_9", ["rouge_1"])


@flow
async def of_a_task() -> None:
    log_mistakes_by_message()
    await in_a_task()


@flow
async def of_a_flow(error: str) -> None:
    log_mistakes_by_message()
    if error == "mistake":
        raise ConfigurationError("k=9 is above\n8", "Give k=8")
    raise BenchwrightError("no decision") if error == "bug" else ZeroDivisionError("by zero")


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """What the log of flow runs and of their tasks gets, as it is written."""
    lines: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: lines.append(logging.Formatter("%(message)s").format(record))  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in ("prefect.flow_runs", "prefect.task_runs")]
    for logger in loggers:
        logger.addHandler(handler)
    yield lines
    for logger in loggers:
        logger.removeHandler(handler)


def test_a_mistake_is_logged_by_its_message_and_next_step(prefect_api: str, errors: list[str]) -> None:
    asyncio.run(of_a_flow("mistake", return_state=True))
    asyncio.run(of_a_task(return_state=True))

    text = "\n".join(errors)
    assert "k=9 is above 8. Next: Give k=8." in text
    assert "unknown metric 'rouge_9'" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("error", ["bug", "other"])
def test_what_is_nobodys_mistake_keeps_its_traceback(prefect_api: str, errors: list[str], error: str) -> None:
    asyncio.run(of_a_flow(error, return_state=True))

    assert "Traceback" in "\n".join(errors)


def test_every_flow_begins_with_what_keeps_mistakes_out_of_its_log() -> None:
    bodies = [
        body for path in FLOWS.glob("*.py") for body in re.split(r"^@flow\b", path.read_text(), flags=re.MULTILINE)[1:]
    ]
    assert bodies
    assert [] == [body for body in bodies if "request = await use_own_settings(request" not in body]
