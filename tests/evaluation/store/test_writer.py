import asyncio
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from textwrap import dedent

import pytest

from evaluation.errors import RefusedValueError, StoreError
from evaluation.generation import Generation, Timing
from evaluation.records.outcomes import OutcomeRow
from evaluation.store.outcomes import count_outcomes, load_outcomes
from evaluation.store.session import Store
from evaluation.store.writer import OutcomeWriter

MakeRow = Callable[..., OutcomeRow]
ROOT = Path(__file__).parents[3]


def _stored(store: Store, run_candidate_id: int) -> list[str]:
    asked = [f"case-{number}" for number in range(5)]
    return [found.row.case_id for found in load_outcomes(store, run_candidate_id, asked)]


def test_an_outcome_is_stored_when_its_future_is_done(store: Store, run_candidate_id: int, make_row: MakeRow) -> None:
    with OutcomeWriter(store) as writer:
        writer.submit(make_row(run_candidate_id)).result(timeout=60)
        assert ["case-0"] == _stored(store, run_candidate_id)


def test_closing_commits_what_waits(store: Store, run_candidate_id: int, make_row: MakeRow) -> None:
    writer = OutcomeWriter(store)
    futures = [writer.submit(make_row(run_candidate_id, f"case-{number}")) for number in range(1300)]
    writer.close()
    writer.close()
    assert [None] * 1300 == [future.result(timeout=0) for future in futures]
    assert 1300 == count_outcomes(store, "run-1")[0].n_ok


def test_async_callers_wait_for_their_outcome(store: Store, run_candidate_id: int, make_row: MakeRow) -> None:
    async def submit_all(writer: OutcomeWriter) -> None:
        rows = [make_row(run_candidate_id, f"case-{number}") for number in range(20)]
        await asyncio.gather(*(asyncio.wrap_future(writer.submit(row)) for row in rows))

    with OutcomeWriter(store) as writer:
        asyncio.run(submit_all(writer))
        assert 20 == count_outcomes(store, "run-1")[0].n_ok


def test_an_outcome_whose_waiter_went_away_is_stored_all_the_same(
    store: Store, run_candidate_id: int, make_row: MakeRow
) -> None:
    async def submit_and_leave(writer: OutcomeWriter) -> None:
        waiter = asyncio.wrap_future(writer.submit(make_row(run_candidate_id)))
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter

    with OutcomeWriter(store) as writer:
        asyncio.run(submit_and_leave(writer))
    assert ["case-0"] == _stored(store, run_candidate_id)


NO_NUMBERS = [
    Generation(text="a", answer="a", output_tokens=10**30),
    Generation(text="a", answer="a", prompt_tokens=-(2**63) - 1),
    Generation(text="a", answer="a", timing=Timing(total_s=float("nan"))),
    Generation(text="a", answer="a", timing=Timing(total_s=1.0, load_s=float("inf"))),
    Generation(text="a", answer="a", seed=10**5000),
]


@pytest.mark.parametrize("odd", NO_NUMBERS, ids=range(len(NO_NUMBERS)))
def test_an_outcome_that_no_database_takes_fails_alone_and_by_name(
    odd: Generation, store: Store, run_candidate_id: int, make_row: MakeRow
) -> None:
    with OutcomeWriter(store) as writer:
        rows = [make_row(run_candidate_id, f"case-{number}") for number in range(5)]
        rows[2] = replace(rows[2], outcome=odd)
        errors = [future.exception(timeout=60) for future in [writer.submit(row) for row in rows]]
    assert [False, False, True, False, False] == [isinstance(error, RefusedValueError) for error in errors]
    assert "the outcome of case 'case-2', repeat 1: " in str(errors[2])
    assert ["case-0", "case-1", "case-3", "case-4"] == _stored(store, run_candidate_id)


