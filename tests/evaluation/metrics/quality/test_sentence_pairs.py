import math

import pytest

from evaluation.metrics.quality.sentence_facts import sentence_of
from evaluation.metrics.quality.sentence_pairs import linked, pairs_of


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
