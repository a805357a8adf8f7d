"""Trends, odd figures, and what is said of them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from watched_runs import NOW

from evaluation.monitoring.anomalies import anomalies
from evaluation.monitoring.insights import insights
from evaluation.monitoring.trends import trends
from evaluation.monitoring.values import Point, Series, Setting


def series(*seconds: float, judges: str = "") -> Series:
    """A run a day, the newest one now."""
    points = [
        Point(
            at=NOW - timedelta(days=len(seconds) - i),
            n=100,
            n_ok=100,
            duration_s=value,
            quality=value,
            setting=Setting(judge=judges[i] if judges else "j"),
        )
        for i, value in enumerate(seconds)
    ]
    return Series(source="evaluation", task="t", benchmark="squad", candidate="m:1b", points=tuple(points))


def test_a_figure_that_rises_by_the_same_every_day_has_that_slope_and_the_exact_p() -> None:
    found = {one.quantity: one for one in trends([series(1.0, 1.1, 1.2, 1.3, 1.4, 1.5)])}

    trend = found["duration_s"]
    assert ("rising", 6) == (trend.direction, trend.n_points)
    assert pytest.approx(0.7) == trend.per_week
    assert pytest.approx(0.7 / 1.25) == trend.relative_per_week
    assert pytest.approx(2 / 720) == trend.p_value  # one order of 720, and its mirror image
    assert trend.is_clear


def test_what_goes_up_and_down_has_no_clear_trend_and_what_stands_still_is_steady() -> None:
    up_and_down = {one.quantity: one for one in trends([series(1.0, 1.4, 1.1, 1.3, 1.2)])}["duration_s"]
    still = {one.quantity: one for one in trends([series(1, 1, 1, 1, 1)])}["duration_s"]

    assert not up_and_down.is_clear
    assert ("steady", 0.0, 1.0) == (still.direction, still.per_week, still.p_value)


def test_fewer_than_five_points_make_no_trend_and_another_judge_begins_anew() -> None:
    assert () == trends([series(1, 2, 3, 4)])
    found = trends([series(1, 2, 3, 4, 5, 6, judges="aabbbb")])
    assert ["duration_s", "success"] == [one.quantity for one in found]


def test_runs_of_other_cases_than_the_newest_are_in_no_trend_and_make_no_figure_odd() -> None:
    of_all = series(1.0, 1.01, 0.99, 1.0, 1.02, 0.98, 1.0, 1.01)
    quick = replace(of_all.points[0], duration_s=0.1, quality=0.1, setting=Setting(judge="j", cases="5 by seed 0"))
    mixed = replace(of_all, points=(*[quick] * 3, *of_all.points))
    last = replace(of_all, points=(*of_all.points, quick))

    assert [8] * 3 == [one.n_points for one in trends([mixed])]
    assert trends([of_all]) == tuple(replace(one, series=of_all) for one in trends([mixed]))
    assert 0 < len(
        anomalies([replace(last, points=(*of_all.points, replace(quick, setting=of_all.points[0].setting)))])
    )
    assert () == anomalies([last])


def test_a_figure_far_from_the_earlier_ones_is_odd_and_one_like_them_is_not() -> None:
    earlier = (1.0, 1.02, 0.99, 1.01, 0.98, 1.0, 1.03)
    odd, usual = anomalies([series(*earlier, 1.5)]), anomalies([series(*earlier, 1.02)])

    assert ["duration_s", "quality"] == sorted(one.quantity for one in odd)
    assert () == usual
    assert all(one.p_value < 0.001 and one.n_earlier == 7 for one in odd)


def test_what_never_moved_is_odd_only_when_it_moves_by_more_than_a_few_hundredths() -> None:
    assert () == anomalies([series(*[1.0] * 8, 1.02)])
    assert 2 == len(anomalies([series(*[1.0] * 8, 1.2)]))


def test_an_insight_says_it_in_words_with_its_numbers() -> None:
    rising = series(1.0, 1.1, 1.2, 1.3, 1.4, 1.5)
    first, *_ = insights([rising], trends([rising]), [])

    assert "trend" == first.kind
    assert ("m:1b on squad: the median duration rises by 56 % a week over 6 points (confidence 99.7 %).") == first.text
    assert ("duration_s", "squad", 6) == tuple(first.evidence[name] for name in ("quantity", "benchmark", "n_points"))
