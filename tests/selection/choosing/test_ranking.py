import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from selection.choosing.ranking import pareto_set

VALUES = arrays(
    np.float64, st.tuples(st.integers(1, 7), st.integers(1, 4)), elements=st.sampled_from([0, 1, 2, np.nan])
)


def test_only_those_that_another_beats_in_everything_are_left_out() -> None:
    assert [True, True, False, True] == pareto_set(np.array([[1.0, 5], [3, 2], [3, 5], [1, 5]])).tolist()


def test_what_is_not_known_is_neither_better_nor_worse() -> None:
    assert [True, True] == pareto_set(np.array([[1.0, np.nan], [2, 3]])).tolist()
    assert [True, False] == pareto_set(np.array([[1.0, np.nan], [2, np.nan]])).tolist()


@given(values=VALUES)
def test_the_pareto_set_is_never_empty(values: np.ndarray) -> None:
    assert pareto_set(values).any()


@given(values=VALUES, seed=st.integers(0, 99))
def test_permuting_candidates_permutes_the_pareto_set(values: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(values))
    assert pareto_set(values)[order].tolist() == pareto_set(values[order]).tolist()
