"""Does whoever asks often, or asks of a large store, read along an index? A full scan of 100,000 answers would show."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from stored_runs import answer, asked, numbers, store_run

from evaluation.comparisons.run_verdict import headline_verdict
from evaluation.errors import FailureKind
from evaluation.exports.filters import Filters, check_filters
from evaluation.exports.rows import rows
from evaluation.exports.source import Kind, find_source
from evaluation.generation import Failure, Outcome
from evaluation.metrics.parsing import parse_metric
from evaluation.run_results.case_result import case_result
from evaluation.run_results.experiment_result import experiment_result
from evaluation.run_results.run_diff import run_diff
from evaluation.run_results.run_result import invocation_result, run_in_full, run_result
from evaluation.store.alarm_counts import count_cut, score_spreads
from evaluation.store.annotations import annotations
from evaluation.store.benchmarks import load_cases
from evaluation.store.experiment_deletion import contents_to_delete
from evaluation.store.experiments import add_runs, create_experiment, experiment_named
from evaluation.store.missing import count_missing, missing_page
from evaluation.store.outcome_numbers import failed_cases, iterate_energies, iterate_figures, iterate_values
from evaluation.store.outcomes import count_outcomes, first_of_kind, iterate_outcomes, load_outcomes
from evaluation.store.runs import find_run
from evaluation.store.scores import iterate_scores
from evaluation.store.session import Store
from evaluation.store.stage_pages import has_stages, iterate_stages
from evaluation.store.stage_sums import stage_sums
from evaluation.store.summaries import list_runs, progress
from evaluation.store.tables import generation
from evaluation.truncation import Limits

LARGE = ("generation", "score", "stage", "run_case", "benchmark_case", "annotation")
SIGNATURE = parse_metric("exact_match").signature
DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="nobody listens")

Use = Callable[[Store, int], Any]
USES: dict[str, Use] = {
    "progress": lambda store, _: progress(store, "of-run-1"),
    "list_runs": lambda store, _: list_runs(store),
    "find_run": lambda store, _: find_run(store, "last"),
    "missing_page": lambda store, row_id: missing_page(store, row_id, after=0, n_cases=2),
    "missing_page of a retry": lambda store, row_id: missing_page(store, row_id, ask_permanent_failures_again=False),
    "count_missing": lambda store, row_id: count_missing(store, row_id),
    "count_outcomes": lambda store, _: count_outcomes(store, "run-1"),
    "first_of_kind": lambda store, row_id: first_of_kind(store, row_id, FailureKind.SERVER_DOWN),
    "first_of_kind, own": lambda store, row_id: first_of_kind(store, row_id, FailureKind.EMPTY_ANSWER),
    "iterate_outcomes": lambda store, row_id: list(iterate_outcomes(store, row_id, batch=2)),
    "load_outcomes": lambda store, row_id: load_outcomes(store, row_id, ["c0", "c1"]),
    "load_cases": lambda store, _: load_cases(store, find_run(store, "last").plan.benchmark_version, ["c0", "c1"]),
    "iterate_scores": lambda store, row_id: list(iterate_scores(store, row_id, SIGNATURE, batch=2)),
    "iterate_values": lambda store, row_id: list(iterate_values(store, row_id, SIGNATURE)),
    "iterate_figures": lambda store, row_id: list(iterate_figures(store, row_id)),
    "iterate_energies": lambda store, row_id: list(iterate_energies(store, row_id, SIGNATURE)),
    "failed_cases": lambda store, row_id: failed_cases(store, row_id),
    "score_spreads": lambda store, row_id: score_spreads(store, row_id, [SIGNATURE], labels=["not_extracted"]),
    "count_cut": lambda store, row_id: count_cut(store, row_id, Limits.of({"num_predict": 8, "num_ctx": 64})),
    "run_result": lambda store, _: run_result(store, "run-1"),
    "invocation_result": lambda store, _: invocation_result(store, "of-run-1"),
    "run_in_full": lambda store, _: run_in_full(store, "run-1"),
    "headline_verdict": lambda store, _: headline_verdict(store, run_result(store, "run-1")),
    "annotations": lambda store, _: annotations(store, experiment_id="e", run_ids=["run-1"], comparison_ids=["c"]),
    "what_goes": lambda store, _: contents_to_delete(store, _experiment(store), with_runs=True),
    "list_runs of an experiment": lambda store, _: list_runs(store, experiment_id=_experiment(store)),
    "experiment_result": lambda store, _: experiment_result(store, _experiment(store)),
    "run_diff": lambda store, _: run_diff(store, "run-1", "run-1"),
    "export of answers": lambda store, _: _export(store, Kind.ANSWERS, Filters()),
    "export of one case": lambda store, _: _export(store, Kind.SCORES, Filters(cases=("c0",))),
    "case_result": lambda store, _: case_result(store, "run-1", "c1"),
    "stage_sums": lambda store, _: stage_sums(store, "run-1"),
    "has_stages": lambda store, _: has_stages(store, ["run-1"]),
    "iterate_stages": lambda store, row_id: list(iterate_stages(store, row_id, batch=1)),
}


def _experiment(store: Store) -> str:
    """An experiment's id, whose run is the stored one."""
    made = experiment_named(store, "ladder") or create_experiment(store, name="ladder")
    add_runs(store, made.experiment_id, ["run-1"])
    return made.experiment_id


