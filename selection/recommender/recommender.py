"""The recommender of a store in a process: it answers questions and keeps what it knows current.

What is known is an immutable `View`; a thread that asks takes the one there is. Whether the store has changed is asked
with every question, which costs next to nothing; only where it has, one of the threads reads again, and the others go
on with the view before. A store that changes all the time is not read all the time: beyond a first allowance, comparing
may take a fiftieth of the time, and reading a twentieth. A store that is away takes no answer away: the view before
serves on and says so.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from evaluation.errors import StoreError
from evaluation.records.selection import ReportedOutcome
from selection.decisions.decision_log import Decision, DecisionLog
from selection.recommender.memory import AnswerMemory
from selection.recommender.outcomes import OutcomeLedger
from selection.recommender.view import FirstKnown, View

if TYPE_CHECKING:
    from selection.recommender.store_access import StoreBook


class Allowance:
    """Time budget that refills: a maximum at once, and a share of the time that passes.

    Args:
        most_s: Seconds available after a quiet time.
        share: Share of the passing time that is added.
        clock: Clock of the passing time, in seconds.
        computed: Clock of the time spent, in seconds; it differs on a machine that others use too.
    """

    def __init__(self, most_s: float, share: float, clock: Callable[[], float], computed: Callable[[], float]) -> None:
        self._most_s, self._share, self._clock, self._computed = most_s, share, clock, computed
        self._left_s, self._at = most_s, clock()

    @property
    def is_left(self) -> bool:
        """True if any time is left; the next work may then take longer than that."""
        now = self._clock()
        self._left_s = min(self._most_s, self._left_s + self._share * (now - self._at))
        self._at = now
        return self._left_s > 0

    @contextmanager
    def spent(self) -> Iterator[None]:
        """Subtract the time of the block."""
        began = self._computed()
        try:
            yield
        finally:
            self._left_s -= self._computed() - began


PATIENCE_S = 1.0
"""Longest wait in seconds of a question for a store that is read over a network."""
LOOK_EVERY_S = 0.25
"""Interval in seconds at which such a store is checked for changes."""


class Recommender:
    """Recommendations from a store. Thread-safe, but not usable after a fork.

    Args:
        book: The store.
        clock: Clock, in seconds; set in tests.
        computed: Clock of a thread's processor time; set in tests.
    """

    def __init__(
        self,
        book: "StoreBook",
        *,
        clock: Callable[[], float] = time.monotonic,
        computed: Callable[[], float] = time.thread_time,
    ) -> None:
        self.book = book
        self.log = DecisionLog(book.write)
        self.memory = AnswerMemory()
        self.outcomes = OutcomeLedger(book.outcomes, clock)
        self._clock = clock
        self._reading = Lock()
        self._swapping = Lock()
        self._view: View | None = None
        self._look_at = clock()
        self._comparing = Allowance(0.12, 0.02, clock, computed)
        self._rereading = Allowance(2.0, 0.05, clock, computed)

    def view(self) -> View:
        """Return the current view, without waiting for another thread.

        Raises:
            StoreError: nothing is known yet, and the store is away.
        """
        view = self._view
        if view is None:
            return self._first_view()
        if self.book.is_slow and self._clock() < self._look_at:
            return view
        if self._reading.acquire(blocking=False):
            view = self._view or view
            if self.book.is_slow:
                self._look_aside(view)
            else:
                self._look(view)
        return self._view or view

    def current_view(self) -> View | None:
        """Return the view where nothing has to be read for it; None: `view` may read."""
        view = self._view
        if view is None or view.away is not None or view.is_behind or self.outcomes.is_due:
            return None
        if self.book.is_slow:
            return view if self._clock() < self._look_at else None
        try:
            return view if self.book.stamp() == view.stamp else None
        except StoreError:
            return None

    def record(self, decision: Decision) -> None:
        """Queue a decision for storage; returns at once.

        Its row is made here and not in the background: a thread that computes there makes every question wait.
        """
        try:
            row = self.book.prepare(decision)
        except Exception:  # Whatever cannot be stored, the answer must be given.
            self.log.drop()
            return
        self.log.put(row)

    def report(self, outcome: ReportedOutcome) -> None:
        """Store an outcome after the decisions before it; where the store is away, it waits like these.

        Raises:
            ConfigurationError: there is no recommendation with this id.
        """
        if self.log.flush():
            self.log.put(outcome)
            return
        try:
            self.book.report(outcome)
        except StoreError:
            self.log.put(outcome)
            return
        self.outcomes.expect_more()

    def notes(self, view: View) -> tuple[str, ...]:
        """Return notes on the store and the champion for the reader of an answer from this view."""
        return (*view.notes, *_store_notes(view), *_log_notes(self.log))

    def close(self) -> int:
        """Close the store, and return how many entries could not be written."""
        n_left = self.log.close()
        self.book.close()
        return n_left

    def _first_view(self) -> View:
        with self._reading:
            if self._view is None:
                stamp, n_changes = self.book.stamp(), self.book.n_changes()
                state = self.book.kept()
                notes: tuple[str, ...] = ()
                if state is None:
                    state, notes = self._first_read()
                self.outcomes.refresh()
                self._view = View(
                    scoreboard=state.scoreboard,
                    champion=state.champion,
                    champion_id=state.champion_id,
                    stamp=stamp,
                    n_changes=n_changes,
                    notes=notes,
                )
            return self._view

    def _first_read(self) -> tuple[FirstKnown, tuple[str, ...]]:
        """Read the store, keep the result for the next process, and return it with notes on the champion."""
        champion_id = self.book.champion_id()
        champion, notes = self.book.champion()
        scoreboard, champion = self.book.scoreboard(champion)
        state = FirstKnown(scoreboard=scoreboard, champion=champion, champion_id=champion_id)
        if not notes:  # A model that could not be read may be readable for the next one.
            self.book.keep(state)
        return state, notes

    def _look(self, view: View) -> None:
        """Bring the view up to date, and allow the next check."""
        try:
            revalidated = self._revalidated(view)
            with self._swapping:
                self._view = revalidated
            if revalidated.away is None:
                with suppress(StoreError):
                    self.outcomes.refresh()
        finally:
            self._reading.release()

    def _look_aside(self, view: View) -> None:
        """Do the same in a separate thread, with a limited wait."""
        self._look_at = self._clock() + LOOK_EVERY_S
        done = Event()

        def look() -> None:
            self._look(view)
            done.set()

        Thread(target=look, name="recommender-look", daemon=True).start()
        if not done.wait(PATIENCE_S):
            with self._swapping:
                if self._view is view:
                    self._view = replace(view, away=f"it has not answered within {PATIENCE_S:g} s")

    def _revalidated(self, view: View) -> View:
        try:
            stamp = self.book.stamp()
            if stamp == view.stamp:
                return view if view.away is None and not view.is_behind else replace(view, away=None, is_behind=False)
            n_changes = self.book.n_changes()
            if n_changes is not None and n_changes == view.n_changes:  # Calls were recorded, say.
                return replace(view, stamp=stamp, away=None, is_behind=False)
            if not self._comparing.is_left:
                return replace(view, away=None, is_behind=True)
            with self._comparing.spent():
                champion_id = self.book.champion_id()
                is_same = self.book.fingerprint() == view.scoreboard.fingerprint
            if is_same and champion_id == view.champion_id:
                return replace(view, stamp=stamp, n_changes=n_changes, away=None, is_behind=False)
            return self._read_again(view, stamp, champion_id, n_changes)
        except StoreError as error:
            return replace(view, away=error.message)

    def _read_again(self, view: View, stamp: object, champion_id: str | None, n_changes: int | None) -> View:
        if not self._rereading.is_left:
            return replace(view, away=None, is_behind=True)
        with self._rereading.spent():
            champion, notes = view.champion, view.notes
            if champion_id != view.champion_id:
                champion, notes = self.book.champion()
            scoreboard, champion = self.book.scoreboard(champion)
        return View(
            scoreboard=scoreboard,
            champion=champion,
            champion_id=champion_id,
            stamp=stamp,
            n_changes=n_changes,
            notes=notes,
        )


def _store_notes(view: View) -> tuple[str, ...]:
    if view.is_behind:
        return ("the evidence is being updated; this rests on what was read a few seconds ago",)
    if view.away is None:
        return ()
    return (f"the store is unavailable, so this rests on what was read before: {view.away}",)


def _log_notes(log: DecisionLog) -> tuple[str, ...]:
    notes = []
    problem = log.problem
    if problem is not None and log.n_waiting:
        notes.append(f"{log.n_waiting} recommendations and outcomes are not stored yet: {problem}")
    if log.n_dropped:
        notes.append(f"{log.n_dropped} recommendations and outcomes could not be stored and were dropped")
    return tuple(notes)
