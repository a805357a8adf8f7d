"""Timings are held against each other where servers had kept as much of the prompts."""

from typing import Any

import numpy as np
import pytest

from evaluation.comparisons.comparable_timings import Values, comparable_figures, comparable_pairs, notes_on
from evaluation.generation import PromptState
from evaluation.stats.pair_comparison import compare_pair
from evaluation.stats.verdicts import A_BETTER, B_BETTER, Kind

FRESH, CACHED = (PromptState.FRESH,), (PromptState.CACHED,)
UNKNOWN = (PromptState.UNKNOWN,)
Side = dict[str, Values]
N_RUNS = 200


def in_turn(rng: np.random.Generator, n_cases: int, n_sides: int = 2, *, n_repeats: int = 1) -> list[Side]:
    """First tokens of alike candidates: 6 s for whoever reads a case's prompt, a quarter of a second for the others."""
    sides: list[Side] = [{} for _ in range(n_sides)]
    for i in range(n_cases):
        reading_s = 6.0 * rng.uniform(0.7, 1.4)
        for number, side in enumerate(sides):
            fresh = [(reading_s + 0.2) * rng.uniform(0.95, 1.05)]
            cached = [(reading_s / 50 + 0.2) * rng.uniform(0.95, 1.05) for _ in range(n_repeats)]
            if i % n_sides != number:
                side[f"q{i:03}"] = {CACHED: float(np.mean(cached))}
            elif n_repeats > 1:
                side[f"q{i:03}"] = {FRESH: fresh[0], CACHED: float(np.mean(cached[1:]))}
            else:
                side[f"q{i:03}"] = {FRESH: fresh[0]}
    return sides


def verdict(a: Side, b: Side, rng: np.random.Generator) -> str:
    pair = comparable_pairs("ttft_s", {"a": a, "b": b}, None)
    values = pair.values_of(("a", "b"))
    return str(compare_pair(*values, kind=Kind.RATIO, higher_is_better=False, rng=rng).verdict)


@pytest.mark.no_cover
@pytest.mark.parametrize("n_cases", [12, 13, 40])
@pytest.mark.parametrize("n_repeats", [1, 3])
def test_no_difference_is_shown_between_alike_candidates_in_more_than_a_twentieth_of_runs(n_cases: int, n_repeats: int):
    rng = np.random.default_rng(n_cases)
    shown = 0
    for i in range(N_RUNS):
        a, b = in_turn(rng, n_cases, n_repeats=n_repeats)
        shown += verdict(*((b, a) if i % 2 else (a, b)), rng) in (A_BETTER, B_BETTER)

    assert shown <= N_RUNS / 20 + 2 * (N_RUNS * 0.05 * 0.95) ** 0.5


def test_a_candidate_that_writes_twice_as_long_is_seen():
    rng = np.random.default_rng(1)
    a, b = in_turn(rng, 24)
    slower = {case_id: {states: 2 * value for states, value in found.items()} for case_id, found in b.items()}

    assert A_BETTER == verdict(a, slower, rng)


def test_of_two_in_turn_sets_of_two_cases_are_compared_in_which_each_read_one_prompt():
    a = {"p": {FRESH: 6.0}, "q": {CACHED: 0.24}, "r": {FRESH: 6.0}}
    b = {"p": {CACHED: 0.24}, "q": {FRESH: 6.0}, "r": {CACHED: 0.24}}
    found = comparable_figures({"a": a, "b": b})

    assert ("balanced", 1, 2, 3) == (found.basis, found.n_pairs, found.n_compared, found.n_shared)
    assert {"p + q": pytest.approx(1.2)} == found.values["a"] == found.values["b"]
    assert {"p + q": pytest.approx(3.12)} == found.shown["a"]


def test_where_a_third_read_most_prompts_the_cached_ones_are_compared():
    sides = dict(zip("abcdefgh", in_turn(np.random.default_rng(0), 40, 8), strict=True))

    assert {"cached"} == {found.basis for found in comparable_pairs("ttft_s", sides, None).of_pairs.values()}


def test_models_that_read_every_prompt_are_compared_on_all_cases_and_nothing_is_said_of_it():
    sides: dict[str, Side] = {name: {f"q{i}": {FRESH: 1.0 + i} for i in range(8)} for name in "ab"}
    pairs = comparable_pairs("latency_s", sides, None)

    assert sides["a"].keys() == pairs.values_of(("a", "b"))[0].keys()
    assert () == notes_on([pairs])


@pytest.mark.parametrize("kept", [CACHED, UNKNOWN])
def test_a_second_run_whose_prompts_were_all_kept_is_not_held_against_the_first(kept: Any):
    before: Side = {f"q{i}": {FRESH: 6.0} for i in range(12)}
    after: Side = {f"q{i}": {kept: 0.25} for i in range(12)}
    pairs = comparable_pairs("ttft_s", {"before": before, "after": after}, None)

    assert pairs.is_too_little
    assert ({}, {}) == pairs.values_of(("before", "after"))
    assert (
        "ttft_s: timing cannot be compared: only 0 of 12 common cases had the same prompt-cache state on both "
        "sides (before: 0 of 12 prompts cached; after: 12 of 12 prompts cached)",
    ) == notes_on([pairs])


def test_two_runs_whose_prompts_were_all_kept_are_compared_and_it_is_said():
    sides: dict[str, Side] = {name: {f"q{i}": {CACHED: 0.2 + i} for i in range(8)} for name in "ab"}
    pairs = comparable_pairs("latency_s", sides, None)

    assert not pairs.is_too_little
    assert ("latency_s: compared on the 8 of 8 cases whose prompts were in the server's cache for both",) == notes_on(
        [pairs]
    )


def test_prompts_of_two_runs_of_which_nothing_is_known_are_not_alike():
    """The server was started anew between the second run and the third: one found its prompts, the other read them."""
    second: Side = {f"q{i}": {UNKNOWN: 0.25} for i in range(12)}
    third: Side = {f"q{i}": {UNKNOWN: 6.0} for i in range(12)}
    pairs = comparable_pairs("ttft_s", {"second": second, "third": third}, None, asked_with={"second": 1, "third": 2})

    assert pairs.is_too_little
    assert ({}, {}) == pairs.values_of(("second", "third"))
    (note,) = notes_on([pairs])
    assert "timing cannot be compared" in note
    assert "for certain; the servers do not report cache hits" in note


def test_prompts_of_one_run_of_which_nothing_is_known_are_alike():
    sides = {label: {f"q{i}": {UNKNOWN: value} for i in range(12)} for label, value in (("a", 0.25), ("b", 0.3))}
    pairs = comparable_pairs("ttft_s", sides, None, asked_with={"a": 1, "b": 1})

    assert "unknown" == pairs.of_all.basis
    assert not pairs.is_too_little
