"""Axes that cover their values, with round numbers along them."""

import math

from hypothesis import example, given
from hypothesis import strategies as st

from evaluation.charts.scales import scale


@given(values=st.lists(st.floats(min_value=-1e9, max_value=1e9), min_size=1, max_size=8), may_be_log=st.booleans())
@example(values=[1.0, 2.2e-311], may_be_log=True)
@example(values=[1e-9, 2.3e-308], may_be_log=True)
def test_every_value_has_its_place_on_the_axis_and_ticks_are_inside(values: list[float], may_be_log: bool) -> None:
    axis = scale(values, begin=10, end=110, may_be_log=may_be_log)

    assert all(10 - 1e-6 <= axis.at(value) <= 110 + 1e-6 for value in values)
    assert all(axis.low <= value <= axis.high for value in axis.ticks())
    places = [axis.at(value) for value in sorted(values)]
    assert places == sorted(places)


def test_values_far_apart_stand_on_a_logarithmic_axis_with_powers_of_ten() -> None:
    axis = scale([0.001, 1.0, 900.0], begin=0, end=100, may_be_log=True)

    assert axis.is_log
    assert {0.001, 0.1, 10.0} <= {round(value, 12) for value in axis.ticks()}
    assert not scale([1.0, 2.0], begin=0, end=100, may_be_log=True).is_log


def test_an_axis_goes_no_further_than_values_can_be() -> None:
    axis = scale([0.0, 1.0], begin=0, end=100, floor=0.0, cap=1.0)

    assert axis.low > -0.05
    assert axis.high < 1.05
    assert math.isclose(1.0, axis.low + axis.high)


def test_what_lies_beyond_an_axis_stands_at_its_end() -> None:
    axis = scale([0.0, 1.0, math.inf, math.nan], begin=0, end=100, floor=0.0, cap=1.0)

    assert axis.high == axis.inside(math.inf)
    assert axis.low == axis.inside(-math.inf)
    assert axis.low <= axis.inside(math.nan) <= axis.high
