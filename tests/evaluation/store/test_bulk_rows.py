"""What is read thousands at a time is, digit by digit, what is read one by one."""

import math

import pytest
import sqlalchemy as sa
from large_store import fill_store

from evaluation.case import Case
from evaluation.generation import Generation, Timing
from evaluation.metrics.speed import LatencyS, latencies_of
from evaluation.scores import Measurement
from evaluation.store import bulk_rows
from evaluation.store.bulk_rows import column_batches
from evaluation.store.outcome_numbers import iterate_figures, iterate_times
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.tables import generation


def _measured(answers: list[Generation]) -> list[float]:
    measured = [LatencyS().measure(Case(case_id="c"), (answer,), {}) for answer in answers]
    return [each.value for each in measured if isinstance(each, Measurement)]


def test_latencies_are_those_of_the_metric(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_rows, "_BATCH", 7)
    run_id = fill_store(store, n_candidates=2, n_generations=200)[0]
    for row in find_run(store, run_id).candidates:
        one_by_one = _measured([answer for _, answer in iterate_figures(store, row.run_candidate_id)])
        at_once = latencies_of(iterate_times(store, row.run_candidate_id))
        assert 20 == len(at_once)
        assert sorted(one_by_one) == sorted(at_once)


def test_rows_hold_every_text_and_number(store: Store) -> None:
    run_id = fill_store(store, n_candidates=1, n_generations=20)[0]
    row_id = find_run(store, run_id).candidates[0].run_candidate_id
    numbers, texts = (1 / 3, math.pi * 1e-300, 1.5e300, None), ("a\0b", "\ud800'\x1a", '"\\\u2028', "")
    columns = generation.c
    with store.write() as connection:
        ids = connection.execute(sa.select(columns.id).order_by(columns.id)).scalars().all()
        for id_, number, text in zip(ids, numbers, texts, strict=False):
            change = sa.update(generation).where(columns.id == id_)
            connection.execute(change.values(total_s=number, case_id=text, cold=number is None))
    of_row = columns.run_candidate_id == row_id
    (batch,) = column_batches(
        store, (columns.case_id, columns.total_s, columns.cold, columns.output_tokens), rows=generation, where=of_row
    )
    rows = set(zip(*batch, strict=True))
    assert {(text, number, number is None, 80) for text, number in zip(texts, numbers, strict=True)} == rows


def test_latencies_leave_out_what_was_not_measured() -> None:
    timings = [(2.0, 0.5, True), (2.0, None, True), (2.0, None, False), (0.5, 2.0, False)]
    answers = [
        Generation(text="", answer="", timing=Timing(total_s=total_s, load_s=load_s), cold=cold, reused=reused)
        for total_s, load_s, cold in timings
        for reused in (False, True)
    ]
    times = [(total_s, load_s, cold, reused, None) for total_s, load_s, cold in timings for reused in (False, True)]
    assert [1.5, 2.0, 0.0] == _measured(answers) == latencies_of(times)
