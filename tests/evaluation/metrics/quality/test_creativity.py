import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics.quality.creativity import Creativity, distinct, repeated_share, windowed_distinct
from evaluation.metrics.quality.reading import sentences


@pytest.mark.parametrize(
    ("words", "n", "expected"),
    [("a b a b", 1, 2 / 4), ("a b a b", 2, 2 / 3), ("a b a b", 3, 1.0), ("a a a a", 2, 1 / 3), ("a", 2, 1.0)],
)
def test_distinct_n_is_different_n_grams_over_all(words: str, n: int, expected: float) -> None:
    assert expected == distinct(words.split(), n)


def test_variety_is_measured_in_stretches_of_equal_length() -> None:
    # Stretches: a b, a c, and to be full c c: 1, 1 and 1/2.
    assert windowed_distinct(["a", "b", "a", "c", "c"], 1, window=2) == pytest.approx(2.5 / 3)
    assert 0.75 == windowed_distinct(["a", "b", "a", "a"], 1, window=2)
    assert 0.5 == windowed_distinct(["a", "b", "a", "a"], 1, window=50)
    assert 1.0 == windowed_distinct(["a", "b", "c"], 3, window=1)


def test_repetition_counts_four_grams_that_stood_there_before() -> None:
    # Six 4-grams of "a b c d e a b c d", of which "a b c d" comes twice.
    assert repeated_share(list("abcdeabcd")) == pytest.approx(1 / 6)
    assert 0.0 == repeated_share(["a", "a", "a"])
    assert 0.5 == repeated_share(["a"] * 5)


def test_the_value_is_variety_without_repetition(measure) -> None:
    # distinct-1 = 5/9, distinct-2 = 5/8, distinct-3 = 5/7; one of six 4-grams is repeated.
    expected = (5 / 9 + 5 / 8 + 5 / 7) / 3 * 5 / 6
    assert measure(Creativity(), "A b c d e. A B c d!").value == pytest.approx(expected)


@pytest.mark.parametrize(("answer", "label"), [(" \n", "empty"), ("… !", "no_words")])
def test_an_answer_without_a_word_is_worth_nothing(measure, answer: str, label: str) -> None:
    measurement = measure(Creativity(), answer)
    assert (0.0, label) == (measurement.value, measurement.label)


def test_a_text_of_different_words_is_as_varied_as_can_be(measure) -> None:
    assert 1.0 == measure(Creativity(), " ".join(f"word{i}" for i in range(400))).value


def test_a_text_that_repeats_its_sentences_is_less_varied(measure, story) -> None:
    lines = sentences(story)
    loop = " ".join(lines[:4] + lines[:3])
    assert measure(Creativity(), story).value > 0.85 > measure(Creativity(), loop).value


def test_the_window_is_an_option(measure, story) -> None:
    assert measure(Creativity(window=5), story).value > measure(Creativity(window=500), story).value


def test_confidence_is_a_half_at_forty_words(measure) -> None:
    assert 0.5 == measure(Creativity(), "w " * 40).evidence[-1]
    assert "low_confidence" == measure(Creativity(), "w " * 39).label


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from("abcdé今"), max_size=200), st.integers(1, 5), st.integers(1, 60))
def test_variety_and_repetition_are_shares(words: list[str], n: int, window: int) -> None:
    assert 0.0 < windowed_distinct(words, n, window=window) <= 1.0
    assert 0.0 <= repeated_share(words, n) < 1.0
