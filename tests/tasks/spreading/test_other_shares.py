"""When may a share go on to the next model? When the others are done with this one, or nothing comes from them."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from stored_rows import save_outcomes
from stored_runs import answer, asked, numbers, right, store_run

from evaluation.candidate import PromptProfile
from evaluation.planning.plan import Group, Plan, PlannedCandidate
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.status import Status
from evaluation.requests.run_share import Share
from evaluation.settings import Settings
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from tasks.generation.workbench import Workbench
from tasks.spreading import other_shares
from tasks.spreading.other_shares import until_others_need_no_other_model

CASES = numbers(2)


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_shares, "LOOK_EVERY_S", 0.01)


def _bench(store: Store, *, share: Share | None, **of_first: Any) -> Workbench:
    """Two models on one server; of the first one's two cases one is answered, unless `of_first` says otherwise."""
    first = asked("first:1b", right(CASES[:1]), **of_first)
    store_run(store, first, asked("second:1b"), cases=CASES, status=Status.RUNNING, scored=False)
    groups = tuple(
        Group(
            model=found.plan.model_name, load_options={}, planned=(_planned(found.run_candidate_id, found.plan.label),)
        )
        for found in find_run(store, "run-1").candidates
    )
    plan = Plan(
        invocation_id="of-run-1",
        runs=(),
        lanes=(),
        groups=groups,
        notes=(),
        timeout_s=1.0,
        case_timeout_s=1.0,
        share=share,
    )
    return Workbench(store, Settings(), plan)


def _planned(run_candidate_id: int, label: str) -> PlannedCandidate:
    return PlannedCandidate(
        run_id="run-1",
        run_candidate_id=run_candidate_id,
        benchmark_version="v",
        benchmark_name="numbers",
        label=label,
        model=label,
        options={},
        load_options={},
        think=None,
        profile=PromptProfile(name="plain"),
        seed=0,
        n_cases=2,
        n_repeats=1,
        failure_budget=0,
        digest=label,
        endpoints=("here",),
    )


def _answer_the_rest(store: Store, bench: Workbench) -> None:
    row_id, moment = bench.plan.candidates[0].run_candidate_id, datetime(2026, 5, 4, tzinfo=UTC)
    row = OutcomeRow(
        run_candidate_id=row_id,
        case_id="c1",
        repeat=0,
        outcome=answer("1"),
        endpoint="here",
        started_at=moment,
        finished_at=moment,
    )
    save_outcomes(store, [row])


def test_a_share_waits_for_the_others_before_it_needs_another_model(store: Store) -> None:
    bench = _bench(store, share=Share(number=1, of=2))

    async def wait() -> bool:
        waiting = asyncio.create_task(until_others_need_no_other_model(bench, bench.works[1]))
        await asyncio.sleep(0.1)
        was_waiting = not waiting.done()
        await asyncio.to_thread(_answer_the_rest, store, bench)
        await waiting
        return was_waiting

    assert asyncio.run(wait())
    bench.writer.close()


@pytest.mark.parametrize("why", ["nobody else", "first model", "stalled", "given up"])
def test_nobody_waits_for_what_will_not_come(store: Store, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    share = None if why == "nobody else" else Share(number=1, of=2)
    bench = _bench(store, share=share, given_up="too many failures" if why == "given up" else None)
    monkeypatch.setattr(other_shares, "STALLED_AFTER_S", 0.05 if why == "stalled" else 1e6)
    work = bench.works[0 if why == "first model" else 1]
    asyncio.run(asyncio.wait_for(until_others_need_no_other_model(bench, work), timeout=120))
    bench.writer.close()
