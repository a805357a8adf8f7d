"""A recommender's store: what it reads of evidence and models, and what it writes of decisions.

SQLAlchemy, and all that reads evidence, is loaded when it is needed: of a SQLite database a process may answer from
what another one kept, and write its decisions, without.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from evaluation.errors import ModelFileError, StoreError, StoreUnreachableError
from evaluation.records.selection import ReportedOutcome
from evaluation.store.address import path_of
from evaluation.store.database_access import make_database_private
from evaluation.store.recommendation_rows import newest_outcomes_in_file, save_in_file, sqlite_row
from evaluation.store.retrying import patiently
from evaluation.store.scoreboard_cache import (
    count_changes,
    is_of_this_version,
    keep,
    may_be_kept,
    read_kept,
    read_serving_of,
)
from evaluation.store.sqlite_stamp import SqliteStamp
from evaluation.version import code_hash, code_version
from selection.decisions.decision_log import Decision, Entry, Row
from selection.decisions.decision_rows import past_of, record_of, text_of_record
from selection.decisions.past_decisions import PastDecision
from selection.decisions.reported_outcomes import UseOutcome
from selection.recommender.stored_state import read, written
from selection.recommender.view import FirstKnown
from selection.scoreboard import Predictor, Scoreboard
from selection.scoreboards.building import build_scoreboard

if TYPE_CHECKING:
    from evaluation.store.evidence_stamp import ServerStamp
    from evaluation.store.session import Store
    from selection.learning.serving import ServedModel

T = TypeVar("T")
BUSY_S = 0.005
"""Seconds for which one write waits for another process's; questions wait for it meanwhile."""
PATIENCE_S = 5.0
"""Seconds for which writes are retried."""


