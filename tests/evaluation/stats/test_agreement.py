import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.stats.agreement import krippendorff_alpha, raw_agreement, weighted_kappa

NAN = float("nan")
FOUR_RATERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]
"""Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C."""


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def noisy_raters(source: np.random.Generator, n_raters: int, n_cases: int, share_missing: float = 0.0) -> np.ndarray:
    """Grades of 1-5 that follow one truth, each off by one now and then."""
    truth = source.integers(1, 6, size=n_cases)
    ratings = np.clip(truth + source.integers(-1, 2, size=(n_raters, n_cases)), 1, 5).astype(float)
    ratings[source.random(ratings.shape) < share_missing] = np.nan
    return ratings


def test_alpha_of_four_raters_with_gaps_is_the_published_one():
    found = krippendorff_alpha(FOUR_RATERS, rng=rng())
    assert 0.815 == round(found.value, 3)
    assert (12, 11) == (found.n_cases, found.n_pairable)
    assert "krippendorff_alpha_ordinal" == found.coefficient
    assert found.low < found.value < found.high


@pytest.mark.parametrize("seed", range(6))
def test_alpha_equals_the_reference_implementation(seed):
    krippendorff = pytest.importorskip("krippendorff")
    source = np.random.default_rng(seed)
    ratings = noisy_raters(source, 2 + seed % 4, 30, share_missing=0.1 * (seed % 3))
    if seed == 5:
        ratings = ratings * 7.25 - 1000
    reference = krippendorff.alpha(reliability_data=ratings, level_of_measurement="ordinal")
    assert krippendorff_alpha(ratings, rng=rng(), n_resamples=10).value == pytest.approx(reference, abs=1e-9)


def test_alpha_of_as_many_values_as_ratings_equals_the_reference_implementation():
    krippendorff = pytest.importorskip("krippendorff")
    ratings = np.random.default_rng(1).normal(size=(3, 40)) + np.linspace(0, 3, 40)
    reference = krippendorff.alpha(reliability_data=ratings, level_of_measurement="ordinal")
    assert krippendorff_alpha(ratings, rng=rng(), n_resamples=10).value == pytest.approx(reference, abs=1e-9)


def test_raters_who_always_agree_have_an_alpha_of_one_and_no_interval():
    found = krippendorff_alpha([[1, 2, 3, 4, 5, 1]] * 3, rng=rng())
    assert (1.0, None, None) == (found.value, found.low, found.high)
    assert "too much alike" in found.reason


def test_raters_who_always_differ_have_an_alpha_below_zero():
    # Two categories, four pairs that all differ: observed 1, expected 2*4*4/(8*7) = 4/7; 1 - 7/4.
    assert -0.75 == pytest.approx(krippendorff_alpha([[1, 2, 1, 2], [2, 1, 2, 1]], rng=rng()).value)


@pytest.mark.parametrize(
    ("ratings", "reason"),
    [
        ([[4, 4, 4], [4, 4, 4]], "every rating is 4"),
        ([[4, 4, 3], [4, 4, NAN]], "every rating is 4"),
        ([[1, NAN], [NAN, 2]], "no case of 2 was rated twice"),
        ([[1, 2, 3]], "no case of 3 was rated twice"),
        ([[], []], "no case of 0 was rated twice"),
    ],
)
def test_agreement_beyond_chance_that_is_not_defined_says_why(ratings, reason):
    found = [krippendorff_alpha(ratings, rng=rng())]
    if len(ratings) == 2:
        found.append(weighted_kappa(*ratings, rng=rng()))
    for agreement in found:
        assert (None, None, None) == (agreement.value, agreement.low, agreement.high)
        assert reason in agreement.reason


def test_a_single_dissent_gives_a_value_without_an_interval():
    found = krippendorff_alpha([[4.0] * 20, [4.0] * 19 + [5.0]], rng=rng())
    assert 0.0 == found.value  # N = 40: observed 2, expected 2*39*1/39 = 2
    assert found.low is None
    assert "too much alike" in found.reason


@pytest.mark.parametrize(
    ("ratings", "problem"),
    [
        ([1, 2, 3], "1 dimensions"),
        ([[1, 2], [1]], "not a table of numbers"),
        ([["A", "B"], ["A", "A"]], "not a table of numbers"),
        ([[1, float("inf")], [1, 2]], "infinite"),
    ],
)
def test_what_is_no_table_of_ratings_is_refused(ratings, problem):
    with pytest.raises(ConfigurationError, match=problem):
        krippendorff_alpha(ratings, rng=rng())


def test_equal_seeds_give_equal_intervals():
    ratings = noisy_raters(np.random.default_rng(0), 3, 120)
    assert krippendorff_alpha(ratings, rng=rng()) == krippendorff_alpha(ratings, rng=rng())


@pytest.mark.parametrize("n_cases", [40, 150])
def test_the_interval_of_alpha_holds_the_true_value_about_as_often_as_it_says(n_cases):
    source = np.random.default_rng(7)
    truth = krippendorff_alpha(noisy_raters(source, 2, 200_000), rng=rng(), n_resamples=1).value
    n_held = 0
    for _ in range(150):
        found = krippendorff_alpha(noisy_raters(source, 2, n_cases), rng=source, n_resamples=300)
        n_held += found.low <= truth <= found.high
    assert 0.89 <= n_held / 150 <= 0.99


