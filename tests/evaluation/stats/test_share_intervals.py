import pytest

from evaluation.stats.intervals import wilson_interval
from evaluation.stats.share_intervals import clopper_pearson_interval, jeffreys_interval, wald_interval

# Newcombe 1998, Statistics in Medicine 17:857, table I; digits of statsmodels' proportion_confint.
# Right, n, then Wilson's, Clopper & Pearson's, Jeffreys' and Wald's interval.
TABLE = [
    (
        (81, 263),
        (0.2552885198782742, 0.36620957698280004),
        (0.25273674558527126, 0.3676219226013514),
        (0.2545219349910236, 0.36564749917408246),
        (0.2521901262131072, 0.36377945553594226),
    ),
    (
        (15, 148),
        (0.06238639953073628, 0.16048724172330803),
        (0.05784401008344857, 0.161650490349479),
        (0.060448517009296425, 0.15764314347874112),
        (0.05273000640879395, 0.14997269629390875),
    ),
    (
        (0, 20),
        (0.0, 0.1611251580528194),
        (0.0, 0.16843347098308534),
        (2.4246478459242733e-05, 0.11663898290487543),
        (0.0, 0.0),
    ),
    (
        (1, 29),
        (0.006113214292762667, 0.17175521879320294),
        (0.000872646883579922, 0.17764429548872293),
        (0.003746173649057073, 0.15007768600223176),
        (0.0, 0.10089224323967215),
    ),
]


@pytest.mark.parametrize(("counts", "wilson", "exact", "jeffreys", "wald"), TABLE)
def test_each_interval_is_the_published_one(counts, wilson, exact, jeffreys, wald):
    assert pytest.approx(wilson, abs=1e-9) == wilson_interval(*counts)
    assert pytest.approx(exact, abs=1e-9) == clopper_pearson_interval(*counts)
    assert pytest.approx(jeffreys, abs=1e-9) == jeffreys_interval(*counts)
    assert pytest.approx(wald, abs=1e-9) == wald_interval(*counts)


@pytest.mark.parametrize("interval", [clopper_pearson_interval, jeffreys_interval, wald_interval])
def test_wrong_answers_have_the_mirrored_interval_and_lower_levels_a_narrower_one(interval):
    low, high = interval(20, 20 + 9)
    assert pytest.approx((1 - high, 1 - low)) == interval(9, 29)
    narrow = interval(20, 29, confidence_level=0.8)
    assert low < narrow.low < narrow.high < high


def test_all_right_reaches_up_to_one():
    assert (1.0, 1.0) == (clopper_pearson_interval(20, 20).high, wald_interval(28, 29).high)
