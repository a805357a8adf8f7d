from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from selection.serving_order.order import Option, expected_wait_s, serving_order


def option(rank: int, **more: Any) -> Option:
    return Option(label=f"candidate {rank}", server=f"server {rank}", rank=rank, **more)


OPTIONS = st.lists(
    st.builds(
        Option,
        label=st.sampled_from("abc"),
        server=st.sampled_from("xy"),
        rank=st.integers(0, 3),
        is_tied=st.booleans(),
        is_loaded=st.none() | st.booleans(),
        wait_s=st.floats(0, 9),
        promise_s=st.none() | st.floats(0, 9),
        is_away=st.booleans(),
    ),
    max_size=6,
)


@given(OPTIONS, st.booleans())
def test_every_option_that_is_there_is_asked_once_and_none_that_is_away(options: list[Option], prefer: bool) -> None:
    positions = serving_order(options, prefer_loaded=prefer).positions

    assert [i for i, each in enumerate(options) if not each.is_away] == sorted(positions)


def test_the_rank_decides() -> None:
    order = serving_order([option(1), option(0), option(2)])

    assert ((1, 0, 2), ()) == (order.positions, order.notes)


def test_a_loaded_candidate_that_is_tied_with_the_best_is_preferred_over_a_swap() -> None:
    options = [option(0, is_tied=True, is_loaded=False), option(1, is_tied=True, is_loaded=True)]

    order = serving_order(options)

    assert (1, 0) == order.positions
    assert ("candidate 0 is not loaded, and candidate 1 is, which cannot be told from it",) == order.notes
    assert (0, 1) == serving_order(options, prefer_loaded=False).positions


def test_a_loaded_candidate_that_is_worse_is_not() -> None:
    options = [option(0, is_tied=True, is_loaded=False), option(1, is_loaded=True)]

    assert (0, 1) == serving_order(options).positions


def test_an_overloaded_one_comes_after_those_that_keep_their_promise_and_the_shortest_wait_first() -> None:
    options = [
        option(0, wait_s=9.0, promise_s=2.0),
        option(1, wait_s=5.0, promise_s=2.0),
        option(2, wait_s=1.0, promise_s=2.0),
    ]

    order = serving_order(options)

    assert (2, 1, 0) == order.positions
    assert "candidate 0: server 0 has a queue of 9.0 s, more than its latency of 2.0 s" == order.notes[0]


def test_one_that_is_away_is_left_out_and_said() -> None:
    order = serving_order([option(0, is_away=True), option(1)])

    assert (1,) == order.positions
    assert ("candidate 0 failed lately on server 0 and is left alone for a while",) == order.notes


def test_of_two_servers_of_one_candidate_the_one_that_has_it_loaded_is_asked() -> None:
    options = [option(0, is_loaded=False), option(0, is_loaded=True)]

    assert (1, 0) == serving_order(options, prefer_loaded=False).positions


def test_a_wait_is_that_of_the_requests_beyond_the_slots() -> None:
    assert 0.0 == expected_wait_s(n_in_flight=1, n_slots=2, service_s=4.0)
    assert 2.0 == expected_wait_s(n_in_flight=2, n_slots=2, service_s=4.0)
    assert 6.0 == expected_wait_s(n_in_flight=4, n_slots=2, service_s=4.0)