@pytest.mark.parametrize("seed", range(5))
def test_kappa_equals_the_one_of_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    a, b = noisy_raters(np.random.default_rng(seed), 2, 25)
    reference = metrics.cohen_kappa_score(a.astype(int), b.astype(int), labels=[1, 2, 3, 4, 5], weights="quadratic")
    found = weighted_kappa(a, b, rng=rng(), n_resamples=10)
    assert found.value == pytest.approx(reference, abs=1e-12)


def test_kappa_of_cohens_kind_by_hand():
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: observed .7, by chance .5*.6 + .5*.4 = .5; (.7 - .5)/(1 - .5) = .4.
    a, b = [1] * 25 + [0] * 25, [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    found = weighted_kappa(a, b, rng=rng())
    assert 0.4 == pytest.approx(found.value)
    assert "weighted_kappa_quadratic" == found.coefficient
    assert found.low < 0.4 < found.high


def test_kappa_leaves_out_what_only_one_rated():
    whole = weighted_kappa([1, 2, 3, 4, 5, 2], [1, 2, 4, 4, 5, 1], rng=rng())
    gaps = weighted_kappa([1, NAN, 2, 3, 4, 5, 2, 3], [1, 5, 2, 4, 4, 5, 1, NAN], rng=rng())
    assert (whole.value, 6, 8) == (gaps.value, gaps.n_pairable, gaps.n_cases)


def test_a_grade_that_nobody_gave_still_counts_as_distance():
    near = weighted_kappa([1, 1, 5, 5], [1, 2, 5, 4], rng=rng()).value
    far = weighted_kappa([1, 1, 2, 2], [1, 2, 2, 1], rng=rng()).value
    # Squared distances 0 1 0 1: observed 1/2; expected (0+1+16+9 + 16+9+0+1)/8 = 13/2; 1 - 1/13.
    assert 12 / 13 == pytest.approx(near)
    assert 0.0 == pytest.approx(far)


def test_raw_agreement_is_the_share_of_equal_pairs():
    # Cases: 3 of 3 pairs, 1 of 3, 0 of 1 (one rating missing), and one that nobody rated twice.
    found = raw_agreement([[1, 1, 1, 1], [1, 1, 2, NAN], [1, 2, NAN, NAN]])
    assert (1 + 1 / 3 + 0) / 3 == pytest.approx(found.value)
    assert (4, 3) == (found.n_cases, found.n_pairable)
    assert raw_agreement([[NAN], [1]]).value is None


def test_raw_agreement_of_two_raters_has_wilsons_interval():
    found = raw_agreement([[1, 2, 3, 4, 5, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 1, 2, 3, 5, 4]])
    assert (0.8, 0.490, 0.943) == (found.value, round(found.low, 3), round(found.high, 3))


def test_cases_of_one_cluster_count_as_one_piece_of_evidence():
    ratings = noisy_raters(np.random.default_rng(2), 2, 40)
    often = np.repeat(ratings, 5, axis=1)
    clusters = [number // 5 for number in range(200)]
    for measure in (
        lambda table, **more: krippendorff_alpha(table, rng=rng(), **more),
        lambda table, **more: weighted_kappa(*table, rng=rng(), **more),
    ):
        once, falsely, rightly = measure(ratings), measure(often), measure(often, clusters=clusters)
        assert falsely.high - falsely.low < 0.6 * (once.high - once.low)
        assert rightly.high - rightly.low == pytest.approx(once.high - once.low, rel=0.05)
        assert rightly.value == falsely.value


def test_clusters_of_cases_that_nobody_rated_twice_are_left_out():
    ratings = np.concatenate([noisy_raters(np.random.default_rng(2), 2, 30), [[1.0], [NAN]]], axis=1)
    with_gap = krippendorff_alpha(ratings, rng=rng(), clusters=[*range(30), "gap"])
    assert (with_gap.low, with_gap.high) == (
        krippendorff_alpha(ratings[:, :30], rng=rng()).low,
        krippendorff_alpha(ratings[:, :30], rng=rng()).high,
    )
    with pytest.raises(ConfigurationError, match="31 cases, but 2 clusters"):
        krippendorff_alpha(ratings, rng=rng(), clusters=["a", "b"])


def test_four_clusters_are_too_few_for_an_interval():
    ratings = noisy_raters(np.random.default_rng(2), 2, 40)
    assert krippendorff_alpha(ratings, rng=rng(), clusters=[number % 4 for number in range(40)]).low is None


grades = st.lists(st.tuples(*[st.sampled_from([1.0, 2.0, 3.0, 5.0, NAN])] * 3), min_size=1, max_size=12)


@settings(max_examples=60)
@given(grades, st.randoms(use_true_random=False))
def test_alpha_depends_neither_on_the_order_of_cases_nor_of_raters_nor_on_the_unit(cases, random):
    table = np.array(cases).T
    found = krippendorff_alpha(table, rng=rng(), n_resamples=20)
    shuffled = np.array(random.sample(cases, len(cases))).T[[2, 0, 1]] * 10 + 3
    again = krippendorff_alpha(shuffled, rng=rng(), n_resamples=20)
    assert (found.value is None) == (again.value is None)
    if found.value is not None:
        assert found.value == pytest.approx(again.value, abs=1e-9)
        assert found.value <= 1 + 1e-12
        assert found.low is None or found.low <= found.high
