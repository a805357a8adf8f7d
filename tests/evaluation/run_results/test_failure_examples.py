import pytest
from stored_runs import answer, asked, numbers, store_run

from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation
from evaluation.run_results import failure_examples as module
from evaluation.run_results.failure_examples import failure_examples, failure_kind
from evaluation.store.session import Store

DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="nobody listens", n_attempts=8)
LATE = Failure(kind=FailureKind.TIMED_OUT, message="too late")


def test_the_kind_of_an_outcome_is_the_servers_or_its_own() -> None:
    assert FailureKind.SERVER_DOWN == failure_kind(DOWN)
    assert FailureKind.EMPTY_ANSWER == failure_kind(answer("", own_failure=FailureKind.EMPTY_ANSWER))
    assert None is failure_kind(answer("x"))


def test_the_example_of_each_kind_is_its_first(store: Store) -> None:
    cases = numbers(5)
    silent = answer("", own_failure=FailureKind.EMPTY_ANSWER)
    outcomes = {"c0": answer("0"), "c1": LATE, "c2": DOWN, "c3": silent, "c4": DOWN}
    run_id = store_run(store, asked("a:1b", outcomes), asked("b:1b", {"c0": DOWN, "c1": silent}), cases=cases)

    found = failure_examples(store, run_id)

    assert [("server_down", 3, "c2"), ("timed_out", 1, "c1"), ("empty_answer", 2, "c3")] == [
        (entry.kind, entry.n, entry.example.case_id) for entry in found
    ]
    assert {"a:1b": 2, "b:1b": 1} == found[0].by_candidate


def test_a_failure_that_was_answered_meanwhile_is_counted_without_an_example(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store_run(store, asked("a:1b", {"c0": DOWN}), cases=numbers(1))
    monkeypatch.setattr(module, "first_of_kind", lambda *_: None)

    (found,) = failure_examples(store, run_id)

    assert (1, None) == (found.n, found.example)


def test_each_message_of_a_kind_is_counted_by_candidate_the_most_frequent_first(store: Store) -> None:
    def broken(message: str) -> Generation:
        return answer("", own_failure=FailureKind.PIPELINE_FAILED, message=message)

    many = {f"c{n}": broken(f"reason {n}") for n in range(7)}
    run_id = store_run(
        store,
        asked("a:1b", {"c0": broken("raised"), "c1": broken("hung"), "c2": broken("raised"), "c3": answer("3")}),
        asked("b:1b", many),
        cases=numbers(7),
    )

    (found,) = failure_examples(store, run_id)

    assert ("a:1b", "raised", 2) == (found.reasons[0].candidate, found.reasons[0].message, found.reasons[0].n)
    assert (10, 5, 9) == (found.n, len(found.reasons), found.n_reasons)
