"""One monitoring pass over all measurements: figures over time, problems, and the runs that were checked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluation.monitoring.anomalies import Anomaly, anomalies
from evaluation.monitoring.baselines import Looks, baseline_of, to_judge
from evaluation.monitoring.dead_runs import BACK, RULE, FlowRunEnd, flow_run_verdicts, run_verdicts
from evaluation.monitoring.histories import change_verdicts
from evaluation.monitoring.insights import insights
from evaluation.monitoring.live_grades import grade_verdicts
from evaluation.monitoring.onsets import first_below, verdicts, with_onset
from evaluation.monitoring.quality_alerts import NewRunCheck, check_new_run, quality_verdict, recheck_quality, together
from evaluation.monitoring.rules import Judged, Verdict
from evaluation.monitoring.series import evaluation_series, live_series
from evaluation.monitoring.trends import Trend, trends
from evaluation.monitoring.values import Point, Series
from evaluation.records.alerts import Finding, MonitorLook
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.results.monitoring import Insight
from evaluation.store.alerts import find_looks
from evaluation.store.busy_gpus import busy_gpus
from evaluation.store.monitored import MonitoredRun, monitored_runs
from evaluation.store.run_ends import run_ends
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringPass:
    """Result of one monitoring pass."""

    moment: datetime
    series: tuple[Series, ...]
    findings: tuple[Finding, ...]
    judged: frozenset[str]
    """Subjects of everything that could be judged."""
    looks: tuple[MonitorLook, ...]
    """Candidates of runs judged for the first time."""
    trends: tuple[Trend, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    insights: tuple[Insight, ...] = ()


def run_pass(
    store: Store, request: MonitorRequest, moment: datetime, *, scheduled: Sequence[FlowRunEnd] = ()
) -> MonitoringPass:
    """Run one monitoring pass and return its findings. Nothing is stored.

    Args:
        store: Where everything is.
        request: The thresholds.
        moment: Now.
        scheduled: How flow runs of schedules ended, the oldest first.
    """
    runs = monitored_runs(store)
    evaluated = evaluation_series(store, runs, request, moment)
    lived = live_series(store, request, moment)
    looks = find_looks(
        store,
        [
            point.row_id
            for candidate_series in evaluated
            for point in candidate_series.points
            if point.row_id is not None
        ],
    )
    fresh = together(_fresh(store, evaluated, looks, request))
    all_verdicts = [
        *_thresholds(store, evaluated, runs, looks, request),
        *_live_thresholds(lived, request),
        *_quality(evaluated, fresh, looks, request),
        *grade_verdicts(store, request, moment),
        *change_verdicts(runs, since=moment - timedelta(days=request.since_days), left_out=request.left_out),
        *_dead(store, request, moment, scheduled),
    ]
    series = (*evaluated, *lived)
    over_time, odd = trends(series), anomalies(series)
    return MonitoringPass(
        moment=moment,
        series=series,
        findings=_findings(all_verdicts),
        judged=frozenset(verdict.subject for verdict in all_verdicts),
        looks=tuple(check.stored for check in fresh),
        trends=over_time,
        anomalies=odd,
        insights=insights(series, over_time, odd),
    )


def _dead(store: Store, request: MonitorRequest, moment: datetime, scheduled: Sequence[FlowRunEnd]) -> list[Verdict]:
    if RULE in request.left_out:
        return []
    return [*run_verdicts(run_ends(store, since=moment - BACK), moment), *flow_run_verdicts(scheduled)]


def _fresh(store: Store, evaluated: Iterable[Series], looks: Looks, request: MonitorRequest) -> list[NewRunCheck]:
    checks = []
    for series in evaluated:
        new = [point for point in to_judge(series, looks) if point.row_id not in looks]
        checks += [check_new_run(store, series, point, looks, request, n_now=n) for n, point in enumerate(new)]
    return checks


def _thresholds(
    store: Store, evaluated: Iterable[Series], runs: Sequence[MonitoredRun], looks: Looks, request: MonitorRequest
) -> list[Verdict]:
    by_row = {run.row_id: run for run in runs}
    all_verdicts: list[Verdict] = []
    for series in evaluated:
        for point in to_judge(series, looks):
            baseline = baseline_of(series, point, looks, request.baseline_runs)
            gpus = _gpus(store, point, by_row)
            all_verdicts += verdicts(Judged(series=series, point=point, baseline=baseline, request=request, gpus=gpus))
    return all_verdicts


def _gpus(store: Store, point: Point, by_row: Mapping[int, MonitoredRun]) -> list[tuple[str, int, float]]:
    if point.row_id is None:
        return []
    gpus = busy_gpus(store, invocation_id=by_row[point.row_id].invocation_id, run_candidate_id=point.row_id)
    return [(gpu.endpoint, gpu.n_samples, gpu.utilisation) for gpu in gpus]


def _live_thresholds(lived: Iterable[Series], request: MonitorRequest) -> list[Verdict]:
    return [
        verdict
        for series in lived
        for verdict in verdicts(
            Judged(
                series=series,
                point=series.points[-1],
                baseline=() if series.usual is None else (series.usual,),
                request=request,
            )
        )
    ]


def _quality(
    evaluated: Iterable[Series], fresh: Sequence[NewRunCheck], looks: Looks, request: MonitorRequest
) -> list[Verdict]:
    if "quality" in request.left_out:
        return []
    qualities = {row_id: look.quality for row_id, look in looks.items() if look.quality is not None}
    qualities |= {check.point.row_id: check.quality.record for check in fresh if check.quality and check.point.row_id}
    again = [
        (
            series,
            point,
            recheck_quality(
                series, point, baseline_of(series, point, looks, request.baseline_runs), looks[point.row_id].quality
            ),
        )
        for series in evaluated
        for point in to_judge(series, looks)
        if point.row_id is not None and point.row_id in looks
    ]
    new = [(check.series, check.point, quality_verdict(check)) for check in fresh]
    return [
        with_onset(verdict, first_below(series, point, qualities))
        for series, point, verdict in (*again, *new)
        if verdict is not None
    ]


def _findings(all_verdicts: Iterable[Verdict]) -> tuple[Finding, ...]:
    """Return one finding for each subject: one that raises an alert before one that does not, else the newest."""
    kept: dict[str, Finding] = {}
    for verdict in all_verdicts:
        if verdict.finding is None:
            continue
        previous = kept.get(verdict.subject)
        if previous is None or verdict.finding.raises >= previous.raises:
            kept[verdict.subject] = verdict.finding
    return tuple(kept.values())
