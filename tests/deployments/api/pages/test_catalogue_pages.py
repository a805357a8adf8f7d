"""What there is to choose from, as pages."""

from pathlib import Path

import pytest
from api_client import ApiClient
from seen_pages import SeenPage
from stored_runs import asked, numbers, right, store_run

from deployments.api.pages import catalogue
from evaluation.model_info import ModelInfo
from evaluation.records.candidates import EndpointRecord
from evaluation.store.models import record_seen
from evaluation.store.registry import save_endpoint
from evaluation.store.session import KeptStore
from evaluation.store.upgrades import save_upgrade


def test_lists_have_what_is_stored_and_what_comes_with_the_program(api: ApiClient, served_store: KeptStore) -> None:
    save_endpoint(served_store, EndpointRecord(name="box", url="http://127.0.0.1:9", provider="ollama", slots=2))
    info = ModelInfo(name="a:1b", digest=None, parameter_size="1.2B", size_bytes=2_000_000_000)
    record_seen(served_store, info, endpoint_name="box")
    change = {"kind": "weights", "endpoint": "box", "model": "a:1b", "before": "sha256:aa", "after": "sha256:bb"}
    save_upgrade(served_store, **change, policy_ids=[])
    for path, words in (
        ("/catalogue", ("a:1b", "1.2B", "2.0 GB", "box", "unverified")),
        ("/catalogue/endpoints", ("box", "http://127.0.0.1:9", "ollama")),
        ("/catalogue/benchmarks", ("numbers", "summarization")),
        ("/catalogue/metrics", ("exact_match", "higher")),
        ("/catalogue/pipelines", ("self_consistency",)),
        ("/policies", ("Upgrades", "a:1b", "aa", "bb")),
    ):
        text = SeenPage(api.get(path).text).text
        assert all(word in text for word in words), path


def test_cases_of_a_benchmark_come_page_by_page(
    api: ApiClient, served_store: KeptStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "CASES_OF_A_PAGE", 5)
    path, pages = "/catalogue/benchmark?name=numbers", []
    while path:
        pages.append(SeenPage(api.get(path).text))
        path = next((link for link in pages[-1].links if "after=" in link), "")
    assert 3 == len(pages)
    assert all(pages[number // 5].text.count(f"What is {number}?") == 1 for number in range(12))


def test_a_benchmark_lists_its_runs_with_the_metric_that_each_was_ranked_by(
    api: ApiClient, served_store: KeptStore
) -> None:
    cases = numbers(3)
    metrics = ("exact_match", "token_f1")
    for run_id, headline in (("by-words", "token_f1"), ("by-match", "exact_match")):
        store_run(
            served_store, asked("a:1b", right(cases)), cases=cases, run_id=run_id, metrics=metrics, headline=headline
        )
    page = api.get("/catalogue/benchmark?name=numbers").text
    rows = {name: next(row for row in page.split("<tr") if name in row) for name in ("by-words", "by-match")}
    assert "token_f1" in rows["by-words"]
    assert "exact_match" in rows["by-match"]
    assert "unless a run names another metric" in page


def test_no_file_is_read_by_its_name(api: ApiClient, tmp_path: Path) -> None:
    file = tmp_path / "secret.jsonl"
    file.write_text('{"prompt": "open sesame", "reference": "x"}\n')
    answer = api.get("/catalogue/benchmark", params={"name": str(file)})
    assert answer.status_code in (404, 422)
    assert "sesame" not in answer.text
