"""The program that measures false alarms over grades of live calls, and what is seen: its figures in small."""

import importlib

import pytest


@pytest.mark.no_cover
def test_quiet_nights_raise_next_to_nothing_and_a_great_fall_is_seen_soon() -> None:
    program = importlib.import_module("grade_false_alarms")

    quiet = program.measured("nine in ten are a 5", n=50, n_families=2, n_looks=40, seed=1)
    fallen = program.seen("nine in ten are a 5", n=50, n_before=30, fall=0.5, n_families=3, seed=1)

    # 5 % of all looks would be 4; over 200 looks of a family together 5 % are promised.
    assert 1 >= quiet["looks_with_a_false_alarm"]
    assert 1 == fallen["median_nights"]
    assert 3 == fallen["seen_within_60_nights"]["n"]


def test_what_is_never_seen_counts_as_more_nights_than_were_waited() -> None:
    program = importlib.import_module("grade_false_alarms")

    found = program.seen("all five grades", n=3, n_before=3, fall=0.1, n_families=1, seed=3)

    assert (0, program.PATIENCE + 1) == (found["seen_within_60_nights"]["n"], found["median_nights"])
