from hypothesis import given
from hypothesis import strategies as st

from selection.serving_order.circuit_breaker import FIRST_PAUSE_S, LONGEST_PAUSE_S, N_FAILURES, CircuitBreaker


def opened(now: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker()
    for _ in range(N_FAILURES):
        breaker = breaker.started().failed(now, was_test=False)
    return breaker


def test_a_server_is_left_alone_after_failures_in_a_row_and_not_before() -> None:
    breaker = CircuitBreaker()
    for _ in range(N_FAILURES - 1):
        breaker = breaker.failed(0.0, was_test=False)

    assert breaker.allows(0.0)
    assert not breaker.failed(0.0, was_test=False).allows(0.0)


def test_a_success_between_failures_starts_the_count_again() -> None:
    breaker = CircuitBreaker()
    for _ in range(10):
        breaker = breaker.failed(0.0, was_test=False).failed(0.0, was_test=False).succeeded()

    assert breaker.allows(0.0)


def test_after_the_pause_one_request_tests_the_server_and_the_others_wait_for_it() -> None:
    breaker = opened()

    assert not breaker.allows(FIRST_PAUSE_S / 2)
    assert breaker.allows(FIRST_PAUSE_S)
    assert not breaker.started().allows(FIRST_PAUSE_S)
    assert breaker.started().succeeded().allows(FIRST_PAUSE_S)


def test_a_failed_test_opens_it_for_twice_as_long() -> None:
    breaker = opened().started().failed(10.0, was_test=True)

    assert 2 * FIRST_PAUSE_S == breaker.wait_s(10.0)


def test_requests_that_were_on_their_way_when_it_opened_prolong_nothing() -> None:
    breaker = opened()

    assert breaker == breaker.failed(1.9, was_test=False)


def test_a_test_whose_client_left_is_followed_by_another() -> None:
    breaker = opened().started().abandoned(was_test=True)

    assert breaker.allows(FIRST_PAUSE_S)


@given(st.lists(st.sampled_from(["fail", "succeed", "leave"]), max_size=60))
def test_whatever_happens_a_server_is_tested_again_within_the_longest_pause(events: list[str]) -> None:
    breaker, now = CircuitBreaker(), 0.0
    for event in events:
        now += breaker.wait_s(now)
        assert breaker.allows(now)
        was_test = breaker.open_until is not None
        breaker = breaker.started()
        if event == "fail":
            breaker = breaker.failed(now, was_test=was_test)
        elif event == "succeed":
            breaker = breaker.succeeded()
        else:
            breaker = breaker.abandoned(was_test=was_test)

    assert breaker.wait_s(now) <= LONGEST_PAUSE_S
    assert breaker.allows(now + breaker.wait_s(now))
