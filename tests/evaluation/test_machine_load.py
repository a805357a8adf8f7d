"""A machine is busy where many more programs want a processor than there are; there, everything may take longer."""

import pytest

from evaluation import machine_load
from evaluation.machine_load import LONGEST, busy_words, stretched_s


@pytest.fixture(params=[1, 2, 64])
def n_processors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(machine_load, "n_processors", lambda: request.param)
    return int(request.param)


def _with_load(monkeypatch: pytest.MonkeyPatch, load: float) -> None:
    monkeypatch.setattr(machine_load, "load", lambda: load)


def test_a_machine_with_a_program_for_each_processor_is_not_busy(
    n_processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_load(monkeypatch, n_processors)
    assert (None, 30.0) == (busy_words(), stretched_s(30.0))


def test_one_with_five_for_each_is_busy_and_everything_may_take_five_times_as_long(
    n_processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_load(monkeypatch, 5 * n_processors)
    assert f"the machine is busy (load {5 * n_processors} on {n_processors} processor" in str(busy_words())
    assert 150.0 == stretched_s(30.0)


def test_nothing_may_take_for_ever(n_processors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_load(monkeypatch, 1e6)
    assert 30.0 * LONGEST == stretched_s(30.0)
