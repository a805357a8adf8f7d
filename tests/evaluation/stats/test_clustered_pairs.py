import numpy as np
import pytest

from evaluation.stats.clustered_pairs import clustered_evidence
from evaluation.stats.clusters import design_effect
from evaluation.stats.equivalence import mean_within
from evaluation.stats.pair_evidence import PairTestSettings
from evaluation.stats.power import paired_t_cases, paired_t_detectable
from evaluation.stats.sign_flips import sign_flip_p_value

DIFFERENCES = np.array([1, 1, 0, 1, 0, 0, -1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0], dtype=float)
CLUSTERS = ["a"] * 4 + ["b"] * 3 + ["c"] * 5 + ["d"] * 2 + ["e"] * 4
MEANS = np.array([0.75, -1 / 3, 1.0, 0.5, 0.25])


def evidence(differences=DIFFERENCES, clusters=CLUSTERS, *, level=0.95, **options):
    terms = {"margin": None, "rng": np.random.default_rng(0), **options}
    return clustered_evidence(
        np.asarray(differences, dtype=float), clusters, PairTestSettings(confidence_level=level, **terms)
    )


def test_the_means_of_the_clusters_are_what_was_sampled():
    from scipy.stats import ttest_1samp

    reference = ttest_1samp(MEANS, 0)
    found = evidence()
    assert MEANS.mean() == pytest.approx(found.difference)
    limits = reference.confidence_interval()
    assert pytest.approx((limits.low, limits.high)) == found.interval
    assert (pytest.approx(reference.pvalue), "cluster_t") == (found.p_value, found.method)
    assert {"sign_flip": sign_flip_p_value(MEANS, rng=np.random.default_rng(0))[0]} == found.also
    assert design_effect(DIFFERENCES, CLUSTERS) == found.design_effect
    statistics = {"cluster_t": reference.statistic, "cohen_dz": MEANS.mean() / MEANS.std(ddof=1)}
    assert pytest.approx(statistics) == found.statistics


def test_what_would_settle_it_is_counted_in_cases():
    found = evidence()
    deviation = MEANS.std(ddof=1)
    assert paired_t_detectable(5) * deviation == pytest.approx(found.mde)
    assert paired_t_cases(MEANS.mean() / deviation) * 18 / 5 == pytest.approx(found.n_needed)
    assert MEANS.mean() == pytest.approx(found.aim)


def test_a_margin_is_held_against_the_means_of_the_clusters():
    found = evidence(margin=0.4).within
    expected = mean_within(MEANS, 0.4)
    assert pytest.approx((expected.p_above, expected.p_below)) == (found.p_above, found.p_below)


@pytest.mark.parametrize(("n_clusters", "n_notes"), [(9, 1), (10, 0)])
def test_fewer_than_ten_clusters_are_warned_about(n_clusters, n_notes):
    found = evidence(np.arange(2.0 * n_clusters), [str(i % n_clusters) for i in range(2 * n_clusters)])
    assert n_notes == len(found.notes)
    assert all(note.startswith("only 9 clusters") for note in found.notes)


def test_a_single_cluster_is_refused():
    found = evidence([1.0, 0.0, 1.0, 1.0], ["a"] * 4)
    assert (0.75, None, None) == (found.difference, found.interval, found.p_value)
    assert (None, None, None, None) == (found.mde, found.n_needed, found.effect_size, found.within)
    assert (None, "cluster_none", "hedges_gz") == (found.design_effect, found.method, found.effect_size_name)
    assert found.notes == ("all pairs are of one cluster, which says nothing about how clusters vary",)


def test_clusters_that_all_differ_by_the_same_have_their_exact_p():
    found = evidence([1.0] * 16, [str(i // 2) for i in range(16)])
    assert (2 / 2**8, None, 1.0) == (found.p_value, found.interval, found.difference)
    assert "cluster_no_spread+sign_flip_exact" == found.method
    assert found.n_needed is None
    assert 2 == len(found.notes)


def test_a_case_without_a_cluster_stands_by_itself():
    found = evidence([1.0, 3.0, 5.0], ["a", "a", None])
    assert 3.5 == found.difference


def test_the_same_difference_in_clusters_is_found_less_often_than_without():
    # One document's questions share its luck: 40 cases of 8 documents
    rng = np.random.default_rng(2)
    clusters = [str(i // 5) for i in range(40)]
    false_alarms = 0
    for _ in range(300):
        differences = np.repeat(rng.normal(0, 1, 8), 5) + rng.normal(0, 0.5, 40)
        false_alarms += evidence(differences, clusters, rng=rng).p_value < 0.05
    assert 0.05 == pytest.approx(false_alarms / 300, abs=0.04)
