"""Threshold rules on duration, success, token budget and GPU use of a candidate.

These are thresholds, not tests: the figures that break them can be verified directly. Each rule returns a `Verdict`, or
None if there is too little data, so that an open alert is not taken as resolved.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from evaluation.errors import as_sentence
from evaluation.formatting import beyond, counted, listed, percent_beyond, quantity
from evaluation.generation import PromptState
from evaluation.monitoring.changes import changes_since, in_words
from evaluation.monitoring.values import Point, Series
from evaluation.records.alerts import BASELINE_RUNS, Finding, subject_of
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.stats.intervals import wilson_interval

CRITICAL, WARNING, NOTICE = "critical", "warning", "notice"
MOST_NAMED = 3
"""Maximum number of names in the text of an alert; of more the first ones and the number of the others."""
MIN_TIMED = 5
"""Timed answers that a run needs for a meaningful median."""
MIN_GPU_SAMPLES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A rule's verdict on what it could judge."""

    subject: str
    finding: Finding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A point of a series, and its baseline."""

    series: Series
    point: Point
    baseline: Sequence[Point]
    """Oldest first; empty if there is no baseline yet."""
    request: MonitorRequest
    gpus: Sequence[tuple[str, int, float]] = ()
    """Endpoint, number of samples and mean utilisation during the point's requests."""

    def verdict(
        self, rule: str, *, is_broken: bool, severity: str, sentence: str, evidence: Mapping[str, object]
    ) -> Verdict:
        """Return the verdict of a rule, with a finding where it is broken."""
        subject = subject_of(rule, self.series.about)
        if not is_broken:
            return Verdict(subject=subject)
        changes = changes_since([earlier.setting for earlier in self.baseline], self.point.setting)
        full_sentence = (
            f"{sentence} {in_words(changes)}" if self.baseline and self.series.source == "evaluation" else sentence
        )
        series = self.series
        finding = Finding(
            rule=rule,
            about=series.about,
            severity=severity,
            source=series.source,
            task=series.task,
            benchmark=series.benchmark,
            candidate=series.candidate,
            run_id=self.point.run_id,
            sentence=full_sentence,
            evidence={**evidence, BASELINE_RUNS: [each.run_id for each in self.baseline if each.run_id is not None]},
            changes=changes,
        )
        return Verdict(subject=subject, finding=finding)

    @property
    def min_timed(self) -> int:
        """The least number of calls behind a figure."""
        return MIN_TIMED if self.series.source == "evaluation" else self.request.min_calls


def duration(judged: Judged) -> Verdict | None:
    """Return its median duration against its usual one: the baseline's, of the same cases, at as many requests at once.

    Answers to prompts that a server had in its cache are compared with such answers only. Those of which it is not
    known are held against answers to fresh prompts, than which they are slower only where the server is.
    """
    point, limit = judged.point, judged.request.slower_than
    now = point.setting
    prompts = PromptState.FRESH if now.prompts == PromptState.UNKNOWN else now.prompts
    alike = [
        earlier
        for earlier in judged.baseline
        if (earlier.setting.cases, earlier.setting.slots, earlier.setting.prompts) == (now.cases, now.slots, prompts)
    ]
    durations = [
        earlier.duration_s
        for earlier in alike
        if earlier.duration_s is not None and earlier.n_timed >= judged.min_timed
    ]
    if point.duration_s is None or point.n_timed < judged.min_timed or not durations:
        return None
    usual = median(durations)
    ratio = point.duration_s / usual if usual > 0 else 1.0
    times, most = beyond(ratio, limit)
    sentence = (
        f"{judged.series.name} takes {quantity(point.duration_s)} s at the median, {times} times its usual "
        f"{quantity(usual)} s (limit: {most} times)."
    )
    evidence: dict[str, object] = {"median_s": point.duration_s, "usual_s": usual, "ratio": ratio, "limit": limit}
    evidence |= {"n": point.n_timed, "n_baseline": len(durations), "slots": now.slots, "prompts": now.prompts}
    severity = CRITICAL if ratio > 2 * limit else WARNING
    return judged.verdict("duration", is_broken=ratio > limit, severity=severity, sentence=sentence, evidence=evidence)


