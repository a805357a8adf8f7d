from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.stats.multiplicity import ADJUSTMENTS, benjamini_hochberg, benjamini_yekutieli, bonferroni, holm, hommel

# Benjamini and Hochberg 1995, section 3.3: Bonferroni and Holm reject 3 of these, their own procedure 4.
P = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1.0]
# Digits by statsmodels' multipletests.
HOLM = [0.0015, 0.0056, 0.0247, 0.114, 0.2211, 0.278, 0.278, 0.278, 0.3213, 1, 1, 1, 1, 1, 1]
BH = [
    *[0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714285714286, 0.06385714285714286, 0.0645, 0.0765, 0.486],
    *[0.5811818181818182, 0.714875, 0.7532307692307693, 0.8132142857142857, 1],
]
p_values = st.lists(st.floats(0, 1), max_size=12)


def test_holms_adjusted_p_values_are_the_published_ones():
    assert HOLM == pytest.approx(holm(P), abs=1e-9)
    assert 3 == sum(p <= 0.05 for p in holm(P))


def test_benjamini_and_hochbergs_adjusted_p_values_are_the_published_ones():
    assert BH == pytest.approx(benjamini_hochberg(P), abs=1e-9)
    assert 4 == sum(p <= 0.05 for p in benjamini_hochberg(P))


def test_they_are_adjusted_by_hand_in_the_order_given():
    assert (0.04, 0.03, 0.04) == pytest.approx(holm([0.04, 0.01, 0.02]))
    assert (0.04, 0.03, 0.03) == pytest.approx(benjamini_hochberg([0.04, 0.01, 0.02]))


def test_one_p_value_is_its_own_and_none_are_none():
    assert ((0.03,), (0.03,)) == (holm([0.03]), benjamini_hochberg([0.03]))
    assert ((), ()) == (holm([]), benjamini_hochberg([]))


def test_the_bounds_are_p_values_too():
    assert (0.0, 1.0) == holm([0, 1])
    assert (0.0, 1.0) == benjamini_hochberg([0, 1])


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("adjust", ADJUSTMENTS.values())
def test_what_is_no_p_value_is_refused(adjust, wrong):
    with pytest.raises(ConfigurationError, match=r"p_values\[1\] is"):
        adjust([0.5, wrong])


def test_they_go_by_name():
    named = {"holm": holm, "bh": benjamini_hochberg, "bonferroni": bonferroni, "hommel": hommel}
    assert {**named, "by": benjamini_yekutieli} == ADJUSTMENTS


def test_the_others_too_are_adjusted_by_hand_in_the_order_given():
    assert (0.12, 0.03, 0.06) == pytest.approx(bonferroni([0.04, 0.01, 0.02]))
    assert (1.0, 1.0) == bonferroni([0.6, 0.9])
    # 1 + 1/2 + 1/3 = 11/6
    assert (0.04 * 11 / 6, 0.03 * 11 / 6, 0.03 * 11 / 6) == pytest.approx(benjamini_yekutieli([0.04, 0.01, 0.02]))
    assert (0.04, 0.03, 0.04) == pytest.approx(hommel([0.04, 0.01, 0.02]))
    # Two that are small together, which Holm does not see
    assert (0.045, 0.045) == pytest.approx(hommel([0.04, 0.045]))
    assert (0.08, 0.08) == pytest.approx(holm([0.04, 0.045]))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_hommel_rejects_what_simes_test_rejects_in_every_set_that_holds_it(values):
    def simes(chosen):
        return min(len(chosen) * p / rank for rank, p in enumerate(sorted(chosen), start=1))

    places = range(len(values))
    sets = [chosen for size in places for chosen in combinations(places, size + 1)]
    expected = [max(simes([values[j] for j in chosen]) for chosen in sets if i in chosen) for i in places]
    assert expected == pytest.approx(list(hommel(values)), abs=1e-12)


@given(p_values)
def test_hommel_lies_between_the_raw_ones_and_holm_and_bonferroni_above(values):
    for raw, middle, claim, most in zip(values, hommel(values), holm(values), bonferroni(values), strict=True):
        assert raw <= middle <= claim + 1e-15
        assert claim <= most + 1e-15


@given(p_values)
def test_screening_whatever_depends_on_what_is_dearer_than_where_nothing_does(values):
    for screening, dearer in zip(benjamini_hochberg(values), benjamini_yekutieli(values), strict=True):
        assert screening <= dearer + 1e-15 <= 1 + 1e-15


@given(p_values)
def test_holm_is_never_below_benjamini_and_hochberg_nor_they_below_the_raw_ones(values):
    for raw, screening, claim in zip(values, benjamini_hochberg(values), holm(values), strict=True):
        assert raw <= screening + 1e-15
        assert screening <= claim + 1e-15
        assert claim <= min(1, raw * len(values)) + 1e-15


@given(p_values, st.randoms(use_true_random=False))
def test_the_order_of_the_tests_does_not_matter(values, random):
    places = list(range(len(values)))
    random.shuffle(places)
    for adjust in ADJUSTMENTS.values():
        expected, found = adjust(values), adjust([values[i] for i in places])
        assert [expected[i] for i in places] == list(found)


@given(p_values)
def test_a_smaller_p_never_gets_a_larger_adjusted_one(values):
    for adjust in ADJUSTMENTS.values():
        pairs = sorted(zip(values, adjust(values), strict=True))
        assert [after for _, after in pairs] == sorted(after for _, after in pairs)
