import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from evaluation.errors import RunInUseError, StoreError
from evaluation.records.runs import RunPlan
from evaluation.records.status import Status
from evaluation.store.holders import (
    SILENCE_S,
    beat,
    dead_holders,
    end_holder,
    has_come_back,
    holders_of,
    holders_of_flow,
    is_alive,
    let_go,
    living_holders,
    own_silence_s,
    process_start,
    take_hold,
    this_host,
)
from evaluation.store.recoveries import requested_recoveries
from evaluation.store.runs import find_run, set_run_candidate_status, set_run_status
from evaluation.store.session import Store
from evaluation.store.statements import now
from evaluation.store.summaries import list_runs, progress
from evaluation.store.tables import holder

PlanRun = Callable[..., RunPlan]


def _make_silent(store: Store, holder_id: str, *, seconds: float) -> None:
    with store.write() as connection:
        silent = sa.update(holder).where(holder.c.id == holder_id)
        connection.execute(silent.values(heartbeat_at=now() - timedelta(seconds=seconds)))


def test_a_holder_is_known_by_its_host_and_process(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    holder_id = take_hold(store, ["run-1", "run-1"])
    (held,) = holders_of(store, "run-1")
    assert (holder_id, this_host(), os.getpid(), process_start(os.getpid()), ()) == (
        held.holder_id,
        held.host,
        held.pid,
        held.process_start,
        held.lease_ids,
    )
    assert is_alive(held)


def test_a_beat_moves_the_heartbeat_and_may_change_the_leases(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    holder_id = take_hold(store, ["run-1"])
    _make_silent(store, holder_id, seconds=SILENCE_S + 1)
    assert not is_alive(holders_of(store, "run-1")[0])
    beat(store, holder_id, lease_ids=["lease-1"])
    beat(store, holder_id)
    (held,) = holders_of(store, "run-1")
    assert (True, ("lease-1",)) == (is_alive(held), held.lease_ids)


def test_an_unknown_holder_is_told_so(store: Store) -> None:
    for use in (beat, let_go):
        with pytest.raises(StoreError, match="nobody holds a run as 'nobody'"):
            use(store, "nobody")


def test_a_run_without_a_living_holder_reads_as_interrupted(
    store: Store, plan_run: PlanRun, plan_candidate: Callable[..., int]
) -> None:
    plan_run()
    run_candidate_id = plan_candidate()
    holder_id = take_hold(store, ["run-1"])
    set_run_status(store, "run-1", Status.RUNNING)
    set_run_candidate_status(store, run_candidate_id, Status.RUNNING)

    def statuses() -> set[Status]:
        found = find_run(store, "run-1")
        listed, (told,) = list_runs(store)[0], progress(store, "invocation-1")
        return {found.status, found.candidates[0].status, listed.status, told.status}

    assert {Status.RUNNING} == statuses()
    _make_silent(store, holder_id, seconds=SILENCE_S + 1)
    assert {Status.INTERRUPTED} == statuses()
    second = take_hold(store, ["run-1"])
    assert {Status.RUNNING} == statuses()
    let_go(store, second)
    assert {Status.INTERRUPTED} == statuses()
    set_run_status(store, "run-1", Status.COMPLETED)
    set_run_candidate_status(store, run_candidate_id, Status.COMPLETED)
    assert {Status.COMPLETED} == statuses()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are looked up in /proc")
def test_a_killed_holder_leaves_its_run_interrupted_at_once(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    set_run_status(store, "run-1", Status.RUNNING)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    take_hold(store, ["run-1"], host=this_host(), pid=child.pid, process_start=process_start(child.pid))
    running = find_run(store, "run-1").status
    child.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    as_zombie = find_run(store, "run-1").status
    child.communicate()
    gone = find_run(store, "run-1").status
    assert (Status.RUNNING, Status.INTERRUPTED, Status.INTERRUPTED) == (running, as_zombie, gone)


def test_who_wants_runs_alone_is_refused_while_another_lives_and_not_by_the_dead_or_by_itself(
    store: Store, plan_run: PlanRun
) -> None:
    plan_run()
    take_hold(store, ["run-1"], alone=True)
    take_hold(store, ["run-1"], alone=True)
    elsewhere = take_hold(store, ["run-1"], host="elsewhere", pid=2**22 + 1)
    with pytest.raises(RunInUseError, match="run run-1 is in use by process 4194305 on elsewhere") as error:
        take_hold(store, ["run-1"], alone=True)
    assert "counts as dead after 60 s" in str(error.value.next_step)
    assert 3 == len(living_holders(store, "run-1"))
    _make_silent(store, elsewhere, seconds=SILENCE_S + 1)
    take_hold(store, ["run-1"], alone=True)


def test_a_process_number_that_was_given_away_is_not_the_holder(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    take_hold(store, ["run-1"])
    (held,) = holders_of(store, "run-1")
    assert held.process_start is not None
    place = held.process_start.rpartition("/")[0]
    assert not is_alive(replace(held, process_start=f"{place}/1"))


def test_a_holder_that_cannot_be_seen_is_judged_by_its_silence_alone(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    take_hold(store, ["run-1"], host="elsewhere", pid=2**22 + 1)
    (elsewhere,) = holders_of(store, "run-1")
    other_container = replace(elsewhere, host=this_host(), process_start="other boot:pid:[1]/7")
    unknown_start = replace(elsewhere, host=this_host(), process_start=None)
    assert [True] * 3 == [is_alive(held) for held in (elsewhere, other_container, unknown_start)]


def test_a_process_that_is_not_there_has_no_start() -> None:
    assert process_start(2**22 + 1) is None


def test_a_holder_may_hold_several_runs_or_none(store: Store, plan_run: PlanRun) -> None:
    plan_run("run-1")
    plan_run("run-2")
    holder_id = take_hold(store, ["run-1", "run-2"])
    take_hold(store, [])
    held = [holders_of(store, run_id)[0].holder_id for run_id in ("run-1", "run-2")]
    assert [holder_id, holder_id] == held


def test_a_holder_that_lets_go_has_no_leases_left(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    holder_id = take_hold(store, ["run-1"])
    beat(store, holder_id, lease_ids=["lease-1"])
    let_go(store, holder_id)
    (held,) = holders_of(store, "run-1")
    assert (False, ()) == (is_alive(held), held.lease_ids)
    assert () == dead_holders(store)


def test_dead_holders_are_those_whose_leases_nobody_has_freed(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    silent, living, ended = (take_hold(store, ["run-1"]) for _ in range(3))
    for holder_id in (silent, ended):
        beat(store, holder_id, lease_ids=[f"lease of {holder_id}"])
    _make_silent(store, silent, seconds=SILENCE_S + 1)
    with store.write() as connection:
        connection.execute(sa.update(holder).where(holder.c.id == ended).values(ended_at=now()))

    assert {silent, ended} == {held.holder_id for held in dead_holders(store)}
    assert [living] == [held.holder_id for held in living_holders(store, "run-1")]
    for holder_id in (silent, ended, "deleted meanwhile"):
        end_holder(store, holder_id)
    assert () == dead_holders(store)
    assert [living] == [held.holder_id for held in living_holders(store, "run-1")]


def test_parts_of_one_run_are_held_beside_each_other_and_each_of_them_once(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    for part, pid in (("0/2", 1), ("1/2", 2)):
        take_hold(store, ["run-1"], host="elsewhere", pid=2**22 + pid, alone=True, part=part)
    refused: tuple[str | None, ...] = ("1/2", "1/3", None)
    for other in refused:
        with pytest.raises(RunInUseError):
            take_hold(store, ["run-1"], alone=True, part=other)
    take_hold(store, ["run-1"], alone=True, part="2/2")
    assert {"0/2", "1/2", "2/2"} == {held.part for held in living_holders(store, "run-1")}


def test_the_flow_run_of_one_who_died_at_work_waits_to_be_made_again(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    died = take_hold(store, ["run-1"], flow_run_id="flow-1")
    ended = take_hold(store, ["run-1"], flow_run_id="flow-2")
    without = take_hold(store, ["run-1"])
    beat(store, ended, lease_ids=["lease"])
    let_go(store, ended)
    for one in (died, ended, without):
        end_holder(store, one)

    assert ["flow-1"] == [record.flow_run_id for record in requested_recoveries(store)]
    assert [died] == [held.holder_id for held in holders_of_flow(store, "flow-1")]


def test_one_who_was_found_dead_and_beats_again_has_come_back(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    back = take_hold(store, ["run-1"], flow_run_id="flow-1")
    assert not has_come_back(holders_of_flow(store, "flow-1")[0])
    end_holder(store, back)
    assert not has_come_back(holders_of_flow(store, "flow-1")[0])
    beat(store, back)
    assert has_come_back(holders_of_flow(store, "flow-1")[0])


def test_a_process_knows_how_long_it_was_silent_itself(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    assert 0.0 == own_silence_s(store)
    take_hold(store, ["run-1"], host="elsewhere", pid=1)
    _make_silent(store, take_hold(store, ["run-1"]), seconds=40)
    assert 40 <= own_silence_s(store)
    take_hold(store, [])
    assert own_silence_s(store) < 40
