"""Do the routes that read answer as the commands and functions do, by page, with fields and tags?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from api_client import ApiClient
from recommendation_records import recommendation_record
from stored_rows import save_recommendations

from deployments.api.app import create_app
from deployments.api.replies import cursor_of
from evaluation.exports.filters import Filters
from evaluation.exports.listings import case_list
from evaluation.records.candidates import EndpointRecord
from evaluation.results.as_json import as_json
from evaluation.run_results.run_result import run_result
from evaluation.store.registry import save_endpoint
from evaluation.store.session import KeptStore

LISTS = (
    "runs", "comparisons", "experiments", "benchmarks", "metrics", "pipelines", "profiles", "models", "candidates",
    "endpoints", "alerts", "traffic/calls", "recommendations", "reviews", "ratings", "keys", "audit",
)  # fmt: skip


def _all_pages(api: ApiClient, path: str, limit: int) -> list[Any]:
    """Return the items of all pages."""
    items: list[Any] = []
    cursor: str | None = None
    while True:
        options = {"limit": limit} | ({} if cursor is None else {"cursor": cursor})
        page = api.get(path, params=options).json()
        assert len(page["items"]) <= limit
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_the_same_by_page_and_whole(api: ApiClient, name: str) -> None:
    whole = api.get(f"/api/v1/{name}", params={"limit": 1000})

    assert 200 == whole.status_code
    assert whole.json()["next"] is None
    assert whole.json()["items"] == _all_pages(api, f"/api/v1/{name}", 3)


def test_a_run_is_what_the_function_returns(api: ApiClient, served_store: KeptStore) -> None:
    assert as_json(run_result(served_store, "mixed")) == api.get("/api/v1/runs/mixed").json()


@pytest.mark.parametrize("limit", [1, 5, 23, 24, 1000])
def test_answers_by_page_are_those_of_the_export(api: ApiClient, served_store: KeptStore, limit: int) -> None:
    listed = case_list(served_store, "mixed", Filters(candidates=(), metrics=(), cases=(), failed=None))

    rows = _all_pages(api, "/api/v1/runs/mixed/cases", limit)

    assert [(row.candidate, row.case_id) for row in listed] == [(row["candidate"], row["case_id"]) for row in rows]
    assert [row.scores["exact_match"].value for row in listed if "exact_match" in row.scores] == [
        row["exact_match"] for row in rows if "exact_match" in row
    ]


def test_answers_are_chosen_by_candidate_failure_and_case(api: ApiClient) -> None:
    path = "/api/v1/runs/mixed/cases"

    failed = api.get(path, params={"failed": "true"}).json()["items"]
    of_case = api.get(path, params={"case": ["c03", "c04"], "fields": "case_id,candidate"}).json()["items"]

    assert [("bad:1b temperature=0.5", "c11")] == [(row["candidate"], row["case_id"]) for row in failed]
    assert [{"case_id": "c03"}, {"case_id": "c04"}] * 2 == [{"case_id": row["case_id"]} for row in of_case]
    assert {"case_id", "candidate"} == set(of_case[0])


def test_what_a_client_has_already_is_not_sent_again(api: ApiClient) -> None:
    first = api.get("/api/v1/runs/mixed")

    again = api.get("/api/v1/runs/mixed", headers={"If-None-Match": first.headers["etag"]})
    other = api.get("/api/v1/runs/later", headers={"If-None-Match": first.headers["etag"]})

    assert (304, b"") == (again.status_code, again.content)
    assert 200 == other.status_code


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/v1/runs/nope", 404, "unknown run 'nope'"),
        ("/api/v1/runs/mixed/cases/nope", 404, "nope"),
        ("/api/v1/candidates/nope", 404, "unknown candidate 'nope'"),
        ("/api/v1/endpoints/nope", 404, "unknown endpoint 'nope'"),
        ("/api/v1/metrics/exact_mtch", 404, "did you mean 'exact_match'"),
        ("/api/v1/metrics/mine.py:Mine", 422, "forms may name no files"),
        ("/api/v1/pipelines/mine.py:Mine", 422, "forms may name no files"),
        ("/api/v1/benchmarks/mine.jsonl", 422, "mine.jsonl"),
        ("/api/v1/runs?cursor=x", 422, "cursor"),
        ("/api/v1/runs/mixed/cases?cursor=WzEsICJhIl0=", 422, "cursor"),
        ("/api/v1/runs?limit=0", 422, "limit"),
        ("/api/v1/runs?limit=1001", 422, "limit"),
        ("/api/v1/runs?fields=run_id,nme", 422, "unknown field 'nme'"),
        ("/api/v1/nothing", 404, "nothing answers GET /api/v1/nothing"),
        ("/api/v1/work/1", 503, "no Prefect server"),
    ],
)
def test_a_wrong_request_is_answered_with_a_problem(
    api: ApiClient, path: str, status: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.api.flow_runs.prefect_api", lambda: None)

    answer = api.get(path)

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    problem = answer.json()
    assert status == problem["status"]
    assert words in problem["detail"]
    assert problem["type"].startswith("urn:benchwright:problem:")
    assert answer.headers["x-request-id"] in problem["instance"]


def test_recommendations_are_paged_beyond_the_first_thousand(api: ApiClient, served_store: KeptStore) -> None:
    moment = datetime(2026, 5, 4, tzinfo=UTC)
    records = [
        recommendation_record(f"rec-{number:04}", created_at=moment + timedelta(seconds=number // 7))
        for number in range(1203)
    ]
    save_recommendations(served_store, records)

    listed = _all_pages(api, "/api/v1/recommendations", 500)

    assert [record.recommendation_id for record in reversed(records)] == [item["recommendation_id"] for item in listed]


@pytest.mark.parametrize("place", [["2026-05-04T00:00:00", "a"], ["soon", "a"], ["a"], [1, 2], "a", [["a"], "b"]])
def test_a_cursor_of_something_else_is_refused(api: ApiClient, place: object) -> None:
    answer = api.get("/api/v1/recommendations", params={"cursor": cursor_of(place)})

    assert (422, "urn:benchwright:problem:cursor") == (answer.status_code, answer.json()["type"])


def test_health_names_each_part_with_its_time(api: ApiClient) -> None:
    assert {"ok": True} == api.get("/health/live").json()
    assert api.get("/health/ready").json()["ok"] is True
    deep = api.get("/health/deep").json()
    assert {"database", "prefect", "disk", "clock"} <= {check["name"] for check in deep["checks"]}
    assert all(check["seconds"] >= 0 for check in deep["checks"])


def test_a_candidate_is_listed_as_it_is_called(api: ApiClient) -> None:
    good, bad = sorted(api.get("/api/v1/candidates").json()["items"], key=lambda item: -len(item["label"]))[::-1]

    assert ({"temperature": 0.5}, None) == (bad["options"], bad["pipeline"])
    assert good == api.get(f"/api/v1/candidates/{good['fingerprint']}").json()
    assert good == api.get(f"/api/v1/candidates/{good['label']}").json()
    assert good["model"] == "good:1b"


def test_health_looks_at_every_model_server_that_the_gateway_asks(
    served_store: KeptStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    api = ApiClient(create_app(served_store, embedded_url="http://127.0.0.1:8"))
    usual = {check["name"]: check for check in api.get("/health/deep").json()["checks"]}
    save_endpoint(served_store, EndpointRecord(name="box", url="http://127.0.0.1:9", provider="ollama"))
    stored = {check["name"] for check in api.get("/health/deep").json()["checks"]}

    assert {"endpoint http://127.0.0.1:9", "endpoint embedded"} == {name for name in usual if "endpoint" in name}
    assert {"endpoint box", "endpoint embedded"} == {name for name in stored if "endpoint" in name}
    assert not usual["endpoint embedded"]["ok"]
    assert not usual["endpoint embedded"]["needed"]


def test_figures_count_requests_and_what_is_stored(api: ApiClient) -> None:
    api.get("/health/live")
    api.get("/api/v1/runs/mixed")

    text = api.get("/metrics").text

    assert 'benchwright_runs{status="completed"} 2.0' in text
    assert "benchwright_answers_total 35.0" in text
    assert "benchwright_store_up 1.0" in text
    assert 'route="/health/live",status="200"} 1.0' in text
    assert 'route="/api/v1/runs/{run}",status="200"} 1.0' in text


def test_a_benchmark_comes_with_its_cases_by_page(api: ApiClient) -> None:
    run = api.get("/api/v1/runs/mixed").json()
    path = f"/api/v1/benchmarks/{run['benchmark_version']}"
    whole = api.get(path).json()

    assert (run["benchmark"], run["n_cases"]) == (whole["facts"]["name"], whole["facts"]["n_cases"])
    assert whole["next"] is None
    paged, cursor = [], ""
    while cursor is not None:
        page = api.get(f"{path}?limit=2{cursor and f'&cursor={cursor}'}").json()
        assert page["facts"] == whole["facts"]
        assert 1 <= len(page["cases"]) <= 2
        paged, cursor = paged + page["cases"], page["next"]
    assert whole["cases"] == paged
    assert 2 < len(paged)


@pytest.mark.parametrize("limit", [1, 7])
def test_a_suite_comes_with_its_cases_by_page(api: ApiClient, limit: int) -> None:
    first = api.get(f"/api/v1/benchmarks/summarization?limit={limit}").json()
    second = api.get(f"/api/v1/benchmarks/summarization?limit={limit}&cursor={first['next']}").json()

    ids = [case["case_id"] for case in api.get("/api/v1/benchmarks/summarization?limit=1000").json()["cases"]]
    assert ids[: 2 * limit] == [case["case_id"] for case in (*first["cases"], *second["cases"])]
    assert 2 * limit < len(ids)
