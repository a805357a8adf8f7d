"""The order in which a limit takes cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.benchmarks.sampling import limited, seeded_order
from evaluation.errors import ConfigurationError

IDS = st.lists(st.text(max_size=4), max_size=30, unique=True)
SEEDS = st.integers(min_value=0, max_value=2**40)


@given(ids=IDS, seed=SEEDS)
def test_the_order_holds_every_id_once(ids: list[str], seed: int) -> None:
    assert sorted(ids) == sorted(seeded_order(ids, seed=seed))


@given(ids=IDS, seed=SEEDS, data=st.data())
def test_the_order_does_not_depend_on_the_order_of_the_file(ids: list[str], seed: int, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(ids))
    assert seeded_order(ids, seed=seed) == seeded_order(shuffled, seed=seed)


@given(ids=IDS, seed=SEEDS, low=st.integers(1, 30), more=st.integers(0, 10))
def test_a_higher_limit_extends_a_lower_one(ids: list[str], seed: int, low: int, more: int) -> None:
    lower = limited(ids, limit=low, seed=seed)
    assert lower == limited(ids, limit=low + more, seed=seed)[:low]
    assert min(low, len(ids)) == len(lower)


def test_no_limit_leaves_all_and_another_seed_another_order() -> None:
    ids = [str(number) for number in range(100)]
    assert seeded_order(ids, seed=1) == limited(ids, limit=None, seed=1)
    assert seeded_order(ids, seed=1) != seeded_order(ids, seed=2)
    assert ids != list(seeded_order(ids, seed=1))


def test_the_order_is_the_same_today_and_tomorrow() -> None:
    assert ("c", "a", "b", "d") == seeded_order(["a", "b", "c", "d"], seed=0)


def test_a_limit_below_one_and_a_negative_seed_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="the limit is 0"):
        limited(["a"], limit=0, seed=0)
    with pytest.raises(ConfigurationError, match="the seed is -1"):
        seeded_order(["a"], seed=-1)
