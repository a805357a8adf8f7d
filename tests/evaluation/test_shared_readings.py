"""Many who ask for the same at once share one reading."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from evaluation.shared_readings import SharedReadings


def test_all_who_ask_at_once_get_what_one_read() -> None:
    readings, may_end, n_read = SharedReadings(), threading.Event(), []

    def read() -> object:
        n_read.append(1)
        assert may_end.wait(60)
        return object()

    with ThreadPoolExecutor(8) as viewers:
        asked = [viewers.submit(readings.get, "run", read) for _ in range(8)]
        while not n_read:
            pass
        may_end.set()
        values = [each.result(60) for each in asked]
    assert len(n_read) == len({id(value) for value in values})
    assert len(n_read) < 8


def test_nothing_is_kept_of_a_reading_that_is_over() -> None:
    readings = SharedReadings()
    assert [1, 2] == [readings.get("run", lambda value=value: value) for value in (1, 2)]


def test_a_reading_that_fails_is_begun_anew() -> None:
    readings = SharedReadings()
    with pytest.raises(ZeroDivisionError):
        readings.get("run", lambda: 1 // 0)
    assert 1 == readings.get("run", lambda: 1)
