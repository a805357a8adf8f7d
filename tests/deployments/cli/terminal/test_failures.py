"""The end of an evaluation says why cases failed, and a candidate's own failure is no answer."""

import pytest
from stored_runs import answer, asked, numbers, right, store_run

from deployments.cli.terminal.run_results import print_invocation
from evaluation.errors import FailureKind
from evaluation.run_results.run_result import invocation_result, run_result
from evaluation.store.session import Store, open_store

BROKEN = "pipeline 'mine': run() raised ValueError: \x1b[31mno"


@pytest.fixture
def store(database: str) -> Store:
    with open_store(database) as opened:
        return opened


def test_reasons_of_failures_end_an_evaluation_with_their_counts(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    cases = numbers(3)
    broken = answer("", own_failure=FailureKind.PIPELINE_FAILED, message=BROKEN)
    outcomes = {"c0": broken, "c1": broken, "c2": answer("2")}
    run_id = store_run(store, asked("mine:1b", outcomes), asked("a:1b", right(cases)), cases=cases)

    print_invocation(store, invocation_result(store, run_result(store, run_id).invocation_id))

    page = capsys.readouterr().out
    assert "2 pipeline_failed (the candidate's own, scored as an empty answer)" in page
    assert "mine:1b: 2 × pipeline 'mine': run() raised ValueError: " in page
    assert "\x1b[31m" not in page
    rows = {line.split()[0]: line for line in page.splitlines() if "/3" in line}
    assert " 1/3 " in rows["mine:1b"]
    assert " 3/3 " in rows["a:1b"]


def test_nothing_is_said_of_failures_where_there_are_none(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    cases = numbers(2)
    run_id = store_run(store, asked("a:1b", right(cases)), cases=cases)

    print_invocation(store, invocation_result(store, run_result(store, run_id).invocation_id))

    assert "Failures" not in capsys.readouterr().out
