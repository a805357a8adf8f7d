from hypothesis import given
from hypothesis import strategies as st

from tasks.slots.tag_limits import growth, leases_to_keep, share


def test_who_is_alone_gets_what_they_can_use_of_the_limit() -> None:
    assert 16 == share(limit=16, mine=16, others=0)
    assert 8 == share(limit=8, mine=16, others=0)
    assert 3 == share(limit=16, mine=3, others=0)


def test_two_that_want_the_same_get_half_each() -> None:
    assert 8 == share(limit=16, mine=16, others=16)


def test_shares_go_by_what_each_could_use() -> None:
    assert 13 == share(limit=16, mine=16, others=4)
    assert 4 == share(limit=16, mine=4, others=16)


def test_nobody_gets_less_than_one_slot_or_takes_the_last_one() -> None:
    assert 1 == share(limit=4, mine=1, others=1000)
    assert 15 == share(limit=16, mine=16, others=1)
    assert 1 == share(limit=1, mine=16, others=16)


def test_a_limit_of_zero_gives_nothing() -> None:
    assert 0 == share(limit=0, mine=4, others=0)
    assert 0 == share(limit=0, mine=4, others=4)


@given(limit=st.integers(1, 64), wants=st.lists(st.integers(1, 64), min_size=1, max_size=8))
def test_shares_together_use_the_whole_limit_or_all_that_is_wanted(limit: int, wants: list[int]) -> None:
    shares = [share(limit=limit, mine=mine, others=sum(wants) - mine) for mine in wants]
    assert all(1 <= mine <= min(want, limit) for mine, want in zip(shares, wants, strict=True))
    assert sum(shares) >= min(limit, sum(wants))


def test_who_is_alone_takes_everything_at_once_and_others_take_quarters() -> None:
    assert 16 == growth(limit=16, held=0, target=16, free=16, alone=True)
    assert 4 == growth(limit=16, held=0, target=8, free=16, alone=False)
    assert 1 == growth(limit=2, held=0, target=1, free=2, alone=False)


def test_nobody_takes_more_than_is_free_or_than_they_need() -> None:
    assert 3 == growth(limit=16, held=0, target=16, free=3, alone=True)
    assert 1 == growth(limit=16, held=7, target=8, free=16, alone=False)
    assert 0 == growth(limit=16, held=8, target=8, free=8, alone=True)
    assert 0 == growth(limit=16, held=9, target=8, free=8, alone=True)


def test_leases_that_stay_hold_as_much_as_they_may() -> None:
    assert {"b", "c"} == leases_to_keep({"a": 8, "b": 4, "c": 2}, 7)
    assert {"a"} == leases_to_keep({"a": 8, "b": 4, "c": 2}, 9)
    assert set() == leases_to_keep({"a": 16}, 8)
    assert {"a", "b"} == leases_to_keep({"a": 8, "b": 4}, 12)


@given(sizes=st.dictionaries(st.text(min_size=1), st.integers(1, 16), max_size=8), n=st.integers(0, 64))
def test_leases_that_stay_never_hold_more_than_is_allowed(sizes: dict[str, int], n: int) -> None:
    kept = leases_to_keep(sizes, n)
    total = sum(sizes[lease_id] for lease_id in kept)
    assert total <= n
    assert all(total + size > n for lease_id, size in sizes.items() if lease_id not in kept)
