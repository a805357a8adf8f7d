"""Quality alerts: each new run's quality is checked once, and alerts follow from it, then and later."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evaluation.formatting import counted, p_value, quantity
from evaluation.metrics.judges.pairwise import JudgePairwise
from evaluation.metrics.metric_facts import higher_is_better
from evaluation.metrics.speed import SPEED_METRICS
from evaluation.monitoring.baselines import Looks, baseline_of
from evaluation.monitoring.changes import changes_since, in_words
from evaluation.monitoring.quality import QualityCheck, Values, adjusted, check_quality, level_of
from evaluation.monitoring.rules import CRITICAL, Verdict
from evaluation.monitoring.values import Point, Series
from evaluation.records.alerts import Finding, MonitorLook, QualityRecord, subject_of
from evaluation.records.candidates import MetricUse
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.results.as_json import as_json
from evaluation.store.monitored import mean_scores
from evaluation.store.outcome_numbers import iterate_values
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRunCheck:
    """A run that is judged for the first time."""

    series: Series
    point: Point
    baseline: tuple[Point, ...] = ()
    """Earlier runs measured by the same metric with the same options."""
    quality: QualityCheck | None = None
    """None: there is no baseline to compare with."""

    @property
    def stored(self) -> MonitorLook:
        """The record to store."""
        quality = None if self.quality is None else self.quality.record
        return MonitorLook(run_candidate_id=self.point.row_id or 0, quality=quality)


def check_new_run(
    store: Store, series: Series, point: Point, looks: Looks, request: MonitorRequest, *, n_now: int = 0
) -> NewRunCheck:
    """Compare the run with its baseline, where it has one.

    Args:
        store: Where its scores are.
        series: All runs of the candidate.
        point: The run to check.
        looks: The results of earlier checks.
        request: The length of a baseline, and the error rate to spend.
        n_now: Runs of the candidate that this pass checks before this one.
    """
    bare = NewRunCheck(series=series, point=point)
    signature, metric = point.setting.judge, series.headline
    if signature is None or metric is None or point.row_id is None or not point.is_complete or point.is_baseline:
        return bare
    if metric in SPEED_METRICS or metric.startswith(JudgePairwise.name):
        return bare
    use = MetricUse(name=metric, signature=signature)
    scored = mean_scores(
        store, [series_point.row_id for series_point in series.points if series_point.row_id is not None], {metric}
    )
    alike = {row_id for row_id, scores in scored.items() if use in scores}
    baseline = baseline_of(series, point, looks, request.baseline_runs, among=alike)
    earlier = {series_point.run_id or "": _values(store, series_point.row_id, signature) for series_point in baseline}
    n_before = n_now + sum(_was_tested(series_point, looks) for series_point in series.points)
    quality = check_quality(
        _values(store, point.row_id, signature),
        earlier,
        metric=metric,
        signature=signature,
        higher_is_better=higher_is_better(metric, signature),
        level=level_of(n_before, rate=request.false_alarm_rate, n_looks=request.over_looks),
    )
    return replace(bare, baseline=baseline, quality=quality)


def _was_tested(point: Point, looks: Looks) -> bool:
    look = None if point.row_id is None else looks.get(point.row_id)
    return look is not None and look.quality is not None


def _values(store: Store, row_id: int | None, signature: str) -> Values:
    by_case: defaultdict[str, list[float]] = defaultdict(list)
    for case_id, value in iterate_values(store, row_id or 0, signature):
        by_case[case_id].append(value)
    return by_case


def together(fresh: Sequence[NewRunCheck]) -> list[NewRunCheck]:
    """Return the checks of one pass, each adjusted for the others."""
    tested = [check for check in fresh if check.quality is not None]
    looks = adjusted([check.quality for check in tested if check.quality is not None])
    adjusted_by_id = {id(check): quality for check, quality in zip(tested, looks, strict=True)}
    return [replace(check, quality=adjusted_by_id.get(id(check))) for check in fresh]


def quality_verdict(check: NewRunCheck) -> Verdict | None:
    """Return the verdict on a new run; None: it could not be judged."""
    if check.point.is_baseline:
        return Verdict(subject=_subject(check.series))
    return None if check.quality is None else _verdict(check.series, check.point, check.baseline, check.quality.record)


def recheck_quality(
    series: Series, point: Point, baseline: Sequence[Point], quality: QualityRecord | None
) -> Verdict | None:
    """Return the verdict on a run that was checked before.

    Evidence that still holds is reported again, not tested again.
    """
    if point.is_baseline:
        return Verdict(subject=_subject(series))
    return None if quality is None else _verdict(series, point, baseline, quality)


def _subject(series: Series) -> str:
    return subject_of("quality", series.about)


def _verdict(series: Series, point: Point, baseline: Sequence[Point], quality: QualityRecord) -> Verdict:
    if not quality.stays:
        return Verdict(subject=_subject(series))
    changes = changes_since([earlier.setting for earlier in baseline], point.setting)
    finding = Finding(
        rule="quality",
        about=series.about,
        severity=CRITICAL,
        source=series.source,
        task=series.task,
        benchmark=series.benchmark,
        candidate=series.candidate,
        metric=quality.metric,
        run_id=point.run_id,
        sentence=f"{_sentence(series, quality)} {in_words(changes)}",
        evidence=as_json(quality),
        changes=changes,
        raises=quality.is_below,
    )
    return Verdict(subject=_subject(series), finding=finding)


def _sentence(series: Series, quality: QualityRecord) -> str:
    moved = "below" if quality.higher_is_better else "above"
    return (
        f"{series.name}: {quality.metric} {quantity(quality.value)}, {moved} the {quantity(quality.usual)} of "
        f"its baseline ({counted(len(quality.baseline), 'run')}) on the same {counted(quality.n_cases, 'case')}: "
        f"{quality.n_worse:,} worse, {quality.n_better:,} better, {p_value(quality.p_value)}."
    )
