"""The answers of a run are judged fresh or cached when it is aggregated, and every figure goes by that."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from stored_runs import MOMENT, answer, asked, numbers, store_run

from evaluation.generation import Generation, Outcome, Timing
from evaluation.monitoring.run_figures import figures_of_calls
from evaluation.reports.runs.tables import remarks
from evaluation.run_results.run_result import run_result
from evaluation.scoring.aggregation import aggregate_run
from evaluation.store.monitored import read_calls
from evaluation.store.prompt_states import has_unjudged, judge_prompts
from evaluation.store.runs import find_run
from evaluation.store.selection_evidence import evidence_fingerprint, read_evidence
from evaluation.store.session import Store
from evaluation.store.tables import generation

CASES = numbers(8)


def one(text: str, *, is_cached: bool, output_tokens: int = 11) -> Generation:
    """An answer: 1 s for reading the prompt, or a fiftieth of that, and 1 s for writing."""
    prompt_s = 0.02 if is_cached else 1.0
    timing = Timing(total_s=1 + prompt_s, ttft_s=prompt_s, load_s=0.0, prompt_s=prompt_s, generate_s=1.0)
    return answer(text, timing=timing, output_tokens=output_tokens)


def in_turn(number: int, *, n: int = 2) -> dict[str, Outcome]:
    """The answers of one of `n` candidates that one model was asked in turn."""
    return {case.case_id: one(case.references[0], is_cached=i % n != number) for i, case in enumerate(CASES)}


def store_two(store: Store, run_id: str = "run-1") -> None:
    """A run of two candidates of one model; its cases were answered one after the other."""
    candidates = [asked("m:1b", in_turn(number)) for number in range(2)]
    second = replace(candidates[1], candidate=replace(candidates[1].candidate, options={"temperature": 0.1}))
    store_run(store, candidates[0], second, cases=CASES, run_id=run_id)
    send_in_turn(store, run_id)


def send_in_turn(store: Store, run_id: str) -> None:
    """Gives every answer the time at which a server that is asked in turn would have ended it."""
    ids = [found.run_candidate_id for found in find_run(store, run_id).candidates]
    with store.write() as connection:
        wanted = sa.select(generation.c.id, generation.c.finished_at, generation.c.prompt_s, generation.c.case_id)
        for row in connection.execute(wanted.where(generation.c.run_candidate_id.in_(ids))).all():
            moment = row.finished_at + (10 * int(row.case_id[1:]) + (5 if row.prompt_s < 0.5 else 0)) * SECOND
            same = generation.c.id == row.id
            connection.execute(sa.update(generation).where(same).values(finished_at=moment, prompt_state=None))


def send_later(store: Store, run_id: str) -> None:
    """Moves the answers of a run to the next day, as the next run's are."""
    ids = [found.run_candidate_id for found in find_run(store, run_id).candidates]
    with store.write() as connection:
        for row in connection.execute(sa.select(generation).where(generation.c.run_candidate_id.in_(ids))).all():
            moved = {"finished_at": row.finished_at + 86_400 * SECOND, "prompt_state": None}
            connection.execute(sa.update(generation).where(generation.c.id == row.id).values(**moved))


SECOND = timedelta(seconds=1)


def test_a_run_is_judged_when_it_is_aggregated_and_once_is_enough(store: Store) -> None:
    store_two(store)
    assert has_unjudged(store, "run-1")

    aggregate_run(store, "run-1", ("exact_match",))

    assert not has_unjudged(store, "run-1")
    assert 0 == judge_prompts(store, "run-1")


def test_figures_of_fresh_and_cached_prompts_stand_apart(store: Store) -> None:
    store_two(store)
    aggregate_run(store, "run-1", ("exact_match",))

    for found in run_result(store, "run-1").candidates:
        assert 4 == found.n_cached
        latency, pace = found.metrics["latency_s"], found.metrics["tokens_per_s"]
        kept = latency.quantities["cached_prompts"]
        assert (2.0, 4) == (latency.value, latency.mean.n_cases)
        assert (pytest.approx(1.02), 4) == (kept.value, kept.n_cases)
        assert (10.0, 8) == (pace.value, pace.mean.n_cases)


def test_evidence_has_the_latency_of_fresh_prompts_alone(store: Store) -> None:
    store_two(store)
    before = evidence_fingerprint(store)
    aggregate_run(store, "run-1", ("exact_match",))

    found = read_evidence(store)
    assert found.is_cached is not None
    assert (8, 8) == (int(found.is_cached.sum()), int(np.isnan(found.latency_s).sum()))
    assert {2.0} == set(found.latency_s[~found.is_cached])
    assert before != found.fingerprint


def test_a_second_run_is_judged_by_what_the_first_one_took(store: Store) -> None:
    fresh: dict[str, Outcome] = {case.case_id: one(case.references[0], is_cached=False) for case in CASES}
    kept: dict[str, Outcome] = {case.case_id: one(case.references[0], is_cached=True) for case in CASES}
    store_run(store, asked("m:1b", fresh), cases=CASES, run_id="run-1")
    store_run(store, asked("m:1b", kept), cases=CASES, run_id="run-2")
    send_later(store, "run-2")
    aggregate_run(store, "run-2", ("exact_match",))

    (candidate,) = run_result(store, "run-2").candidates
    assert 8 == candidate.n_cached
    assert candidate.metrics["latency_s"].mean is None
    assert 8 == candidate.metrics["latency_s"].quantities["cached_prompts"].n_cases


