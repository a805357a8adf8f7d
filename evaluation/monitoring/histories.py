"""Detection of a changed model, judge or server from what each run records about them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from evaluation.monitoring.changes import shortened
from evaluation.monitoring.rules import NOTICE, WARNING, Verdict
from evaluation.monitoring.series import headline_of
from evaluation.records.alerts import EARLIER_RUN, Change, Finding, onset, subject_of
from evaluation.store.monitored import MonitoredRun


@dataclass(frozen=True, slots=True, kw_only=True)
class _NotedIdentity:
    """Identity of a model, a judge or a server as recorded by a run."""

    value: str
    run: MonitoredRun


def change_verdicts(runs: Sequence[MonitoredRun], *, since: datetime, left_out: Iterable[str] = ()) -> list[Verdict]:
    """Check, for each model, judge and server, whether it has changed.

    Args:
        runs: Those that have ended, the oldest first.
        since: An older change keeps an open alert open, and raises none.
        left_out: Rules that are disabled.
    """
    rules = {"model": _models, "server": _servers, "judge": _judges}
    out = set(left_out)
    return [verdict for name, rule in rules.items() if name not in out for verdict in rule(runs, since)]


def _models(runs: Sequence[MonitoredRun], since: datetime) -> list[Verdict]:
    """Return the history of each model's digest at one server: two servers may name one file by different digests."""
    seen: defaultdict[tuple[str, str], list[_NotedIdentity]] = defaultdict(list)
    for run in runs:
        if run.digest is not None:
            seen[run.model, run.endpoint].append(_NotedIdentity(value=run.digest, run=run))
    verdicts = [
        _verdict(
            "model",
            f"{model} at {endpoint}",
            identities,
            since,
            f"The weights of {model} at {endpoint} changed",
            WARNING,
            candidate=model,
        )
        for (model, endpoint), identities in seen.items()
    ]
    verdicts += _parts(runs, since)
    # Alerts of earlier versions were about the model at whichever server; nothing keeps them open.
    return [*verdicts, *(Verdict(subject=subject_of("model", model)) for model in {model for model, _ in seen})]


def _parts(runs: Sequence[MonitoredRun], since: datetime) -> list[Verdict]:
    """Return the history of what each pipeline rests on beside its own model: other models' weights, its corpus."""
    seen: defaultdict[tuple[str, str, str], list[_NotedIdentity]] = defaultdict(list)
    for run in runs:
        for part, identity in run.parts.items():
            seen[part, run.candidate, run.endpoint].append(_NotedIdentity(value=identity, run=run))
    return [
        _verdict(
            "model",
            f"{part} of {candidate} at {endpoint}",
            identities,
            since,
            f"{part[0].upper()}{part[1:]} changed, on which {candidate} rests",
            WARNING,
            candidate=candidate,
        )
        for (part, candidate, endpoint), identities in seen.items()
    ]


def _servers(runs: Sequence[MonitoredRun], since: datetime) -> list[Verdict]:
    seen: defaultdict[str, list[_NotedIdentity]] = defaultdict(list)
    for run in runs:
        for endpoint, version in run.server_versions.items():
            if version is not None:
                seen[endpoint].append(_NotedIdentity(value=version, run=run))
    return [
        _verdict("server", endpoint, identities, since, f"The version of the server {endpoint} changed", NOTICE)
        for endpoint, identities in seen.items()
    ]


def _judges(runs: Sequence[MonitoredRun], since: datetime) -> list[Verdict]:
    seen: defaultdict[tuple[str, str], list[_NotedIdentity]] = defaultdict(list)
    for run in runs:
        use = headline_of(run)
        if use is not None:
            seen[run.benchmark, use.name].append(_NotedIdentity(value=use.signature, run=run))
    return [
        _verdict(
            "judge",
            f"{benchmark} · {metric}",
            identities,
            since,
            f"{benchmark} is measured with a different {metric} than before (judge, options or scorer), so its "
            "quality before and after cannot be compared and says nothing about the models",
            WARNING,
            benchmark=benchmark,
            metric=metric,
        )
        for (benchmark, metric), identities in seen.items()
    ]


def _verdict(
    rule: str,
    about: str,
    seen: Sequence[_NotedIdentity],
    since: datetime,
    sentence: str,
    severity: str,
    **named: str | None,
) -> Verdict:
    subject = subject_of(rule, about)
    before, first = _last_change(seen)
    if before is None:
        return Verdict(subject=subject)
    run, change = first.run, Change(what=rule, was=before.value, now=first.value)
    finding = Finding(
        rule=rule,
        about=about,
        occurrence=f"{run.run_id} {first.value}",
        severity=severity,
        source="evaluation",
        task=run.task,
        run_id=run.run_id,
        sentence=f"{sentence}: {shortened(before.value)} → {shortened(first.value)}.",
        evidence={"was": before.value, "now": first.value, EARLIER_RUN: before.run.run_id}
        | onset(run.created_at, run.run_id),
        changes=(change,),
        raises=run.created_at >= since,
        **named,
    )
    return Verdict(subject=subject, finding=finding)


def _last_change(seen: Sequence[_NotedIdentity]) -> tuple[_NotedIdentity | None, _NotedIdentity]:
    """Return the values before and after the newest change; None where nothing ever changed."""
    change: tuple[_NotedIdentity | None, _NotedIdentity] = (None, seen[0])
    for before, after in pairwise(seen):
        if before.value != after.value:
            change = (before, after)
    return change
