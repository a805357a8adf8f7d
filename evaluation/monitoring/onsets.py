"""Since when a rule is broken: the first of the unbroken row of points, up to the judged one, that break it too."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from evaluation.monitoring.rules import THRESHOLDS, Judged, Verdict
from evaluation.monitoring.values import Point, Series
from evaluation.records.alerts import QualityRecord, onset


def verdicts(judged: Judged) -> list[Verdict]:
    """Return the verdicts of the rules that are enabled and can be judged, with since when they are broken."""
    outcomes = [
        (rule, verdict)
        for name, rule in THRESHOLDS.items()
        if name not in judged.request.left_out and (verdict := rule(judged)) is not None
    ]
    return [
        verdict if verdict.finding is None else with_onset(verdict, first_broken(judged, rule))
        for rule, verdict in outcomes
    ]


def with_onset(verdict: Verdict, first: Point) -> Verdict:
    """Return a verdict whose finding says at which point it began."""
    if verdict.finding is None:
        return verdict
    began = onset(first.begun_at or first.at, first.run_id)
    return replace(verdict, finding=replace(verdict.finding, evidence={**verdict.finding.evidence, **began}))


def first_broken(judged: Judged, rule: Callable[[Judged], Verdict | None]) -> Point:
    """Return where a threshold that the judged point breaks was broken first, by the same baseline.

    Points with too little data are skipped; what a person tagged as a baseline is as it should be.
    """

    def is_broken(point: Point) -> bool | None:
        verdict = rule(replace(judged, point=point, gpus=()))
        return None if verdict is None else verdict.finding is not None

    return _first(judged.series, judged.point, is_broken)


def first_below(series: Series, point: Point, qualities: Mapping[int, QualityRecord]) -> Point:
    """Return where the quality was first below its baseline, as the check of each run found.

    Args:
        series: The runs of the candidate.
        point: One that is below.
        qualities: What was found of each run that was checked, by its candidate's row.
    """

    def is_below(earlier: Point) -> bool | None:
        quality = qualities.get(earlier.row_id or 0)
        return None if quality is None else quality.stays

    return _first(series, point, is_below)


def _first(series: Series, point: Point, is_broken: Callable[[Point], bool | None]) -> Point:
    first = point
    for earlier in reversed(series.points[: series.points.index(point)]):
        broken = False if earlier.is_baseline else is_broken(earlier)
        if broken is False:
            break
        if broken:
            first = earlier
    return first
