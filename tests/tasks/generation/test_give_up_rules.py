"""When is a candidate given up, when a server, and how fast do answers come?"""

from types import SimpleNamespace

import pytest

from evaluation.errors import FailureKind
from tasks.generation.give_up_rules import CandidateWatch, EndpointWatch, Pace


def test_a_candidate_is_given_up_when_its_budget_is_exceeded_and_not_when_it_is_used_up() -> None:
    watch = CandidateWatch(budget=2)
    for _ in range(2):
        watch.saw(FailureKind.CUT_STREAM, "cut")
    assert watch.given_up is None
    watch.saw(FailureKind.QUEUE_FULL, "busy")
    assert watch.given_up == (
        "the server failed on 3 generations, more than the 2 allowed (--max-failures); the last: queue_full: busy"
    )


def test_the_first_reason_stays() -> None:
    watch = CandidateWatch(budget=0)
    watch.saw(FailureKind.CUT_STREAM, "first")
    watch.saw(FailureKind.MODEL_NOT_PULLED, "second")
    assert watch.given_up is not None
    assert "first" in watch.given_up


@pytest.mark.parametrize(
    "kind",
    [
        FailureKind.MODEL_NOT_PULLED,
        FailureKind.BAD_OPTION,
        FailureKind.REFUSED_BY_POLICY,
        FailureKind.OUT_OF_MEMORY,
    ],
)
def test_what_every_other_case_would_meet_too_gives_up_at_once(kind: FailureKind) -> None:
    watch = CandidateWatch(budget=1000)
    watch.saw(kind, "why")
    assert f"{kind}: why" == watch.given_up


def test_a_server_is_given_up_after_many_different_cases_in_a_row_and_not_before() -> None:
    watch = EndpointWatch(slots=2)
    for _ in range(4):
        watch.saw(FailureKind.SERVER_DOWN, "refused")
    watch.saw(None)
    for _ in range(4):
        watch.saw(FailureKind.SERVER_DOWN, "refused")
    assert watch.given_up is None
    watch.saw(FailureKind.SERVER_DOWN, "refused")
    assert "the server did not answer 5 cases in a row; the last: server_down: refused" == watch.given_up


def test_a_server_with_many_slots_is_given_more_cases() -> None:
    watch = EndpointWatch(slots=9)
    for _ in range(8):
        watch.saw(FailureKind.SERVER_DOWN, "refused")
    assert watch.given_up is None
    watch.saw(FailureKind.SERVER_DOWN, "refused")
    assert watch.given_up is not None


def test_a_server_that_says_no_is_there() -> None:
    watch = EndpointWatch(slots=1)
    for _ in range(50):
        watch.saw(FailureKind.CUT_STREAM, "cut")
    assert watch.given_up is None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The one time that it is, in seconds."""
    now = [5000.0]
    monkeypatch.setattr("tasks.generation.give_up_rules.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_the_pace_is_not_known_before_there_are_some_answers_and_is_that_of_the_last_seconds(
    clock: list[float],
) -> None:
    pace = Pace()
    pace.ends.extend([clock[0] - 1000.0] * 50)
    assert pace.requests_per_s() is None
    pace.ends.extend([clock[0] - 2.0] * 40)
    assert 4 == pace.requests_per_s()
    for _ in range(4):
        pace.one_done()
    assert 4.4 == pace.requests_per_s()
    assert 44 == len(pace.ends)


def test_answers_that_end_at_the_same_moment_are_no_faster_than_the_time_since_the_first_request(
    clock: list[float],
) -> None:
    pace = Pace()
    pace.begin()
    clock[0] += 1.0
    for _ in range(4):
        pace.one_done()
    assert 4 == pace.requests_per_s()
    pace.begin()
    assert 5000.0 == pace.began
