"""The program that measures how often a sweep's report is wrong."""

import importlib
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("name", ["right or wrong, 30 cases", "exponential answers, 3 repeats"])
def test_a_few_sweeps_give_shares_with_their_errors(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])
    program = importlib.import_module("sweep_calibration")

    found = program.measured(name, 6, 0)

    assert (name, 6) == (found["scores"], found["sweeps"])
    assert found["any_effect_shown_where_none_is"]["share"] <= 4 / 6
    assert found["best_left_out"]["share"] <= 0.2
    assert found["detectable_was_found"]["share"] >= 1 / 6
    assert found == program.measured(name, 6, 0)