def success(judged: Judged) -> Verdict | None:
    """Return the share of calls that got an answer."""
    point, least = judged.point, judged.request.success_below
    is_given_up = point.given_up is not None
    if not point.n + point.n_not_asked or point.n + point.n_not_asked < judged.min_timed:
        return None
    rate = point.success or 0.0
    interval = wilson_interval(point.n_ok, point.n) if point.n else None
    failed = sorted(point.failures.items(), key=lambda item: (-item[1], item[0]))
    kinds = listed([f"{name} ({n})" for name, n in failed], MOST_NAMED)
    share, limit = percent_beyond(rate, least)
    why = f"failures: {kinds}" if failed else "no failures"
    if is_given_up:
        not_asked = f"{point.n_not_asked:,} more not asked, since " if point.n_not_asked else ""
        why = f"{not_asked}it was given up: {point.given_up}"
    sentence = (
        f"{judged.series.name}: {counted(point.n_ok, 'answer')} of {counted(point.n, 'call')}, "
        f"{share} (limit: {limit}); {as_sentence(why)}"
    )
    evidence: dict[str, object] = {"n": point.n, "n_ok": point.n_ok, "n_not_asked": point.n_not_asked}
    evidence |= {"share": point.success, "limit": least, "failures": dict(failed)}
    if interval is not None:
        evidence |= {"low": interval.low, "high": interval.high}
    severity = CRITICAL if is_given_up or interval is None or interval.high < least else WARNING
    is_broken = is_given_up or rate < least
    return judged.verdict("success", is_broken=is_broken, severity=severity, sentence=sentence, evidence=evidence)


def tokens(judged: Judged) -> Verdict | None:
    """Compare the mean tokens of a call with the budget."""
    point = judged.point
    budget = judged.request.budget(judged.series.benchmark, judged.series.task)
    if budget is None or point.tokens is None or point.n_counted < judged.min_timed:
        return None
    sentence = (
        f"{judged.series.name} takes {quantity(point.tokens)} tokens a call, over its budget of {budget:,} "
        f"({counted(point.n_counted, 'call')})."
    )
    evidence = {"tokens_per_call": point.tokens, "budget": budget, "n": point.n_counted}
    return judged.verdict(
        "tokens", is_broken=point.tokens > budget, severity=WARNING, sentence=sentence, evidence=evidence
    )


def gpu(judged: Judged) -> Verdict | None:
    """Return the GPU utilisation while requests were running, of the least busy of its servers."""
    gpus = [usage for usage in judged.gpus if usage[1] >= MIN_GPU_SAMPLES]
    if not gpus:
        return None
    endpoint, n, utilisation = min(gpus, key=lambda usage: usage[2])
    least = judged.request.gpu_below
    worked, limit = percent_beyond(utilisation, least)
    sentence = (
        f"The GPU of {endpoint} worked {worked} of the time in which {judged.series.name} was asked (limit: {limit}; "
        f"{counted(n, 'sample')}): more concurrent requests may fit."
    )
    evidence: dict[str, object] = {"endpoint": endpoint, "utilisation": utilisation, "limit": least, "n": n}
    evidence |= {"slots": judged.point.setting.slots}
    return judged.verdict("gpu", is_broken=utilisation < least, severity=WARNING, sentence=sentence, evidence=evidence)


THRESHOLDS: Mapping[str, Callable[[Judged], Verdict | None]] = {
    "duration": duration,
    "success": success,
    "tokens": tokens,
    "gpu": gpu,
}
"""Rules that apply to a single point, by name. A new rule needs a function and an entry here."""
