"""How many more cases would tell, as a picture."""

import re

from comparison_results import a_comparison, a_pair

from evaluation.charts.lines import line_specification
from evaluation.reports.comparisons.power_chart import power_chart, power_lines, power_rows
from evaluation.stats.power import POWER, exact_mcnemar_cases
from evaluation.stats.verdicts import Kind

N_NEEDED = exact_mcnemar_cases(0.03, discordant=0.24)
OPEN = a_pair(n_pairs=100, n_better_a=10, n_better_b=14, n_more=N_NEEDED - 100, aim=0.03)


def test_the_chance_reaches_four_in_five_where_the_cases_are_enough() -> None:
    chart = power_chart(a_comparison(headline="exact_match", pairs=(OPEN,)))
    assert chart is not None
    (line,) = chart.lines
    first, *later = line.points
    assert (100, True) == (first.x, first.is_hollow)
    assert not any(point.is_hollow for point in later)
    reached = [point.x for point in line.points if point.number.value >= POWER]
    step = later[1].x - later[0].x
    assert abs(reached[0] - N_NEEDED) <= step + 0.02 * N_NEEDED


def test_scores_that_are_no_shares_have_a_chance_too() -> None:
    pair = a_pair(kind=Kind.CONTINUOUS, n_pairs=50, standard_error=0.02, n_more=100, aim=0.03)
    chart = power_chart(a_comparison(headline="exact_match", pairs=(pair,)))
    assert chart is not None
    values = [point.number.value for point in chart.lines[0].points]
    assert values == sorted(values)
    assert 0 < values[0] < values[-1] < 1


def test_pairs_that_are_settled_or_have_a_margin_are_not_drawn() -> None:
    settled, with_margin = a_pair(), a_pair(n_more=10, aim=0.02, margin=0.02)
    comparison = a_comparison(headline="exact_match", pairs=(settled, with_margin))
    assert power_chart(comparison) is None
    assert [] == power_rows(comparison)
    (row,) = power_rows(a_comparison(headline="exact_match", pairs=(OPEN,)))
    assert f"{N_NEEDED - 100:,}" == row["more to settle it"]


def test_a_pair_that_needs_very_many_cases_does_not_squeeze_the_others() -> None:
    near = a_pair(kind=Kind.CONTINUOUS, n_pairs=7, standard_error=0.03, n_more=45, aim=0.03)
    far = a_pair(kind=Kind.CONTINUOUS, n_pairs=7, standard_error=0.03, n_more=5706, aim=0.004)
    comparison = a_comparison(headline="exact_match", pairs=(near, far, near, near, near, near, near, near))
    chart = power_chart(comparison)
    assert chart is not None
    assert {round(7 + 1.5 * 45)} == {line.points[-1].x for line in chart.lines}
    assert ["1 pair needs more cases than the picture shows: the table says how many."] == power_lines(comparison)


def test_where_all_pairs_need_very_many_cases_the_nearest_one_is_shown_to_its_end() -> None:
    far = [
        a_pair(kind=Kind.CONTINUOUS, n_pairs=7, standard_error=0.03, n_more=n, aim=0.004) for n in (900, *[5706] * 7)
    ]
    comparison = a_comparison(headline="exact_match", pairs=tuple(far))
    chart = power_chart(comparison)
    assert chart is not None
    assert {7 + 1350} == {line.points[-1].x for line in chart.lines}
    assert ["7 pairs need more cases than the picture shows: the table says how many."] == power_lines(comparison)


def test_no_curve_begins_left_of_0_cases() -> None:
    pair = a_pair(kind=Kind.CONTINUOUS, n_pairs=7, standard_error=0.03, n_more=900, aim=0.004)
    chart = power_chart(a_comparison(headline="exact_match", pairs=(pair,) * 8))
    assert chart is not None
    drawn = str(line_specification(chart))
    places = [float(x) for x in re.findall(r"'x': (-?[\d.]+)", drawn)]
    assert len(places) > 8 * 20
    assert min(places) >= 0


def test_nothing_is_said_where_the_picture_shows_every_pair() -> None:
    assert [] == power_lines(a_comparison(headline="exact_match", pairs=(OPEN,)))
    assert [] == power_lines(a_comparison())
