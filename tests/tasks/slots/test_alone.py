"""One claim, and what may happen to it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from slot_workers import FAST, TAG, FakeLimits, UnreachableStore, Worker, until

from evaluation.errors import ConfigurationError

pytestmark = pytest.mark.usefixtures("in_logical_time")

Make = Callable[..., Worker]


def _nothing_is_left(limits: FakeLimits) -> bool:
    return not limits.leases and all(found["taken"] == 0 for found in limits.limits.values())


def test_a_claim_alone_makes_its_limits_takes_all_slots_in_one_lease_and_leaves_nothing(
    limits: FakeLimits, worker: Make
) -> None:
    async def scenario() -> None:
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        assert {f"{TAG}{end}" for end in ("", ":turn", ":wanted", ":waiting")} == set(limits.limits)
        assert 16 == limits.limits[TAG]["limit"]
        assert [1, 16, 16] == sorted(n for _, n in limits.leases.values())
        assert frozenset(limits.leases) == one.leases
        assert one.turn is not None
        assert not one.turn.is_shared()
        await until(lambda: one.n_done > 50)
        await one.stop()
        assert 16 == limits.most_taken
        assert one.gate.capacity == 0
        assert one.leases == frozenset()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_the_model_is_loaded_after_the_first_slot_is_ours_and_before_the_gate_opens(
    limits: FakeLimits, worker: Make
) -> None:
    one = worker()
    seen: list[tuple[int, int]] = []

    async def load() -> float:
        seen.append((limits.taken(), one.gate.capacity))
        return 0.0

    async def scenario() -> None:
        one.on_load = load
        one.start()
        await until(lambda: one.n_done > 0)
        await one.stop()

    asyncio.run(scenario())
    assert [(16, 0)] == seen


def test_an_error_of_the_first_load_is_raised_where_the_turn_was_asked_for_and_nothing_stays_taken(
    limits: FakeLimits, worker: Make
) -> None:
    async def scenario() -> None:
        one = worker()
        one.load_error = ConfigurationError("no such model")
        one.start()
        assert one.task is not None
        with pytest.raises(ConfigurationError, match="no such model"):
            await one.task
        assert one.turn is None

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_who_is_cancelled_while_its_model_is_loading_lets_the_model_go_before_the_slots(
    limits: FakeLimits, worker: Make
) -> None:
    one = worker()
    taken: list[int] = []

    async def scenario() -> None:
        loading = asyncio.Event()

        async def load() -> float:
            loading.set()
            await asyncio.Event().wait()
            raise AssertionError

        async def abandon() -> None:
            taken.append(limits.taken())

        one.on_load, one.on_abandon = load, abandon
        one.start()
        await loading.wait()
        assert one.task is not None
        one.task.cancel()
        await asyncio.wait([one.task])

    asyncio.run(scenario())
    assert [16] == taken
    assert _nothing_is_left(limits)


@pytest.mark.parametrize("ends", ["in use", "broken", "waiting"])
def test_nothing_is_let_go_where_the_turn_was_entered_the_load_failed_or_never_began(
    limits: FakeLimits, worker: Make, ends: str
) -> None:
    async def scenario() -> None:
        one = worker()
        if ends == "broken":
            one.load_error = ConfigurationError("no such model")
        if ends == "waiting":
            first = worker("large").start()
            await until(lambda: first.n_done > 0)
        one.start()
        assert one.task is not None
        await until(lambda: one.n_done > 0 or one.load_error is not None or any("wait" in said for said in one.said))
        one.task.cancel()
        await asyncio.wait([one.task])
        assert 0 == one.n_abandoned
        if ends == "waiting":
            await first.stop()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_an_edited_limit_is_followed_down_and_up_and_said_aloud(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        limits.limits[TAG]["limit"] = 5
        await until(lambda: one.gate.capacity == 5 and limits.taken() == 5)
        limits.limits[TAG]["limit"] = 40
        await until(lambda: one.gate.capacity == 16)
        assert 16 == limits.taken()
        await one.stop()
        assert [
            f"the limit of {TAG} is 5 in Prefect: at most 5 requests at once",
            f"the limit of {TAG} allows all 16 requests at once again",
        ] == one.said

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_slots_are_given_back_only_when_their_requests_have_finished(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        one = worker(request_s=0.15).start()
        await until(lambda: one.gate.n_inside == 16)
        limits.limits[TAG]["limit"] = 4
        await until(lambda: one.gate.capacity == 4)
        assert one.gate.n_inside == 16
        assert limits.taken() == 16
        await until(lambda: limits.taken() == 4)
        assert one.gate.n_inside <= 4
        await one.stop()

    asyncio.run(scenario())


PAUSED = f"the limit of {TAG} is 0 in Prefect: no requests are sent until it is raised"


async def _until_looked_and_renewed(limits: FakeLimits) -> None:
    n_looks, n_renewals = limits.calls["look"], limits.calls["renew"]
    await until(lambda: limits.calls["look"] >= n_looks + 5 and limits.calls["renew"] >= n_renewals + 5)


@pytest.mark.parametrize("raised_to", [2, 16, 40])
def test_a_limit_of_zero_pauses_the_work_until_it_is_raised(limits: FakeLimits, worker: Make, raised_to: int) -> None:
    async def scenario() -> None:
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        limits.limits[TAG]["limit"] = 0
        await until(lambda: one.gate.capacity == 0 and one.gate.n_inside == 0)
        n_done = one.n_done
        await _until_looked_and_renewed(limits)
        assert [16, 0, n_done] == [limits.taken(), limits.calls["give_back"], one.n_done]
        limits.limits[TAG]["limit"] = raised_to
        await until(lambda: one.gate.capacity == min(raised_to, 16) == limits.taken())
        await until(lambda: one.n_done > n_done)
        assert 1 == one.said.count(PAUSED)
        assert 1 == one.n_loads
        await one.stop()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_a_limit_that_becomes_zero_while_slots_are_given_back_pauses_the_work(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        one = worker(request_s=0.1).start()
        await until(lambda: one.gate.n_inside == 16)
        limits.fails_next["give_back"] = 1
        limits.limits[TAG]["limit"] = 4
        await until(lambda: one.gate.capacity == 4)
        await until(lambda: limits.calls["give_back"] == 1)
        limits.limits[TAG]["limit"] = 0
        await until(lambda: one.gate.capacity == 0 and one.gate.n_inside == 0)
        limits.limits[TAG]["limit"] = 16
        await until(lambda: one.gate.capacity == 16)
        await one.stop()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_a_limit_that_becomes_zero_while_the_model_loads_keeps_the_gate_shut(limits: FakeLimits, worker: Make) -> None:
    capacities: list[int] = []

    async def load() -> float:
        limits.limits[TAG]["limit"] = 0
        await until(lambda: PAUSED in one.said)
        return 0.0

    one = worker()
    one.on_load = load

    async def scenario() -> None:
        one.start()
        one.gate.on_change(lambda: capacities.append(one.gate.capacity))
        await until(lambda: one.turn is not None)
        await _until_looked_and_renewed(limits)
        assert [[], 0] == [capacities, one.n_done]
        limits.limits[TAG]["limit"] = 16
        await until(lambda: one.n_done > 20)
        await one.stop()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


@pytest.mark.parametrize("is_cancelled", [False, True], ids=["ended", "cancelled"])
def test_work_that_ends_while_the_limit_is_zero_says_when_its_slots_are_free_again(
    limits: FakeLimits, worker: Make, is_cancelled: bool
) -> None:
    async def scenario() -> None:
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        limits.limits[TAG]["limit"] = 0
        await until(lambda: one.gate.capacity == 0)
        assert one.task is not None
        if is_cancelled:
            one.task.cancel()
            await asyncio.wait([one.task])
            assert one.task.cancelled()
        else:
            await one.stop()
        assert [(limits.limits[TAG]["id"], 16)] == list(limits.leases.values())
        assert frozenset(limits.leases) == one.leases
        within_s = f"{FAST.lease_s + FAST.freed_after_s:.0f}"
        assert [
            PAUSED,
            f"the limit of {TAG} is 0, and Prefect accepts no slots back for such a limit: it frees the 16 of this "
            f"evaluation by itself, {within_s} s after the limit was raised at the latest",
        ] == one.said

    asyncio.run(scenario())


def test_work_that_ends_just_after_the_limit_was_raised_from_zero_leaves_nothing(
    limits: FakeLimits, worker: Make
) -> None:
    async def scenario() -> None:
        one = worker(timing=replace(FAST, give_back_at_most_s=60.0)).start()
        await until(lambda: one.gate.capacity == 16)
        limits.limits[TAG]["limit"] = 0
        await until(lambda: one.gate.capacity == 0)
        limits.limits[TAG]["limit"] = 16
        await one.stop()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_a_limit_that_was_smaller_from_the_start_is_obeyed(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        await limits.create(TAG, 3)
        one = worker().start()
        await until(lambda: one.n_done > 20)
        await one.stop()

    asyncio.run(scenario())
    assert 3 == limits.most_taken


def test_an_inactive_limit_limits_nobody(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        await limits.create(TAG, 3)
        limits.limits[TAG]["active"] = False
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        await one.stop()
        assert [] == one.said

    asyncio.run(scenario())


def test_leases_that_have_ended_close_the_gate_and_are_taken_anew(limits: FakeLimits, worker: Make) -> None:
    silent = replace(FAST, lease_s=0.001)  # every renewal comes too late, if the server so wants

    async def scenario() -> None:
        one = worker(timing=silent).start()
        await until(lambda: one.gate.capacity == 16)
        before = one.leases
        for lease_id in before:
            limits.expire(lease_id)
        await until(lambda: not before & one.leases and limits.taken() == 16 and one.gate.capacity == 16)
        assert [1, 16, 16] == sorted(n for _, n in limits.leases.values())
        assert 0 == limits.calls["uncount"]
        await one.stop()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


@pytest.mark.parametrize(
    "lease_s", [60.0, 0.8 * FAST.renew_every_s], ids=["while they lasted", "while nobody renewed them"]
)
def test_slots_whose_leases_the_server_forgot_are_freed_by_who_had_them(
    limits: FakeLimits, worker: Make, lease_s: float
) -> None:
    async def scenario() -> None:
        one = worker(timing=replace(FAST, lease_s=lease_s)).start()
        await until(lambda: one.gate.capacity == 16)
        n_looks = limits.calls["look"]
        await until(lambda: limits.calls["look"] > n_looks + 1)
        before = one.leases
        limits.fails_next["uncount"] = 2
        limits.restart_without_leases()
        await until(lambda: not before & one.leases and limits.taken() == 16 and one.gate.capacity == 16)
        await until(lambda: [1, 16] == [limits.taken(f"{TAG}:{name}") for name in ("turn", "wanted")])
        await one.stop()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_slots_whose_leases_the_server_forgot_are_freed_also_when_the_work_ends_just_then(
    limits: FakeLimits, worker: Make
) -> None:
    async def scenario() -> None:
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        limits.is_away = True
        await until(lambda: len(one.said) == 1)
        limits.restart_without_leases()
        limits.is_away = False
        await one.stop()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_a_limit_that_was_deleted_is_made_anew(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        limits.limits.clear()
        await until(lambda: limits.taken() == 16 and limits.taken(f"{TAG}:turn") == 1)
        await one.stop()

    asyncio.run(scenario())
    assert all(found["taken"] == 0 for found in limits.limits.values())


def test_a_server_that_is_away_changes_nothing_and_is_mentioned_once(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        limits.is_away = True
        n_looks = limits.calls["look"]
        n_renewals = limits.calls["renew"]
        await until(lambda: limits.calls["look"] >= n_looks + 5 and limits.calls["renew"] >= n_renewals + 5)
        assert 16 == one.gate.capacity
        limits.is_away = False
        n_looks = limits.calls["look"]
        await until(lambda: limits.calls["look"] >= n_looks + 3)
        await one.stop()
        assert 1 == len(one.said)
        assert "continuing with 16 slots" in one.said[0]

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_a_server_that_is_away_at_the_end_is_not_waited_for(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        limits.is_away = True
        await one.stop()
        assert frozenset(limits.leases) == one.leases

    asyncio.run(scenario())


def test_nothing_is_asked_any_more_once_the_connection_is_closed_however_slow_the_server_is(
    limits: FakeLimits, worker: Make
) -> None:
    async def scenario() -> None:
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        limits.answers_after_s = 3600.0
        n_looks = limits.calls["look"]
        await until(lambda: limits.calls["look"] > n_looks)
        await one.stop()
        assert (0, 0) == (limits.n_open, limits.n_unconnected)
        assert {asyncio.current_task()} == asyncio.all_tasks()

    asyncio.run(scenario())


@pytest.mark.parametrize("call", ["look", "create", "take", "read_note", "write_note", "give_back", "renew"])
def test_a_busy_server_is_asked_again(limits: FakeLimits, worker: Make, call: str) -> None:
    async def scenario() -> None:
        limits.fails_next[call] = 3
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        await until(lambda: one.n_done > 20)
        await one.stop()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_a_claim_that_is_cancelled_gives_everything_back(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        one = worker(request_s=60).start()
        await until(lambda: one.gate.n_inside == 16)
        assert one.task is not None
        one.task.cancel()
        await asyncio.wait([one.task])
        assert one.task.cancelled()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_a_claim_that_is_cancelled_while_its_model_loads_gives_everything_back(
    limits: FakeLimits, worker: Make
) -> None:
    async def scenario() -> None:
        ended = asyncio.Event()

        async def load() -> float:
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()
            return 60.0

        one = worker()
        one.on_load = load
        one.start()
        await until(lambda: one.n_loads == 1)
        assert one.task is not None
        one.task.cancel()
        await asyncio.wait([one.task])
        assert ended.is_set()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_a_store_that_is_away_hears_of_the_leases_later(limits: FakeLimits, worker: Make) -> None:
    store = UnreachableStore()

    async def scenario() -> None:
        one = worker(on_leases=store.note).start()
        await until(lambda: frozenset(limits.leases) in store.heard and len(limits.leases) == 3)
        await one.stop()

    asyncio.run(scenario())
    assert frozenset() == store.heard[-1]


def test_a_claim_that_has_its_slots_only_looks_and_renews(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        limits.calls.clear()
        await until(lambda: limits.calls["look"] >= 30)
        assert {"look", "renew", "write_note"} >= set(limits.calls)
        await one.stop()

    asyncio.run(scenario())
