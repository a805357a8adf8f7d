"""What ends by itself is started again, and given up when it ends again and again."""

from pathlib import Path
from typing import Any

import pytest

from deployments.serving.restarted_processes import MOST_ENDS, Part
from evaluation.errors import ConfigurationError


class Process:
    """Stands in for a helper process."""

    exit_status = 7
    log_path = Path("part.log")

    def __init__(self, *, running: bool) -> None:
        self.running = running

    def log_tail(self) -> str:
        return "the last words"

    def stop(self, _timeout_s: float) -> None:
        """It has ended."""


def test_a_part_that_runs_is_left_alone() -> None:
    process: Any = Process(running=True)
    said: list[str] = []
    part = Part("worker", lambda: pytest.fail("started"), process)
    assert not part.look(said.append)
    assert ([], process) == (said, part.process)


def test_a_part_that_ended_is_started_again_and_that_is_said() -> None:
    fresh: Any = Process(running=True)
    ended: Any = Process(running=False)
    said: list[str] = []
    part = Part("worker", lambda: fresh, ended)
    assert part.look(said.append)
    assert fresh is part.process
    assert ["warning: the worker ended with exit status 7; restarting it (its log: part.log)"] == said


def test_a_part_that_ends_again_and_again_is_given_up_with_the_end_of_its_log() -> None:
    ended: Any = Process(running=False)
    part = Part("worker", lambda: ended, ended)
    for _ in range(MOST_ENDS):
        part.look(lambda _text: None)
    with pytest.raises(ConfigurationError, match="the worker ended with exit status 7, 4 times") as caught:
        part.look(lambda _text: None)
    assert "the last words" in caught.value.message
