"""The work of each server: take a turn on the GPU, load a model, offer slots, release the model, repeat."""

import asyncio
import contextlib
import time

from evaluation.errors import ProviderError
from evaluation.gather import gather_or_cancel
from evaluation.planning.plan import Group, Lane
from tasks.flow_logging import log_info, log_warning
from tasks.generation.group_work import GroupWork
from tasks.generation.pool import Station
from tasks.generation.residency import load_model, release_model
from tasks.generation.workbench import Workbench
from tasks.pending_limits import apply_pending_limits
from tasks.slots import LimitsAwayError, SlotClaim, Turn, ensure_limit
from tasks.spreading.other_shares import others_still_ask, until_others_need_no_other_model

LOOK_EVERY_S = 0.1
HAND_OVER_WITHIN_S = 2.0
"""Time for which a server's turn and slots are kept between two models, where no one else wants them."""
FIRST_LOOK_BACK_S, LAST_LOOK_BACK_S = 2.0, 30.0
"""First and longest interval in seconds between checks whether a server that was given up is back."""


class CannotServeError(Exception):
    """A server cannot be made to serve a model."""

    def __init__(self, why: str, *, is_down: bool) -> None:
        super().__init__(why, is_down)
        self.why, self.is_down = why, is_down


async def serve_all(bench: Workbench) -> None:
    """Run every server of the plan until none has work left."""
    await _ensure_limits(bench)
    await gather_or_cancel(_serve(bench, station) for station in bench.stations.values())


async def _ensure_limits(bench: Workbench) -> None:
    """Create missing limits, set those that are pending, and report the others that are lower than the slots."""
    try:
        await apply_pending_limits(bench.store)
    except LimitsAwayError as error:
        log_warning("%s", error)
    lanes_by_tag: dict[str, list[Lane]] = {}
    for lane in bench.plan.lanes:
        lanes_by_tag.setdefault(lane.gpu_tag, []).append(lane)
    for tag, lanes in lanes_by_tag.items():
        n_slots = sum(lane.slots for lane in lanes)
        limit = await ensure_limit(tag, n_slots, is_explicit=any(lane.slots_are_given for lane in lanes))
        if limit < n_slots:
            log_info(
                "the limit %s in Prefect is %d, so only %d of %d slots are used; raise it in the Prefect UI under "
                "Concurrency, or with `benchwright endpoints probe`",
                tag,
                limit,
                limit,
                n_slots,
            )


async def _serve(bench: Workbench, station: Station) -> None:
    lane = station.lane
    claim = SlotClaim(
        lane.gpu_tag,
        station.gate,
        slots=lane.slots,
        on_leases=lambda leases: bench.leases.note(station.name, leases),
        say=log_info,
        hand_over_within_s=HAND_OVER_WITHIN_S,
    )
    try:
        while (work := await _next_work(bench, station)) is not None:
            work.at_it.add(station.name)
            try:
                await until_others_need_no_other_model(bench, work)
                await _work_on_until_ended(bench, station, claim, work)
            except CannotServeError as error:
                await claim.close()
                await _cannot_serve(bench, station, work, error)
            finally:
                work.at_it.discard(station.name)
            if station.watch.given_up:
                await claim.close()
                await _until_back(bench, station)
    finally:
        await claim.close()


async def _next_work(bench: Workbench, station: Station) -> GroupWork | None:
    """Return the next group for a server: one that no server works on, or one where help is worth a load.

    None: there is no work left.
    """
    while True:
        mine = [work for work in bench.works if work.is_open_to(station.name)]
        if not mine and bench.is_last_round:
            return None
        free = [work for work in mine if not work.at_it]
        for work in (*(work for work in free if _is_kept(bench, station, work.group)), *free, *mine):
            if work.needs(station.lane):
                return work
        await asyncio.sleep(LOOK_EVERY_S)


async def _work_on_until_ended(bench: Workbench, station: Station, claim: SlotClaim, work: GroupWork) -> None:
    """Work on the group. If others finish it while this server waits for its turn, the model is not loaded."""
    working = asyncio.create_task(_work_on(bench, station, claim, work))
    ended = asyncio.create_task(work.ended.wait())
    try:
        await asyncio.wait((working, ended), return_when=asyncio.FIRST_COMPLETED)
        if not working.done() and station.name not in work.served_by:
            working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(working)
        if not working.done():
            raise asyncio.CancelledError
    finally:
        ended.cancel()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def _work_on(bench: Workbench, station: Station, claim: SlotClaim, work: GroupWork) -> None:
    group, index = work.group, bench.works.index(work)

    async def prepare() -> float:
        await _make_room(bench, station, group)
        loaded = await load_model(bench.plan.invocation_id, station.name, group.model, group_index=index)
        if isinstance(loaded, str):
            raise CannotServeError(loaded, is_down=loaded.startswith("server_down"))
        return loaded

    def demand() -> int:
        return min(station.lane.slots, work.n_left + work.pool.n_wanted)

    async def abandon() -> None:
        if work.ended.is_set():  # the others had the last answer while this one still loaded
            await release_model(bench.plan.invocation_id, station.name, group.model, is_last=True)

    async with claim.turn(group.residency, group.model, demand=demand, prepare=prepare, abandon=abandon) as turn:
        work.served_by.add(station.name)
        work.pool.join(station)
        try:
            await _until_done(station, work, turn)
        finally:
            work.pool.part(station)
        await _let_go(bench, station, work, turn)
    if station.watch.given_up:
        raise CannotServeError(station.watch.given_up, is_down=True)


