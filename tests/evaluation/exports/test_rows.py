"""What is exported equals what is shown, whatever was scored how often, by whom, and in which run."""

import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest
from staged_runs import store_staged_run
from stored_runs import answer, asked, numbers, right, store_run, wrong

from evaluation.comparisons.comparison_result import compare_and_store
from evaluation.errors import ConfigurationError, FailureKind, UnknownNameError
from evaluation.escaping import as_json
from evaluation.exports.answers import OF_AN_ANSWER
from evaluation.exports.files import write_rows
from evaluation.exports.filters import Filters, check_filters
from evaluation.exports.listings import stage_list
from evaluation.exports.rows import rows
from evaluation.exports.source import Kind, Source, find_source
from evaluation.exports.writers import Format
from evaluation.generation import Failure
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.as_json import as_json as result_as_json
from evaluation.run_results.case_result import case_result
from evaluation.run_results.run_result import run_result
from evaluation.store.annotations import annotate
from evaluation.store.answer_tags import add_tags
from evaluation.store.experiments import add_runs, create_experiment
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.stage_pages import iterate_stages

CASES = numbers(8)
DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="nobody listens")


def exported(store: Store, wanted: str, kind: Kind | None = None, **filters: Any) -> list[dict[str, Any]]:
    """What a JSON file would hold."""
    file = io.BytesIO()
    source, chosen = find_source(store, wanted), Filters(**filters)
    check_filters(store, source, kind or source.kinds[0], chosen)
    columns, found = rows(store, source, kind or source.kinds[0], chosen)
    write_rows(file, columns, found, Format.JSON)
    value: list[dict[str, Any]] = json.loads(file.getvalue())
    return value


@pytest.fixture
def two_runs(store: Store) -> Store:
    """Runs of one experiment with a metric in common, which the second one measures in another way."""
    outcomes = right(CASES) | {"c3": DOWN}
    store_run(
        store, asked("a:1b", outcomes), asked("b:1b", wrong(CASES)), cases=CASES, metrics=("exact_match", "token_f1")
    )
    store_run(
        store,
        asked("a:1b", right(CASES)),
        cases=CASES,
        run_id="run-2",
        metrics=("exact_match(ignore_case=False)", "contains"),
    )
    made = create_experiment(store, name="ladder")
    add_runs(store, made.experiment_id, ["run-1", "run-2"])
    return store


def test_each_number_of_a_case_is_the_one_that_is_shown(two_runs: Store) -> None:
    by_case = {(row["candidate"], row["case_id"]): row for row in exported(two_runs, "run-1")}
    for case in CASES:
        shown = json.loads(as_json(case_result(two_runs, "run-1", case.case_id)))
        for candidate in shown["candidates"]:
            (outcome,) = candidate["outcomes"]
            row = by_case[candidate["candidate"], case.case_id]
            same = [name for name in OF_AN_ANSWER if name in outcome and name != "failure"]
            assert {name: outcome[name] for name in same} == {name: row[name] for name in same}
            assert {name: score["value"] for name, score in outcome["scores"].items()} == {
                name: row[name] for name in ("exact_match", "token_f1") if row[name] is not None
            }


def test_each_number_of_a_result_is_the_one_that_is_shown(two_runs: Store) -> None:
    shown = json.loads(as_json(run_result(two_runs, "run-1")))
    expected = {
        (found["candidate"], metric): numbers["value"]
        for found in shown["candidates"]
        for metric, numbers in found["metrics"].items()
    }
    assert expected == {
        (row["candidate"], row["metric"]): row["value"]
        for row in exported(two_runs, "run-1", Kind.RESULTS)
        if row["quantity"] == "mean"
    }


def test_a_word_never_stands_for_two_signatures(two_runs: Store) -> None:
    scores = exported(two_runs, "ladder", Kind.SCORES)
    signatures: dict[str, set[str]] = {}
    for row in scores:
        signatures.setdefault(row["metric"], set()).add(row["signature"])
    assert all(len(found) == 1 for found in signatures.values())
    assert {"exact_match", "token_f1", "contains"} < set(signatures)
    (other,) = set(signatures) - {"exact_match", "token_f1", "contains"}
    assert "ignore_case=False" in other


def test_runs_with_different_metrics_make_one_table_of_one_schema(two_runs: Store) -> None:
    source = find_source(two_runs, "ladder")
    columns, found = rows(two_runs, source, Kind.ANSWERS, Filters())
    values = [column for column in columns if f"{column} failure" in columns]
    file = io.BytesIO()

    assert 24 == write_rows(file, columns, found, Format.PARQUET, metrics=values)

    table = pq.read_table(file)
    assert 4 == len(values)
    assert {"double"} == {str(table.schema.field(name).type) for name in values}
    assert 16 + 8 == table.num_rows
    assert 7 + 8 == len([value for value in table["exact_match"].to_pylist() if value is not None])


def test_filters_hold_together(two_runs: Store) -> None:
    assert [("a:1b", "c3", "server_down")] == [
        (row["candidate"], row["case_id"], row["failure"]) for row in exported(two_runs, "run-1", failed=True)
    ]
    assert [] == exported(two_runs, "run-1", failed=True, candidates=("b:1b",))
    (row,) = exported(two_runs, "ladder", failed=False, candidates=("b:1b",), cases=("c3", "c3"), metrics=("token_f1",))
    assert ("b:1b", "c3", 0.0) == (row["candidate"], row["case_id"], row["token_f1"])
    assert "exact_match" not in row


def test_what_would_leave_everything_out_is_refused(two_runs: Store) -> None:
    for wrong_filters in ({"cases": ("c9",)}, {"candidates": ("c:1b",)}, {"metrics": ("contains",)}):
        with pytest.raises(UnknownNameError, match="of run"):
            exported(two_runs, "run-1", None, **wrong_filters)


