"""A case that was given a slot is asked, wherever that turns out to be possible."""

import asyncio
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evaluation.case import Benchmark, Message
from evaluation.errors import FailureKind, RefusedValueError, TransientProviderError
from evaluation.generation import Failure, Generation, GenerationRequest, Outcome
from evaluation.planning.plan import Lane, PlannedCandidate
from evaluation.providers.provider import Provider
from evaluation.records.outcomes import OutcomeRow
from evaluation.store.outcome_rows import outcome_values
from evaluation.store.writer import refuse_unstorable
from tasks.generation.asking import Asking, ask, chat
from tasks.generation.generate import _saved
from tasks.generation.give_up_rules import CandidateWatch, EndpointWatch
from tasks.generation.group_work import GroupWork
from tasks.generation.pool import Pool, Station
from tasks.generation.workbench import Workbench

REQUEST = GenerationRequest(model="m", messages=(Message(role="user", content="?"),), timeout_s=30.0)


@dataclass
class Scripted:
    """A server that does what it is told, attempt by attempt, and answers from then on."""

    troubles: list[TransientProviderError] = field(default_factory=list)
    n_asked: int = 0
    tells_what_is_loaded: bool = False

    async def answer(self, _request: GenerationRequest, _draft: object) -> Generation:
        self.n_asked += 1
        if self.troubles:
            raise self.troubles.pop(0)
        return Generation(text="yes", answer="yes")


def a_station(name: str, capacity: int, *troubles: TransientProviderError) -> Station:
    lane = Lane(
        endpoint_name=name,
        url=f"http://{name}",
        provider="ollama",
        key_variable=None,
        slots=1,
        allow_remote=False,
        gpu_tag=f"gpu-{name}",
    )
    provider = cast(Provider, Scripted(list(troubles)))
    station = Station(lane=lane, provider=provider, watch=EndpointWatch(slots=1))
    station.gate.resize(capacity)
    return station


async def ask_once(asking: Asking) -> tuple[Outcome, Station] | None:
    return await ask(asking, chat(REQUEST), asking.watch.saw)


def asking_in(pool: Pool, *, others: tuple[Station, ...] = (), case_timeout_s: float = 60.0) -> Asking:
    """What `ask` needs. `others` are servers of the group that have not joined its pool, such as one that loads."""
    bench = SimpleNamespace(
        watches={1: CandidateWatch(budget=0)},
        plan=SimpleNamespace(case_timeout_s=case_timeout_s),
        settings=SimpleNamespace(retry_base_s=0.001),
        has_another_server=lambda _work, than: pool.has_another(than) or bool(others),
    )
    return Asking(
        bench=cast(Workbench, bench),
        work=cast(GroupWork, SimpleNamespace(pool=pool)),
        planned=cast(PlannedCandidate, SimpleNamespace(run_candidate_id=1)),
        benchmark=cast(Benchmark, None),
    )


def down(kind: FailureKind = FailureKind.SERVER_DOWN) -> TransientProviderError:
    return TransientProviderError("no server answers", kind)


def asked(work: Any) -> tuple[Outcome, Station] | None:
    found: tuple[Outcome, Station] | None = asyncio.run(work)
    return found


def test_a_case_whose_server_is_given_up_as_it_gets_its_slot_is_asked_of_another() -> None:
    dying, other = a_station("dying", 1), a_station("other", 0)

    async def work() -> Any:
        pool = Pool()
        pool.join(dying)
        pool.join(other)
        dying.gate.try_enter()
        asking = asyncio.create_task(ask_once(asking_in(pool)))
        await asyncio.sleep(0)
        dying.gate.leave()
        dying.watch.given_up = "gone"
        other.gate.resize(1)
        return await asking

    found = asked(work())

    assert found is not None
    assert ("other", "yes") == (found[1].name, cast(Generation, found[0]).answer)
    assert [0, 0] == [dying.gate.n_inside, other.gate.n_inside]


def test_a_case_whose_only_server_is_given_up_is_asked_of_one_that_joins_later() -> None:
    dying, later = a_station("dying", 1), a_station("later", 1)

    async def work() -> Any:
        pool = Pool()
        pool.join(dying)
        dying.watch.given_up = "gone"
        asking = asyncio.create_task(ask_once(asking_in(pool)))
        await asyncio.sleep(0)
        pool.part(dying)
        pool.join(later)
        return await asking

    found = asked(work())

    assert found is not None
    assert "later" == found[1].name


