"""Which margins are taken, and what is advised where one makes no sense."""

import pytest

from evaluation.errors import ConfigurationError
from evaluation.requests.margin import read_margin


@pytest.mark.parametrize("text", ["2pp", "2%", "0.02", " 2 points "])
def test_points_and_shares_are_the_same_margin(text: str) -> None:
    assert 0.02 == read_margin(text).of_unit("exact_match", "fraction")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("2", "Write 2pp for points."),
        ("150", "Give less than 100 points."),
        ("150%", "Give less than 100 points."),
        ("100pp", "Give less than 100 points."),
    ],
)
def test_a_margin_as_wide_as_the_metric_is_refused_with_what_to_give_instead(text: str, advice: str) -> None:
    with pytest.raises(ConfigurationError, match="as large as the whole range of 'exact_match'") as refused:
        read_margin(text).of_unit("exact_match", "fraction")

    assert str(refused.value.next_step).startswith(advice)
