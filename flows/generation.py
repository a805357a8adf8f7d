"""All generations of a plan: servers in parallel, one model after another on each, several shards at a time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence

from evaluation.gather import gather_or_cancel
from evaluation.planning.interleaving import Turns, group_by_run
from evaluation.planning.plan import Group, PlannedCandidate
from evaluation.records.status import Status
from evaluation.store.run_cases import count_cases_before
from evaluation.store.runs import set_run_candidate_status
from tasks.generation.early_indexes import open_indexes
from tasks.generation.generate import Item, generate_shard
from tasks.generation.giving_up import why_given_up
from tasks.generation.group_work import GroupWork
from tasks.generation.missing import ListedPlaces, MissingPages, count_open
from tasks.generation.put_aside import put_open_cases_aside
from tasks.generation.workbench import Workbench
from tasks.store_calls import call_store

LOOK_EVERY_S = 0.1
"""Interval in seconds at which a case that pauses before its next attempt is replaced by work from another shard."""


async def count_left(bench: Workbench) -> None:
    """Record the number of cases without an outcome for each candidate, before servers learn what there is to do."""
    if bench.rounds.in_rounds:
        await put_open_cases_aside(bench)
        await _begin_round(bench)
    else:
        await _count(bench, bench.works)


async def _begin_round(bench: Workbench) -> None:
    """Begin the next round of candidates that ask several models, or the last word that there is none."""
    works = bench.rounds.next_works(bench.watches)
    await _count(bench, works)
    bench.publish(works)


async def _count(bench: Workbench, works: Sequence[GroupWork]) -> None:
    for work in works:
        for item in work.group.planned:
            row_id = item.run_candidate_id
            if bench.watches[row_id].given_up is not None:
                work.left[row_id] = 0
            elif row_id not in work.places:
                work.left[row_id] = await call_store(count_open, bench.store, item)


async def generate_all(bench: Workbench) -> None:
    """Wait until every case that `count_left` found has an outcome or is given up; `serve_all` runs in parallel."""
    while True:
        await gather_or_cancel(_work_through(bench, work) for work in bench.works)
        if bench.is_last_round:
            break
        _give_up_refused(bench)
        await _begin_round(bench)
        if bench.is_last_round:
            break
    for item in bench.rounds.in_rounds:
        await call_store(_end_candidate, bench, item)


def _give_up_refused(bench: Workbench) -> None:
    """Give up the candidates that wait for a model which no server can be made to serve."""
    for work in bench.works:
        for row_id in work.places if (reason := work.why_given_up) is not None else ():
            watch = bench.watches[row_id]
            watch.given_up = watch.given_up or reason


async def _work_through(bench: Workbench, work: GroupWork) -> None:
    """Hand out a group's cases as its servers have room for them, until all have ended."""
    opening = asyncio.create_task(open_indexes(bench, work)) if work.n_left else None
    try:
        if work.n_left:
            await work.pool.opened.wait()
            if work.why_given_up is None:
                await _set_status(bench, work.group, Status.RUNNING)
                bench.pace.begin()
                await _hand_out(bench, work)
    finally:
        work.ended.set()
        if opening is not None:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
    await _end(bench, work.group)


async def _hand_out(bench: Workbench, work: GroupWork) -> None:
    in_flight: set[asyncio.Task[object]] = set()
    pool, index = work.pool, bench.works.index(work)
    try:
        async for title, stretch, first in _stretches(bench, work):
            while in_flight and not pool.is_hungry(len(stretch)):
                in_flight = await _one_ends(in_flight)
            pool.open_items.update(stretch)
            in_flight.add(asyncio.create_task(_shard(bench, index, title, stretch, first)))
        while in_flight:
            in_flight = await _one_ends(in_flight)
    finally:
        for shard in in_flight:
            shard.cancel()
        await asyncio.gather(*in_flight, return_exceptions=True)


