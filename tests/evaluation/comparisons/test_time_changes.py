"""Is a slowdown said with its interval, and is noise never called one?"""

import numpy as np
import pytest
from compared_runs import candidate, cases_of
from stored_runs import Asked, answer, store_run

from evaluation.comparisons.time_change_words import change_sentence, lead_sentence
from evaluation.comparisons.time_changes import changes_between
from evaluation.generation import Timing
from evaluation.results.time_changes import TimeChange
from evaluation.store.session import Store

CASES = cases_of(80)


def _asked(
    model: str, rng: "np.random.Generator", factor: float = 1.0, *, spread: float = 0.2, slots: int = 1
) -> Asked:
    """A candidate whose answers take about two seconds, times the factor."""
    seconds = 2.0 * factor * np.exp(rng.normal(0, spread, len(CASES)))
    outcomes = {
        case.case_id: answer(
            case.references[0],
            output_tokens=100,
            timing=Timing(total_s=s, load_s=0.0, queue_s=0.0, prompt_s=0.1, ttft_s=0.1 * s, generate_s=0.9 * s),
        )
        for case, s in zip(CASES, seconds.tolist(), strict=True)
    }
    return candidate(model, outcomes, slots=slots)


def _changes(store: Store, *factors: float, then: float = 1.0, spread: float = 0.2, seed: int = 1) -> list[TimeChange]:
    """How candidates of two runs changed that take so many times as long in the second one."""
    rng = np.random.default_rng(seed)
    labels = [f"m{place}:1b" for place in range(len(factors))]
    for run_id, times in (("first", [then] * len(factors)), ("second", factors)):
        sides = [_asked(label, rng, factor, spread=spread) for label, factor in zip(labels, times, strict=True)]
        store_run(store, *sides, cases=CASES, run_id=f"{run_id}{seed}")
    return list(changes_between(store, (f"first{seed}", f"second{seed}"), [(label, label) for label in labels]))


def test_a_slowdown_of_a_third_is_said_with_its_interval(store: Store) -> None:
    changes = _changes(store, 1.33, 1.0)
    latency = changes[0]

    assert [("m0:1b", "slower"), ("m0:1b", "slower")] == [(each.candidate, each.pace) for each in changes[:2]]
    assert latency.ratio == pytest.approx(1.33, rel=0.1)
    assert 1.05 < (latency.low or 0) < 1.33 < (latency.high or 0)
    assert {"open", "alike"} >= {each.pace for each in changes[2:]}
    assert "Slower: m0:1b; the other one: not shown." == lead_sentence(changes)
    assert change_sentence(latency).startswith("m0:1b is slower: an answer takes 1.")
    assert "as long in the second run as in the first: " in change_sentence(latency)


def test_what_became_faster_is_called_so(store: Store) -> None:
    assert {"faster"} == {each.pace for each in _changes(store, 1.0, then=1.5)}


def test_a_difference_as_between_two_runs_of_one_server_is_not_called_a_slowdown(store: Store) -> None:
    changes = _changes(store, 1.03, spread=0.01)
    assert {"slightly slower"} == {each.pace for each in changes}
    assert lead_sentence(changes) == "No candidate is shown to be slower or faster."


def test_equally_fast_runs_are_alike_where_the_interval_is_narrow(store: Store) -> None:
    assert {"alike"} == {each.pace for each in _changes(store, 1.0, spread=0.02)}


def test_noise_is_hardly_ever_called_a_slowdown(store: Store) -> None:
    paces = [{each.pace for each in _changes(store, 1.0, 1.0, 1.0, seed=seed)} for seed in range(20)]
    assert 2 >= sum(bool(each & {"slower", "faster"}) for each in paces)


def test_other_slots_are_said_beside_the_change(store: Store) -> None:
    rng = np.random.default_rng(3)
    store_run(store, _asked("m:1b", rng), cases=CASES, run_id="one")
    store_run(store, _asked("m:1b", rng, 1.5, slots=4), cases=CASES, run_id="four")
    (latency, _) = changes_between(store, ("one", "four"), [("m:1b", "m:1b")])
    assert "asked 1 at a time in the earlier run and 4 in the later one" in change_sentence(latency)


def test_a_candidate_that_is_missing_or_not_timed_has_no_sentence(store: Store) -> None:
    store_run(store, candidate("m:1b", {}), cases=CASES, run_id="one")
    store_run(store, _asked("m:1b", np.random.default_rng(3)), cases=CASES, run_id="two")
    assert () == changes_between(store, ("one", "two"), [("m:1b", "m:1b"), ("gone:1b", "gone:1b")])
    assert lead_sentence(()) is None
