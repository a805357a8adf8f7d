"""More requests at a time than the server serves: told from the queue times that it reported, and only then."""

from typing import Any

import pytest
from stored_runs import answer, asked, numbers, store_run

from evaluation.generation import Timing
from evaluation.results.runs import Alarm
from evaluation.run_results.run_result import run_result
from evaluation.store.session import Store

CASES = numbers(20)


def alarms(
    store: Store, waits: list[float | None], *, slots: int, served_s: float = 1.0, **given: Any
) -> tuple[Alarm, ...]:
    """What is raised of answers that waited so long, over and over; half of each are right."""
    outcomes = {}
    for i, case in enumerate(CASES):
        wait_s = waits[i % len(waits)]
        timing = Timing(total_s=served_s + (wait_s or 0.0), queue_s=wait_s, prompt_s=0.25, generate_s=served_s - 0.25)
        outcomes[case.case_id] = answer(case.references[0] if i % 2 else "no idea", timing=timing, **given)
    run_id = store_run(store, asked("a:1b", outcomes, slots=slots), cases=CASES)
    return run_result(store, run_id).alarms


def test_four_slots_at_a_server_with_one_are_told(store: Store) -> None:
    (alarm,) = alarms(store, [3.0], slots=4)
    assert ("too_many_slots", "a:1b", 20, 1.0) == (alarm.kind, alarm.candidate, alarm.n, alarm.share)
    assert "it served about 1 request at a time but was sent 4" in alarm.message
    assert "`benchwright endpoints probe` measures" in alarm.message


def test_four_slots_at_a_server_with_two_are_told_with_that_number(store: Store) -> None:
    (alarm,) = alarms(store, [1.0], slots=4)
    assert "it served about 2 requests at a time but was sent 4" in alarm.message


@pytest.mark.parametrize(
    ("waits", "slots"),
    [([0.0], 4), ([0.3], 4), ([3.0, 0.0], 4), ([None], 4), ([3.0], 1)],
    ids=["no wait", "short waits", "others now and then", "a server that does not say", "one request at a time"],
)
def test_nothing_is_told(waits: list[float | None], slots: int, store: Store) -> None:
    assert () == alarms(store, waits, slots=slots)


def test_answers_for_which_the_model_was_loaded_are_no_sign(store: Store) -> None:
    assert () == alarms(store, [3.0], slots=4, cold=True)
