import pytest
from stored_runs import answer, asked, numbers, store_run

from evaluation.errors import FailureKind
from evaluation.generation import Failure
from evaluation.reports import failure_examples as module
from evaluation.reports.failure_examples import failure_examples, failure_kind
from evaluation.store.session import Store

DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="nobody listens", n_attempts=8)
LATE = Failure(kind=FailureKind.TIMED_OUT, message="too late")


def test_the_kind_of_an_outcome_is_the_servers_or_its_own() -> None:
    assert FailureKind.SERVER_DOWN == failure_kind(DOWN)
    assert FailureKind.EMPTY_ANSWER == failure_kind(answer("", own_failure=FailureKind.EMPTY_ANSWER))
    assert None is failure_kind(answer("x"))


def test_reading_ends_with_the_last_kind_that_is_wanted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = numbers(4)
    outcomes = {"c0": answer("0"), "c1": DOWN, "c2": LATE, "c3": answer("3")}
    run_id = store_run(store, asked("a:1b", outcomes), cases=cases)
    read: list[int] = []

    def one_a_page(*arguments: object) -> object:
        for page in iterate_outcomes(*arguments, batch=1):  # type: ignore[arg-type]
            read.append(len(page))
            yield page

    iterate_outcomes = module.iterate_outcomes
    monkeypatch.setattr(module, "iterate_outcomes", one_a_page)

    assert ["server_down", "timed_out"] == [found["kind"] for found in failure_examples(store, run_id)]
    assert [1, 1, 1] == read


def test_a_failure_that_was_answered_meanwhile_is_counted_without_an_example(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store_run(store, asked("a:1b", {"c0": DOWN}), cases=numbers(1))
    monkeypatch.setattr(module, "iterate_outcomes", lambda *_: iter(()))

    (found,) = failure_examples(store, run_id)

    assert (1, None) == (found["n"], found["example"])
