"""All generations of a plan: servers side by side, on each one model after the other, shards in flight."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from evaluation.planning import Group, PlannedCandidate
from evaluation.side_by_side import side_by_side
from evaluation.store.records import Status
from evaluation.store.runs import set_run_candidate_status
from tasks.generation.generate import Item, generate_shard
from tasks.generation.giving_up import why_given_up
from tasks.generation.group_work import GroupWork
from tasks.generation.missing import count_open, open_page
from tasks.generation.workbench import Workbench
from tasks.stored import stored

LOOK_EVERY_S = 0.1
"""How soon a case that pauses before its next attempt is made up for by another shard."""


async def count_left(bench: Workbench) -> None:
    """Notes how many cases of each candidate have no outcome yet, before servers are told what there is to do."""
    for work in bench.works:
        for item in work.group.planned:
            is_given_up = bench.watches[item.run_candidate_id].given_up is not None
            work.left[item.run_candidate_id] = 0 if is_given_up else await stored(count_open, bench.store, item)


async def generate_all(bench: Workbench) -> None:
    """Returns when every case that `count_left` found has an outcome, or is given up; `serve_all` runs beside it."""
    await side_by_side(_work_through(bench, work) for work in bench.works)


async def _work_through(bench: Workbench, work: GroupWork) -> None:
    """Hands out a group's cases as its servers have room for them, until every one has ended."""
    try:
        if work.n_left:
            await work.pool.opened.wait()
            if work.why_given_up is None:
                await _set_status(bench, work.group, Status.RUNNING)
                bench.pace.begin()
                await _hand_out(bench, work)
    finally:
        work.ended.set()
    await _end(bench, work.group)


async def _hand_out(bench: Workbench, work: GroupWork) -> None:
    in_flight: set[asyncio.Task[object]] = set()
    pool = work.pool
    try:
        async for item, stretch, first in _stretches(bench, work):
            while in_flight and not pool.is_hungry(len(stretch)):
                in_flight = await _one_ends(in_flight)
            pool.n_open += len(stretch)
            in_flight.add(asyncio.create_task(_shard(bench, item, stretch, first)))
        while in_flight:
            in_flight = await _one_ends(in_flight)
    finally:
        for shard in in_flight:
            shard.cancel()
        await asyncio.gather(*in_flight, return_exceptions=True)


async def _stretches(
    bench: Workbench, work: GroupWork
) -> AsyncIterator[tuple[PlannedCandidate, tuple[Item, ...], int]]:
    """Stretches of one candidate's missing cases, each as long as the present pace asks for."""
    for item in work.group.planned:
        n_before = 0
        async for items in _missing(bench, item):
            if bench.watches[item.run_candidate_id].given_up or work.why_given_up is not None:
                break
            while items:
                size = bench.next_shard_size()
                stretch, items = items[:size], items[size:]
                work.left[item.run_candidate_id] -= len(stretch)
                yield item, stretch, n_before
                n_before += len(stretch)
        work.left[item.run_candidate_id] = 0


async def _missing(bench: Workbench, item: PlannedCandidate) -> AsyncIterator[tuple[Item, ...]]:
    after: int | None = -1
    while after is not None:
        page = await stored(open_page, bench.store, item, after=after)
        yield page.items
        after = page.last_position


async def _shard(bench: Workbench, item: PlannedCandidate, stretch: Sequence[Item], first: int) -> object:
    last = first + len(stretch)
    return await generate_shard(
        bench.plan.invocation_id,
        item.run_candidate_id,
        tuple(stretch),
        label=item.label,
        benchmark=item.benchmark_name,
        stretch=str(last) if len(stretch) == 1 else f"{first + 1}–{last}",
    )


async def _one_ends(in_flight: set[asyncio.Task[object]]) -> set[asyncio.Task[object]]:
    """Those still in flight after one has ended, or a little later. An error of one is raised."""
    done, still = await asyncio.wait(in_flight, return_when=asyncio.FIRST_COMPLETED, timeout=LOOK_EVERY_S)
    errors = [error for shard in done if not shard.cancelled() and (error := shard.exception()) is not None]
    if errors:
        in_flight -= done
        raise errors[0]
    return still


async def _set_status(bench: Workbench, group: Group, status: Status) -> None:
    if bench.plan.share is not None:
        return  # who spread the run has said so
    for item in group.planned:
        await stored(set_run_candidate_status, bench.store, item.run_candidate_id, status)


async def _end(bench: Workbench, group: Group) -> None:
    """Every candidate of the group is completed, or failed with the reason for which it was given up."""
    for item in group.planned:
        await stored(_end_candidate, bench, item)


def _end_candidate(bench: Workbench, item: PlannedCandidate) -> None:
    reason = why_given_up(bench, item)
    if bench.plan.share is not None and not reason:
        return  # others may still ask it their shares
    status = Status.FAILED if reason else Status.COMPLETED
    set_run_candidate_status(bench.store, item.run_candidate_id, status, given_up_reason=reason)