async def _stretches(bench: Workbench, work: GroupWork) -> AsyncIterator[tuple[str, tuple[Item, ...], int]]:
    """Yield the shards of a run's missing cases, its candidates in turn.

    Each is as long as the present pace asks for.
    """
    for together in group_by_run(work.group.planned):
        label = together[0].label if len(together) == 1 else f"{len(together)} candidates"
        title = f"{label} · {together[0].benchmark_name}"
        n_before = 0
        async for items in _interleaved(bench, work, together):
            rest = items
            while rest and work.why_given_up is None:
                size = bench.next_shard_size()
                if len(together) > 1:
                    size = _to_the_end_of_a_case(rest, size)
                cut, rest = rest[:size], rest[size:]
                for run_candidate_id, n in Counter(item[0] for item in cut).items():
                    work.left[run_candidate_id] = max(0, work.left[run_candidate_id] - n)
                stretch = tuple(item for item in cut if bench.watches[item[0]].given_up is None)
                if stretch:
                    yield title, stretch, n_before
                n_before += len(stretch)
        for item in together:
            work.left[item.run_candidate_id] = 0


def _to_the_end_of_a_case(items: Sequence[Item], size: int) -> int:
    """Return a size at which no case is split: shards overtake one another, but the repeats of a case must not."""
    while size < len(items) and items[size][1] == items[size - 1][1]:
        size += 1
    return size


async def _interleaved(
    bench: Workbench, work: GroupWork, together: Sequence[PlannedCandidate]
) -> AsyncIterator[tuple[Item, ...]]:
    """Yield the missing cases of a run's candidates, page by page, the candidates in turn."""
    turns: Turns | None = None
    pages = [
        ListedPlaces(work.places[item.run_candidate_id])
        if item.run_candidate_id in work.places
        else MissingPages(bench.store, item)
        for item in together
    ]
    while True:
        for page, item in zip(pages, together, strict=True):
            if bench.watches[item.run_candidate_id].given_up is not None:
                page.close()
            elif page.needs_more:
                await call_store(page.read_more)
        if not any(page.places for page in pages):
            return
        last = min((page.last_position for page in pages if page.last_position is not None), default=None)
        missing = [page.take(last) for page in pages]
        if turns is None:
            first = min(places[0][0] for places in missing if places)
            n_before = await call_store(count_cases_before, bench.store, together[0].run_id, first)
            turns = Turns(n_candidates=len(together), n_cases_before=n_before)
        in_turn = turns.interleave(missing)
        yield tuple((together[number].run_candidate_id, case_id, repeat) for number, case_id, repeat in in_turn)


async def _shard(bench: Workbench, group_index: int, title: str, stretch: Sequence[Item], first: int) -> object:
    last = first + len(stretch)
    return await generate_shard(
        bench.plan.invocation_id,
        tuple(stretch),
        title=title,
        stretch=str(last) if len(stretch) == 1 else f"{first + 1}–{last}",
        group_index=group_index,
    )


async def _one_ends(in_flight: set[asyncio.Task[object]]) -> set[asyncio.Task[object]]:
    """Wait for a shard to end, at most `LOOK_EVERY_S`; return the shards still in flight, or raise a shard's error."""
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
        await call_store(set_run_candidate_status, bench.store, item.run_candidate_id, status)


async def _end(bench: Workbench, group: Group) -> None:
    """Mark every candidate of the group as completed, or as failed with the reason for which it was given up."""
    for item in group.planned:
        if not item.asks_several_models:
            await call_store(_end_candidate, bench, item)


def _end_candidate(bench: Workbench, item: PlannedCandidate) -> None:
    reason = why_given_up(bench, item)
    if bench.plan.share is not None and not reason:
        return  # others may still ask it their shares
    status = Status.FAILED if reason else Status.COMPLETED
    set_run_candidate_status(bench.store, item.run_candidate_id, status, given_up_reason=reason)
