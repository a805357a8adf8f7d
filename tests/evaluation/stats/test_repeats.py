import numpy as np
import pytest

from evaluation.errors import ConfigurationError
from evaluation.stats.power import cases_for_difference
from evaluation.stats.repeats import VarianceParts, case_means, variance_parts


def test_repeats_are_averaged_within_their_case():
    scores = [("q2", 1.0), ("q1", 0.0), ("q2", 0.0), ("q2", 0.5)]
    assert {"q2": 0.5, "q1": 0.0} == case_means(scores)
    assert ["q2", "q1"] == list(case_means(scores))


def test_nothing_gives_nothing():
    assert {} == case_means([])


def test_a_score_that_is_no_number_names_its_case():
    with pytest.raises(ConfigurationError, match="'q1'"):
        case_means([("q1", float("nan"))])


def test_two_scores_of_one_id_are_repeats_of_one_case():
    assert {"q1": 0.5, "q2": 1.0} == case_means([("q1", 1.0), ("q1", 0.0), ("q2", 1.0)])


class TestVarianceParts:
    def test_parts_by_hand(self):
        a = {"q1": [1.0, 3.0], "q2": [4.0, 4.0, 7.0], "q9": [0.0]}
        b = {"q1": [0.0, 1.0, 2.0, 1.0], "q2": [3.0]}
        found = variance_parts(a, b)
        # Squares within: A 2 and 6 on 1 + 2 degrees; B 2 on 3. Differences 1 and 2: variance 1/2.
        assert pytest.approx((8 / 3, 2 / 3)) == (found.within_a, found.within_b)
        noise = 8 / 3 * (1 / 2 + 1 / 3) / 2 + 2 / 3 * (1 / 4 + 1) / 2
        assert max(0.0, 0.5 - noise) == found.between == 0.0

    def test_known_parts_are_found_again(self):
        rng = np.random.default_rng(0)
        truth = rng.normal(0.2, 0.5, 4000)
        a = {str(i): (mean + rng.normal(0, 0.6, 3)).tolist() for i, mean in enumerate(truth)}
        b = {str(i): rng.normal(0, 0.3, 5).tolist() for i in range(4000)}
        found = variance_parts(a, b)
        assert pytest.approx((0.25, 0.36, 0.09), rel=0.1) == (found.between, found.within_a, found.within_b)

    def test_more_repeats_leave_less_noise(self):
        parts = VarianceParts(between=0.25, within_a=0.36, within_b=0.09)
        assert 0.25 + 0.36 / 3 + 0.09 / 5 == pytest.approx(parts.of_difference(3, 5))
        # Miller's example has no sampling noise at all.
        assert 969 == round(
            cases_for_difference(
                0.03, variance=VarianceParts(between=1 / 9, within_a=0, within_b=0).of_difference(1, 1)
            )
        )

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            ({"q1": [1, 0]}, {"q1": [1, 0]}),
            ({"q1": [1], "q2": [0]}, {"q1": [1, 0], "q2": [0, 0]}),
            ({"q1": [1, 0], "q2": [0, 0]}, {"q1": [1], "q2": [0]}),
            ({"q1": [1, 0], "q2": [0, 0]}, {"q3": [1, 0]}),
        ],
    )
    def test_without_repeats_or_cases_noise_cannot_be_told_from_difference(self, a, b):
        assert variance_parts(a, b) is None
