"""Records of monitoring: findings, alerts and silences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

_BEGAN_AT, _BEGAN_IN = "began_at", "began_in_run"
BASELINE_RUNS = "baseline"
"""Key in an alert's evidence of the runs that it compares with, the oldest first."""
EARLIER_RUN = "was_in_run"
"""Key of the run before a change."""


def onset(at: datetime, run_id: str | None) -> dict[str, object]:
    """Return since when something is so, as a part of an alert's evidence.

    Args:
        at: Begin of the first run, or of the first period of calls, in which it was so.
        run_id: That run; None: it is about calls in production.
    """
    began: dict[str, object] = {_BEGAN_AT: at.isoformat()}
    return began if run_id is None else began | {_BEGAN_IN: run_id}


def earlier_onset(before: Mapping[str, object], now: Mapping[str, object]) -> dict[str, object]:
    """Return the evidence of now, with the onset of whichever of the two began earlier."""
    began = _moment(before.get(_BEGAN_AT))
    began_now = _moment(now.get(_BEGAN_AT))
    if began is None or (began_now is not None and began_now <= began):
        return dict(now)
    return {**now, **{name: before[name] for name in (_BEGAN_AT, _BEGAN_IN) if name in before}}


def _moment(stored: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(stored) if isinstance(stored, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of a model, judge or server."""

    what: str
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A currently broken rule, with its numbers."""

    rule: str
    about: str
    """Subject of the finding as one text; together with the rule it identifies an alert."""
    occurrence: str = ""
    """Identifier that separates one change from the next; empty for a lasting state, which may recur."""
    severity: str
    source: str
    task: str | None = None
    benchmark: str | None = None
    candidate: str | None = None
    metric: str | None = None
    run_id: str | None = None
    sentence: str
    evidence: Mapping[str, object] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    """What changed since the baseline."""
    raises: bool = True
    """False if it only keeps an alert open and does not raise one."""

    @property
    def subject(self) -> str:
        """Rule and what it is about."""
        return subject_of(self.rule, self.about)


def subject_of(rule: str, about: str) -> str:
    """Rule and subject as one text."""
    return f"{rule} · {about}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """An alert as stored."""

    alert_id: str
    subject: str
    occurrence: str
    rule: str
    severity: str
    source: str
    task: str | None
    benchmark: str | None
    candidate: str | None
    metric: str | None
    run_id: str | None
    sentence: str
    evidence: Mapping[str, object]
    changes: tuple[Change, ...]
    raised_at: datetime
    seen_at: datetime
    n_seen: int
    notified_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    note: str | None
    resolved_at: datetime | None
    resolution: str | None

    @property
    def state(self) -> str:
        """`resolved`, `acknowledged` or `open`."""
        if self.resolved_at is not None:
            return "resolved"
        return "open" if self.acknowledged_at is None else "acknowledged"

    @property
    def began_at(self) -> datetime | None:
        """Begin of the first run or period in which it was so; None: not known."""
        return _moment(self.evidence.get(_BEGAN_AT))

    @property
    def known_since(self) -> datetime:
        """Since when it is so, or when it was noticed where that is not known."""
        return self.began_at or self.raised_at

    @property
    def began_in_run(self) -> str | None:
        """The first run in which it was so; None: not known, or it is about calls in production."""
        run_id = self.evidence.get(_BEGAN_IN)
        return run_id if isinstance(run_id, str) else None

    @property
    def earlier_run(self) -> str | None:
        """The run that it compares with: the newest of its baseline, or the one before a change; None: none.

        Of a baseline in which it began it is the one before that.
        """
        if isinstance(before := self.evidence.get(EARLIER_RUN), str):
            return before
        stored = self.evidence.get(BASELINE_RUNS)
        baseline = [each for each in stored if isinstance(each, str)] if isinstance(stored, list) else []
        if self.began_in_run in baseline:
            baseline = baseline[: baseline.index(self.began_in_run)]
        return baseline[-1] if baseline else None

    def fits(self, *, rule: str | None, task: str | None, candidate: str | None) -> bool:
        """Return True where the alert is of that rule, task or benchmark, and candidate; None matches all."""
        filters = ((rule, (self.rule,)), (task, (self.task, self.benchmark)), (candidate, (self.candidate,)))
        return all(word is None or word in own for word, own in filters)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChanges:
    """Changes to alerts made by one look."""

    raised: tuple[AlertRecord, ...] = ()
    updated: tuple[AlertRecord, ...] = ()
    resolved: tuple[AlertRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceRecord:
    """Period without notifications of some alerts; a None among the first three fields matches all."""

    silence_id: int
    rule: str | None
    task: str | None
    candidate: str | None
    until: datetime
    reason: str
    created_at: datetime

    def covers(self, alert: AlertRecord, moment: datetime) -> bool:
        """Return True where the alert matches this silence and the silence is not over."""
        return moment < self.until and alert.fits(rule=self.rule, task=self.task, candidate=self.candidate)


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRecord:
    """How a run stood against its baseline when it was looked at."""

    metric: str
    higher_is_better: bool
    n_cases: int
    n_worse: int
    n_better: int
    value: float
    usual: float
    p_value: float
    p_adjusted: float | None
    """Adjusted over all candidates judged together; None if not adjusted yet."""
    level: float
    """What the look might spend."""
    is_below: bool
    """True where chance, adjusted for all looks, does not explain it."""
    stays: bool
    """True where it does not contradict an open alert."""
    baseline: tuple[str, ...]
    """Ids of the baseline's runs."""
    difference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorLook:
    """A look at one candidate of a run."""

    run_candidate_id: int
    quality: QualityRecord | None
    looked_at: datetime | None = None
    """None for the current time."""