def _export(store: Store, kind: Kind, filters: Filters) -> None:
    source = find_source(store, "run-1")
    check_filters(store, source, kind, filters)
    _, found = rows(store, source, kind, filters)
    assert list(found)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Both kinds of database: they choose their ways differently."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def row_id(store: Store, monkeypatch: pytest.MonkeyPatch) -> int:
    """A candidate of a run with an answer, a failure and something missing; pages are small."""
    monkeypatch.setattr("evaluation.store.outcome_numbers._PAGE", 2)
    outcomes: dict[str, Outcome | Sequence[Outcome]] = {
        "c0": answer("0"),
        "c1": DOWN,
        "c2": answer("2"),
        "c3": answer("no"),
    }
    store_run(store, asked("a:1b", outcomes), asked("b:1b", outcomes), cases=numbers(5))
    return find_run(store, "run-1").candidates[0].run_candidate_id


def test_no_query_reads_a_whole_table_of_answers(store: Store, row_id: int) -> None:
    assert {} == {name: scans for name, use in USES.items() if (scans := _scans_of(use, store, row_id))}


def test_a_query_that_reads_a_whole_table_is_noticed(store: Store, row_id: int) -> None:
    def read_all(store: Store, _row_id: int) -> None:
        with store.read() as connection:
            connection.execute(sa.select(generation.c.id).where(generation.c.text == "no")).all()

    ((scan, _statement),) = _scans_of(read_all, store, row_id)

    assert "generation" in scan


def _scans_of(use: Use, store: Store, row_id: int) -> list[tuple[str, str]]:
    """What its queries read from end to end, each with the query."""
    asked_for: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked_for.append((statement, parameters))

    event.listen(store._engine, "before_cursor_execute", note)
    use(store, row_id)
    event.remove(store._engine, "before_cursor_execute", note)

    assert asked_for
    with store.read() as connection:
        return [(scan, statement) for statement, given in asked_for for scan in _scans(connection, statement, given)]


def _scans(connection: sa.Connection, statement: str, given: Any) -> list[str]:
    """What of the large tables is read from end to end."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
        return [row.detail for row in rows if row.detail.startswith("SCAN") and _is_large(row.detail.split()[1])]
    # A table of five rows is read whole whatever its indexes: what counts is that there is another way.
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    ((plan,),) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", given)
    return [
        f"{node['Node Type']} of {node['Relation Name']}"
        for node in _nodes(plan[0]["Plan"])
        if _is_large(node.get("Relation Name", "")) and not {"Index Cond", "Recheck Cond"} & set(node)
    ]


def _is_large(table: str) -> bool:
    return table in LARGE or table.rpartition("_")[0] in LARGE


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


def test_the_cases_of_a_shard_are_looked_up_by_their_ids(store: Store, row_id: int) -> None:
    if store.dialect != "sqlite":
        pytest.skip("PostgreSQL has statistics to choose by")
    version = find_run(store, "run-1").plan.benchmark_version
    plans: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "benchmark_case" in statement and not statement.startswith("EXPLAIN"):
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row.detail for row in rows)

    event.listen(store._engine, "before_cursor_execute", explain)
    load_cases(store, version, ["c0", "c1"])
    event.remove(store._engine, "before_cursor_execute", explain)

    assert ["version=? AND case_id=?"] == [plan.partition("(")[2].rstrip(")") for plan in plans]
