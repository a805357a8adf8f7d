"""What a passage gives to a sentence, by words, and what speaks against it."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics.grounding.passages import MOST_STEMS, indexed
from evaluation.metrics.grounding.reading import read
from evaluation.metrics.grounding.support import THRESHOLD, Support, supports

ABSENT = math.log(2) + 1
"""The weight of a word that a lone sentence lacks: ln((1 + 1) / (1 + 0)) + 1; that of its own words is 1."""


def found(sentence: str, *passages: str) -> list[Support]:
    return list(supports(read(sentence), indexed(passages)))


def only(sentence: str, *passages: str) -> Support:
    (support,) = found(sentence, *passages)
    return support


def test_a_sentence_taken_from_the_passage_has_all_relevance() -> None:
    assert pytest.approx(1.0) == only("The lamp burns oil.", "It is night. The lamp burns oil.").relevance


def test_relevance_weighs_the_words_held_and_the_neighbours_that_stay_neighbours() -> None:
    # Held: lamp, burn of lamp, burn, gas. Neighbours: lamp-burn stays, burn-gas does not.
    held = 2 / (2 + ABSENT)
    neighbours = 2 / (2 + 1 + ABSENT)

    support = only("The lamp burns gas.", "The lamp burns oil.")

    assert pytest.approx(0.8 * held + 0.2 * neighbours) == support.relevance
    assert support.doubt is None


def test_words_in_one_place_weigh_more_than_words_all_over_the_passage() -> None:
    # Each of four sentences has two words that no other has: ln(5 / 2) + 1 each. The window of two sentences holds
    # half of the first sentence's words and all of the second's; the passage holds all; no neighbours stay such.
    passage = "Lamps burn. Oil smells. Boats sail. Winds blow."

    assert pytest.approx(0.3 * 0.5 + 0.5) == only("Lamps sail.", passage).relevance
    assert pytest.approx(0.3 + 0.5) == only("Lamps smell.", passage).relevance
    assert pytest.approx(0.3 + 0.5) == only("Boats smell.", passage).relevance
    assert pytest.approx(0.3 * 0.5 + 0.5) == only("Oil blows.", passage).relevance


def test_the_window_is_where_most_words_stand_together() -> None:
    passage = "The lamp burns oil. It is night. Nobody came. They talk of a lamp."

    assert pytest.approx(1.0) == only("The lamp burns oil.", passage).relevance


def test_support_holds_from_the_threshold_on_unless_something_speaks_against_it() -> None:
    at, under = (Support(passage_index=0, sentence_index=0, relevance=relevance) for relevance in (0.4, 0.39))
    doubted = Support(passage_index=0, sentence_index=0, relevance=1.0, doubt="denied")

    assert [True, False, False] == [support.holds(THRESHOLD) for support in (at, under, doubted)]


def test_a_lone_word_has_no_neighbours_to_lose() -> None:
    assert 1.0 == only("Oil.", "The lamp burns oil.").relevance
    assert 1.0 == only("Oil, oil.", "The lamp burns oil.").relevance


def test_only_passages_that_hold_a_word_are_named_in_their_order() -> None:
    supports = found("The lamp burns.", "A lamp.", "The sea.", "The lamp burns.")

    assert [0, 2] == [support.passage_index for support in supports]
    assert supports[0].relevance < supports[1].relevance


def test_a_number_that_is_not_in_the_passage_halves_the_relevance_and_is_named() -> None:
    right = only("It burned 26 lamps.", "It burned twenty-six lamps.")
    wrong = only("It burned 28 lamps.", "It burned twenty-six lamps.")

    assert pytest.approx(1.0) == right.relevance
    assert right.doubt is None
    assert "number not in the passage: 28" == wrong.doubt
    # Held: burn, lamp of burn, 28, lamp, where the number weighs half as much again; no neighbours stay such.
    assert pytest.approx(0.8 * 2 / (2 + 1.5 * ABSENT) / 2) == wrong.relevance


def test_a_number_in_another_passage_does_not_help() -> None:
    first, _ = found("It burned 28 lamps.", "It burned 26 lamps.", "Page 28.")

    assert "number not in the passage: 28" == first.doubt


def test_a_name_that_is_not_in_the_passage_is_named_and_its_adjective_counts_as_in_it() -> None:
    assert "name not in the passage: denmark" == only("He saw Denmark.", "He saw Norway.").doubt
    assert only("He saw a Norwegian lamp.", "He saw a lamp in Norway.").doubt is None


TWO_LAMPS = "The red lamp burned for 12 hours. It is old. Nobody knows its maker. The green lamp was lit after 30 days."


def test_a_number_of_another_sentence_speaks_against_support_where_one_says_all_the_rest() -> None:
    assert only("The red lamp burned for 12 hours.", TWO_LAMPS).doubt is None
    assert "number of something else in the passage: 30" == only("The red lamp burned for 30 hours.", TWO_LAMPS).doubt


def test_a_number_is_not_held_against_a_sentence_that_puts_several_together() -> None:
    fused = "The green lamp was lit for days, and 12 engineers polished harbour windows brightly."
    assert only(fused, TWO_LAMPS).doubt is None
    assert "number of something else in the passage: 12" == only("The green lamp was lit for 12 days.", TWO_LAMPS).doubt


def test_a_name_of_the_next_sentence_may_stand_for_she_and_one_from_further_away_may_not() -> None:
    passage = "It was Solheim. She tended the small lamp. Nobody came. Then it was Lie."

    assert only("Often Solheim tended the small lamp.", passage).doubt is None
    assert "name of something else in the passage: lie" == only("Often Lie tended the small lamp.", passage).doubt
    followed = "She tended the small lamp. It was Solheim. Nobody came. Then it was Lie."
    assert only("Often Solheim tended the small lamp.", followed).doubt is None
    assert "name of something else in the passage: lie" == only("Often Lie tended the small lamp.", followed).doubt


@pytest.mark.parametrize(
    ("n_capitals", "n_words", "expected"), [(5, 20, True), (6, 20, False), (6, 19, True), (6, 24, True), (18, 19, True)]
)
def test_capitals_are_names_unless_more_than_a_quarter_of_twenty_words_have_one(
    n_capitals: int, n_words: int, expected: bool
) -> None:
    text = " ".join(["the", *["Lamp"] * n_capitals, *["lamp"] * (n_words - 1 - n_capitals)])

    assert expected is indexed((f"{text}.",)).capitals_are_names


def test_capitals_say_nothing_where_every_noun_has_one() -> None:
    passage = "Der Mann sah den Hund, die Katze, das Haus und den Garten. Dann kam der Wind und nahm den Hut mit."

    assert only("Der Mann sah das Auto.", passage).doubt is None
    assert "name not in the passage: auto" == only("Der Mann sah das Auto.", passage.lower()).doubt


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("The lamp was not lit in winter.", "The lamp was lit in winter."),
        ("The lamp was lit in winter.", "The lamp was never lit in winter."),
        ("Bus 4 doesn't run on Sundays.", "Bus 4 runs on Sundays."),
        ("The lamp does burn oil.", "The lamp doesn't burn oil."),
        ("The lamp burns without oil.", "The lamp burns oil."),
    ],
)
def test_a_denial_in_one_of_two_sentences_speaks_against_support(sentence: str, passage: str) -> None:
    support = only(sentence, passage)

    assert "one denies what the other says" == support.doubt
    assert support.relevance <= 0.5


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("The lamp was not lit in winter.", "The lamp was never lit in winter."),
        ("The lamp wasn't lit in winter.", "In winter the lamp was not lit."),
        ("The lamp burns oil.", "The lamp burns oil. It does not smell."),
        ("The lamp burns not only oil.", "The lamp burns oil."),
    ],
)
def test_equal_denials_and_denials_of_something_else_do_not(sentence: str, passage: str) -> None:
    assert only(sentence, passage).doubt is None


def test_a_denial_about_something_that_the_passage_does_not_speak_of_is_not_held_against_a_sentence() -> None:
    fused = "The lamp was never seen by engineers who polished the harbour windows."

    assert only(fused, "The lamp burns oil.").doubt is None


def test_of_sentences_that_hold_equally_much_one_without_a_doubt_is_taken() -> None:
    support = only("A viola.", "It is not a viola. She plays the viola.")

    assert (1, None) == (support.sentence_index, support.doubt)


def test_passages_are_read_up_to_their_bound() -> None:
    long = "Word " * 100 + ". "

    passages = indexed((long * (MOST_STEMS // 100), "Never read."))

    assert MOST_STEMS == sum(len(sentence.reading.stems) for sentence in passages.sentences)
    assert "read" not in passages.holding


TEXTS = st.text(alphabet=st.sampled_from("aeb AB.1 5,\nn't not 他\u202e\ud800"), max_size=60) | st.text(max_size=40)


@settings(max_examples=150)
@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_relevance_lies_between_zero_and_one(sentence: str, passages: list[str]) -> None:
    reading = read(sentence)
    if reading.claims_something:
        for support in supports(reading, indexed(tuple(passages))):
            assert 0.0 < support.relevance <= 1.0
            assert support.passage_index == indexed(tuple(passages)).sentences[support.sentence_index].passage_index


@settings(max_examples=100)
@given(TEXTS)
def test_every_short_text_supports_itself_fully(text: str) -> None:
    reading = read(" ".join(text.split()))
    passages = indexed((" ".join(text.split()),))
    if reading.claims_something and len(passages.sentences) == 1:
        (support,) = supports(reading, passages)
        assert pytest.approx(1.0) == support.relevance
        assert support.doubt is None
