from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scored_tables import standing_of

from selection.choosing.ties import Contrast, contrasts_with
from selection.scoreboard import Deviations, TaskStanding
from selection.scoreboards import pair_tests


def _contrasts(standing: TaskStanding, deviations: Deviations | None = None, weight: float = 1.0) -> list[Contrast]:
    n = len(standing.quality)
    return contrasts_with(
        0,
        range(1, n),
        standing=standing,
        deviations=deviations,
        quality_weight=weight,
        beside=[0.0] * n,
    )


def test_a_contrast_is_students_test_of_the_paired_difference() -> None:
    (found,) = _contrasts(standing_of([0.6, 0.55], pair_se=0.02))
    assert (pytest.approx(0.05), pytest.approx(5), 200) == (found.difference, found.gap, found.n_pairs)
    assert pytest.approx(2 * stats.t.sf(2.5, 199), abs=1e-4) == found.p_value
    assert not found.is_tied


def test_several_are_adjusted_by_holm() -> None:
    alone = [_contrasts(standing_of([0.6, other]))[0].p_value for other in (0.55, 0.56, 0.59)]
    together = [one.p_value for one in _contrasts(standing_of([0.6, 0.55, 0.56, 0.59]))]
    assert [3 * alone[0], 2 * alone[1], alone[2]] == pytest.approx(together)


def test_nothing_is_told_apart_on_five_common_families() -> None:
    standing = replace(standing_of([0.9, 0.1]), n_pairs=np.full((2, 2), 5))
    assert [Contrast(pytest.approx(0.8), pytest.approx(80), 5, 1.0, "paired t over all measured runs")] == _contrasts(
        standing
    )


def test_no_p_value_is_below_what_the_signs_of_the_pairs_could_show() -> None:
    standing = replace(standing_of([0.9, 0.1], pair_se=1e-6), n_pairs=np.full((2, 2), 6))
    assert [2 / 2**6] == [one.p_value for one in _contrasts(standing)]


def test_one_without_a_question_in_common_is_not_told_apart_and_takes_nothing_from_the_others() -> None:
    apart = standing_of([0.9, 0.1, 0.85])
    apart.n_pairs[0, 1], apart.difference[0, 1], apart.difference_se[0, 1] = 0, np.nan, np.nan
    first, second = _contrasts(apart)
    assert Contrast(None, None, 0, 1.0, "paired t over all measured runs") == first
    assert _contrasts(standing_of([0.9, 0.85]))[0].p_value == second.p_value


def test_one_that_is_better_on_what_both_were_asked_is_not_told_from_the_best() -> None:
    standing = standing_of([0.6, 0.55])
    standing.difference[0, 1] = -0.2
    assert [1.0] == [one.p_value for one in _contrasts(standing)]


def test_the_errors_of_a_prompt_widen_a_contrast() -> None:
    deviations = Deviations(value=np.array([0.1, 0.0]), se=np.array([0.03, 0.04]))
    (found,) = _contrasts(standing_of([0.6, 0.55], pair_se=0.0), deviations)
    assert pytest.approx(0.15) == found.difference
    assert pytest.approx(2 * stats.t.sf(3, 199), abs=1e-4) == found.p_value


def test_an_absurd_model_moves_nobody_further_than_qualities_go() -> None:
    deviations = Deviations(value=np.array([700.0, -3.0, 0.0]), se=np.zeros(3))
    found = _contrasts(standing_of([0.6, 0.55, 0.5]), deviations)
    assert [1.0, 0.5] == pytest.approx([one.difference for one in found])
    assert [100.0, 50.0] == pytest.approx([one.gap for one in found])
    without_ends = replace(standing_of([0.6, 0.55, 0.5]), lowest=-np.inf, highest=np.inf)
    assert 703.05 == pytest.approx(_contrasts(without_ends, deviations)[0].difference)


def test_where_quality_is_worth_nothing_what_is_known_decides() -> None:
    found = contrasts_with(
        0, [1, 2], standing=standing_of([0.1, 0.9, 0.5]), deviations=None, quality_weight=0, beside=[3.0, 1.0, 3.0]
    )
    assert [(2.0, 0.0), (0.0, 1.0)] == [(one.gap, one.p_value) for one in found]


def _of_all_pairs(qualities: list[float], pair_se: float) -> list[Contrast]:
    """Contrasts of a standing whose tests were adjusted for all of its pairs."""
    standing = standing_of(qualities, pair_se=pair_se)
    return _contrasts(replace(standing, tests=pair_tests.tests_over_tasks([], *_parts(standing))))


def _parts(standing: TaskStanding) -> tuple[Any, Any, Any]:
    return standing.difference, standing.difference_se, standing.n_pairs


def test_an_interval_allows_for_as_many_pairs_as_the_p_value_beside_it() -> None:
    (alone,) = _contrasts(standing_of([0.6, 0.55], pair_se=0.02))
    assert (0.95, 0.05 - 0.02 * stats.t.ppf(0.975, 199)) == pytest.approx((alone.confidence_level, alone.low), abs=1e-4)
    first = _of_all_pairs([0.6, 0.55, 0.5], 0.02)[0]
    reach = 0.02 * stats.t.ppf(1 - 0.05 / 3 / 2, 199)
    assert (1 - 0.05 / 3, 0.05 - reach, 0.05 + reach) == pytest.approx(
        (first.confidence_level, min(first.low or 0, 0.05 - reach), first.high), abs=1e-4
    )


@pytest.mark.parametrize("pair_se", np.linspace(0.005, 0.06, 23))
@pytest.mark.parametrize("others", [[0.55], [0.55, 0.5], [0.57, 0.55, 0.54, 0.5, 0.3]])
def test_no_interval_contradicts_the_p_value_beside_it(others: list[float], pair_se: float) -> None:
    for contrast in _of_all_pairs([0.6, *others], pair_se):
        assert contrast.low is not None
        assert contrast.high is not None
        assert contrast.low <= 0 <= contrast.high if contrast.is_tied else contrast.low >= 0


def test_where_other_things_than_quality_are_weighed_p_is_of_them_too_and_the_difference_has_no_interval() -> None:
    standing = standing_of([0.6, 0.55])
    (found,) = contrasts_with(0, [1], standing=standing, deviations=None, quality_weight=1.0, beside=[0.0, 3.0])
    assert (None, None) == (found.low, found.high)