def test_a_comparison_is_exported_as_it_is_shown(two_runs: Store) -> None:
    (made,) = compare_and_store(two_runs, ComparisonRequest(runs=["run-1"]))
    shown = json.loads(as_json(result_as_json(made.pairs)))

    pairs = exported(two_runs, made.comparison_id)

    assert shown == [{name: pair[name] for name in shown[0]} for pair in pairs]
    assert {made.benchmark_version} == {pair["benchmark_version"] for pair in pairs}
    only = exported(two_runs, made.comparison_id, metrics=("token_f1",), candidates=("a:1b",))
    assert ["token_f1"] == [pair["metric"] for pair in only]
    with pytest.raises(ConfigurationError, match="has no answers"):
        exported(two_runs, made.comparison_id, Kind.ANSWERS)


def test_a_name_goes_before_the_beginning_of_an_id(two_runs: Store) -> None:
    named = create_experiment(two_runs, name="run")
    add_runs(two_runs, named.experiment_id, ["run-1"])

    assert Source(name="experiment run", run_ids=("run-1",)) == find_source(two_runs, "run")
    assert Source(name="run run-2", run_ids=("run-2",)) == find_source(two_runs, "run-2")


def test_a_metric_that_is_called_like_a_column_has_a_column_of_its_own(store: Store) -> None:
    store_run(store, asked("a:1b", {"c0": answer("0")}), cases=CASES[:1], metrics=("ttft_s", "exact_match"))
    (row,) = exported(store, "run-1")

    assert "exact_match" in row
    assert "ttft_s label" not in row


def test_each_number_of_a_stage_is_the_one_that_is_shown(store: Store) -> None:
    run_id = store_staged_run(store, "a note")

    stages = exported(store, run_id, Kind.STAGES, cases=("c1",))

    assert ["search", "map 1", "map 2", "reduce"] == [row["stage"] for row in stages]
    (candidate,) = json.loads(as_json(case_result(store, run_id, "c1")))["candidates"]
    shown = candidate["outcomes"][0]["stages"]
    for row, stage in zip(stages, shown, strict=True):
        same = {**stage, **(stage["timings"] or {})}
        names = set(row) & set(same) - {"passages", "failure"}
        assert {"digest", "total_s", "load_s", "text", "prompt_tokens", "endpoint", "request_hash"} <= names
        assert {name: same[name] for name in names} == {name: row[name] for name in names}
    passage = {"document": "a note.pdf", "position": 2, "page": 4, "last_page": 5, "relevance": 0.5}
    assert [passage] == stages[0]["passages"]
    same = {name: value for name, value in passage.items() if name != "position"}
    assert same.items() <= shown[0]["passages"][0].items()
    assert 8 == len(exported(store, run_id, Kind.STAGES))


def test_stages_are_typed_columns_of_a_file_and_of_a_frame(store: Store) -> None:
    run_id = store_staged_run(store, "=1+1")
    columns, found = rows(store, find_source(store, run_id), Kind.STAGES, Filters())
    file = io.BytesIO()

    assert 8 == write_rows(file, columns, found, Format.PARQUET)

    schema = pq.read_table(file).schema
    assert ["int64", "double", "int64", "string"] == [
        str(schema.field(name).type) for name in ("position", "total_s", "prompt_tokens", "passages")
    ]
    made = stage_list(store, run_id, Filters()).to_frame()
    assert (6000, "Int64", "float64") == (
        made["prompt_tokens"].sum(), made["prompt_tokens"].dtype, made["mean_logprob"].dtype,
    )  # fmt: skip


def test_stages_of_many_cases_come_page_by_page_in_their_order(store: Store) -> None:
    run_id = store_staged_run(store, "a note", names=("b", "a"))
    row_id = find_run(store, run_id).candidates[0].run_candidate_id

    listed = [(row.case_id, row.name) for row in iterate_stages(store, row_id, batch=1)]

    assert [(case, name) for case in ("c0", "c1") for name in ("search", "b", "a")] == listed


def test_stages_of_a_run_without_pipelines_and_a_filter_that_they_lack_are_refused(two_runs: Store) -> None:
    with pytest.raises(ConfigurationError, match="run run-1 has no stages: none of its candidates has a pipeline"):
        exported(two_runs, "run-1", Kind.STAGES)
    with pytest.raises(ConfigurationError, match="--metric does not choose among stages"):
        exported(two_runs, "run-1", Kind.STAGES, metrics=("token_f1",))
    with pytest.raises(ConfigurationError, match="--failed and --answered choose among answers"):
        exported(two_runs, "run-1", Kind.STAGES, failed=True)


def test_what_people_wrote_stands_with_the_answers_that_it_is_about(two_runs: Store) -> None:
    first, second = [each.plan.candidate_fingerprint for each in find_run(two_runs, "run-1").candidates][:2]
    case_id = CASES[0].case_id
    add_tags(two_runs, "run-1", [case_id], "odd; <b>", author="ana")
    add_tags(two_runs, "run-1", [case_id], "wrong", author="ana", fingerprint=second)
    annotate(two_runs, text='=cmd("x")', author="ben", run_id="run-1", case_id=case_id, fingerprint=first)

    rows = {row["fingerprint"]: row for row in exported(two_runs, "run-1") if row["case_id"] == case_id}
    assert ('["odd; <b>"]', '["odd; <b>", "wrong"]') == (rows[first]["tags"], rows[second]["tags"])
    assert ['ben: =cmd("x")'] == json.loads(rows[first]["notes"])
    assert rows[second].get("notes") is None
    others = [row for row in exported(two_runs, "run-1") if row["case_id"] != case_id]
    assert all(row.get("tags") is None and row.get("notes") is None for row in others)
