"""What a model took before is told from the newest generations that were really asked on that server."""

from dataclasses import replace
from datetime import timedelta

import pytest
from reusable_runs import BENCHMARK, CANDIDATE, CASES, MOMENT, AskedRun, answer

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation, Outcome, PromptState, Timing
from evaluation.store.past_speed import PastSpeed, past_load_s, past_speed, record_load_s
from evaluation.store.runs import find_run
from evaluation.store.session import Store

RUN = AskedRun(run_id="run")
OTHER = replace(BENCHMARK, name="words")


def lasting(total_s: float, **given: object) -> Generation:
    return answer("yes", timing=Timing(total_s=total_s), **given)


def each(outcome: Outcome, n: int = 3) -> dict[str, Outcome]:
    return {case.case_id: outcome for case in CASES[:n]}


def speed(
    store: Store, *, endpoint_name: str = "here", candidate: Candidate = CANDIDATE, benchmark_name: str = "numbers"
) -> PastSpeed | None:
    return past_speed(
        store,
        endpoint_name=endpoint_name,
        model=candidate.model,
        digest=candidate.digest,
        fingerprint=candidate.fingerprint,
        benchmark_name=benchmark_name,
    )


def load_s(store: Store, *, endpoint_name: str = "here", candidate: Candidate = CANDIDATE) -> float | None:
    return past_load_s(
        store,
        endpoint_name=endpoint_name,
        model=candidate.model,
        digest=candidate.digest,
        fingerprint=candidate.fingerprint,
    )


def test_a_speed_is_the_mean_of_what_was_asked(store: Store) -> None:
    outcomes = {
        "c0": lasting(1.0, prompt_tokens=10, output_tokens=30),
        "c1": lasting(2.0, prompt_tokens=20, output_tokens=50),
    }
    replace(RUN, outcomes=outcomes, slots=4, age=timedelta(days=1)).store(store)

    assert speed(store) == PastSpeed(
        endpoint_name="here",
        model="a:1b",
        n_generations=2,
        newest_at=MOMENT - timedelta(days=1),
        basis="weights",
        same_benchmark=True,
        slots=4,
        generation_s=1.5,
        prompt_tokens=15.0,
        output_tokens=40.0,
    )


def test_nothing_is_known_of_what_was_never_asked_here(store: Store) -> None:
    replace(RUN, outcomes=each(lasting(1.0))).store(store)

    assert speed(store, endpoint_name="there") is None
    assert speed(store, candidate=Candidate(model="b:1b", digest="digest-of-b")) is None


def test_what_was_reused_cold_failed_or_untimed_says_nothing_of_speed(store: Store) -> None:
    cases = tuple(Case(case_id=f"c{number}", prompt="?") for number in range(6))
    outcomes: dict[str, Outcome] = {
        "c0": lasting(90.0, reused=True),
        "c1": lasting(80.0, cold=True),
        "c2": Failure(kind=FailureKind.TIMED_OUT, message="late", total_s=300.0),
        "c3": answer("", timing=None, own_failure=FailureKind.PROMPT_TOO_LONG, message="too long"),
        "c4": lasting(2.0),
        "c5": lasting(4.0, own_failure=FailureKind.EMPTY_ANSWER, message="nothing"),
    }
    replace(RUN, benchmark=replace(BENCHMARK, cases=cases), outcomes=outcomes).store(store)

    found = speed(store)
    assert found is not None
    assert (found.n_generations, found.generation_s) == (2, 3.0)


def test_answers_to_prompts_that_were_kept_count_only_where_no_other_is_known(store: Store) -> None:
    kept = lasting(0.5, prompt_state=PromptState.CACHED)
    replace(RUN, outcomes=each(kept)).store(store)
    alone = speed(store)
    outcomes: dict[str, Outcome] = {"c0": lasting(4.0, prompt_state=PromptState.FRESH), "c1": kept, "c2": lasting(2.0)}
    replace(RUN, run_id="newer", outcomes=outcomes).store(store)
    beside_others = speed(store)

    assert alone is not None
    assert (3, 0.5) == (alone.n_generations, alone.generation_s)
    assert beside_others is not None
    assert (2, 3.0) == (beside_others.n_generations, beside_others.generation_s)


