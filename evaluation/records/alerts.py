"""Records of monitoring: findings, alerts and silences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


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
