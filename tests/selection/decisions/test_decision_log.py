from datetime import UTC, datetime
from threading import Event, Thread

import pytest

from evaluation.errors import StoreUnreachableError
from evaluation.records.selection import ReportedOutcome
from selection.decisions.decision_log import DecisionLog

MOMENT = datetime(2026, 5, 4, tzinfo=UTC)


def entry(name):
    return ReportedOutcome(recommendation_id=str(name), quality=1.0, latency_s=None, ok=True, reported_at=MOMENT)


class Paper:
    """Where entries are written; it can be taken away."""

    def __init__(self):
        self.ids = []
        self.n_writes = 0
        self.is_away = False
        self.refused = set()

    def write(self, entries):
        self.n_writes += 1
        if self.is_away:
            raise StoreUnreachableError("the database is away")
        if self.refused & {one.recommendation_id for one in entries}:
            raise ValueError("not storable")
        self.ids += [one.recommendation_id for one in entries]
        return sum(one.recommendation_id == "unknown" for one in entries)


@pytest.fixture
def paper():
    return Paper()


@pytest.fixture
def log(paper):
    log = DecisionLog(paper.write, most_waiting=10, batch_after_s=0.01)
    yield log
    log.close(1.0)


def test_entries_are_written_in_their_order_and_in_batches(paper):
    log = DecisionLog(paper.write, batch_after_s=60)
    for i in range(100):
        log.put(entry(i))
    assert 0 == log.flush()
    assert [str(i) for i in range(100)] == paper.ids
    assert 2 >= paper.n_writes
    log.close()


def test_entries_are_written_without_anybody_asking():
    done = Event()
    log = DecisionLog(lambda entries: done.set() or 0, batch_after_s=0.01)
    log.put(entry(1))
    assert done.wait(30)
    log.close()


def test_an_empty_log_is_flushed_and_closed_at_once(paper):
    log = DecisionLog(paper.write)
    assert 0 == log.flush()
    assert 0 == log.close()


def test_closing_writes_what_waits(paper):
    log = DecisionLog(paper.write, batch_after_s=60)
    log.put(entry(1))
    assert 0 == log.close()
    assert ["1"] == paper.ids


def test_what_cannot_be_written_waits_until_the_store_is_back(paper, log):
    paper.is_away = True
    log.put(entry(1))
    assert 1 == log.flush()
    log.put(entry(2))
    assert 2 == log.flush()
    assert "the database is away" == str(log.problem)
    paper.is_away = False
    assert 0 == log.flush()
    assert (["1", "2"], None, 0) == (paper.ids, log.problem, log.n_dropped)


def test_of_too_many_that_wait_the_oldest_are_dropped_and_counted(paper, log):
    paper.is_away = True
    for i in range(25):
        log.put(entry(i))
    assert 10 == log.flush()
    paper.is_away = False
    log.flush()
    assert ([str(i) for i in range(15, 25)], 15) == (paper.ids, log.n_dropped)


def test_an_entry_that_is_refused_keeps_no_other_one_back(paper):
    log = DecisionLog(paper.write, batch_after_s=60)
    paper.refused = {"1"}
    for i in range(3):
        log.put(entry(i))
    assert 0 == log.flush()
    assert (["0", "2"], 1) == (paper.ids, log.n_dropped)
    log.close()


def test_what_belongs_to_nothing_is_counted_as_dropped(paper, log):
    log.put(entry("unknown"))
    assert (0, 1) == (log.flush(), log.n_dropped)


def test_many_threads_lose_nothing(paper):
    log = DecisionLog(paper.write, batch_after_s=0.001)

    def put(first):
        for i in range(200):
            log.put(entry(first + i))

    threads = [Thread(target=put, args=(1_000 * number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 == log.close()
    assert {str(1_000 * number + i) for number in range(8) for i in range(200)} == set(paper.ids)
    assert 1_600 == len(paper.ids)


def test_a_flush_does_not_wait_for_what_others_put_meanwhile():
    written = []

    def write(entries):
        written.extend(entries)
        log.put(entry("again"))
        return 0

    log = DecisionLog(write, batch_after_s=0)
    log.put(entry("first"))
    assert 0 == log.flush(30.0)
    assert "first" == written[0].recommendation_id
    log.close(0.01)


def test_a_slow_store_is_waited_for_only_so_long(paper):
    going_on = Event()
    log = DecisionLog(lambda entries: going_on.wait(30) and 0, batch_after_s=0)
    log.put(entry(1))
    assert 1 == log.flush(0.05)
    going_on.set()
    assert 0 == log.close()