@pytest.mark.parametrize(
    ("n_fresh", "prompts", "duration_s"), [(5, "fresh", 2.0), (3, "cached", 1.02), (8, "fresh", 2.0)]
)
def test_the_monitor_takes_the_times_of_fresh_prompts_where_there_are_enough(
    store: Store, n_fresh: int, prompts: str, duration_s: float
) -> None:
    outcomes: dict[str, Outcome] = {
        case.case_id: one(case.references[0], is_cached=i >= n_fresh) for i, case in enumerate(CASES)
    }
    store_run(store, asked("m:1b", outcomes), cases=CASES)
    states = sa.case((generation.c.prompt_s < 0.5, "cached"), else_="fresh")
    with store.write() as connection:
        connection.execute(sa.update(generation).values(prompt_state=states))
    (candidate,) = find_run(store, "run-1").candidates
    calls = read_calls(store, [candidate.run_candidate_id])[candidate.run_candidate_id]

    assert prompts == calls.prompts
    point = figures_of_calls(1, calls, {})
    assert (duration_s, 8 - n_fresh) == (pytest.approx(point.duration_s), point.n_cached)


def test_tokens_per_second_are_those_after_the_first_token_in_the_monitor_too(store: Store) -> None:
    outcomes: dict[str, Outcome] = {
        case.case_id: one(case.references[0], is_cached=False, output_tokens=21) for case in CASES
    }
    store_run(store, asked("m:1b", outcomes), cases=CASES)
    (candidate,) = find_run(store, "run-1").candidates
    calls = read_calls(store, [candidate.run_candidate_id])[candidate.run_candidate_id]
    point = figures_of_calls(1, calls, {})

    (found,) = run_result(store, "run-1").candidates
    assert found.metrics["tokens_per_s"].value == point.tokens_per_s == 20.0


def kept_or_read(*, is_cached: bool) -> dict[str, Outcome]:
    return {case.case_id: one(case.references[0], is_cached=is_cached) for case in CASES}


def states(store: Store, run_id: str) -> set[str | None]:
    """Of the prompts of a run's answers."""
    ids = [found.run_candidate_id for found in find_run(store, run_id).candidates]
    with store.read() as connection:
        wanted = sa.select(generation.c.prompt_state).where(generation.c.run_candidate_id.in_(ids))
        return set(connection.execute(wanted).scalars())


def test_a_case_of_another_version_of_the_benchmark_is_the_same_prompt(store: Store) -> None:
    store_run(store, asked("m:1b", kept_or_read(is_cached=False)), cases=CASES, run_id="run-1")
    fewer = CASES[:7]
    kept = {case_id: found for case_id, found in kept_or_read(is_cached=True).items() if case_id != "c7"}
    store_run(store, asked("m:1b", kept), cases=fewer, run_id="run-2")
    send_later(store, "run-2")
    aggregate_run(store, "run-2", ("exact_match",))

    assert {"fresh"} == states(store, "run-1")
    assert {"cached"} == states(store, "run-2")


def test_a_model_that_is_loaded_with_other_options_has_kept_nothing(store: Store) -> None:
    """Eight threads read in a fiftieth of the time: that is what they are for, and no cache."""
    slow = asked("m:1b", kept_or_read(is_cached=False))
    fast = replace(
        asked("m:1b", kept_or_read(is_cached=True)),
        candidate=replace(slow.candidate, options={"num_thread": 8}),
    )
    store_run(store, slow, cases=CASES, run_id="run-1")
    store_run(store, fast, cases=CASES, run_id="run-2")
    send_later(store, "run-2")
    aggregate_run(store, "run-2", ("exact_match",))

    assert {"fresh"} == states(store, "run-2")


def test_a_table_of_answers_of_which_nothing_is_known_says_that_they_may_look_faster(store: Store) -> None:
    timing = Timing(total_s=0.5)
    silent = {case.case_id: answer("x", timing=timing, prompt_tokens=None) for case in CASES}
    store_run(store, asked("m:1b", silent), cases=CASES, run_id="run-1")
    store_run(store, asked("m:1b", silent), cases=CASES, run_id="run-2")
    with store.write() as connection:
        ids = [found.run_candidate_id for found in find_run(store, "run-2").candidates]
        moment = MOMENT + 60 * SECOND
        later = sa.update(generation).where(generation.c.run_candidate_id.in_(ids))
        connection.execute(later.values(finished_at=moment, prompt_state=None))
    aggregate_run(store, "run-2", ("exact_match",))

    run = run_result(store, "run-2")
    assert 0.5 == run.candidates[0].metrics["latency_s"].value
    assert (
        "m:1b: 8 of 8 prompts were, or may have been, cached by the server, which may make it look faster in the "
        "timing figures above"
    ) in remarks(run)
    assert not any("cache" in line for line in remarks(run_result(store, "run-1")))


def test_a_prompt_that_was_sent_an_hour_ago_is_not_fresh_since_it_was_new_long_before(store: Store) -> None:
    silent = {case.case_id: answer("x", timing=Timing(total_s=0.5), prompt_tokens=None) for case in CASES}
    for run_id, hours in (("run-1", 0), ("run-2", 11), ("run-3", 13)):
        store_run(store, asked("m:1b", silent), cases=CASES, run_id=run_id)
        ids = [found.run_candidate_id for found in find_run(store, run_id).candidates]
        with store.write() as connection:
            sent = sa.update(generation).where(generation.c.run_candidate_id.in_(ids))
            connection.execute(sent.values(finished_at=MOMENT + 3600 * hours * SECOND, prompt_state=None))
        judge_prompts(store, run_id)

    assert [{"fresh"}, {"unknown"}, {"unknown"}] == [states(store, run_id) for run_id in ("run-1", "run-2", "run-3")]
