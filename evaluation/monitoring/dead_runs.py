"""Runs that ended before their first number, each reported once, since a missing figure is easily overlooked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluation.escaping import one_line
from evaluation.formatting import counted, listed
from evaluation.monitoring.rules import CRITICAL, MIN_TIMED, MOST_NAMED, Verdict
from evaluation.records.alerts import Finding, onset, subject_of
from evaluation.records.status import Status
from evaluation.store.run_ends import RunEnd

RULE = "run"
BACK = timedelta(days=7)
"""Age from which a run is no longer reported."""
REMADE_WITHIN = timedelta(hours=1)
"""Time for which a run whose process died may still be resumed."""
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRunEnd:
    """How a scheduled flow run ended."""

    flow_run_id: str
    name: str
    deployment: str
    asked: str
    """Fingerprint of its parameters: equal for all flow runs of one schedule."""
    failure: str | None
    """`failed: …` or `crashed: …`; None if it completed."""
    has_runs: bool
    """True if it created a run in the store, which records how it ended."""
    ended_at: datetime


def run_verdicts(ends: Iterable[RunEnd], moment: datetime) -> list[Verdict]:
    """Check, for the newest run of each set of candidates on a benchmark, whether it ended before its first number.

    Args:
        ends: Runs that have ended or died, the oldest first.
        moment: Now.
    """
    newest = {
        f"{listed(list(end.candidates), MOST_NAMED)} on {end.benchmark}": end for end in ends if _is_over(end, moment)
    }
    return [_of_run(about, end) for about, end in newest.items() if not _is_told_as_failures(end)]


def _is_over(end: RunEnd, moment: datetime) -> bool:
    return end.status is not Status.INTERRUPTED or end.created_at < moment - REMADE_WITHIN


def _is_told_as_failures(end: RunEnd) -> bool:
    """Check whether so many calls failed that the rule `success` already reports it."""
    return not end.n_numbers and end.n_calls == end.n_failed and end.n_calls >= MIN_TIMED


def _of_run(about: str, end: RunEnd) -> Verdict:
    subject = subject_of(RULE, about)
    if end.status is Status.COMPLETED or end.n_numbers:
        return Verdict(subject=subject)
    n_ok = end.n_calls - end.n_failed
    answers = counted(n_ok, "answer") if n_ok else "no answer"
    how = "its process died" if end.status is Status.INTERRUPTED else "it failed"
    sentence = (
        f"Run {end.run_id} of {about} ended before its first number, with {answers}: {how}{_because(end.reason)}. "
        f"`benchwright evaluate --resume {end.run_id}` resumes it."
    )
    finding = Finding(
        rule=RULE,
        about=about,
        occurrence=end.run_id,
        severity=CRITICAL,
        source="evaluation",
        task=end.task,
        benchmark=end.benchmark,
        candidate=end.candidates[0] if len(end.candidates) == 1 else None,
        run_id=end.run_id,
        sentence=sentence,
        evidence={"status": str(end.status), "n_answers": n_ok, "n_calls": end.n_calls}
        | onset(end.created_at, end.run_id),
    )
    return Verdict(subject=subject, finding=finding)


def flow_run_verdicts(ends: Sequence[FlowRunEnd]) -> list[Verdict]:
    """Check, for the newest flow run of each schedule, whether it failed before there was any run.

    Args:
        ends: Those of schedules, the oldest first.
    """
    newest = {f"{end.deployment} by schedule ({end.asked})": end for end in ends}
    return [_of_flow_run(about, end) for about, end in newest.items()]


def _of_flow_run(about: str, end: FlowRunEnd) -> Verdict:
    subject = subject_of(RULE, about)
    if end.failure is None or end.has_runs:
        return Verdict(subject=subject)
    finding = Finding(
        rule=RULE,
        about=about,
        occurrence=end.flow_run_id,
        severity=CRITICAL,
        source="schedule",
        sentence=f"The scheduled {end.deployment} {end.name!r} ended before it created a run{_because(end.failure)}.",
        evidence={"flow_run_id": end.flow_run_id, "ended_at": end.ended_at.isoformat()} | onset(end.ended_at, None),
    )
    return Verdict(subject=subject, finding=finding)


def _because(reason: str | None) -> str:
    if not reason:
        return ""
    line = one_line(reason).rstrip(". ")
    return f": {line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 1] + '…'}"
