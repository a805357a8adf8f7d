"""Are exports over HTTP those of the command line, and wrong ones refused before their first byte?"""

import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from api_client import ApiClient

from deployments.api.app import create_app
from deployments.cli.export import export_table
from evaluation.exports.filters import Filters
from evaluation.exports.source import run_source
from evaluation.exports.tables import table_of
from evaluation.exports.writers import Format
from evaluation.records.access import Scope
from evaluation.store.api_keys import create_key
from evaluation.store.session import KeptStore

TABLES = ("answers", "scores", "results")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("form", ["csv", "json", "ndjson"])
def test_the_file_is_that_of_the_command(
    api: ApiClient, served_store: KeptStore, tmp_path: Path, table: str, form: str
) -> None:
    out = tmp_path / f"export.{form}"
    export_table(served_store, "mixed", form=form, table=table, filters=Filters(), out=out)

    answer = api.get("/api/v1/runs/mixed/export", params={"table": table, "format": form})

    assert (200, out.read_bytes()) == (answer.status_code, answer.content)
    assert Format(form).media_type == answer.headers["content-type"]
    assert f'attachment; filename="run-mixed-{table}.{form}"' == answer.headers["content-disposition"]


@pytest.mark.parametrize("form", ["parquet", "xlsx"])
def test_binary_files_hold_the_rows(api: ApiClient, served_store: KeptStore, form: str) -> None:
    answer = api.get("/api/v1/runs/mixed/export", params={"format": form})

    assert 200 == answer.status_code
    if form == "parquet":
        table = table_of(served_store, run_source(served_store, "mixed"), None, Filters())
        assert len(list(table.rows)) == pq.read_table(io.BytesIO(answer.content)).num_rows
    else:
        assert b"PK" == answer.content[:2]


def test_rows_are_chosen_as_by_the_command(api: ApiClient) -> None:
    path = "/api/v1/runs/mixed/export"

    failed = api.get(path, params={"format": "json", "failed": "true"}).json()
    of_case = api.get(path, params={"format": "json", "case": ["c03", "c04"], "candidate": "good:1b"}).json()

    assert ["c11"] == [row["case_id"] for row in failed]
    assert ["c03", "c04"] == [row["case_id"] for row in of_case]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("runs/nope/export", 404, "nope"),
        ("comparisons/mixed/export", 404, "mixed"),
        ("experiments/mixed/export", 404, "mixed"),
        ("runs/mixed/export?table=pairs", 422, "has no pairs"),
        ("runs/mixed/export?table=stages", 422, "no stages"),
        ("runs/mixed/export?table=cells", 422, "table"),
        ("runs/mixed/export?format=pdf", 422, "format"),
        ("runs/mixed/export?candidate=nobody", 422, "nobody"),
        ("runs/mixed/export?metric=rouge", 422, "rouge"),
        ("runs/mixed/export?case=c99", 422, "c99"),
        ("runs/mixed/export?table=scores&failed=true", 422, "choose among answers"),
        ("runs/mixed/export?tabel=scores", 422, "unknown query parameter"),
    ],
)
def test_a_wrong_export_is_a_problem(api: ApiClient, path: str, status: int, words: str) -> None:
    answer = api.get(f"/api/v1/{path}")

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("scope", Scope)
def test_an_export_needs_the_scope_to_read(served_store: KeptStore, scope: Scope) -> None:
    _, text = create_key(served_store, name="a", scopes=[scope])
    client = ApiClient(create_app(served_store), address="192.0.2.7")

    answer = client.get("/api/v1/runs/mixed/export", headers={"Authorization": f"Bearer {text}"})

    assert (answer.status_code == 200) == (Scope.READ in scope.included)
