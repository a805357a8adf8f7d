"""The program that measures how often the monitor cries wolf, and what it sees: a small version of its figures."""

import importlib

import pytest


@pytest.mark.parametrize("name", ["one answer in a hundred flips", "a fifth of the cases may go either way"])
def test_two_hundred_quiet_looks_raise_next_to_nothing_and_a_fall_is_seen_at_once(name: str) -> None:
    program = importlib.import_module("monitor_false_alarms")

    found = program.measured(name, n_families=5, n_looks=200, n_candidates=1, seed=1)

    # 5 % of all looks would be 50; over all 200 looks of a family together 5 % are promised.
    assert found["looks_with_a_false_alarm"]["n"] <= 2
    assert found["fall_seen_at_once"]["n"] >= 4


def test_the_same_seed_gives_the_same_figures() -> None:
    program = importlib.import_module("monitor_false_alarms")
    given = {"n_families": 1, "n_looks": 8, "n_candidates": 2, "seed": 3}

    assert program.measured("grades of a judge", **given) == program.measured("grades of a judge", **given)
