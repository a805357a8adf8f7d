import math
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics.quality.sentence_order import (
    WEIGHTS,
    linked,
    order_features,
    order_log_odds,
    sentence_of,
)

TEXTS = ("A heron stood in the reeds.", "The heron also saw a frog.", "However, this frog was quick.")


def test_a_sentence_is_known_by_its_stems_its_articles_and_its_cues() -> None:
    sentence = sentence_of("The old herons also saw three green frogs.")
    assert "the" == sentence.first
    assert 8 == sentence.n_words
    assert {"old", "heron", "saw", "green", "frogs"} == sentence.stems
    assert {"green", "frogs"} == sentence.introduced
    assert {"old", "heron"} == sentence.pointed_at
    assert {"starts_definite", "also"} == sentence.cues


@pytest.mark.parametrize(
    ("text", "cue"),
    [("Herons fish.", "starts_content"), ("And so on.", "starts_other"), ("It rains.", "starts_anaphoric")],
)
def test_the_first_word_is_a_cue_by_its_class(text: str, cue: str) -> None:
    assert cue in sentence_of(text).cues


def test_a_sentence_without_words_is_known_by_nothing() -> None:
    assert frozenset() == sentence_of("!").cues == sentence_of("!").stems
    assert 1 == sentence_of("!").n_words


def test_rare_stems_link_more_than_frequent_ones() -> None:
    # Stems: {cats, like} {cats, milk} {milk}. Weight ln(4/n): cats and milk ln 2, like ln 4 = 2 ln 2.
    # First and second share cats: ln 2 / sqrt(3 ln 2 * 2 ln 2) = 1/sqrt 6; second and third milk: 1/sqrt 2.
    links = linked([sentence_of("Cats like it."), sentence_of("Cats and milk."), sentence_of("Milk!")])
    assert links[0][1] == links[1][0] == pytest.approx(1 / math.sqrt(6))
    assert links[1][2] == pytest.approx(1 / math.sqrt(2))
    assert 0.0 == links[0][2] == links[0][0]


def test_features_of_a_small_text_are_those_worked_out_by_hand() -> None:
    found = order_features([sentence_of(text) for text in TEXTS])
    # The first introduces nothing that a later one points at but "heron" (a heron, the heron) and "frog": 2 pairs.
    assert 2.0 == found["introduced"]
    # One in three begins with a cue of contrast, and it is not the first.
    assert found["first_starts_contrast"] == pytest.approx(-1 / 3)
    assert 0.5 == found["place_starts_contrast"]
    assert -0.5 == found["place_starts_indefinite"]
    assert 0.0 == found["same_start"]
    # 6, 6 and 5 words.
    assert found["first_length"] == pytest.approx(math.log(6) - (2 * math.log(6) + math.log(5)) / 3)


def test_neighbours_that_share_words_and_beginnings_count() -> None:
    # Links: first-second and third-fourth 1 each, no other. Given order: 2; by chance 4 (both ways) / 4 = 1.
    sentences = [sentence_of(text) for text in ("The oak.", "The oak.", "Her ship.", "Her ship.")]
    found = order_features(sentences)
    assert found["cosine"] == pytest.approx(2 - 1)
    # Two alike pairs of starts; by chance (2·1 + 2·1) / 4 = 1.
    assert 1.0 == found["same_start"]


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


def test_one_sentence_has_no_order() -> None:
    assert 0.0 == order_log_odds([sentence_of(TEXTS[0])]) == order_log_odds([])
