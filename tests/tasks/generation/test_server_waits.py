"""Which servers does a progress line say are waited for?"""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evaluation.errors import FailureKind, TransientProviderError
from evaluation.planning.plan import Lane
from evaluation.providers.provider import Provider
from evaluation.results.progress import ServerWait
from tasks.generation import server_waits as module
from tasks.generation.give_up_rules import EndpointWatch
from tasks.generation.pool import Pool, Station
from tasks.generation.residency import load_waits
from tasks.generation.server_trouble import metric_server_trouble
from tasks.generation.server_waits import server_waits

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def station(name: str, *, since: datetime | None, due: tuple[datetime, ...] = ()) -> Station:
    lane = cast("Lane", SimpleNamespace(endpoint_name=name, slots=2))
    watch = EndpointWatch(slots=2, trouble_since=since)
    return Station(lane=lane, provider=cast("Provider", None), watch=watch, attempts_due=list(due))


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The works of the one open invocation."""
    found: list[Any] = []
    bench = SimpleNamespace(works=found)
    monkeypatch.setattr(module, "find_workbench", lambda name: bench if name == "one" else None)
    return found


def work(*stations: Station, n_open: int = 1, endpoints: tuple[str, ...] = ()) -> Any:
    pool = Pool()
    pool.open_items.update((1, str(number), 0) for number in range(n_open))
    for each in stations:
        pool.join(each)
    ended = SimpleNamespace(is_set=lambda: False)
    return SimpleNamespace(pool=pool, ended=ended, group=SimpleNamespace(endpoints=endpoints))


def test_a_server_that_does_not_answer_is_waited_for_until_its_earliest_attempt(works: list[Any]) -> None:
    due = tuple(NOON + timedelta(seconds=seconds) for seconds in (9, 4, 30))
    works.append(work(station("box", since=NOON, due=due)))

    assert (ServerWait(endpoint="box", since=NOON, next_attempt_at=due[1]),) == server_waits("one")
    assert () == server_waits("another")


def test_it_is_not_waited_for_while_another_server_answers_the_same_cases(works: list[Any]) -> None:
    works.append(work(station("box", since=NOON), station("other", since=None)))

    assert () == server_waits("one")


def test_a_server_of_another_model_that_answers_hides_no_wait(works: list[Any]) -> None:
    works += [work(station("other", since=None)), work(station("box", since=NOON))]

    (wait,) = server_waits("one")
    assert ("box", None) == (wait.endpoint, wait.next_attempt_at)
    assert wait.in_words(UTC).endswith("since 12:00:00 UTC, attempt under way")


def test_nothing_is_waited_for_once_every_case_is_answered(works: list[Any]) -> None:
    works.append(work(station("box", since=NOON), n_open=0))

    assert () == server_waits("one")


def test_a_server_that_cannot_load_a_model_yet_is_waited_for_too(
    works: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = ServerWait(endpoint="box", since=NOON, next_attempt_at=NOON)
    monkeypatch.setitem(load_waits, "box", wait)
    monkeypatch.setitem(load_waits, "elsewhere", wait)
    works.append(work(endpoints=("box", "third")))

    assert (wait,) == server_waits("one")


def test_the_server_of_a_metrics_model_is_waited_for_while_its_work_asks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    error = TransientProviderError("refused", FailureKind.SERVER_DOWN)
    with metric_server_trouble("scored", "box") as trouble:
        assert () == server_waits("scored")
        trouble.failed(error)
        trouble.pauses(error, 600.0)
        (wait,) = server_waits("scored")
        assert ("box", True) == (wait.endpoint, wait.next_attempt_at is not None)
        assert () == server_waits("another")
        trouble.answered()
        assert () == server_waits("scored")
        loading = ServerWait(endpoint="box", since=NOON, next_attempt_at=NOON)
        monkeypatch.setitem(load_waits, "box", loading)
        assert (loading,) == server_waits("scored")

    assert () == server_waits("scored")