def _is_kept(bench: Workbench, station: Station, group: Group) -> bool:
    """Return whether the server still has the group's model in memory."""
    kept = (bench.kept or {}).get(station.name)
    return kept is not None and kept.residency == group.residency


async def _make_room(bench: Workbench, station: Station, group: Group) -> None:
    """Release the model that earlier work left in the server's memory, unless the group needs it."""
    kept = (bench.kept or {}).pop(station.name, None)
    if kept is not None and kept.model != group.model:
        await release_model(bench.plan.invocation_id, station.name, kept.model)


async def _until_done(station: Station, work: GroupWork, turn: Turn) -> None:
    """Wait until the group has ended, another server needs no help, or this one is given up."""
    ended = asyncio.create_task(work.ended.wait())
    try:
        while not (work.ended.is_set() or station.watch.given_up or work.is_idle_for(station)):
            await asyncio.wait((ended, turn.failed), timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
            if turn.failed.done():
                turn.failed.result()
    finally:
        ended.cancel()


async def _let_go(bench: Workbench, station: Station, work: GroupWork, turn: Turn) -> None:
    """Unload the model, unless the next work, another share or another evaluation needs it."""
    if station.watch.given_up or turn.is_shared():
        return
    following = _following(bench, station, work)
    if following is None and not bench.is_last_round and all(other.ended.is_set() for other in bench.works):
        await bench.round_settled.wait()  # the next round may begin with this very model
        following = _following(bench, station, work)
    if following is not None and following.group.model == work.group.model:
        return
    if following is None and bench.kept is not None and bench.keeps(station):
        bench.kept[station.name] = work.group
        return
    if await others_still_ask(bench, work):
        return
    await station.gate.until_at_most(0)
    await release_model(bench.plan.invocation_id, station.name, work.group.model, is_last=following is None)


def _following(bench: Workbench, station: Station, work: GroupWork) -> GroupWork | None:
    """Return further work for the server in this round; None: there is none."""
    return next((other for other in bench.works if other is not work and other.is_open_to(station.name)), None)


async def _cannot_serve(bench: Workbench, station: Station, work: GroupWork, error: CannotServeError) -> None:
    """Give the server up for this group, unless it is down and others can do the work meanwhile."""
    if not error.is_down:
        work.refuse(station.name, f"{work.group.model} could not be loaded: {error.why}")
        return
    could_be_loaded = station.watch.given_up is not None
    why = error.why if could_be_loaded else f"{work.group.model} could not be loaded: {error.why}"
    station.watch.given_up = station.watch.given_up or why
    if not await _is_another_there(bench, station, work):
        place = f"endpoint {station.name} ({station.lane.url}): " if could_be_loaded else ""
        for name in work.group.endpoints:
            work.refuse(name, place + why)
    else:
        log_warning("endpoint %s (%s) is not used for now: %s", station.name, station.lane.url, why)


async def _is_another_there(bench: Workbench, station: Station, work: GroupWork) -> bool:
    """Return whether another server can continue the work.

    Servers that were given up are checked for their return.
    """
    others = [bench.stations[name] for name in work.group.endpoints if name != station.name]
    if any(other.watch.given_up is None for other in others):
        return True
    return any([await _is_back(other) for other in others if work.is_open_to(other.name)])


async def _is_back(station: Station) -> bool:
    """Return whether a server that was given up answers again, and may get work."""
    try:
        await station.provider.version()
    except ProviderError:
        return False
    log_info("endpoint %s (%s) answers again", station.name, station.lane.url)
    station.watch.tried_again()
    return True


async def _until_back(bench: Workbench, station: Station) -> None:
    """Wait until the server answers again, or has no work left."""
    pause_s = FIRST_LOOK_BACK_S
    while await _is_missed_for(bench, station, pause_s):
        pause_s = min(2 * pause_s, LAST_LOOK_BACK_S)
        if await _is_back(station):
            return
    left = [work for work in bench.works if work.is_open_to(station.name)]
    is_last = any(len(work.group.endpoints) > 1 for work in left)
    if not station.watch.given_up or (is_last and await _is_back(station)):  # the others' end is a reason to look
        return
    for work in left:
        work.refuse(station.name, f"endpoint {station.name} ({station.lane.url}): {station.watch.given_up}")


async def _is_missed_for(bench: Workbench, station: Station, seconds: float) -> bool:
    """Wait for `seconds`, and return True.

    Return False as soon as no work continues with which the server could help if it came back.
    """
    until = time.monotonic() + seconds
    while any(_others_hold(bench, work, station) for work in bench.works):
        if (left_s := until - time.monotonic()) <= 0:
            return True
        await asyncio.sleep(min(LOOK_EVERY_S, left_s))
    return False


def _others_hold(bench: Workbench, work: GroupWork, station: Station) -> bool:
    """Return whether the work continues without this server."""
    return work.is_open_to(station.name) and bench.has_another_server(work, station)