def test_counts_that_a_server_does_not_give_are_not_known(store: Store) -> None:
    replace(RUN, outcomes=each(lasting(1.0, prompt_tokens=None, output_tokens=None))).store(store)

    found = speed(store)
    assert found is not None
    assert (found.prompt_tokens, found.output_tokens) == (None, None)


def test_five_hundred_generations_of_the_newest_runs_are_enough(store: Store) -> None:
    cases = tuple(Case(case_id=str(number), prompt="?") for number in range(400))
    benchmark = replace(BENCHMARK, cases=cases)
    for run_id, total_s in (("oldest", 9.0), ("older", 2.0), ("newest", 1.0)):
        outcomes = {case.case_id: lasting(total_s) for case in cases}
        replace(RUN, run_id=run_id, benchmark=benchmark, outcomes=outcomes).store(store)

    found = speed(store)
    assert found is not None
    assert found.n_generations == 500
    assert found.generation_s == pytest.approx((400 * 1.0 + 100 * 2.0) / 500)


def test_enough_generations_of_the_same_benchmark_go_before_others(store: Store) -> None:
    cases = tuple(Case(case_id=str(number), prompt="?") for number in range(10))
    replace(
        RUN,
        run_id="same",
        benchmark=replace(BENCHMARK, cases=cases),
        outcomes={case.case_id: lasting(1.0) for case in cases},
    ).store(store)
    replace(RUN, run_id="other", benchmark=OTHER, outcomes=each(lasting(5.0))).store(store)

    same, other = speed(store), speed(store, benchmark_name="words")
    assert same is not None
    assert (True, 10, 1.0) == (same.same_benchmark, same.n_generations, same.generation_s)
    assert other is not None
    assert (False, 13) == (other.same_benchmark, other.n_generations)


def test_other_weights_of_the_same_name_stand_in_where_there_is_nothing_else(store: Store) -> None:
    replace(RUN, outcomes=each(lasting(1.0))).store(store)

    found = speed(store, candidate=replace(CANDIDATE, digest="pulled again"))
    assert found is not None
    assert found.basis == "model name"


def test_without_a_digest_the_candidate_itself_is_looked_for(store: Store) -> None:
    unverified = Candidate(model="a:1b", digest=None, endpoint_identity="here")
    replace(RUN, candidate=unverified, outcomes=each(lasting(1.0))).store(store)
    replace(RUN, run_id="newer", outcomes=each(lasting(7.0))).store(store)

    found = speed(store, candidate=unverified)
    assert found is not None
    assert (found.basis, found.generation_s) == ("candidate", 1.0)


def test_a_pool_is_told_apart_by_who_answered(store: Store) -> None:
    replace(RUN, outcomes=each(lasting(1.0)), answered_by="there").store(store)

    assert speed(store) is None
    assert speed(store, endpoint_name="there") is not None


def test_loads_are_those_that_were_noted(store: Store) -> None:
    noted = [replace(RUN, run_id=f"run-{number}").store(store) for number in range(3)]
    for row_id, seconds in zip(noted, (10.0, 4.0, 5.0), strict=True):
        record_load_s(store, [row_id], endpoint_name="here", load_s=seconds)
    record_load_s(store, noted, endpoint_name="there", load_s=9.0)

    assert load_s(store) == 5.0
    assert load_s(store, endpoint_name="there") == 9.0


def test_a_noted_load_leaves_all_else_that_is_known_of_a_candidate(store: Store) -> None:
    row_id = replace(RUN, details={"quantization": "Q4_0"}).store(store)
    record_load_s(store, [row_id], endpoint_name="here", load_s=9.0)
    record_load_s(store, [row_id], endpoint_name="here", load_s=8.0)

    (candidate,) = find_run(store, "run").candidates
    assert candidate.plan.details == {"quantization": "Q4_0", "load_s": {"here": 8.0}}


def test_loads_that_nobody_noted_are_those_of_cold_generations(store: Store) -> None:
    cold = answer("yes", cold=True, timing=Timing(total_s=9.0, load_s=6.0))
    replace(RUN, outcomes={"c0": cold, "c1": answer("yes", timing=Timing(total_s=1.0, load_s=0.1))}).store(store)

    assert load_s(store) == 6.0
    assert load_s(store, endpoint_name="there") is None


def test_no_load_is_known_where_there_was_none(store: Store) -> None:
    assert load_s(store) is None
