"""Is every model loaded once, and are shards as small as the server that counts them allows?"""

from typing import Any

import pytest

from evaluation.candidate import PLAIN_PROFILE
from evaluation.planning.plan import (
    Group,
    Lane,
    Plan,
    PlannedCandidate,
    PlannedRun,
    grouped_by_residency,
    run_id_for,
    shard_size,
)


def planned(
    number: int,
    model: str,
    *,
    run_id: str = "r",
    n_repeats: int = 1,
    endpoints: tuple[str, ...] = ("one",),
    digest: str | None = None,
    **load: Any,
) -> PlannedCandidate:
    return PlannedCandidate(
        run_id=run_id,
        run_candidate_id=number,
        benchmark_version="v",
        benchmark_name="b",
        label=model,
        model=model,
        options=load,
        load_options=load,
        think=None,
        profile=PLAIN_PROFILE,
        seed=0,
        n_cases=3,
        n_repeats=n_repeats,
        failure_budget=0,
        digest=digest,
        endpoints=endpoints,
    )


def test_all_work_of_one_loaded_model_stands_together_over_several_benchmarks() -> None:
    work = [planned(1, "x"), planned(2, "y"), planned(3, "x", run_id="s"), planned(4, "y", run_id="s")]
    groups = grouped_by_residency(work)
    assert [("x", [1, 3]), ("y", [2, 4])] == [
        (group.model, [item.run_candidate_id for item in group.planned]) for group in groups
    ]


def test_options_that_load_a_model_anew_make_groups_next_to_each_other() -> None:
    work = [
        planned(1, "x", num_ctx=1),
        planned(2, "y", num_ctx=1),
        planned(3, "x", num_ctx=2),
        planned(4, "x", num_ctx=1),
    ]
    groups = grouped_by_residency(work)
    assert [("x", [1, 4]), ("x", [3]), ("y", [2])] == [
        (group.model, [item.run_candidate_id for item in group.planned]) for group in groups
    ]


def test_no_work_makes_no_group() -> None:
    assert () == grouped_by_residency([])


def test_candidates_that_share_servers_stand_together_and_keep_the_order_of_their_servers() -> None:
    work = [
        planned(1, "x", endpoints=("one", "two")),
        planned(2, "y", endpoints=("two",)),
        planned(3, "z", endpoints=("one", "two")),
    ]
    groups = grouped_by_residency(work)
    assert [("x", ("one", "two")), ("z", ("one", "two")), ("y", ("two",))] == [
        (group.model, group.endpoints) for group in groups
    ]


def test_the_same_weights_with_the_same_load_options_are_the_same_residency_whatever_they_are_called() -> None:
    one, alias, other, longer, unknown = (
        grouped_by_residency([item])[0].residency
        for item in (
            planned(1, "x", digest="d", num_ctx=1),
            planned(2, "alias-of-x", digest="d", num_ctx=1),
            planned(3, "y", digest="e", num_ctx=1),
            planned(4, "x", digest="d", num_ctx=2),
            planned(5, "x", num_ctx=1),
        )
    )
    assert one == alias
    assert 4 == len({one, other, longer, unknown})


def a_plan() -> Plan:
    lanes = tuple(
        Lane(
            endpoint_name=name,
            url=f"http://{name}",
            provider="ollama",
            key_variable=None,
            slots=1,
            allow_remote=False,
            gpu_tag=f"gpu-{name}",
        )
        for name in ("one", "two")
    )
    first = Group(model="x", load_options={}, planned=(planned(1, "x"), planned(2, "x", run_id="s")))
    second = Group(model="y", load_options={}, planned=(planned(3, "y", n_repeats=4),))
    runs = tuple(PlannedRun(run_id=run_id, benchmark_name="b", metrics=()) for run_id in ("r", "s"))
    return Plan(
        invocation_id="i",
        runs=runs,
        lanes=lanes,
        groups=(first, second),
        notes=(),
        timeout_s=1.0,
        case_timeout_s=1.0,
    )


def test_a_plan_counts_its_generations_and_finds_its_candidates() -> None:
    plan = a_plan()
    assert 3 + 3 + 12 == plan.n_generations
    assert [1, 3] == [item.run_candidate_id for item in plan.candidates_of("r")]
    index, found = plan.planned(3)
    assert (1, "y") == (index, found.model)
    with pytest.raises(KeyError):
        plan.planned(4)


@pytest.mark.parametrize(
    ("n_generations", "rate", "size"),
    [
        (1, None, 1),
        (200, None, 1),
        (200, 4.0, 1),
        (200, 4.9, 1),
        (200, 5.1, 2),
        (201, None, 2),
        (200, 40.0, 10),
        (5276, None, 27),
        (5276, 400.0, 100),
        (100_000, 80.0, 500),
    ],
)
def test_shards_grow_with_the_number_of_generations_and_with_their_pace(
    n_generations: int, rate: float | None, size: int
) -> None:
    assert size == shard_size(n_generations, requests_per_s=rate)


def test_a_retry_of_an_invocation_finds_its_own_runs() -> None:
    assert run_id_for("i", "b") == run_id_for("i", "b")
    assert 4 == len({run_id_for(i, b) for i in ("i", "j") for b in ("b", "c")})
