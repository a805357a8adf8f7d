"""A few hundred comparisons each: the bounds are wide, and catch a test or an interval that is wrong, not a bit off."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent


def simulated(name, n, *, strength=0.0, simulations=300):
    populations, fixed = (
        importlib.import_module("calibration_populations"),
        importlib.import_module("calibration_fixed"),
    )
    (population,) = [found for found in populations.POPULATIONS if name == found.name]
    return fixed.simulated(population, n, strength, simulations=simulations, seed=5)


@pytest.mark.parametrize(
    "name",
    [
        "binary, Beta(.5,.5)",
        "normal",
        "log-normal",
        "3 repeats, Beta(2,2)",
        "clusters, normal",
        "ratings 1-5",
        "latencies",
    ],
)
def test_of_equal_candidates_few_are_called_different_and_the_interval_holds_the_truth(name):
    found = simulated(name, 50)
    # Four standard errors of 300 comparisons beyond 5 % and 95 %.
    assert found.rejected.mean() <= 0.1
    assert 0.9 <= found.covered.mean()
    assert (found.decided <= found.rejected).all()


def test_a_difference_is_seen_as_often_as_by_the_matching_test_and_lies_in_the_interval():
    found = simulated("normal", 50, strength=0.28)
    assert "ttest_rel" == found.match
    assert 0.65 <= found.rejected.mean() <= 0.9
    assert found.others["ttest_rel"].mean() == pytest.approx(found.rejected.mean(), abs=0.03)
    assert 0.9 <= found.covered.mean()


def test_the_exact_test_of_right_and_wrong_answers_is_scipys():
    found = simulated("binary, Beta(2,2)", 50, strength=0.4)
    assert "binomtest" == found.match
    assert (found.rejected == found.others["binomtest"]).all()
    assert found.rejected.any()
    assert (found.rejected <= found.others["mid_p"]).all()


def test_few_lopsided_differences_break_the_promise_and_the_program_says_so():
    found = simulated("lopsided", 20)
    assert found.rejected.mean() > 0.08


@pytest.mark.parametrize("n_repeats", [1, 3])
def test_a_population_differs_by_what_it_says(n_repeats):
    populations = importlib.import_module("calibration_populations")
    name = "binary, Beta(.5,.5)" if n_repeats == 1 else "3 repeats, Beta(.5,.5)"
    (population,) = [found for found in populations.POPULATIONS if name == found.name]
    drawn = population.draw(np.random.default_rng(2), 100, 1000, 0.2)
    # 300,000 answers or more, of which each candidate's share of right ones is known within .002
    assert 0.1 == population.estimand(0.2)
    assert pytest.approx(0.1, abs=0.01) == populations.unit_differences(drawn).mean()


def test_every_population_has_the_true_difference_that_it_names():
    populations = importlib.import_module("calibration_populations")
    for population in populations.POPULATIONS:
        drawn = population.draw(np.random.default_rng(3), 200, 300, 0.3)
        units = populations.unit_differences(drawn, as_logarithms=population.name == "latencies")
        found = np.sign(units).mean() if population.name == "ratings 1-5" else units.mean()
        expected = np.log(population.estimand(0.3)) if population.name == "latencies" else population.estimand(0.3)
        n_units = units.size
        assert found == pytest.approx(expected, abs=5 * units.std() / n_units**0.5), population.name


def test_means_of_clusters_are_means_of_their_cases():
    populations = importlib.import_module("calibration_populations")
    drawn = populations.Drawn(
        a=np.array([[1.0, 0.0, 0.5], [1.0, 1.0, 0.0]]), b=np.zeros((2, 3)), clusters=np.array([[0, 0, 1], [0, 1, 1]])
    )
    assert [[0.5, 0.5], [1.0, 0.5]] == populations.unit_differences(drawn).tolist()


def test_what_differs_by_more_than_the_margin_is_not_called_equivalent_and_what_is_alike_is():
    (cell,) = importlib.import_module("calibration_equivalence").equivalence(
        simulations=150, seed=5, only="normal, sd .1", cases=None
    )
    called = {difference: found["share"] for difference, found in cell["called"].items()}
    assert ["0.03", "0.02", "0.0"] == list(called)
    assert 0.0 == called["0.03"]
    assert called["0.02"] <= 0.12
    assert called["0.0"] > 0.8
    assert 1.0 == cell["power_ratio"]["share"]


def test_the_status_says_whether_a_bound_was_missed():
    argv = [sys.executable, str(HERE / "calibration.py"), "fixed", "--population=normal", "--cases=20"]
    done = subprocess.run([*argv, "--simulations=100"], capture_output=True, text=True, check=False)
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert ("calibration", "fixed", 2026, 100) == tuple(
        found[key] for key in ("program", "part", "seed", "simulations")
    )
    (cell,) = found["cells"]
    assert (not cell["missed"], int(not found["ok"])) == (found["ok"], done.returncode)


def test_a_figure_beyond_its_bound_by_chance_alone_is_no_miss():
    measuring = importlib.import_module("calibration_measuring")
    hits = np.arange(10_000) < 543
    assert measuring.is_at_most(hits, 0.05)
    assert not measuring.is_at_most(np.arange(10_000) < 545, 0.05)
    assert measuring.is_at_least(hits, 0.058)
    assert not measuring.is_at_least(hits, 0.06)
    assert {"share": 0.0543, "error": 0.00227} == measuring.share(hits)


def test_half_the_power_is_seen_as_half():
    fixed = importlib.import_module("calibration_fixed")
    theirs = np.arange(1000) < 800
    ratio, error = fixed.power_ratio(np.arange(1000) < 400, theirs)
    assert 0.5 == ratio
    # Ours are a part of theirs: sqrt(.5 · .5 · .8 / 1000) / .8
    assert pytest.approx((0.25 * 0.8 / 1000) ** 0.5 / 0.8) == error
    assert (1.0, 0.0) == fixed.power_ratio(theirs, np.zeros(1000, dtype=bool))


def test_tables_stand_between_their_marks_and_pieces_of_a_part_are_joined():
    program = importlib.import_module("calibration_tables")

    def line(population):
        share = {"share": 0.012, "error": 0.001}
        cell = {"population": population, "cases": 300, "called": {"0.02": share}, "ttest": {"0.0": share}}
        head = {"part": "equivalence", "date": "2026-01-01", "seed": 1, "simulations": 10_000, "seconds": 1.5}
        return json.dumps(head | {"cells": [cell | {"missed": []}]})

    part = program.read([line("normal"), line("skewed"), line("normal")])["equivalence"]
    assert 4.5 == part["seconds"]
    begin, end = "<!-- calibration equivalence: begin -->", "<!-- calibration equivalence: end -->"
    text = program.written(f"a\n{begin}\nold\n{end}\nz\n", "equivalence", program.tables(part))
    assert "old" not in text
    assert (
        f"| normal, 300 | 1.2 % (±0.1) | 1.2 % (±0.1) |\n| skewed, 300 | 1.2 % (±0.1) | 1.2 % (±0.1) |\n{end}\nz\n"
        in text
    )
    with pytest.raises(ValueError, match="calibration fixed"):
        program.written(text, "fixed", "x")
