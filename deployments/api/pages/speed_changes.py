"""Whether candidates are slower or faster now than earlier in the time that a page of trends shows, in sentences."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request

from deployments.api.pages.moments import date_and_time
from deployments.api.pages.sections import Section
from deployments.api.recent import RecentAnswers
from deployments.api.replies import written
from deployments.cli.arguments import open_stored
from evaluation.comparisons.time_change_words import ONE_RUN_EACH, change_sentence, lead_sentence
from evaluation.comparisons.time_changes import Step, time_changes
from evaluation.reports.monitoring.trend_charts import series_place
from evaluation.results.as_json import from_json
from evaluation.results.monitoring import PointResult, SeriesResult
from evaluation.results.time_changes import TimeChange

MOST_EARLIER = 8
"""Earlier runs that the newest one of a single candidate is held against."""
MOST_CALLS, MOST_SERIES = 20_000, 30
"""Calls of all runs together, and series, of which a page of all candidates is made anew."""
_CHANGED = ("slower", "faster")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    of_all: tuple[TimeChange, ...]
    n_left_out: int
    """Series that were not looked at, since there are too many, or their runs are too large."""


def speed_section(request: Request, series: Sequence[SeriesResult], days: int, *, is_of_one: bool) -> Section:
    """Return who is slower or faster in the newest run than in the first one of these days.

    Of one candidate, its newest run is held against each of the earlier ones.
    """
    recent: RecentAnswers = request.app.state.recent
    names = tuple((series_place(each), each.candidate) for each in series) if is_of_one else ()
    answer = recent.get(("speed", days, names), lambda: written(_changes(series, is_of_one=is_of_one)))
    changes = from_json(_Changes, json.loads(answer))
    moments = {point.run_id: point.at for each in series for point in each.points}
    now = max(moments.values(), default=None)
    if now is None or not changes.of_all:
        return Section()
    lines = []
    for each in changes.of_all:
        if is_of_one or each.pace in _CHANGED:
            earlier, later = (f"on {date_and_time(moments[run_id], now)}" for run_id in each.runs)
            lines.append(change_sentence(each, before=earlier, now=later))
    lead = lead_sentence(changes.of_all)
    left_out = f"Not looked at here: {changes.n_left_out:,} more; the page of each candidate has it."
    return Section(
        title="Slower or faster than earlier?"
        if is_of_one
        else f"Slower or faster than at first in these {days} days?",
        lines=(*(() if lead is None or is_of_one else (lead,)), *lines),
        after=(ONE_RUN_EACH, *((left_out,) if changes.n_left_out else ())),
    )


def _changes(series: Sequence[SeriesResult], *, is_of_one: bool) -> _Changes:
    steps: list[Step] = []
    n_calls = n_left_out = 0
    for place, each in enumerate(series):
        runs = [point for point in each.points if point.run_id is not None]
        if len(runs) < 2:
            continue
        *earlier, newest = runs
        against = earlier[-MOST_EARLIER:] if is_of_one else earlier[:1]
        n_calls += sum(point.n for point in (*against, newest))
        if not is_of_one and (n_calls > MOST_CALLS or place >= MOST_SERIES):
            n_left_out += 1
            continue
        steps += [_step(each.candidate, point, newest) for point in against]
    with open_stored(None) as store:
        return _Changes(of_all=time_changes(store, steps), n_left_out=n_left_out)


def _step(candidate: str, earlier: PointResult, newest: PointResult) -> Step:
    return Step(earlier=(earlier.run_id or "", candidate), later=(newest.run_id or "", candidate))