def test_what_the_driver_refuses_takes_no_other_outcome_with_it(
    store: Store, run_candidate_id: int, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.store.writer.refuse_unstorable", lambda *_: None)
    rows = [make_row(run_candidate_id, f"case-{number}") for number in range(5)]
    rows[1] = replace(rows[1], outcome=Generation(text="a", answer="a", output_tokens=10**30))
    with OutcomeWriter(store) as writer:
        errors = [future.exception(timeout=60) for future in [writer.submit(row) for row in rows]]
        later = writer.submit(make_row(run_candidate_id, "case-1")).exception(timeout=60)
    assert [None, RefusedValueError, None, None, None] == [type(error) if error else None for error in errors]
    assert later is None
    assert [f"case-{number}" for number in range(5)] == _stored(store, run_candidate_id)


def test_texts_of_any_content_are_stored(store: Store, run_candidate_id: int, make_row: MakeRow) -> None:
    text = "NUL \0, a lone surrogate \ud800, \x1a and \U0001f600"
    row = replace(make_row(run_candidate_id), outcome=Generation(text=text, answer=text, thinking=text, message=text))
    with OutcomeWriter(store) as writer:
        writer.submit(row).result(timeout=60)
    (found,) = load_outcomes(store, run_candidate_id, ["case-0"])
    assert isinstance(found.row.outcome, Generation)
    assert (text, text, text) == (found.row.outcome.text, found.row.outcome.answer, found.row.outcome.thinking)


def test_a_failing_store_is_told_to_every_waiter_and_to_later_ones_at_once(
    store: Store, run_candidate_id: int, make_row: MakeRow
) -> None:
    writer = OutcomeWriter(store)
    futures = [writer.submit(make_row(404, f"case-{number}")) for number in range(5)]
    wait(futures, timeout=60)
    later = writer.submit(make_row(run_candidate_id))
    errors = [future.exception(timeout=0) for future in (*futures, later)]
    writer.close()
    assert [StoreError] * 6 == [type(error) for error in errors]
    assert 6 == len({id(error) for error in errors})
    assert [] == _stored(store, run_candidate_id)


def test_a_full_disk_in_mid_run_loses_nothing_that_was_committed(
    store: Store, run_candidate_id: int, make_row: MakeRow, make_answer: Callable[[str], Generation]
) -> None:
    if store.dialect != "sqlite":
        pytest.skip("only SQLite can be told how many pages there are")
    with OutcomeWriter(store) as writer:
        writer.submit(make_row(run_candidate_id)).result(timeout=60)
        with store.read() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        large = make_row(run_candidate_id, "case-1", make_answer("x" * 200_000))
        with pytest.raises(StoreError, match="the disk is full"):
            writer.submit(large).result(timeout=60)
        with pytest.raises(StoreError, match="the disk is full"):
            writer.submit(make_row(run_candidate_id, "case-2")).result(timeout=0)
    assert ["case-0"] == _stored(store, run_candidate_id)


def test_a_surprise_in_the_database_is_told_as_a_store_error(
    store: Store, run_candidate_id: int, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr("evaluation.store.writer.insert_outcomes", broken)
    with OutcomeWriter(store) as writer, pytest.raises(StoreError, match="surprise"):
        writer.submit(make_row(run_candidate_id)).result(timeout=60)


def test_a_closed_writer_takes_no_outcome(store: Store, run_candidate_id: int, make_row: MakeRow) -> None:
    writer = OutcomeWriter(store)
    writer.close()
    with pytest.raises(StoreError, match="closed"):
        writer.submit(make_row(run_candidate_id)).result(timeout=0)


def test_a_time_without_its_zone_is_refused_before_it_can_spoil_a_group(
    store: Store, run_candidate_id: int, make_row: MakeRow
) -> None:
    naive = replace(make_row(run_candidate_id), started_at=datetime(2026, 1, 1))  # noqa: DTZ001
    with OutcomeWriter(store) as writer:
        with pytest.raises(ValueError, match="no time zone"):
            writer.submit(naive)
        writer.submit(make_row(run_candidate_id)).result(timeout=60)


CHILD = dedent(
    """
    import os, signal, sys
    from datetime import UTC, datetime
    from evaluation.generation import Generation
    from evaluation.store.writer import OutcomeWriter
    from evaluation.records.outcomes import OutcomeRow
    from evaluation.store.session import open_store

    url, run_candidate_id, prefix, n, ending = sys.argv[1:]
    writer = OutcomeWriter(open_store(url))
    for number in range(int(n)):
        row = OutcomeRow(
            run_candidate_id=int(run_candidate_id), case_id=f"{prefix}-{number}", repeat=0,
            outcome=Generation(text="yes", answer="yes"), endpoint="local", finished_at=datetime.now(UTC),
        )
        writer.submit(row).result(timeout=60)
    if ending == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    writer.close()
    """
)


def _start(url: str, run_candidate_id: int, prefix: str, n: int, ending: str) -> "subprocess.Popen[bytes]":
    arguments = [sys.executable, "-c", CHILD, url, str(run_candidate_id), prefix, str(n), ending]
    return subprocess.Popen(arguments, cwd=ROOT)


def test_a_killed_process_loses_nothing_that_was_committed(store: Store, store_url: str, run_candidate_id: int) -> None:
    assert -9 == _start(store_url, run_candidate_id, "case", 7, "killed").wait(timeout=120)
    assert 7 == count_outcomes(store, "run-1")[0].n_ok


def test_two_processes_write_side_by_side(store: Store, store_url: str, run_candidate_id: int) -> None:
    children = [_start(store_url, run_candidate_id, prefix, 40, "closed") for prefix in ("a", "b")]
    assert [0, 0] == [child.wait(timeout=120) for child in children]
    assert 80 == count_outcomes(store, "run-1")[0].n_ok


def test_what_was_answered_before_is_kept_when_two_write_the_same_case(
    store: Store, run_candidate_id: int, make_row: MakeRow, make_answer: Callable[[str], Generation]
) -> None:
    with OutcomeWriter(store) as first, OutcomeWriter(store) as second:
        first.submit(make_row(run_candidate_id, outcome=make_answer("first"))).result(timeout=60)
        second.submit(make_row(run_candidate_id, outcome=make_answer("second"))).result(timeout=60)
    (stored,) = load_outcomes(store, run_candidate_id, ["case-0"])
    assert make_answer("first") == stored.row.outcome
