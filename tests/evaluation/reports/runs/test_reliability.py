"""How sure candidates say they are beside how often they are right: of those that say it, on metrics of shares."""

import pytest
from compared_runs import candidate, cases_of, right_on, store_run
from written_reports import text_of_html, written

from evaluation.answer_matrix.figures import MatrixFigures, metrics_of, read_figures
from evaluation.reports.documents.formats import ReportFormat
from evaluation.reports.runs.reliability import (
    TITLE,
    reliabilities,
    reliability_chart,
    reliability_lines,
    reliability_rows,
)
from evaluation.stats.reliability import Reliability
from evaluation.store.confidences import confidences_of
from evaluation.store.runs import find_run
from evaluation.store.session import Store

N = 40


def _store(store: Store, confidence: float = 0.9) -> None:
    """The voter is right on 20 of 40 cases and equally sure of all; the other one says nothing of it."""
    cases = cases_of(N)
    sure = {case.case_id: confidence for case in cases}
    store_run(
        store,
        candidate("voter:1b", right_on(cases, range(20)), confidences=sure),
        candidate("plain:1b", right_on(cases, range(30))),
        cases=cases,
        metrics=("exact_match", "word_count"),
    )


def _figures(store: Store, metric: str) -> MatrixFigures:
    record = find_run(store, "run-1")
    return read_figures(store, record, metric, metrics_of(record)[metric])


def _found(store: Store, metric: str = "exact_match") -> dict[str, Reliability]:
    figures = _figures(store, metric)
    return reliabilities(figures, confidences_of(store, figures.run_candidate_ids))


def test_who_says_nothing_has_no_line(store: Store) -> None:
    _store(store)

    found = _found(store)
    chart = reliability_chart("exact_match", found)

    assert chart is not None
    assert ["voter:1b"] == [line.label for line in chart.lines]
    assert [(0.9, 0.5)] == [(point.x, point.number.value) for line in chart.lines for point in line.points]
    assert ["voter:1b", "0.900", "0.500 [0.352, 0.648]", "40"] == list(*map(dict.values, reliability_rows("em", found)))


@pytest.mark.parametrize(
    ("confidence", "says"),
    [
        (0.9, "surer than right, by 0.400 [0.238, 0.562]"),
        (0.1, "less sure than right, by 0.400 [0.238, 0.562]"),
        (0.55, "not shown to be surer or less sure than right (confidence less score in [-0.112, +0.212])"),
    ],
)
def test_what_is_said_depends_on_the_interval(store: Store, confidence: float, says: str) -> None:
    _store(store, confidence)

    first, *_ = reliability_lines(_found(store))

    assert first.startswith(f"voter:1b: {says}")


def test_lengths_are_no_shares(store: Store) -> None:
    _store(store)

    assert {} == _found(store, "word_count")
    assert reliability_chart("word_count", {}) is None
    assert [] == reliability_lines({})


def test_reports_have_it(store: Store) -> None:
    _store(store)

    text = text_of_html(written(store, "run-1", ReportFormat.HTML))

    assert TITLE in text
    assert "voter:1b: surer than right" in text
