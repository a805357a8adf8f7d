"""Following a flow run: one look serves all, a client goes on where it was, and every follower hears the end."""

import asyncio
import json
from dataclasses import replace

import pytest
from sse_starlette import ServerSentEvent

from deployments.api import events
from deployments.api.events import Channels
from deployments.api.problems import ProblemError
from evaluation.results.flow_runs import FlowRunStatus, WorkStatus

RUNNING = FlowRunStatus(
    flow_run_id="0198",
    id="f", name="f", state="Running", state_type="RUNNING", message=None, has_ended=False,
    created_at=None, started_at=None, ended_at=None,
)  # fmt: skip


def status(n_done: int) -> WorkStatus:
    flow_run = replace(RUNNING, state="Completed", has_ended=True) if n_done == 3 else RUNNING
    return WorkStatus(
        flow_run=flow_run, run_ids=("r",), n_planned=3, n_done=n_done, n_failed=0, cases_per_s=None, left_s=None,
        stage="generating", best_so_far=(), candidates=(), latest_answer=None,
    )  # fmt: skip


class Looks:
    """A flow run that has one answer more at each look."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self, flow_run_id: str) -> WorkStatus:
        self.n += 1
        return status(min(self.n, 3))


async def heard(channels: Channels, last: str | None = None) -> list[ServerSentEvent]:
    return [event async for event in channels.follow("f", last)]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LOOK_EVERY_S", 0.05)


def test_fifty_followers_are_served_by_one_look_each_time() -> None:
    looks = Looks()

    async def follow() -> list[list[ServerSentEvent]]:
        channels = Channels(looks)
        return await asyncio.gather(*(heard(channels) for _ in range(50)))

    followers = asyncio.run(follow())

    assert 3 == looks.n
    assert {"end"} == {each[-1].event for each in followers}
    assert [1, 2, 3] == [json.loads(str(event.data))["n_done"] for event in followers[0]]


def test_a_client_that_comes_again_receives_what_it_has_not() -> None:
    async def follow() -> list[list[ServerSentEvent]]:
        first = await heard(Channels(Looks()))
        return [first, await heard(Channels(Looks()), str(first[0].id))]

    first, second = asyncio.run(follow())

    assert [event.id for event in first[1:]] == [event.id for event in second]


def test_one_follower_leaves_and_another_hears_the_end() -> None:
    async def follow() -> list[ServerSentEvent]:
        channels = Channels(Looks())
        leaving, staying = channels.follow("f", None), asyncio.create_task(heard(channels))
        await anext(leaving)
        await leaving.aclose()  # type: ignore[attr-defined]
        return await staying

    assert "end" == asyncio.run(follow())[-1].event


def test_a_look_that_fails_ends_with_a_problem_instead_of_silence() -> None:
    def fail(flow_run_id: str) -> WorkStatus:
        raise KeyError(flow_run_id)

    (event,) = asyncio.run(heard(Channels(fail)))

    assert ("problem", 500) == (event.event, json.loads(str(event.data))["status"])


def test_two_hundred_that_come_at_once_have_the_flow_run_looked_up_once() -> None:
    looks = Looks()

    async def come() -> None:
        channels = Channels(looks)
        await asyncio.gather(*(channels.check("f") for _ in range(200)))

    asyncio.run(come())

    assert 1 == looks.n


def test_who_comes_for_a_flow_run_that_there_is_not_is_refused_and_the_next_one_looks_again() -> None:
    looks = Looks()

    def look(flow_run_id: str) -> WorkStatus:
        if not looks.n:
            looks.n += 1
            raise ProblemError(404, "no flow run 'f'", kind="unknown")
        return looks(flow_run_id)

    async def come() -> list[ServerSentEvent]:
        channels = Channels(look)
        with pytest.raises(ProblemError, match="no flow run"):
            await channels.check("f")
        await channels.check("f")
        return await heard(channels)

    assert "end" == asyncio.run(come())[-1].event


def test_a_flow_run_that_nobody_follows_any_more_is_looked_at_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "FOLLOWED_WITHIN_S", 0.05)

    async def leave() -> set[str]:
        channels = Channels(lambda flow_run_id: status(1))
        await channels.check("f")
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(tasks, timeout=30)
        return {"looked at" for each in tasks if not each.done()}

    assert set() == asyncio.run(leave())
