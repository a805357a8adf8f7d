"""Numbers of a race formatted for sentences."""

from evaluation.formatting import counted
from evaluation.races.number_words import against, in_points, odds


def test_odds_are_said_with_as_many_digits_as_they_are_worth() -> None:
    assert ["1", "24.2", "1,597", "over 1,000,000"] == [odds(value) for value in (1.0, 24.213, 1597.4, 3.2e7)]


def test_a_difference_is_in_points_where_the_metric_goes_from_0_to_1() -> None:
    assert ["4.2 points", "0.21"] == [in_points(-0.042, 1.0), in_points(0.042, 5.0)]
    assert ["4.2 points behind b", "4.2 points ahead of b", "level with b"] == [
        against(difference, 1.0, "b") for difference in (-0.042, 0.042, 0.0)
    ]


def test_things_are_counted() -> None:
    assert ["1 case", "1,200 cases", "0 cases"] == [counted(n, "case") for n in (1, 1200, 0)]
