import math
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics.quality.order_weights import WEIGHTS
from evaluation.metrics.quality.sentence_facts import sentence_of
from evaluation.metrics.quality.sentence_order import order_features, order_log_odds

TEXTS = ("A heron stood in the reeds.", "The heron also saw a frog.", "However, this frog was quick.")


def test_features_of_a_small_text_are_those_worked_out_by_hand() -> None:
    found = order_features([sentence_of(text) for text in TEXTS])
    root = math.sqrt(3)
    # One in three begins with a cue of contrast, and it is not the first but the last.
    assert found["first_starts_contrast"] * root == pytest.approx(-1 / 3)
    assert found["last_starts_contrast"] * root == pytest.approx(2 / 3)
    assert found["place_starts_contrast"] * root == pytest.approx(0.5)
    assert found["place_starts_indefinite"] * root == pytest.approx(-0.5)
    # "A heron", "the heron" and "a frog", "this frog": 2 pairs of neighbours; by chance 2 of 6 pairs for 2 places.
    assert found["next_introduced"] * root == pytest.approx(2 - 2 * 2 / 6)
    # None between the first and the last, one place.
    assert found["after_next_introduced"] * root == pytest.approx(-2 / 6)
    # One of the two after the first; by chance 2 of 6.
    assert found["opening_introduced"] * root == pytest.approx(1 / 2 - 2 / 6)
    # Both are in order; by chance one; over the number of sentences.
    assert found["later_introduced"] * root == pytest.approx((2 - 1) / 3)
    # Of the first sentence's words heron, stood and reeds, one is elsewhere; heron, saw, frog: two; frog, quick: one.
    assert found["first_own_words"] * root == pytest.approx(2 / 3 - (2 / 3 + 1 / 3 + 1 / 2) / 3)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([*TEXTS, "It is.", "See the reeds!", "", "7"]), min_size=2, max_size=5))
def test_every_feature_is_zero_on_average_over_all_orders(texts: list[str]) -> None:
    sentences = [sentence_of(text) for text in texts]
    orders = [order_features(order) for order in permutations(sentences)]
    for name in {name for features in orders for name in features}:
        assert sum(features.get(name, 0.0) for features in orders) == pytest.approx(0, abs=1e-9), name


def test_the_log_odds_are_the_weighted_sum() -> None:
    sentences = [sentence_of(text) for text in TEXTS]
    features = order_features(sentences)
    expected = sum(weight * features.get(name, 0.0) for name, weight in WEIGHTS.items())
    assert order_log_odds(sentences) == pytest.approx(expected)


def test_every_weight_belongs_to_a_feature() -> None:
    cues = (
        *("A", "It", "Oak", "However", "We", "Other", "And", "Waters", "See", "The", "Later", "In", "Also", "Quickly"),
        *("Oak example", "Oak is", "Oak see", "Oak a", "Oak it", "Oak from", "Oak could", "Oak but", "Oak also"),
        *("Oak waded, the 7", 'Oak "no" other', "They met Anna Berg", "Return the oak", "Oak not", "A frog", "Wading"),
    )
    features = order_features([sentence_of(text) for text in cues])
    assert set() == WEIGHTS.keys() - features.keys()


def test_one_sentence_has_no_order() -> None:
    assert 0.0 == order_log_odds([sentence_of(TEXTS[0])]) == order_log_odds([])
