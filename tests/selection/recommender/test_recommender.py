import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Barrier, Event

import pytest

from evaluation.errors import ConfigurationError, StoreUnreachableError
from evaluation.records.selection import ReportedOutcome
from selection.recommender.recommender import Recommender

MOMENT = datetime(2026, 5, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Board:
    """As much of a scoreboard as a desk looks at."""

    fingerprint: str


class FakeBook:
    """A store whose evidence and champion are numbers."""

    def __init__(self):
        self.is_slow = False
        self.evidence = 1
        self.promoted = 1
        self.n_writes = 0
        self.is_away = False
        self.calls = []
        self.written = []
        self.hold = None
        self.notes = ()
        self.kept_before = self.kept_now = self.counted = None

    def _asked(self, what):
        self.calls.append(what)
        if self.hold is not None:
            self.hold.wait(120)
        if self.is_away:
            raise StoreUnreachableError("the database is away")

    def stamp(self):
        self._asked("stamp")
        return (self.evidence, self.promoted, self.n_writes)

    def n_changes(self):
        return self.counted

    def fingerprint(self):
        self._asked("fingerprint")
        return str(self.evidence)

    def scoreboard(self, champion):
        self._asked("scoreboard")
        return Board(fingerprint=str(self.evidence)), f"{champion}, by evidence {self.evidence}"

    def outcomes(self, since, limit):
        return ()

    def kept(self):
        return self.kept_before

    def keep(self, known):
        self.kept_now = known

    def champion_id(self):
        return str(self.promoted)

    def champion(self):
        self._asked("champion")
        return f"model {self.promoted}", self.notes

    def prepare(self, decision):
        return {"id": decision}

    def write(self, entries):
        self._asked("write")
        self.written += [one.recommendation_id for one in entries]
        return 0

    def report(self, outcome):
        self._asked("report")
        if outcome.recommendation_id == "unknown":
            raise ConfigurationError("nothing was recommended under 'unknown'")
        self.written.append(outcome.recommendation_id)

    def close(self):
        self.calls.append("close")


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def book():
    return FakeBook()


@pytest.fixture
def desk(book):
    desk = Recommender(book)
    yield desk
    book.is_away = False
    desk.close()


def outcome(name="1"):
    return ReportedOutcome(recommendation_id=name, quality=1.0, latency_s=None, ok=None, reported_at=MOMENT)


def test_what_is_known_is_read_once_while_nothing_changes(book, desk):
    first = desk.view()
    assert first is desk.view()
    assert ["stamp", "champion", "scoreboard", "stamp"] == book.calls
    assert ("1", "model 1, by evidence 1", ()) == (first.scoreboard.fingerprint, first.champion, desk.notes(first))


def test_changed_evidence_is_read_with_the_next_question(book, desk):
    desk.view()
    book.evidence = 2
    assert "2" == desk.view().scoreboard.fingerprint
    book.evidence = 1
    assert "1" == desk.view().scoreboard.fingerprint


def test_where_changes_of_the_evidence_are_counted_other_writes_cost_no_fingerprint(book, desk):
    book.counted = 7
    desk.view()
    book.calls.clear()
    book.n_writes += 1

    assert "1" == desk.view().scoreboard.fingerprint
    assert ["stamp"] == book.calls

    book.evidence, book.counted = 2, 8
    assert "2" == desk.view().scoreboard.fingerprint
    book.promoted, book.counted = 2, 9
    assert "model 2, by evidence 2" == desk.view().champion


def test_a_change_while_the_first_view_is_read_is_seen_by_the_next_question(book, desk):
    book.counted = 7
    scoreboard = book.scoreboard

    def changed(champion):
        found = scoreboard(champion)
        book.evidence, book.counted = 2, 8
        return found

    book.scoreboard = changed
    desk.view()
    book.scoreboard = scoreboard

    assert "2" == desk.view().scoreboard.fingerprint


def test_the_view_is_current_while_nothing_has_to_be_read(book, desk):
    assert desk.current_view() is None
    view = desk.view()
    assert view is desk.current_view()

    book.n_writes += 1
    assert desk.current_view() is None
    assert desk.view() is desk.current_view()

    desk.outcomes.expect_more()
    assert desk.current_view() is None
    desk.view()

    book.is_away = True
    assert desk.current_view() is None
    assert desk.view().away is not None
    book.is_away = False
    assert desk.current_view() is None
    assert desk.view() is desk.current_view()


def test_a_change_of_something_else_costs_a_fingerprint_and_no_more(book, desk):
    before = desk.view()
    book.calls.clear()
    book.n_writes += 1
    after = desk.view()
    assert before.scoreboard is after.scoreboard
    assert ["stamp", "fingerprint"] == book.calls
    assert after is desk.view()


def test_another_champion_decides_with_the_next_question(book, desk):
    desk.view()
    book.promoted, book.notes = 2, ("the file of model 2 was refused",)
    view = desk.view()
    assert "model 2, by evidence 1" == view.champion
    assert ("the file of model 2 was refused",) == desk.notes(view)


def test_a_store_that_is_away_leaves_what_is_known_and_a_note(book, desk):
    before = desk.view()
    book.is_away = True
    view = desk.view()
    assert before.scoreboard is view.scoreboard
    (note,) = desk.notes(view)
    assert "the store is unavailable, so this rests on what was read before: the database is away" == note
    book.is_away = False
    assert () == desk.notes(desk.view())


def test_without_any_memory_a_store_that_is_away_is_an_error(book, desk):
    book.is_away = True
    with pytest.raises(StoreUnreachableError, match="away"):
        desk.view()
    book.is_away = False
    assert "1" == desk.view().scoreboard.fingerprint


def test_a_store_that_changes_all_the_time_takes_a_twentieth_of_it(book):
    clock = Clock()
    desk = Recommender(book, clock=clock, computed=clock)
    read, times = book.scoreboard, []

    def slowly(champion):
        clock.now += 1.0
        times.append(clock.now)
        return read(champion)

    desk.view()
    book.scoreboard = slowly
    for _ in range(2_000):
        clock.now += 0.05
        book.evidence += 1
        desk.view()
    assert 5 <= len(times) <= 9
    assert "being updated" in desk.notes(desk.view())[0]
    clock.now += 60
    assert str(book.evidence) == desk.view().scoreboard.fingerprint


def test_others_who_write_all_the_time_cost_a_fiftieth_of_it(book):
    clock = Clock()
    desk = Recommender(book, clock=clock, computed=clock)
    compare = book.fingerprint

    def slowly():
        clock.now += 0.06
        return compare()

    desk.view()
    book.fingerprint = slowly
    for _ in range(2_000):
        clock.now += 0.001
        book.n_writes += 1
        desk.view()
    assert book.calls.count("fingerprint") <= 8


def test_one_thread_reads_while_the_others_are_answered_from_what_is_known(book, desk):
    desk.view()
    book.evidence, book.hold = 2, Event()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(desk.view)
        wait_until(lambda: book.calls.count("stamp") == 2)
        assert "1" == desk.view().scoreboard.fingerprint
        book.hold.set()
        assert "2" == reading.result().scoreboard.fingerprint


def test_threads_that_ask_first_at_once_read_once(book, desk):
    together = Barrier(8)

    def ask():
        together.wait()
        return desk.view()

    with ThreadPoolExecutor(8) as pool:
        views = [future.result() for future in [pool.submit(ask) for _ in range(8)]]
    assert 1 == book.calls.count("scoreboard")
    assert {"1"} == {view.scoreboard.fingerprint for view in views}


def test_a_slow_store_that_falls_silent_is_waited_for_once_and_only_so_long(book, desk, monkeypatch):
    monkeypatch.setattr("selection.recommender.recommender.PATIENCE_S", 0.02)
    monkeypatch.setattr("selection.recommender.recommender.LOOK_EVERY_S", 0.0)
    before = desk.view()
    book.is_slow, book.hold = True, Event()
    view = desk.view()
    assert before.scoreboard is view.scoreboard
    assert "it has not answered within 0.02 s" in desk.notes(view)[0]
    wait_until(lambda: book.calls.count("stamp") == 2)  # the thread that looks may begin late
    n_calls = len(book.calls)
    desk.view()
    assert n_calls == len(book.calls)
    book.evidence = 2
    book.hold.set()
    book.hold = None
    wait_until(lambda: desk.view().scoreboard.fingerprint == "2")
    wait_until(lambda: () == desk.notes(desk.view()))  # a look may take longer than its patience again


def test_a_slow_store_is_not_asked_with_every_question(book, monkeypatch):
    monkeypatch.setattr("selection.recommender.recommender.PATIENCE_S", 120.0)
    clock = Clock()
    desk = Recommender(book, clock=clock, computed=clock)
    desk.view()
    book.is_slow = True
    for _ in range(100):
        clock.now += 0.01
        desk.view()
    wait_until(lambda: book.calls.count("stamp") >= 4)
    assert book.calls.count("stamp") <= 6


def test_an_outcome_of_nothing_is_an_error(desk):
    with pytest.raises(ConfigurationError, match="unknown"):
        desk.report(outcome("unknown"))


def test_an_outcome_waits_while_the_store_is_away_and_the_notes_say_so(book, desk):
    desk.view()
    book.is_away = True
    desk.report(outcome("1"))
    assert 1 == desk.log.flush()
    notes = desk.notes(desk.view())
    assert "1 recommendations and outcomes are not stored yet: the database is away" == notes[1]
    book.is_away = False
    desk.report(outcome("2"))
    assert ["1", "2"] == book.written


def wait_until(holds):
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_decision_that_cannot_be_stored_takes_no_answer_away(book, desk, monkeypatch):
    def refuse(decision):
        raise ValueError("not storable")

    desk.view()
    monkeypatch.setattr(book, "prepare", refuse)
    desk.record("decision")
    assert ("1 recommendations and outcomes could not be stored and were dropped",) == desk.notes(desk.view())
