"""Numbers in digits and in words, brought to one form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics.grounding.reading import MOST_WORDS, folded_numbers, light_stem, plain_number, read


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


@pytest.mark.parametrize(
    ("forms", "expected"),
    [
        ("stop stops stopped stopping", "stop"),
        ("study studies studied", "studi"),
        ("invest invested investment", "invest"),
        ("operate operation operations operates", "operat"),
        ("find finds found finding", "find"),
        ("use used using uses", "use"),
        ("lamp lamps lamp's", "lamp"),
        ("lake lakes", "lak"),
        ("body bodies", "bodi"),
        ("she", "she"),
        ("try", "try"),
        ("bus", "bus"),
        ("glass", "glass"),
        ("bed", "bed"),
        ("größe", "größe"),
        ("add adds added adding", "add"),
        ("repeat repeated repeatedly", "repeat"),
        ("increase increasing increasingly", "increas"),
        ("dark darkness", "dark"),
        ("paint painting paintings", "paint"),
        ("quick quickly", "quick"),
        ("box boxes", "box"),
        ("press presses pressed pressing", "press"),
    ],
)
def test_forms_of_one_word_have_one_stem(forms: str, expected: str) -> None:
    assert {expected} == {light_stem(form) for form in forms.split()}


def test_small_words_are_left_out_and_the_others_stay_in_order() -> None:
    assert ("keeper", "light", "lamp") == read("The keeper of it lit the lamps.").stems


def test_names_are_words_with_a_capital_that_is_not_the_first_of_the_sentence() -> None:
    reading = read("After Anders Lie, Ingrid is the keeper of XI.")

    assert frozenset({"ander", "lie", "ingrid"}) == reading.names


def test_numbers_are_found_in_digits_and_in_words_but_one_and_two_are_not_held_against_anybody() -> None:
    assert frozenset({"26", "1891", "3"}) == read("In 1,891 one of two boats made twenty-six trips to 3 towns.").numbers


@pytest.mark.parametrize(
    ("sentence", "denied"),
    [
        ("The lamp was not lit.", {"light"}),
        ("The bus doesn't run.", {"run"}),
        ("The bus doesn’t run.", {"run"}),
        ("It sails without a crew.", {"crew"}),
        ("No, it was lit.", set()),
        ("It was not only lit.", set()),
        ("Tell me whether or not it was lit.", set()),
        ("It was lit, no doubt.", set()),
        ("It was not just lit.", set()),
        ("It was not merely lit.", set()),
        ("Not least lamps are lit.", set()),
        ("Es ist nicht nur Licht.", set()),
        ("It is not to be of lamps.", {"lamp"}),
        ("It is not to be of the lamps.", set()),
        ("Es brennt nicht.", set()),
        ("Die Lampe hat kein Licht.", {"licht"}),
        ("It is lit.", set()),
    ],
)
def test_the_word_after_a_denial_is_denied(sentence: str, denied: set[str]) -> None:
    assert denied == read(sentence).denied


def test_a_denial_at_the_end_denies_without_a_word_that_it_denies() -> None:
    reading = read("Es brennt nicht.")

    assert reading.denies
    assert not read("Es brennt.").denies


def test_scripts_without_blanks_are_read_in_pairs_of_letters() -> None:
    assert ("他来", "来了") == read("他来了。").stems
    assert ("我",) == read("我").stems


@pytest.mark.parametrize("sentence", ["Yes.", "No.", "It is so.", "", "…", "?!"])
def test_a_sentence_of_small_words_claims_nothing(sentence: str) -> None:
    assert not read(sentence).claims_something


def test_the_same_word_in_other_letters_has_the_same_stem() -> None:
    assert read("cafe\u0301 ①").stems == read("Café 1").stems


def test_no_more_words_are_read_than_promised() -> None:
    assert MOST_WORDS == len(read("word " * (MOST_WORDS + 100)).stems)


@settings(max_examples=200)
@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    reading = read(text)

    assert reading.names <= set(reading.stems)
    assert len(reading.stems) <= reading.n_words <= MOST_WORDS
    assert all(reading.stems)
