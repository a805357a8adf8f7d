"""A desk's store: what it reads of evidence and models, and what it writes of decisions."""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

from evaluation.errors import StoreError, StoreUnreachableError
from evaluation.store.evidence import EvidenceStamp, evidence_fingerprint, read_evidence, sample_prompts
from evaluation.store.patience import patiently
from evaluation.store.recommendations import (
    find_recommendation,
    list_recommendations,
    newest_outcomes,
    prepared,
    report_outcome,
    save_prepared,
)
from evaluation.store.selection_models import champion
from evaluation.store.session import Store, open_store
from evaluation.version import code_version
from selection.analytics.reported import UseOutcome
from selection.desk.decisions import Decision, Entry, Outcome, Row
from selection.desk.rows import past_of, record_of, reported_of, text_of_record
from selection.learning.deciding import deciding
from selection.scoreboard import Predictor, Scoreboard
from selection.standing.building import build_scoreboard

if TYPE_CHECKING:
    from selection.analytics.past import PastDecision

T = TypeVar("T")
BUSY_S = 0.005
"""How long one attempt to write waits for another process's: questions wait for it meanwhile."""
PATIENCE_S = 5.0
"""How long attempts go on."""


class StoreBook:
    """The book of a desk that answers from this database; it is opened when it is first needed.

    Args:
        url: From `selection.desk.registry.address_of`.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = RLock()
        self._opened: tuple[Store, EvidenceStamp] | None = None

    @property
    def is_slow(self) -> bool:
        """True where it is asked over a network."""
        return not self._url.startswith("sqlite")

    def stamp(self) -> object:
        """The same while nobody else has written."""
        return self._open()[1].value()

    def fingerprint(self) -> str:
        """Of the evidence."""
        return evidence_fingerprint(self._open()[0])

    def scoreboard(self, champion: Predictor | None) -> tuple[Scoreboard, Predictor | None]:
        """From the evidence as it is, and what of the model this evidence bears out."""
        evidence = read_evidence(self._open()[0])
        return build_scoreboard(evidence), None if champion is None else champion.as_of(evidence)

    def prompts(self, *, task: str | None, limit: int) -> tuple[str, ...]:
        """Some of those that candidates were measured on, at most `limit`; None: of any task."""
        return sample_prompts(self._open()[0], task=task, limit=limit)

    def champion_id(self) -> str | None:
        """Of the promotion that holds; None: nothing was ever promoted."""
        held = champion(self._open()[0]).promotion_id
        return None if held is None else str(held)

    def champion(self) -> tuple[Predictor | None, tuple[str, ...]]:
        """The first model in line that can be read, with notes on those before it in line."""
        found = deciding(self._open()[0])
        return found.served, found.notes

    def prepare(self, decision: Decision) -> Row:
        """The decision as it will be written, but for the code's version, which takes a while to be found once."""
        return prepared(self._open()[0], record_of(decision))

    def write(self, entries: Sequence[Entry]) -> int:
        """How many outcomes were of no recommendation; all others are stored, or none where an error is raised."""
        version = {"code_version": code_version()}
        rows = [{**one, **version} for one in entries if not isinstance(one, Outcome)]
        outcomes = [reported_of(one) for one in entries if isinstance(one, Outcome)]
        return len(self._patiently(lambda stamp: save_prepared(stamp, rows, outcomes)))

    def report(self, outcome: Outcome) -> None:
        """Stores what came of a recommendation. Raises `UnknownNameError` where there is none of that id."""
        self._patiently(
            lambda stamp: report_outcome(
                stamp,
                outcome.recommendation_id,
                quality=outcome.quality,
                latency_s=outcome.latency_s,
                ok=outcome.ok,
                reported_at=outcome.reported_at,
            )
        )

    def explained(self, recommendation_id: str) -> str:
        """What is stored of a recommendation, for a person."""
        return text_of_record(find_recommendation(self._open()[0], recommendation_id))

    def past(self, *, task: str | None, since: datetime | None) -> "tuple[PastDecision, ...]":
        """What was recommended, the oldest first."""
        store = self._open()[0]
        return tuple(past_of(one) for one in list_recommendations(store, task=task, since=since))

    def outcomes(self, since: datetime | None, limit: int) -> tuple[UseOutcome, ...]:
        """What was reported at this moment or later, the oldest first; of too many the newest."""
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
            for row in newest_outcomes(self._open()[0], since=since, limit=limit)
        )

    def close(self) -> None:
        """Lets go of the store."""
        with self._lock:
            if self._opened is not None:
                store, stamp = self._opened
                stamp.close()
                store.close()
                self._opened = None

    def _patiently(self, write: "Callable[[EvidenceStamp], T]") -> T:
        """What `write` gives, again and again while other processes write; at once an error where the store is away."""
        stamp = self._open()[1]

        def attempt() -> T:
            try:
                stamp.value()
            except StoreUnreachableError as error:
                raise StoreError(error.message, error.next_step) from error
            return write(stamp)

        return patiently(attempt, patience_s=PATIENCE_S)

    def _open(self) -> tuple[Store, EvidenceStamp]:
        opened = self._opened
        if opened is not None:
            return opened
        with self._lock:
            if self._opened is None:
                store = open_store(self._url, upgrade_from_empty=False, busy_timeout_s=BUSY_S)
                self._opened = store, EvidenceStamp(store)
            return self._opened