def test_a_server_that_is_down_hands_its_case_over_at_once_and_that_attempt_is_stored_but_does_not_count() -> None:
    # Sorting is stable: of two empty servers the first is taken.
    dead, alive = a_station("dead", 1, down()), a_station("alive", 1, *[down(FailureKind.CUT_STREAM)] * 7)

    async def work() -> Any:
        pool = Pool()
        pool.join(dead)
        dead.gate.resize(1)
        asking = asyncio.create_task(ask_once(asking_in(pool)))
        pool.join(alive)
        await asyncio.sleep(0)
        dead.watch.given_up = "gone"
        return await asking

    found = asked(work())

    assert found is not None
    outcome, station = found
    assert ("alive", 8) == (station.name, cast(Scripted, alive.provider).n_asked)
    assert isinstance(outcome, Generation)
    assert 9 == outcome.n_attempts


def test_a_case_waits_for_a_server_that_still_loads_rather_than_use_up_its_attempts_at_a_dead_one() -> None:
    dead, loading = a_station("dead", 1, *[down()] * 20), a_station("loading", 1)

    async def work() -> Any:
        pool = Pool()
        pool.join(dead)
        asking = asyncio.create_task(ask_once(asking_in(pool, others=(loading,))))
        while dead.watch.given_up is None:
            await asyncio.sleep(0)
        pool.part(dead)
        pool.join(loading)
        return await asking

    found = asked(work())

    assert found is not None
    outcome, station = found
    assert ("loading", 5) == (station.name, cast(Scripted, dead.provider).n_asked)
    assert isinstance(outcome, Generation)


def test_a_case_is_given_up_after_eight_attempts_at_one_server() -> None:
    station = a_station("only", 1, *[down(FailureKind.CUT_STREAM)] * 10)

    async def work() -> Any:
        pool = Pool()
        pool.join(station)
        return await ask_once(asking_in(pool))

    found = asked(work())

    assert found is not None
    assert isinstance(found[0], Failure)
    assert (FailureKind.CUT_STREAM, 8) == (found[0].kind, found[0].n_attempts)


def test_nobody_is_asked_for_a_candidate_that_was_given_up() -> None:
    station = a_station("only", 1)

    async def work() -> Any:
        pool = Pool()
        pool.join(station)
        asking = asking_in(pool)
        asking.bench.watches[1].given_up = "it failed too often"
        return await ask_once(asking)

    assert asked(work()) is None
    assert (0, 0) == (cast(Scripted, station.provider).n_asked, station.gate.n_inside)


def test_a_server_in_trouble_is_named_once_and_so_is_its_recovery(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr("tasks.flow_logging.listeners", [lambda _level, said: heard.append(said)])
    station = a_station("only", 1, down(), down(FailureKind.TIMED_OUT))

    async def work() -> Any:
        pool = Pool()
        pool.join(station)
        return await ask_once(asking_in(pool))

    asked(work())

    assert [
        "endpoint only has a temporary failure; retrying: server_down: no server answers",
        "endpoint only answers again",
    ] == heard


def test_a_cut_answer_is_no_trouble_with_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr("tasks.flow_logging.listeners", [lambda _level, said: heard.append(said)])
    station = a_station("only", 1, down(FailureKind.CUT_STREAM))

    async def work() -> Any:
        pool = Pool()
        pool.join(station)
        return await ask_once(asking_in(pool))

    asked(work())

    assert [] == heard


class RefusingWriter:
    """Refuses what holds a number beyond 64 bits, as the store's writer does; takes the rest."""

    def __init__(self) -> None:
        self.stored: list[OutcomeRow] = []

    def submit(self, row: OutcomeRow) -> "Future[None]":
        future: Future[None] = Future()
        try:
            refuse_unstorable(outcome_values(row), "the outcome")
        except RefusedValueError as error:
            future.set_exception(error)
        else:
            self.stored.append(row)
            future.set_result(None)
        return future


def test_an_answer_that_the_store_refuses_is_stored_as_a_failure_that_says_why() -> None:
    writer, watch = RefusingWriter(), CandidateWatch(budget=5)
    bench = cast(Workbench, SimpleNamespace(writer=writer, watches={1: watch}))
    odd = Generation(text="a", answer="a", output_tokens=10**30, n_attempts=2, seed=7)
    row = OutcomeRow(
        run_candidate_id=1,
        case_id="c",
        repeat=0,
        outcome=odd,
        endpoint="e",
        finished_at=datetime.now(UTC),
        effective_context=10**30,
    )

    failure = asyncio.run(_saved(bench, row))

    assert isinstance(failure, Failure)
    assert (FailureKind.UNREADABLE_ANSWER, 2, 7) == (failure.kind, failure.n_attempts, failure.seed)
    assert "effective_context is 1000" in failure.message
    assert [failure] == [stored.outcome for stored in writer.stored]
    assert 1 == watch.n_failed
