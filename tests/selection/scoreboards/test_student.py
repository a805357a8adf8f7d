import math

import pytest
from scipy import stats

from selection.scoreboards.student import t_limit, two_sided_p_value


@pytest.mark.parametrize("freedom", [5, 9, 30, 199, 2000])
@pytest.mark.parametrize("t", [0.0, 0.5, 1.4, 1.96, 2.6, 5.0])
def test_p_values_are_those_of_scipy(freedom: int, t: float) -> None:
    assert pytest.approx(2 * stats.t.sf(t, freedom), abs=1e-3) == two_sided_p_value(t, freedom)
    assert two_sided_p_value(t, freedom) == two_sided_p_value(-t, freedom)


@pytest.mark.parametrize(("freedom", "limit"), [(5, 2.571), (9, 2.262), (30, 2.042), (199, 1.972)])
def test_limits_are_those_of_the_tables(freedom: int, limit: float) -> None:
    assert pytest.approx(limit, abs=0.01) == t_limit(freedom)


def test_nothing_is_known_without_a_degree_of_freedom() -> None:
    assert (1.0, math.inf) == (two_sided_p_value(9.0, 0), t_limit(0))
    assert t_limit(1) > 12.7
