import math
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics.quality.order_weights import WEIGHTS
from evaluation.metrics.quality.sentence_facts import sentence_of
from evaluation.metrics.quality.sentence_order import linked, order_features, order_log_odds, pairs_of


def both_ways(name: str, one: str, other: str) -> tuple[float, float]:
    """The value of one before other, and of other before one."""
    found = pairs_of([sentence_of(one), sentence_of(other)])[name]
    assert 0.0 == found[0][0] == found[1][1]
    return found[0][1], found[1][0]


def test_rare_stems_link_more_than_frequent_ones() -> None:
    # Stems: {cats, like} {cats, milk} {milk}. Weight ln(4/n): cats and milk ln 2, like ln 4 = 2 ln 2.
    # First and second share cats: ln 2 / sqrt(3 ln 2 * 2 ln 2) = 1/sqrt 6; second and third milk: 1/sqrt 2.
    sentences = [sentence_of("Cats like it."), sentence_of("Cats and milk."), sentence_of("Milk!")]
    links = linked(sentences)
    assert links[0][1] == links[1][0] == pytest.approx(1 / math.sqrt(6))
    assert links[1][2] == pytest.approx(1 / math.sqrt(2))
    assert 0.0 == links[0][2] == links[0][0]
    assert pairs_of(sentences)["words"][0][1] == pytest.approx(6**-0.25)


def test_words_are_alike_by_their_first_four_letters_too() -> None:
    assert (0.0, 0.0) == both_ways("words", "Indexes.", "Indices.")
    assert (0.0, 0.0) == both_ways("word_beginnings", "Ox.", "Ox.")
    one, other = both_ways("word_beginnings", "Orders.", "Ordering.")
    assert one == other == pytest.approx(1)


def test_what_ends_one_sentence_begins_the_next() -> None:
    # Each sentence holds oak and one more: weights ln 3/2 and ln 3.
    expected = math.log(3 / 2) / (math.log(3 / 2) + math.log(3))
    one, other = both_ways("end_to_start", "She saw an oak.", "Oak is heavy.")
    assert (one, other) == pytest.approx((expected, 0.0))


def test_small_words_that_are_shared() -> None:
    # 2 shared of 3 and 2.
    one, other = both_ways("small_words", "It is not red.", "It is red.")
    assert one == other == pytest.approx(2 / math.sqrt(4 * 3))


@pytest.mark.parametrize(
    ("name", "one", "other", "expected"),
    [
        ("same_two_words", "The oak fell.", "The oak stood.", (1, 1)),
        ("same_two_words", "The oak.", "The ship.", (0, 0)),
        ("same_two_words", "Oak!", "Oak!", (0, 0)),
        ("definite_known", "Herons fish.", "We saw the herons.", (1, 0)),
        ("introduced", "A frog sat there.", "The frog left.", (1, 0)),
        ("shown_known", "Frogs eat.", "This frog eats.", (0, 0)),
        ("shown_known", "A frog ate.", "This frog eats.", (1, 0)),
        ("shorter", "A window function is fast.", "The function is old.", (1, 0)),
        ("shorter", "A window function is fast.", "A window function is old.", (0, 0)),
        ("fuller_name", "They met Anna Berg.", "Then Berg left.", (1, 0)),
        ("fuller_name", "They met Berg.", "Then Berg left.", (0, 0)),
        ("same_names", "They met Berg.", "Then Berg left.", (1, 1)),
        ("abbreviation", "The North Line (NL) opened.", "Nobody took NL trains.", (1, 0)),
        ("same_person", "She left.", "They saw her.", (1, 1)),
        ("name_to_pronoun", "They met Berg.", "She left.", (1, 0)),
        ("same_we", "We left.", "They stayed.", (0, 0)),
        ("same_i", "I left.", "My dog stayed.", (1, 1)),
        ("same_tense", "They left early.", "They stay.", (-2, -2)),
        ("quotes", 'He said "no".', '"No" it was.', (1, 1)),
        ("quote_goes_on", '"We left early.', 'It was late," he said.', (1, 0)),
        ("years", "It began in 1950.", "It ended in 1960.", (1, 0)),
        ("years", "It began in 1950.", "It ended.", (0, 0)),
        ("ordinals", "First, eat.", "Finally, rest.", (1, 0)),
    ],
)
def test_what_two_sentences_have_in_common(name: str, one: str, other: str, expected: tuple[float, float]) -> None:
    assert expected == both_ways(name, one, other)


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
