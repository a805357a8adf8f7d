import pytest

from evaluation.formatting import beyond, counted, listed, p_value, quantity
from selection.choosing.number_words import ordinal, quality, quality_interval


@pytest.mark.parametrize(
    ("value", "shown"), [(0.01234, "0.0123"), (4.2, "4.2"), (1234.4, "1,234"), (0.0, "0"), (99.96, "100")]
)
def test_a_quantity_has_three_digits_that_count(value: float, shown: str) -> None:
    assert shown == quantity(value)


@pytest.mark.parametrize(
    ("value", "limit", "shown"),
    [(4.2, 2.0, ("4.2", "2")), (2.0001, 2.0, ("2.0001", "2")), (1000.4, 1000.0, ("1,000.4", "1,000"))],
)
def test_a_value_beyond_its_limit_is_shown_so_that_they_differ(
    value: float, limit: float, shown: tuple[str, str]
) -> None:
    assert shown == beyond(value, limit)


def test_shares_are_percent_and_other_qualities_are_not() -> None:
    assert ("62.1 %", " [58.0, 66.0]") == (
        quality(0.621, is_fraction=True),
        quality_interval(0.58, 0.66, is_fraction=True),
    )
    assert ("3.92", " [3.7, 4.1]") == (
        quality(3.92, is_fraction=False),
        quality_interval(3.7, 4.1, is_fraction=False),
    )
    assert "" == quality_interval(None, 0.66, is_fraction=True)


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0341, "p = .034"), (0.0042, "p = .0042"), (0.00001, "p < .0001"), (1.0, "p = 1.000")]
)
def test_p_values_are_shown_as_papers_do(value: float, shown: str) -> None:
    assert shown == p_value(value)


def test_names_are_listed_and_counted() -> None:
    assert ("", "a", "a and b", "a, b and c") == (listed([]), listed(["a"]), listed(["a", "b"]), listed(list("abc")))
    assert "a, b and 3 more" == listed(list("abcde"), 2)
    assert ("1 case", "1,200 cases") == (counted(1, "case"), counted(1200, "case"))


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.95, "95th percentile"),
        (0.5, "median"),
        (0.91, "91st percentile"),
        (0.82, "82nd percentile"),
        (0.11, "11th percentile"),
        (0.999, "99.9th percentile"),
    ],
)
def test_percentiles_have_their_ordinal(share: float, shown: str) -> None:
    assert shown == ordinal(share)
