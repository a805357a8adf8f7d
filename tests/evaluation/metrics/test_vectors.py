"""Cosines of vectors as servers send them, and vectors that say nothing."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics.vectors import EMBEDDING_UNUSABLE, cosines
from evaluation.scores import ScoreFailure


def test_the_cosine_does_not_depend_on_the_length_of_the_vectors() -> None:
    # (3, 4) and (4, 3): 24 / 25.
    found = cosines([(3.0, 4.0), (0.03, 0.04)], [(4.0, 3.0), (-300.0, -400.0), (-4.0, 3.0)])

    assert not isinstance(found, ScoreFailure)
    assert [pytest.approx([0.96, -1.0, 0.0]), pytest.approx([0.96, -1.0, 0.0])] == found.tolist()


@pytest.mark.parametrize("size", [1e308, 1e-308, 5e-324])
def test_the_largest_and_the_smallest_numbers_neither_overflow_nor_vanish(size: float) -> None:
    found = cosines([(size, size)], [(1.0, 0.0)])

    assert not isinstance(found, ScoreFailure)
    assert pytest.approx(math.sqrt(0.5)) == found[0, 0]


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ((0.0, 0.0), (1.0, 0.0), "nothing but zeros"),
        ((1.0, 0.0), (math.nan, 0.0), "infinite or undefined"),
        ((math.inf, 0.0), (1.0, 0.0), "infinite or undefined"),
        ((1.0,), (1.0, 0.0), "1 and 2 numbers"),
        ((), (), "0 numbers"),
        ("text", (1.0, 0.0), "0 and 2 numbers"),
    ],
)
def test_vectors_that_say_nothing_are_a_named_failure(
    first: tuple[float, ...], second: tuple[float, ...], what: str
) -> None:
    failure = cosines([first], [second])

    assert isinstance(failure, ScoreFailure)
    assert EMBEDDING_UNUSABLE == failure.kind
    assert what in failure.message


def test_a_text_that_could_not_be_embedded_keeps_its_own_failure() -> None:
    failure = ScoreFailure(kind="timed_out", message="no answer in 300 s")

    assert failure is cosines([(1.0,), failure], [(0.0,)])


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VECTORS = st.tuples(NUMBERS, NUMBERS, NUMBERS)


@settings(max_examples=100)
@given(VECTORS, VECTORS)
def test_the_cosine_is_symmetric_and_between_minus_one_and_one(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    there, back = cosines([a], [b]), cosines([b], [a])

    if not any(a) or not any(b):
        assert isinstance(there, ScoreFailure)
        assert isinstance(back, ScoreFailure)
        return
    assert not isinstance(there, ScoreFailure)
    assert not isinstance(back, ScoreFailure)
    assert -1.0 <= there[0, 0] <= 1.0
    assert pytest.approx(there[0, 0]) == back[0, 0]
