"""On a busy machine a sandbox has longer to start, and is not called broken for what the machine is to blame for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evaluation import machine_load
from evaluation.program import Program, ProgramEnd, ProgramOutcome
from evaluation.sandbox import Isolation, running
from evaluation.sandbox.interpreter import find_interpreter
from evaluation.sandbox.isolation import _trouble
from evaluation.sandbox.starting import Place
from evaluation.sandbox.supervision import _Pair


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Program]:
    """The programs by which the isolation is tried, on a machine with two processors; none of them ends in time."""
    programs: list[Program] = []

    def run(given: Sequence[Program], **_: Any) -> list[ProgramOutcome]:
        programs.extend(given)
        return [ProgramOutcome(passed=(False,), end=ProgramEnd.TIMED_OUT, message="no end")]

    monkeypatch.setattr(running, "run_programs", run)
    monkeypatch.setattr(machine_load, "n_processors", lambda: 2)
    return programs


def test_an_idle_machine_is_not_blamed(tried: list[Program], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_load, "load", lambda: 1.0)
    assert "no end" == _trouble(Isolation(name="bubblewrap", in_user_namespace=True))
    assert [30.0] == [program.timeout_s for program in tried]


def test_a_busy_machine_gives_more_time_and_is_named(tried: list[Program], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_load, "load", lambda: 30.0)
    trouble = _trouble(Isolation(name="bubblewrap", in_user_namespace=True))
    assert "no end: the machine is busy (load 30 on 2 processors)" == trouble
    assert [450.0] == [program.timeout_s for program in tried]


def test_a_sandbox_has_longer_to_start_on_a_busy_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(Isolation(name="weak"), find_interpreter(), tmp_path)
    monkeypatch.setattr(machine_load, "n_processors", lambda: 2)
    found = []
    for load in (1.0, 30.0):
        monkeypatch.setattr(machine_load, "load", lambda load=load: load)
        found.append(_Pair(Program(source="", tests=()), place)._deadline(0.0))
    assert [120.0, 1800.0] == found
