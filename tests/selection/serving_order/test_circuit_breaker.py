import pytest
from hypothesis import given
from hypothesis import strategies as st

from selection.serving_order.circuit_breaker import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    MOST_MODELS,
    N_FAILURES,
    Blame,
    Breakers,
    CircuitBreaker,
)


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


def failed(breakers: Breakers, model: str, blame: Blame, *, n: int = N_FAILURES, now: float = 0.0) -> None:
    for _ in range(n):
        breakers.failed(model, now, blame, breakers.started(model))


def test_a_model_that_fails_leaves_the_other_models_of_its_server_alone() -> None:
    breakers = Breakers()
    failed(breakers, "broken", "model")

    assert not breakers.allows("broken", 0.0)
    assert breakers.allows("well", 0.0)
    assert (False, True) == (breakers.is_closed("broken"), breakers.is_closed("well"))
    assert FIRST_PAUSE_S == breakers.wait_s("broken", 0.0)


def test_a_server_that_is_away_is_away_with_all_its_models() -> None:
    breakers = Breakers()
    failed(breakers, "one", "server")

    assert not breakers.allows("one", 0.0)
    assert not breakers.allows("another", 0.0)


def test_a_server_that_tells_of_its_models_failure_is_there() -> None:
    breakers = Breakers()
    failed(breakers, "broken", "server")
    failed(breakers, "broken", "model", n=1, now=FIRST_PAUSE_S)

    assert breakers.allows("well", FIRST_PAUSE_S)


@pytest.mark.parametrize("blame", ["model", "request"])
def test_a_server_that_answers_in_words_is_asked_again(blame: Blame) -> None:
    breakers = Breakers()
    failed(breakers, "one", "server")
    failed(breakers, "one", blame, n=1, now=FIRST_PAUSE_S)

    assert breakers.allows("another", FIRST_PAUSE_S)


def test_a_refused_request_says_nothing_against_its_model() -> None:
    breakers = Breakers()
    failed(breakers, "one", "request", n=20)

    assert breakers.is_closed("one")


def test_one_model_that_hangs_leaves_the_others_in_service() -> None:
    breakers, now = Breakers(), 0.0
    for _ in range(20):
        failed(breakers, "hangs", "silence", n=1, now=now)
        now += breakers.wait_s("hangs", now)

    assert not breakers.is_closed("hangs")
    assert breakers.is_closed("well")


def test_a_server_that_hangs_for_several_models_is_left_alone_until_one_answers() -> None:
    breakers = Breakers()
    failed(breakers, "one", "silence")
    failed(breakers, "another", "silence")

    assert not breakers.allows("third", 0.0)
    failed(breakers, "third", "silence", n=1, now=FIRST_PAUSE_S)
    assert 2 * FIRST_PAUSE_S == breakers.wait_s("third", FIRST_PAUSE_S)
    breakers.started("third")
    breakers.succeeded("third")
    assert breakers.is_closed("third")
    failed(breakers, "one", "silence", n=1, now=9.0)
    assert breakers.is_closed("third")


def test_silence_does_not_show_that_a_server_is_back() -> None:
    breakers = Breakers()
    failed(breakers, "one", "server")
    failed(breakers, "one", "silence", n=1, now=FIRST_PAUSE_S)

    assert not breakers.is_closed("another")
    assert breakers.allows("another", FIRST_PAUSE_S)  # The next request tests it.


def test_silence_between_failures_to_connect_does_not_begin_their_count_again() -> None:
    breakers = Breakers()
    failed(breakers, "one", "server", n=N_FAILURES - 1)
    failed(breakers, "one", "silence", n=1)
    failed(breakers, "one", "server", n=1)

    assert not breakers.allows("another", 0.0)


def test_a_client_that_leaves_tells_nothing() -> None:
    breakers = Breakers()
    failed(breakers, "a", "nobody", n=20)

    assert breakers.is_closed("a")


def test_an_answer_closes_the_breakers_of_its_model_and_its_server_alone() -> None:
    breakers = Breakers()
    failed(breakers, "broken", "model")
    breakers.started("well")
    breakers.succeeded("well")

    assert not breakers.allows("broken", 0.0)
    breakers.started("broken")
    breakers.succeeded("broken")
    assert breakers.is_closed("broken")


def test_models_that_clients_make_up_are_forgotten() -> None:
    breakers = Breakers()
    for i in range(3 * MOST_MODELS):
        failed(breakers, f"m{i}", "model")

    assert breakers.is_closed("m0")
    assert not breakers.is_closed(f"m{3 * MOST_MODELS - 1}")
    assert MOST_MODELS == sum(not breakers.is_closed(f"m{i}") for i in range(3 * MOST_MODELS))
