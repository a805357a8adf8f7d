"""Numbers in digits and in words, brought to one form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics.grounding.numbers import folded_numbers, plain_number


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1,000", "1000"),
        ("1,234,567.50", "1234567.5"),
        ("3.50", "3.5"),
        ("3,5", "3.5"),
        ("007", "7"),
        ("0.0", "0"),
        ("100", "100"),
        ("٣٤", "34"),
        ("1.2.3", "1.2.3"),
        ("12,34,56", "12,34,56"),
        ("word", None),
        ("", None),
    ],
)
def test_one_number_has_one_form(written: str, expected: str | None) -> None:
    assert expected == plain_number(written)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("twenty-six boats", ["26", None]),
        ("five hundred", ["500"]),
        ("twenty-six", ["26"]),
        ("page twenty", [None, "20"]),
        ("twenty zero", ["20", "0"]),
        ("ninety-nine", ["99"]),
        ("two hundred thousand", ["200000"]),
        ("3.2 million people", ["3200000", None]),
        ("thousand", ["1000"]),
        ("twenty ten", ["20", "10"]),
        ("26", [None]),
        ("Seven dwarfs", ["7", None]),
        ("zero", ["0"]),
        ("twenty one", ["21"]),
        ("twenty boats", ["20", None]),
        ("thousand boats", ["1000", None]),
        ("three billion", ["3000000000"]),
        ("1.2.3 million", [None, "1000000"]),
    ],
)
def test_number_words_are_read_together(words: str, expected: list[str | None]) -> None:
    assert expected == [number for _, number in folded_numbers(words.replace("-", " ").split())]


ALONE = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen
"""


def test_every_small_number_word_has_its_value() -> None:
    found = [number for _, number in folded_numbers([word for each in ALONE.split() for word in (each, "boats")])]
    assert [str(value) for value in range(20)] == found[::2]


def test_every_ten_and_every_scale_has_its_value() -> None:
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    scales = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
    expected = {word: 10 * value for value, word in enumerate(tens, start=2)} | scales
    assert expected == {word: int(number or 0) for word in expected for _, number in folded_numbers([word])}


def test_a_number_of_a_thousand_digits_is_taken_as_it_is() -> None:
    assert "9" * 1000 == plain_number("9" * 1000)


@settings(max_examples=100)
@given(st.lists(st.sampled_from(["hundred", "million", "billion", "9", "twenty", "six", "x", "1.2.3", "1,2,3"])))
def test_any_row_of_number_words_is_read_without_losing_a_word(words: list[str]) -> None:
    assert " ".join(words) == " ".join(text for text, _ in folded_numbers(words))
