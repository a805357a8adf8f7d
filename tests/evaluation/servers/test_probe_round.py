from hypothesis import given
from hypothesis import strategies as st

from evaluation.generation import Timing
from evaluation.servers.probe_round import ProbeRound, SlotEvidence, read_round


def told(wait_s: float, *, answer_s: float = 1.0, late_s: float = 0.0) -> Timing:
    """An answer whose server says how long it waited, all its tokens coming at the end."""
    total_s = late_s + wait_s + answer_s
    return Timing(
        total_s=total_s, ttft_s=total_s, queue_s=wait_s, load_s=0.0, prompt_s=0.1 * answer_s, generate_s=0.9 * answer_s
    )


def streamed(wait_s: float, *, answer_s: float = 1.0) -> Timing:
    """An answer seen while it is written, of which the server says nothing."""
    return Timing(total_s=wait_s + answer_s, ttft_s=wait_s + 0.1 * answer_s)


def at_the_end(wait_s: float, *, answer_s: float = 1.0) -> Timing:
    """An answer whose tokens come all at the end, and the server says nothing."""
    return Timing(total_s=wait_s + answer_s, ttft_s=wait_s + answer_s)


def seen(*timings: Timing, n_refused: int = 0) -> ProbeRound:
    return read_round(timings, n_refused=n_refused, output_tokens=100, n_tokens=16)


def test_requests_that_all_began_at_once_are_counted() -> None:
    for shape in (told, streamed, at_the_end):
        found = seen(*(shape(0.0) for _ in range(5)))
        assert (SlotEvidence.ALL_AT_ONCE, 5, 5) == (found.seen, found.n_at_once, found.n_sent)


def test_those_beyond_the_slots_wait_for_the_first_end() -> None:
    for shape in (told, streamed, at_the_end):
        found = seen(*(shape(float(number // 3)) for number in range(8)))
        assert (SlotEvidence.SOME_WAITED, 3, 8) == (found.seen, found.n_at_once, found.n_sent)


def test_answers_that_become_slower_together_did_not_wait() -> None:
    for shape in (told, streamed, at_the_end):
        found = seen(*(shape(0.0, answer_s=6.0) for _ in range(8)))
        assert (SlotEvidence.ALL_AT_ONCE, 8) == (found.seen, found.n_at_once)


def test_durations_of_recorded_time_played_faster_are_scaled() -> None:
    def played(wait_s: float) -> Timing:
        return Timing(
            total_s=0.01 * (wait_s + 1) + 0.001, ttft_s=0.01, queue_s=wait_s, load_s=0.0, prompt_s=0.1, generate_s=0.9
        )

    found = seen(*(played(float(number // 2)) for number in range(4)))

    assert (SlotEvidence.SOME_WAITED, 2) == (found.seen, found.n_at_once)


def test_durations_that_do_not_account_for_the_time_are_not_believed() -> None:
    def claimed(wait_s: float) -> Timing:
        return Timing(total_s=wait_s + 1, ttft_s=wait_s + 1, queue_s=0.0, load_s=0.0, prompt_s=0.001, generate_s=0.002)

    found = seen(*(claimed(float(number // 2)) for number in range(4)))

    assert (SlotEvidence.SOME_WAITED, 2) == (found.seen, found.n_at_once)


def test_a_first_token_after_anothers_end_has_waited_whatever_the_server_claims() -> None:
    def claimed(wait_s: float) -> Timing:
        total_s = wait_s + 1
        return Timing(total_s=total_s, ttft_s=wait_s + 0.1, queue_s=0.0, load_s=0.0, prompt_s=wait_s, generate_s=1.0)

    found = seen(*(claimed(float(number // 2)) for number in range(4)))

    assert (SlotEvidence.SOME_WAITED, 2) == (found.seen, found.n_at_once)


def test_a_request_that_arrives_when_the_first_is_nearly_done_shows_nothing() -> None:
    assert SlotEvidence.UNCLEAR is seen(told(0.0), told(0.05, late_s=0.9)).seen


def test_a_wait_of_half_the_room_is_unclear() -> None:
    assert SlotEvidence.UNCLEAR is seen(told(0.0), told(0.5)).seen


def test_a_model_that_was_loaded_anew_shows_nothing() -> None:
    loaded = Timing(total_s=5.0, ttft_s=5.0, queue_s=0.0, load_s=4.0, prompt_s=0.1, generate_s=0.9)

    assert SlotEvidence.UNCLEAR is seen(loaded, loaded).seen


def test_a_full_queue_shows_that_no_slot_was_free() -> None:
    found = seen(told(0.0), told(0.0), n_refused=2)

    assert (SlotEvidence.SOME_WAITED, 2, 4) == (found.seen, found.n_at_once, found.n_sent)


def test_where_one_failed_it_is_not_shown_that_all_were_served_at_once() -> None:
    found = read_round([told(0.0), told(0.0)], n_failed=1, n_tokens=16)

    assert (SlotEvidence.UNCLEAR, 2, 3) == (found.seen, found.n_at_once, found.n_sent)


def test_rates_are_of_the_whole_round() -> None:
    found = seen(told(0.0), told(1.0))

    assert (1.0, 50.0) == (found.requests_per_s, found.server_tokens_per_s)


@given(st.integers(1, 20), st.integers(1, 40), st.lists(st.floats(0, 0.1), min_size=40, max_size=40))
def test_small_delays_do_not_hide_the_slots(slots: int, n: int, delays: list[float]) -> None:
    found = seen(*(told(number // slots + delays[number]) for number in range(n)))

    assert min(slots, n) == found.n_at_once
    assert (SlotEvidence.ALL_AT_ONCE if n <= slots else SlotEvidence.SOME_WAITED) is found.seen
