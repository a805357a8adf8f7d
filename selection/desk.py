"""Where questions are answered: one desk for each store in a process, which knows what is known and keeps it current.

What is known is an immutable `View`; a thread that asks takes the one there is. Whether the store has changed is asked
with every question, which costs next to nothing; only where it has, one of the threads reads again, and the others go
on with the view before. A store that changes all the time is not read all the time: beyond a first allowance, comparing
may take a fiftieth of the time, and reading a twentieth. A store that is away takes no answer away: the view before
serves on and says so.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Protocol

from evaluation.errors import BenchwrightError, StoreError
from selection.decisions import Decision, DecisionLog, Entry, Outcome, Row
from selection.desk_memory import ChoiceMemory
from selection.scoreboard import Predictor, Scoreboard

if TYPE_CHECKING:
    from selection.analytics_past import PastDecision

PATIENCE_S = 1.0
"""How long a question waits for a store that is asked over a network."""
LOOK_EVERY_S = 0.25
"""How often such a store is asked whether it has changed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """What is known at a moment."""

    scoreboard: Scoreboard
    champion: Predictor | None
    """None: the scoreboard decides alone."""
    champion_id: str | None
    """Of the promotion that holds, whether its model could be read or not."""
    stamp: object
    """Of the store when it was read; another one means that it may have changed."""
    notes: tuple[str, ...] = ()
    """Why the champion is not the one that it should be."""
    away: str | None = None
    """Why the store could not be asked whether this is still so; None: it could."""
    is_behind: bool = False
    """True where the store has changed since, and changes too often to be read each time."""
    answers: dict[object, object] = field(default_factory=dict)
    """What was answered from this scoreboard where no prompt mattered, by what was asked."""


class Allowance:
    """Seconds that may be spent: so many at once, and a share of the time that goes by.

    Args:
        most_s: After a quiet time.
        share: Of the time.
        clock: Tells the time that goes by, in seconds.
        computed: Tells the time that is spent; not the same on a machine that others use too.
    """

    def __init__(self, most_s: float, share: float, clock: Callable[[], float], computed: Callable[[], float]) -> None:
        self._most_s, self._share, self._clock, self._computed = most_s, share, clock, computed
        self._left_s, self._at = most_s, clock()

    @property
    def is_left(self) -> bool:
        """True where something may be spent; it may then take longer than is left."""
        now = self._clock()
        self._left_s = min(self._most_s, self._left_s + self._share * (now - self._at))
        self._at = now
        return self._left_s > 0

    @contextmanager
    def spent(self) -> Iterator[None]:
        """Takes what the block lasts."""
        began = self._computed()
        try:
            yield
        finally:
            self._left_s -= self._computed() - began


class Book(Protocol):
    """A store, as far as a desk reads and writes it. Each method raises `StoreError` where it is away."""

    def prepare(self, decision: Decision) -> Row:
        """The decision as it will be written."""
        ...

    def write(self, entries: Sequence[Entry]) -> int:
        """How many of the entries were refused for good; all others are stored, or none where an error is raised."""
        ...

    @property
    def is_slow(self) -> bool:
        """True where asking for the stamp may take long, as over a network."""
        ...

    def stamp(self) -> object:
        """The same while nobody else has written; cheap."""
        ...

    def fingerprint(self) -> str:
        """Of the evidence."""
        ...

    def scoreboard(self) -> Scoreboard:
        """From the evidence as it is."""
        ...

    def champion_id(self) -> str | None:
        """Of the promotion that holds."""
        ...

    def champion(self) -> tuple[Predictor | None, tuple[str, ...]]:
        """The model that decides, with notes on those before it in line that could not be read."""
        ...

    def report(self, outcome: Outcome) -> None:
        """Stores what came of a recommendation. Raises `ConfigurationError` where there is none of that id."""
        ...

    def explained(self, recommendation_id: str) -> str:
        """What is stored of a recommendation, for a person. Raises `ConfigurationError` where there is none."""
        ...

    def past(self, *, task: str | None, since: datetime | None) -> "tuple[PastDecision, ...]":
        """What was recommended, the oldest first."""
        ...

    def close(self) -> None:
        """Lets go of the store."""
        ...


