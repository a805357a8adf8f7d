"""What a rounded number may say."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import formatting as shown

SHARES = st.floats(0, 1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)


def number(text: str) -> float:
    found = re.search(r"[-+]?[\d,]*\.?\d+(e[-+]?\d+)?", text)
    assert found is not None
    return float(found[0].replace(",", ""))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "no test"),
        (0.0, "p < .0001"),
        (0.00009, "p < .0001"),
        (0.0005, "p = .0005"),
        (0.0032, "p = .0032"),
        (0.0341, "p = .034"),
        (0.04996, "p = .04996"),
        (0.05003, "p = .05003"),
        (0.9996, "p > .999"),
        (1.0, "p = 1.000"),
    ],
)
def test_a_p_value_has_the_digits_that_count(value: float | None, said: str) -> None:
    assert said == shown.p_value(value)


@given(SHARES)
def test_a_p_value_stays_on_its_side_of_5_percent_and_is_never_0(value: float) -> None:
    cell = shown.p_cell(value)

    assert number(cell) > 0
    assert (number(cell) < 0.05) == (value < 0.05)
    assert not cell.startswith("0")
    assert (cell == "1.000") == (value == 1)


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0 %"), (0.004, "0.4 %"), (0.29, "29 %"), (0.996, "99.6 %"), (0.99996, "> 99.99 %"), (1.0, "100 %")],
)
def test_a_percentage_keeps_a_digit_near_its_ends(share: float, said: str) -> None:
    assert said == shown.percent(share)


@given(SHARES, st.integers(0, 2))
def test_nothing_but_all_is_100_percent_and_nothing_but_none_is_0(share: float, digits: int) -> None:
    text = shown.percent(share, digits=digits)

    assert re.fullmatch(r"(< |> )?\d{1,3}(\.\d+)? %", text)
    if 1e-12 < share < 1 - 1e-12:
        assert number(text) not in (0.0, 100.0)
        assert abs(number(text) - 100 * share) <= 0.51


@given(NUMBERS)
def test_a_quantity_has_three_digits_that_count_and_no_bare_point(value: float) -> None:
    text = shown.quantity(value)

    assert not re.search(r"\.(?!\d)", text)
    assert abs(number(text) - value) <= max(abs(value) * 0.0051, 0.51 if abs(value) >= 100 else 1e-300)


@given(NUMBERS)
def test_a_quantity_without_zeros_at_its_end_is_not_taken_for_exact_where_it_was_rounded_up_to_a_round_one(
    value: float,
) -> None:
    text = shown.quantity(value)

    if abs(value) < 99.5 and re.fullmatch(r"-?\d+", text):
        assert value == int(text)


@pytest.mark.parametrize(
    ("value", "said"),
    [(99.96, "100"), (0.07301, "0.0730"), (0.073, "0.073"), (2.0, "2"), (2.0001, "2.00"), (1234.4, "1,234"),
     (1e-5, "0.00001"), (0.0, "0")],
)  # fmt: skip
def test_zeros_at_the_end_of_a_quantity_mean_rounding(value: float, said: str) -> None:
    assert said == shown.quantity(value)


@given(st.floats(-1, 1))
def test_a_score_or_a_correlation_is_0_or_1_only_where_it_is(value: float) -> None:
    for text, exact in (
        (shown.score(value), (0.0, 1.0, -1.0)),
        (shown.coefficient(value, signed=True), (0.0, 1.0, -1.0)),
        (shown.points(value), (0.0, 100.0, -100.0)),
    ):
        if min(abs(value), abs(1 - abs(value))) > 1e-9 and not text.startswith(("<", ">")):
            assert number(text) not in exact
        assert "-0.0" != text.rstrip("0")


@given(st.floats(0, 1e7))
def test_a_duration_is_never_nothing_unless_it_took_none_and_minutes_are_below_60_beside_hours(seconds: float) -> None:
    text = shown.duration(seconds)

    assert (text == "0 s") == (seconds == 0)
    if (found := re.fullmatch(r"([\d,]+) h (\d+) min", text)) is not None:
        assert 0 < int(found[2]) < 60


@given(st.integers(0, 10**16))
def test_a_size_has_at_most_three_digits_before_its_unit_but_for_the_largest(n_bytes: int) -> None:
    amount, unit = shown.size(n_bytes).rsplit(" ", 1)

    assert unit == "TB" or float(amount) < 1000


@given(NUMBERS, NUMBERS)
def test_a_value_beyond_its_limit_is_shown_so_that_they_differ(value: float, limit: float) -> None:
    if abs(value - limit) > 1e-9 * max(abs(value), abs(limit)):
        assert len({number(text) for text in shown.beyond(value, limit)}) == 2


def test_two_shares_that_differ_by_a_tenth_are_told_apart() -> None:
    assert ("89.6 %", "90.0 %") == shown.percent_beyond(0.896, 0.9)
    assert ("85 %", "90 %") == shown.percent_beyond(0.85, 0.9)


def test_other_units_are_written_one_way() -> None:
    assert ("1,319", "1 case", "1,319 cases", "2 classes") == (
        shown.count(1319),
        shown.counted(1, "case"),
        shown.counted(1319, "case"),
        shown.counted(2, "class", "classes"),
    )
    assert ("$0.0123", "-$4.2", "$1,200") == (shown.usd(0.01234), shown.usd(-4.2), shown.usd(1200))
    assert ("0.420 J", "310 W", "41.2 tokens/s", "4.2/s", "1.42 ×") == (
        shown.joules(0.42),
        shown.watts(310.2),
        shown.per_second(41.23, "tokens"),
        shown.per_second(4.2),
        shown.ratio(1.4203),
    )
    assert ("0.0730 s", "81.2 s", "–", "1.5 GB") == (
        shown.seconds(0.073),
        shown.seconds(81.2),
        shown.size(None),
        shown.size(1_500_000_000),
    )


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [
        (None, "–"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (98_362_432, "98.4 MB"),
        (274_000_000, "274 MB"),
        (999_600_000, "1.0 GB"),
        (2_019_393_189, "2.0 GB"),
        (5 * 10**15, "5,000 TB"),
    ],
)
def test_a_size_is_said_in_the_largest_unit_that_fits(n_bytes: int | None, words: str) -> None:
    assert words == shown.size(n_bytes)


@pytest.mark.parametrize("shape", [shown.points, shown.score, shown.quantity, shown.precise, shown.coefficient])
def test_nothing_is_no_less_than_nothing(shape: Callable[..., str]) -> None:
    assert shape(0.0, signed=True) == shape(-0.0, signed=True)
    assert shape(0.0) == shape(-0.0)


@pytest.mark.parametrize(
    ("value", "is_least", "advised"),
    [(0.310976, False, 0.311), (0.3114, False, 0.312), (0.8337, True, 0.833), (0.5, False, 0.5), (0.0, False, 0.0)],
)
def test_a_limit_to_advise_has_three_digits_and_is_held_by_the_value(value, is_least, advised) -> None:
    assert advised == shown.rounded_to_hold(value, is_least=is_least)


def test_two_amounts_are_shown_so_that_they_differ() -> None:
    assert ("$0.0001", "$0.00005") == shown.usd_beyond(0.0001, 0.00005)
    assert ("$1.0003", "$1.0002") == shown.usd_beyond(1.0003, 1.0002)


def test_a_text_that_is_cut_says_so_by_an_ellipsis() -> None:
    assert ["abc", "abcd", "abc…"] == [shown.excerpt(text, 4) for text in ("abc", "abcd", "abcde")]


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.85, "0.850"), (0.8501, "0.850"), (0.0, "0"), (2.0, "2.00"), (4.25, "4.25"), (54.0, "54.0"), (200.0, "200"),
     (1234.4, "1,234"), (0.05, "0.0500")],
)  # fmt: skip
def test_measured_numbers_of_a_column_look_alike_whether_they_are_exact_or_not(value: float, said: str) -> None:
    assert said == shown.measured(value)


@pytest.mark.parametrize("value", [0.5, 0.85, 4.0, 61.0])
def test_measured_times_keep_their_zeros(value: float) -> None:
    assert shown.seconds(value) == shown.seconds(value + 1e-6)


@pytest.mark.parametrize(
    ("number", "said"),
    [("4.1", "a"), ("8", "an"), ("8.5", "an"), ("11.3", "an"), ("18", "an"), ("80", "an"), ("1", "a"), ("100", "a")],
)
def test_a_number_has_the_article_of_its_first_sound(number: str, said: str) -> None:
    assert f"{said} {number}" == shown.with_article(number)
