"""`serve` looks by itself for flow runs whose process is gone, says each thing once, and outlives a bad look."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from deployments.serving import services
from deployments.serving.reconciler import Reconciler
from deployments.serving.services import Services
from evaluation.errors import StoreError

PATIENCE_S = 300.0


def _looks(*answers: Any) -> "tuple[Reconciler, list[str]]":
    """A reconciler that is given these answers in turn, and what it says."""
    left, told = iter(answers), []

    def take_up() -> Iterator[str]:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return iter(answer)

    return Reconciler(take_up, told.append), told


def test_what_is_still_true_at_the_next_look_is_said_once() -> None:
    reconciler, told = _looks(["a waits"], ["a waits"], ["a is made again"], [], ["a waits"])
    for _ in range(5):
        reconciler.look()
    assert ["note: a waits", "note: a is made again", "note: a waits"] == told


def test_a_look_that_fails_is_told_of_and_followed_by_others() -> None:
    reconciler, told = _looks(StoreError("the disk is full"), StoreError("the disk is full"), ["a is made again"])
    for _ in range(3):
        reconciler.look()
    assert 2 == len(told)
    assert "the disk is full" in told[0]
    assert "note: a is made again" == told[1]


def test_it_looks_again_and_again_until_it_is_stopped() -> None:
    third_look, n_looks = threading.Event(), [0]

    def take_up() -> list[str]:
        n_looks[0] += 1
        if n_looks[0] == 3:
            third_look.set()
        return []

    reconciler = Reconciler(take_up, print, every_s=0.001)
    reconciler.start()
    assert third_look.wait(PATIENCE_S)
    reconciler.stop()
    assert not reconciler._thread.is_alive()


class _Worker:
    """Stands in for a worker's process."""

    running = True

    def wait_until(self, *_: object, **__: object) -> None:
        """It is ready at once."""


@pytest.mark.usefixtures("prefect_api")
def test_serve_looks_while_its_worker_lives_and_stops_before_it_ends_that(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, ended = threading.Event(), []

    def take_up(workers_live: bool) -> list[str]:
        if workers_live:
            looked.set()
        return []

    monkeypatch.setattr(Services, "_start_server", lambda *_, **__: None)
    monkeypatch.setattr(Services, "_worker_again", lambda _: _Worker())
    monkeypatch.setattr(Services, "_end_worker", lambda *_: ended.append("worker"))
    monkeypatch.setattr(Reconciler, "stop", lambda _: ended.append("reconciler"))
    monkeypatch.setattr(services, "Reconciler", lambda *given: Reconciler(*given, every_s=0.001))
    with Services(1, print, take_up) as serving:
        serving.start_worker()
        assert looked.wait(PATIENCE_S)
    assert ["reconciler", "worker"] == ended
