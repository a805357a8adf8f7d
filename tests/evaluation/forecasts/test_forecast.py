"""What planned work will cost is told from what the same work took before; what is not known is said."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from reusable_runs import BENCHMARK, CANDIDATE, AskedRun, answer

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.forecasts.costs import Forecast
from evaluation.forecasts.forecast import PlannedWork, forecast
from evaluation.generation import Timing
from evaluation.results.as_json import as_json
from evaluation.store.past_speed import record_load_s
from evaluation.store.session import Store, open_store

B = Candidate(model="b:1b", digest="digest-of-b")
TEN = tuple(Case(case_id=str(number), prompt="?") for number in range(10))


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    """On one kind of database: what reads it is tested on both."""
    with open_store(sqlite_url) as opened:
        yield opened


def work(candidate: Candidate = CANDIDATE, **given: Any) -> PlannedWork:
    known: dict[str, Any] = {
        "endpoint_names": ("here",),
        "slots": {"here": 4, "there": 2},
        "model": candidate.model,
        "digest": candidate.digest,
        "load_options": {"num_ctx": 4096},
        "label": candidate.label,
        "fingerprint": candidate.fingerprint,
        "benchmark_name": "numbers",
        "n_cases": 40,
        "n_repeats": 1,
        "options": {"num_ctx": 4096, "num_predict": 1024},
    }
    return PlannedWork(**(known | given))


def asked_before(
    store: Store,
    total_s: float,
    *,
    candidate: Candidate = CANDIDATE,
    endpoint: str = "here",
    load_s: float | None = None,
    benchmark_name: str = "numbers",
) -> None:
    """Ten generations of 12 tokens in and 40 out that took so long, and perhaps the load before them."""
    run = AskedRun(
        run_id=f"{candidate.model} {endpoint} {benchmark_name}",
        benchmark=replace(BENCHMARK, name=benchmark_name, cases=TEN),
        candidate=candidate,
        endpoint=endpoint,
        outcomes={case.case_id: answer("yes", timing=Timing(total_s=total_s)) for case in TEN},
    )
    row_id = run.store(store)
    if load_s is not None:
        record_load_s(store, [row_id], endpoint_name=endpoint, load_s=load_s)


def calls(found: Forecast) -> dict[str, list[int]]:
    return {
        endpoint.endpoint_name: [sum(part.n_calls for part in load.works) for load in endpoint.loads]
        for endpoint in found.endpoints
    }


def test_a_model_is_loaded_once_for_all_benchmarks(store: Store) -> None:
    asked_before(store, 2.0, load_s=5.0)
    asked_before(store, 1.0, candidate=B, load_s=3.0)
    planned = [work(), work(B), work(benchmark_name="words"), work(B, benchmark_name="words")]

    found = forecast(store, planned)

    (here,) = found.endpoints
    assert ["a:1b", "b:1b"] == [load.model for load in here.loads]
    assert [["numbers", "words"]] * 2 == [[part.benchmark_name for part in load.works] for load in here.loads]
    assert (2, 160) == (found.n_model_loads, found.n_calls)
    assert 5.0 + 2 * 40 * 2.0 / 4 + 3.0 + 2 * 40 * 1.0 / 4 == found.seconds
    assert (160 * 12, 160 * 40) == (found.prompt_tokens, found.output_tokens)
    assert (0, 0) == (found.n_calls_untimed, found.n_loads_untimed)


def test_another_context_is_another_load(store: Store) -> None:
    found = forecast(store, [work(), work(load_options={"num_ctx": 8192}), work(benchmark_name="words")])

    assert 2 == found.n_model_loads
    assert {"here": [80, 40]} == calls(found)


def test_a_model_that_is_loaded_already_is_not_loaded_again(store: Store) -> None:
    asked_before(store, 2.0, load_s=5.0)

    found = forecast(store, [work(), work(endpoint_names=("here", "there"))])

    assert ["a:1b"] == [load.model for load in found.endpoints[0].loads]
    assert 2 == found.n_model_loads


def test_endpoints_go_side_by_side(store: Store) -> None:
    asked_before(store, 2.0)
    asked_before(store, 3.0, candidate=B, endpoint="there")

    found = forecast(store, [work(), work(B, endpoint_names=("there",))])

    assert {"here": 20.0, "there": 60.0} == {one.endpoint_name: one.seconds for one in found.endpoints}
    assert 60.0 == found.seconds


def test_only_what_is_missing_is_asked(store: Store) -> None:
    asked_before(store, 2.0)

    found = forecast(store, [work(n_repeats=2, n_done=30, n_reusable=10)])

    assert (40, 30, 10) == (found.n_calls, found.n_done, found.n_reusable)
    assert 20.0 == found.seconds


def test_a_model_with_nothing_left_to_ask_is_not_loaded(store: Store) -> None:
    found = forecast(store, [work(n_done=40), work(B)])

    assert ["b:1b"] == [load.model for endpoint in found.endpoints for load in endpoint.loads]
    assert (1, 40, 40) == (found.n_model_loads, found.n_calls, found.n_done)


def test_few_calls_take_as_long_as_one(store: Store) -> None:
    asked_before(store, 2.0)

    assert 2.0 == forecast(store, [work(n_cases=1)]).seconds
    assert 2.0 == forecast(store, [work(n_cases=3)]).seconds


def test_a_pool_shares_the_work_by_the_speed_of_its_slots(store: Store) -> None:
    asked_before(store, 1.0)  # 4 slots: 4 a second
    asked_before(store, 2.0, endpoint="there")  # 2 slots: 1 a second

    found = forecast(store, [work(endpoint_names=("here", "there"), n_cases=100)])

    assert {"here": [80], "there": [20]} == calls(found)
    assert 20.0 == found.seconds
    assert 2 == found.n_model_loads
    assert [("there",), ("here",)] == [part.shared_with for part in found.works]
    assert (100, 1200) == (found.n_calls, found.prompt_tokens)


def test_a_server_that_is_busy_joins_its_pool_later(store: Store) -> None:
    asked_before(store, 1.0)
    asked_before(store, 0.5, endpoint="there")
    asked_before(store, 1.0, candidate=B)

    found = forecast(store, [work(B), work(endpoint_names=("here", "there"), n_cases=80)])

    # `here` is free after 10 s, when `there` has done 40 of 80; then both do 4 a second.
    assert {"here": [40, 20], "there": [60]} == calls(found)
    assert 15.0 == found.seconds


def test_a_server_that_would_come_too_late_loads_nothing(store: Store) -> None:
    asked_before(store, 1.0, load_s=100.0)
    asked_before(store, 1.0, endpoint="there", load_s=0.0)

    found = forecast(store, [work(endpoint_names=("here", "there"))])

    assert {"here": [], "there": [40]} == calls(found)
    assert (1, 20.0) == (found.n_model_loads, found.seconds)
    assert [()] == [part.shared_with for part in found.works]


def test_what_was_never_asked_has_no_time(store: Store) -> None:
    found = forecast(store, [work(prompt_characters=40 * 100)])

    (part,) = found.works
    assert (None, None, 1) == (found.seconds, found.output_tokens, found.n_loads_untimed)
    assert 40 == found.n_calls_untimed
    assert (1000, True) == (part.prompt_tokens, part.prompt_tokens_from_characters)
    assert part.speed is None


def test_without_past_and_without_characters_no_token_is_known(store: Store) -> None:
    assert None is forecast(store, [work()]).prompt_tokens


def test_a_pool_that_was_never_asked_is_shared_by_slots(store: Store) -> None:
    found = forecast(store, [work(endpoint_names=("here", "there"), n_cases=60)])

    assert {"here": [40], "there": [20]} == calls(found)


def test_an_endpoint_that_was_never_asked_is_taken_to_be_as_fast_as_its_pool(store: Store) -> None:
    asked_before(store, 1.0)

    found = forecast(store, [work(endpoint_names=("here", "there"), n_cases=60)])

    assert {"here": [40], "there": [20]} == calls(found)
    assert (10.0, 0) == (found.seconds, found.n_calls_untimed)


def test_time_is_told_of_what_is_known(store: Store) -> None:
    asked_before(store, 2.0)

    found = forecast(store, [work(), work(B)])

    assert (20.0, 40) == (found.seconds, found.n_calls_untimed)
    assert 40 * 12 == found.prompt_tokens


def test_characters_tell_more_of_a_prompt_than_other_benchmarks_do(store: Store) -> None:
    asked_before(store, 2.0, benchmark_name="words")

    (counted,) = forecast(store, [work(prompt_characters=40 * 400)]).works
    (not_counted,) = forecast(store, [work()]).works

    assert (40 * 100, True) == (counted.prompt_tokens, counted.prompt_tokens_from_characters)
    assert (40 * 12, False) == (not_counted.prompt_tokens, not_counted.prompt_tokens_from_characters)
    assert 20.0 == counted.seconds


def test_answers_are_no_longer_than_they_may_be(store: Store) -> None:
    asked_before(store, 2.0)

    assert 40 * 16 == forecast(store, [work(options={"num_predict": 16})]).output_tokens


def test_shares_of_a_pool_sum_up_to_its_calls(store: Store) -> None:
    for endpoint, total_s in (("here", 0.7), ("there", 1.3), ("elsewhere", 0.31)):
        asked_before(store, total_s, endpoint=endpoint)
    names = ("here", "there", "elsewhere")

    for n_cases in range(1, 40):
        planned = work(endpoint_names=names, slots={"here": 3, "there": 2, "elsewhere": 1}, n_cases=n_cases)
        found = forecast(store, [planned])
        assert n_cases == sum(part.n_calls for part in found.works)


def test_no_work_costs_nothing(store: Store) -> None:
    found = forecast(store, [])

    assert (0, 0, None, ()) == (found.n_model_loads, found.n_calls, found.seconds, found.endpoints)


def test_a_forecast_is_plain_json(store: Store) -> None:
    asked_before(store, 2.0, load_s=5.0)

    told = json.loads(json.dumps(as_json(forecast(store, [work()]))))

    (endpoint,) = told["endpoints"]
    (load,) = endpoint["loads"]
    (part,) = load["works"]
    assert (1, 40, 25.0) == (told["n_model_loads"], told["n_calls"], told["seconds"])
    assert ("a:1b", {"num_ctx": 4096}, 5.0) == (load["model"], load["load_options"], load["load_s"])
    assert ("2026-11-20T12:00:00+00:00", 10) == (part["speed"]["newest_at"], part["speed"]["n_generations"])
    assert pytest.approx(20.0) == part["seconds"]
