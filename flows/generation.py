"""All generations of a plan: endpoints side by side, on each one model after the other, shards in flight."""

import asyncio
from collections.abc import Iterator, Sequence

from evaluation.planning import Group, Lane, PlannedCandidate
from evaluation.store.outcomes import missing_page
from evaluation.store.records import Status
from evaluation.store.runs import set_run_candidate_status
from tasks.generate import Item, generate_shard
from tasks.residency import load_model, release_model
from tasks.workbench import Workbench

LOOK_EVERY_S = 0.1
"""How soon a case that pauses before its next attempt is made up for by another shard."""


async def generate_all(bench: Workbench) -> None:
    """Asks every case that has no outcome yet."""
    try:
        async with asyncio.TaskGroup() as lanes:
            for lane in bench.plan.lanes:
                lanes.create_task(_work_through(bench, lane))
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors


async def _work_through(bench: Workbench, lane: Lane) -> None:
    for index, group in enumerate(lane.groups):
        left = {item.run_candidate_id: await _missing(bench, item) for item in group.planned}
        if not any(left.values()) or bench.stations[lane.endpoint_name].watch.given_up:
            await _end(bench, group)
            continue
        await _set_status(bench, group, Status.RUNNING)
        problem = await load_model(bench.plan.invocation_id, lane.endpoint_name, group.model, group_index=index)
        if problem is not None:
            for item in group.planned:
                bench.watches[item.run_candidate_id].given_up = f"{group.model} could not be loaded: {problem}"
        else:
            await _generate_group(bench, lane, group, left)
        following = lane.groups[index + 1].model if index + 1 < len(lane.groups) else None
        if following != group.model and problem is None:
            await release_model(bench.plan.invocation_id, lane.endpoint_name, group.model)
        await _end(bench, group)


async def _missing(bench: Workbench, item: PlannedCandidate) -> tuple[Item, ...]:
    page = await asyncio.to_thread(missing_page, bench.store, item.run_candidate_id)
    items = list(page.items)
    while page.last_position is not None:
        page = await asyncio.to_thread(missing_page, bench.store, item.run_candidate_id, after=page.last_position)
        items += page.items
    return tuple(items)


async def _generate_group(bench: Workbench, lane: Lane, group: Group, left: dict[int, tuple[Item, ...]]) -> None:
    in_flight: set[asyncio.Task[object]] = set()
    station = bench.stations[lane.endpoint_name]
    station.n_open = 0
    try:
        for item, stretch, first in _shards(bench, group, left):
            if bench.watches[item.run_candidate_id].given_up or station.watch.given_up:
                continue
            while in_flight and not station.is_hungry(len(stretch)):
                in_flight = await _one_ends(in_flight)
            station.n_open += len(stretch)
            in_flight.add(asyncio.create_task(_shard(bench, item, stretch, first)))
        while in_flight:
            in_flight = await _one_ends(in_flight)
    finally:
        for shard in in_flight:
            shard.cancel()
        await asyncio.gather(*in_flight, return_exceptions=True)


def _shards(
    bench: Workbench, group: Group, left: dict[int, tuple[Item, ...]]
) -> Iterator[tuple[PlannedCandidate, tuple[Item, ...], int]]:
    """Stretches of one candidate's cases, each as long as the present pace asks for."""
    for item in group.planned:
        items, first = left[item.run_candidate_id], 0
        while first < len(items):
            stretch = items[first : first + bench.next_shard_size()]
            yield item, stretch, first
            first += len(stretch)


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
    for item in group.planned:
        await asyncio.to_thread(set_run_candidate_status, bench.store, item.run_candidate_id, status)


async def _end(bench: Workbench, group: Group) -> None:
    """Every candidate of the group is completed, or failed with the reason for which it was given up."""
    for item in group.planned:
        reason = await asyncio.to_thread(bench.why_given_up, item)
        status = Status.FAILED if reason else Status.COMPLETED
        await asyncio.to_thread(
            set_run_candidate_status, bench.store, item.run_candidate_id, status, given_up_reason=reason
        )