class StoreBook:
    """The book of a recommender that answers from this database; it is opened when it is first needed.

    Each method that reads or writes raises `StoreError` where the database is away.

    Args:
        url: From `selection.recommender.registry.address_of`.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = RLock()
        self._store: Store | None = None
        self._server: ServerStamp | None = None
        self._is_checked = False
        path = None if self.is_slow else path_of(url)
        self._file = (
            None
            if path is None
            else SqliteStamp(path, busy_timeout_s=BUSY_S, on_another_file=self._let_go_of_the_store)
        )
        self._n_changes: int | None = None
        """Number of changes of the evidence when it was first read."""
        self._model_id: str | None = None
        """Id of the model that was last read."""

    @property
    def is_slow(self) -> bool:
        """True if it is read over a network."""
        return not self._url.startswith("sqlite")

    def stamp(self) -> object:
        """Return a stamp that stays the same while no one else has written."""
        return self._stamp().value()

    def n_changes(self) -> int | None:
        """Return how often evidence and promotions have changed; None where nothing counts that."""
        return None if self._file is None else count_changes(self._file)

    def kept(self) -> FirstKnown | None:
        """Return what another process kept of the current evidence; None: nothing, or unreadable."""
        made_by = _made_by()
        if self._file is None or made_by is None:
            return None
        with suppress(StoreError, ModelFileError):
            cached = read_kept(self._file, made_by)
            self._n_changes = cached.n_changes
            return None if cached.content is None else read(cached.content, self._find_model)
        return None

    def keep(self, state: FirstKnown) -> None:
        """Keep what was read since `kept` for the next process, unless it has changed meanwhile."""
        made_by = _made_by()
        if self._file is None or self._n_changes is None or made_by is None:
            return
        with suppress(StoreError):  # Whoever asked has the answer, and the next one reads as this one did.
            if may_be_kept(self._open()):
                content = written(state, self._model_id)
                if content is not None:
                    keep(self._file, content, n_changes_before=self._n_changes, made_by=made_by)

    def fingerprint(self) -> str:
        """Fingerprint of the evidence."""
        from evaluation.store.selection_evidence import evidence_fingerprint

        return evidence_fingerprint(self._open())

    def scoreboard(self, champion: Predictor | None) -> tuple[Scoreboard, Predictor | None]:
        """Return the scoreboard of the current evidence, and what this supports of the model."""
        from evaluation.store.selection_evidence import read_evidence

        evidence = read_evidence(self._open())
        return build_scoreboard(evidence), None if champion is None else champion.as_of(evidence)

    def prompts(self, *, task: str | None, limit: int) -> tuple[str, ...]:
        """Return at most `limit` prompts that candidates were measured on; None: of any task."""
        from evaluation.store.selection_evidence import sample_prompts

        return sample_prompts(self._open(), task=task, limit=limit)

    def champion_id(self) -> str | None:
        """Return the id of the current promotion; None: nothing was ever promoted."""
        from evaluation.store.selection_models import champion

        held = champion(self._open()).promotion_id
        return None if held is None else str(held)

    def champion(self) -> tuple[Predictor | None, tuple[str, ...]]:
        """Return the first model in order of precedence that can be read, with notes on those before it."""
        from selection.learning.deciding_model import deciding

        decider = deciding(self._open())
        self._model_id = None if decider.model is None else decider.model.model_id
        return decider.served, decider.notes

    def prepare(self, decision: Decision) -> Row:
        """Return the decision as it will be written, without the code's version.

        Finding the version takes a while, once.
        """
        record = record_of(decision)
        if self._file is not None:
            return sqlite_row(record)
        from evaluation.store.recommendations import prepared

        return prepared(self._open(), record)

    def write(self, entries: Sequence[Entry]) -> int:
        """Write the entries, and return how many outcomes had no recommendation.

        All others are stored, or none where an error is raised.
        """
        version = {"code_version": code_version()}
        rows = [{**entry, **version} for entry in entries if not isinstance(entry, ReportedOutcome)]
        outcomes = [entry for entry in entries if isinstance(entry, ReportedOutcome)]
        file = self._file
        if file is not None and not outcomes:
            self._patiently(lambda _: save_in_file(file, rows))
            return 0
        from evaluation.store.recommendations import save_prepared

        return len(self._patiently(lambda stamp: save_prepared(stamp, rows, outcomes)))

    def report(self, outcome: ReportedOutcome) -> None:
        """Store the outcome of a recommendation. Raises `UnknownNameError` where there is none with that id."""
        from evaluation.store.recommendations import store_outcome

        self._patiently(lambda stamp: store_outcome(stamp, outcome))

    def explained(self, recommendation_id: str) -> str:
        """Return the stored explanation of a recommendation as text."""
        from evaluation.store.recommendations import find_recommendation

        return text_of_record(find_recommendation(self._open(), recommendation_id))

    def past(self, *, task: str | None, since: datetime | None) -> tuple[PastDecision, ...]:
        """Return the recommendations, oldest first."""
        from evaluation.store.recommendations import list_recommendations

        return tuple(past_of(record) for record in list_recommendations(self._open(), task=task, since=since))

    def outcomes(self, since: datetime | None, limit: int) -> tuple[UseOutcome, ...]:
        """Return the outcomes reported at this time or later, oldest first; of too many the newest."""
        return tuple(
            UseOutcome(
                recommendation_id=row["id"],
                task=row["task"],
                candidate_key=row["candidate_key"],
                prompt_hash=row["prompt_hash"],
                quality=row["quality"],
                ok=row["ok"],
                reported_at=row["reported_at"],
            )
            for row in self._newest_outcomes(since, limit)
        )

    def _newest_outcomes(self, since: datetime | None, limit: int) -> Sequence[Mapping[str, Any]]:
        if self._file is not None:
            return newest_outcomes_in_file(self._file, since=since, limit=limit)
        from evaluation.store.recommendations import newest_outcomes

        return [dict(row) for row in newest_outcomes(self._open(), since=since, limit=limit)]

    def close(self) -> None:
        """Close the store."""
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._let_go_of_the_store()

    def _patiently(self, write: "Callable[[SqliteStamp | ServerStamp], T]") -> T:
        """Call `write`, retrying while other processes write.

        Where the store is away, an error is raised at once.
        """
        stamp = self._stamp()

        def attempt() -> T:
            try:
                stamp.value()
            except StoreUnreachableError as error:
                raise StoreError(error.message, error.next_step) from error
            return write(stamp)

        return patiently(attempt, patience_s=PATIENCE_S)

    def _stamp(self) -> "SqliteStamp | ServerStamp":
        if self._file is not None:
            self._check(self._file)
            return self._file
        with self._lock:
            if self._server is None:
                from evaluation.store.evidence_stamp import ServerStamp

                self._server = ServerStamp(self._open())
            return self._server

    def _check(self, file: SqliteStamp) -> None:
        """Check once that the file is a database of this version."""
        if self._is_checked:
            return
        if is_of_this_version(file):
            make_database_private(file.path)
        else:
            self._open()  # which says what is wrong
        self._is_checked = True

    def _find_model(self, model_id: str) -> "ServedModel | None":
        from selection.learning.model_files import FROM_A_FILE, read_serving

        stored = None if self._file is None else read_serving_of(self._file, model_id)
        if stored is None:
            return None
        version, status, serving = stored
        return read_serving(serving, number=version, is_from_elsewhere=status == FROM_A_FILE)

    def _open(self) -> "Store":
        opened = self._store
        if opened is not None:
            return opened
        from evaluation.store.session import open_store

        with self._lock:
            if self._store is None:
                self._store = open_store(self._url, upgrade_from_empty=False, busy_timeout_s=BUSY_S)
            return self._store

    def _let_go_of_the_store(self) -> None:
        store, self._store, self._server, self._is_checked = self._store, None, None, False
        if store is not None:
            store.close()


@cache
def _made_by() -> str | None:
    """Return the code and numpy versions, since others may compute other numbers.

    None where the version of the code is unknown.
    """
    code = code_hash()
    return None if code is None else f"{code} numpy {np.__version__}"
