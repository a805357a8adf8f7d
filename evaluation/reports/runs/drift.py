"""Drift: a run's candidates in earlier runs of the same benchmark, as a chart, a table and the changes since.

No verdict: whether one run is worse than another is decided by a comparison of the two, case by case.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from evaluation.charts.chart import PlottedNumber, TrendChart, TrendLine, TrendPoint
from evaluation.metrics.metric_facts import value_range
from evaluation.reports.runs.tables import headline_title
from evaluation.results.estimates import shown_estimate
from evaluation.results.runs import RunResult
from evaluation.run_results.ranking import ranked
from evaluation.store.earlier_runs import EarlierValue, values_over_runs
from evaluation.store.session import Store

LONGEST_TABLE = 24
"""Rows on the page; the picture shows more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Data of earlier runs to show."""

    chart: TrendChart
    rows: list[dict[str, str]]
    """One for each run and candidate, the newest first."""
    run_ids: tuple[str, ...]
    """Run ids, the newest first."""
    changes: list[str]
    """Changes from the previous run, one sentence each."""


def drift(store: Store, run: RunResult) -> Drift | None:
    """Return the values of the run's candidates in this and earlier runs; None where there is no earlier run."""
    headline = run.headline
    earlier_values = _without_ambiguous(values_over_runs(store, run.run_id, run.metrics.get(headline, headline)))
    run_ids = list(dict.fromkeys(value.run_id for value in earlier_values))
    if len(run_ids) < 2:
        return None
    order = [candidate.label for candidate in ranked(run)]
    labels = sorted(
        {value.label for value in earlier_values}, key=lambda label: order.index(label) if label in order else 999
    )
    by_label = {label: [value for value in earlier_values if value.label == label] for label in labels}
    title = headline_title(run)
    chart = TrendChart(
        title=f"{title} from run to run · {run.benchmark}",
        description=f"{title} of each candidate in {len(run_ids)} runs of this benchmark, with 95 % intervals",
        lines=tuple(_trend_line(label, values, run_ids) for label, values in by_label.items()),
        moments=_moments(run_ids, earlier_values),
        y_title=title,
        y_range=value_range(headline.partition(" by ")[0]),
    )
    return Drift(
        chart=chart,
        rows=[
            _row(value)
            for value in sorted(earlier_values, key=lambda earlier: run_ids.index(earlier.run_id), reverse=True)
        ],
        run_ids=tuple(reversed(run_ids)),
        changes=[change for values in by_label.values() for change in _changes(values)],
    )


def _without_ambiguous(values: Sequence[EarlierValue]) -> list[EarlierValue]:
    """Return the values without those of candidates that share a name in one run, since they cannot be told apart."""
    times = Counter((value.run_id, value.label) for value in values)
    return [value for value in values if times[value.run_id, value.label] == 1]


def _trend_line(label: str, values: Sequence[EarlierValue], run_ids: Sequence[str]) -> TrendLine:
    points = [
        TrendPoint(
            run=run_ids.index(value.run_id),
            number=_plotted(value),
            is_changed=before is not None and value.digest != before.digest,
        )
        for before, value in zip((None, *values), values, strict=False)
    ]
    return TrendLine(label=label, points=tuple(sorted(points, key=lambda point: point.run)))


def _plotted(value: EarlierValue) -> PlottedNumber:
    return PlottedNumber(value=value.estimate.value, low=value.estimate.low, high=value.estimate.high)


def _moments(run_ids: Sequence[str], values: Sequence[EarlierValue]) -> tuple[str, ...]:
    """Return the day of each run in UTC, with the time where several are of one day."""
    made_at = {value.run_id: value.made_at for value in values}
    days = Counter(f"{made_at[run_id]:%Y-%m-%d}" for run_id in run_ids)
    form = "%Y-%m-%d" if max(days.values()) == 1 else "%m-%d %H:%M"
    return tuple(made_at[run_id].strftime(form) for run_id in run_ids)


def _row(value: EarlierValue) -> dict[str, str]:
    return {
        "when (UTC)": value.made_at.strftime("%Y-%m-%d %H:%M"),
        "run": value.run_id,
        "candidate": value.label,
        "value": shown_estimate(value.estimate),
        "cases": f"{value.estimate.n_cases:,}",
    }


def _changes(values: Sequence[EarlierValue]) -> list[str]:
    """Return changes of weights or server version under the same name, a line each."""
    changes = []
    for before, value in pairwise(values):
        since = f"in run {value.run_id} ({value.made_at:%Y-%m-%d})"
        if value.digest != before.digest:
            changes.append(f"{value.label}: different weights {since}: {_short(before)} became {_short(value)}")
        if value.server_version != before.server_version:
            versions = f"{before.server_version or 'unknown'} became {value.server_version or 'unknown'}"
            changes.append(f"{value.label}: another server version {since}: {versions}")
    return changes


def _short(value: EarlierValue) -> str:
    return (value.digest or "unknown").removeprefix("sha256:")[:12]