class Desk:
    """Answers from a store; safe to use from several threads, and of no use after a fork.

    Args:
        book: The store.
        clock: Tells the time, in seconds; given in tests.
        computed: Tells how long a thread has computed; given in tests.
    """

    def __init__(
        self,
        book: Book,
        *,
        clock: Callable[[], float] = time.monotonic,
        computed: Callable[[], float] = time.thread_time,
    ) -> None:
        self.book = book
        self.log = DecisionLog(book.write)
        self.memory = ChoiceMemory()
        self._clock = clock
        self._reading = Lock()
        self._swapping = Lock()
        self._view: View | None = None
        self._look_at = clock()
        self._comparing = Allowance(0.2, 0.02, clock, computed)
        self._rereading = Allowance(2.0, 0.05, clock, computed)

    def view(self) -> View:
        """What is known now, as far as it can be said without waiting for another thread.

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

    def record(self, decision: Decision) -> None:
        """Takes a decision to be written down; returns at once.

        It is made ready here and not in the background: a thread that computes there makes every question wait.
        """
        try:
            row = self.book.prepare(decision)
        except Exception:  # Whatever cannot be stored, the answer must be given.
            self.log.drop()
            return
        self.log.put(row)

    def report(self, outcome: Outcome) -> None:
        """Stores an outcome after what was decided before it; where the store is away, it waits like the decisions.

        Raises:
            ConfigurationError: nothing was recommended under this id.
        """
        if self.log.flush():
            self.log.put(outcome)
            return
        try:
            self.book.report(outcome)
        except StoreError:
            self.log.put(outcome)

    def notes(self, view: View) -> tuple[str, ...]:
        """What the reader of an answer from this view should know of the store and the champion."""
        return (*view.notes, *_said_of_store(view), *_said_of_log(self.log))

    def close(self) -> int:
        """How many entries could not be written; lets go of the store."""
        n_left = self.log.close()
        self.book.close()
        return n_left

    def _first_view(self) -> View:
        with self._reading:
            if self._view is None:
                stamp = self.book.stamp()
                champion_id = self.book.champion_id()
                champion, notes = self.book.champion()
                self._view = View(
                    scoreboard=self.book.scoreboard(),
                    champion=champion,
                    champion_id=champion_id,
                    stamp=stamp,
                    notes=notes,
                )
            return self._view

    def _look(self, view: View) -> None:
        """Brings the view up to date, and lets the next one look."""
        try:
            found = self._revalidated(view)
            with self._swapping:
                self._view = found
        finally:
            self._reading.release()

    def _look_aside(self, view: View) -> None:
        """The same in a thread of its own, which is waited for only so long."""
        self._look_at = self._clock() + LOOK_EVERY_S
        done = Event()

        def look() -> None:
            self._look(view)
            done.set()

        Thread(target=look, name="desk-look", daemon=True).start()
        if not done.wait(PATIENCE_S):
            with self._swapping:
                if self._view is view:
                    self._view = replace(view, away=f"it has not answered within {PATIENCE_S:g} s")

    def _revalidated(self, view: View) -> View:
        try:
            stamp = self.book.stamp()
            if stamp == view.stamp:
                return view if view.away is None and not view.is_behind else replace(view, away=None, is_behind=False)
            if not self._comparing.is_left:
                return replace(view, away=None, is_behind=True)
            with self._comparing.spent():
                view = self._with_champion(view)
                is_same = self.book.fingerprint() == view.scoreboard.fingerprint
            return self._read_again(view, stamp, is_same=is_same)
        except StoreError as error:
            return replace(view, away=str(error))

    def _with_champion(self, view: View) -> View:
        champion_id = self.book.champion_id()
        if champion_id == view.champion_id:
            return view
        champion, notes = self.book.champion()
        return replace(view, champion=champion, champion_id=champion_id, notes=notes)

    def _read_again(self, view: View, stamp: object, *, is_same: bool) -> View:
        if is_same:
            return replace(view, stamp=stamp, away=None, is_behind=False)
        if not self._rereading.is_left:
            return replace(view, away=None, is_behind=True)
        with self._rereading.spent():
            scoreboard = self.book.scoreboard()
        return replace(view, scoreboard=scoreboard, stamp=stamp, away=None, is_behind=False, answers={})


def _said_of_store(view: View) -> tuple[str, ...]:
    if view.is_behind:
        return ("the evidence is being written to; this rests on what was read some seconds ago",)
    if view.away is None:
        return ()
    return (f"the store is away, so this rests on what was read before: {view.away}",)


def _said_of_log(log: DecisionLog) -> tuple[str, ...]:
    said = []
    problem: BenchwrightError | None = log.problem
    if problem is not None and log.n_waiting:
        said.append(f"{log.n_waiting} recommendations and outcomes wait to be stored: {problem}")
    if log.n_dropped:
        said.append(f"{log.n_dropped} recommendations and outcomes could not be stored and were dropped")
    return tuple(said)
