"""Files that are dropped on a page: bounded, checked as the command checks them, stored as benchmarks."""

import gzip

import pytest
from api_client import ApiClient
from page_posts import post_file

from deployments.api.pages import uploads
from evaluation.store.benchmarks import find_benchmark
from evaluation.store.session import KeptStore

CASES = b'{"prompt": "2+2?", "references": ["4"]}\n{"prompt": "Capital of France?", "references": ["Paris"]}\n'


def test_a_file_becomes_a_benchmark_that_forms_offer(api: ApiClient, served_store: KeptStore) -> None:
    answer = post_file(api, "my cases.jsonl", CASES)
    assert 200 == answer.status_code
    assert ("my cases", 2) == (answer.json()["name"], answer.json()["n_cases"])
    stored = find_benchmark(served_store, "my cases")
    assert stored is not None
    assert "my cases.jsonl" == stored.source
    assert 'value="my cases"' in api.get("/start/evaluate").text
    assert 200 == post_file(api, "packed.jsonl.gz", gzip.compress(CASES)).status_code


@pytest.mark.parametrize("name", ["../../etc/cases.jsonl", "C:\\users\\cases.jsonl", "/root/cases.jsonl"])
def test_only_the_last_part_of_a_name_counts(api: ApiClient, name: str) -> None:
    assert "cases" == post_file(api, name, CASES).json()["name"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("cases.py", CASES, "no file of cases"),
        ("cases", CASES, "no file of cases"),
        (".jsonl", CASES, "no file of cases"),
        ("cases.jsonl", b"", "is empty"),
        ("cases.jsonl", b'{"prompt"\n', "cases.jsonl, line 1"),
        ("cases.jsonl", b'{"nothing": 1}\n', "cases.jsonl"),
        ("cases.jsonl", b"\xff\xfe\x00", "cases.jsonl"),
        ("cases.json.gz", b"not packed", "no gzip file"),
        ("cases.jsonl.gz", gzip.compress(CASES, mtime=0)[:-9], "ends too early"),
        ("cases.parquet", b"PAR1 not at all", "cases.parquet"),
        ("classification.jsonl", CASES, "standard suite"),
        ('"><script>alert(1)</script>.exe', CASES, "no file of cases"),
    ],
)
def test_a_bad_file_is_refused_with_a_next_step(api: ApiClient, name: str, content: bytes, words: str) -> None:
    answer = post_file(api, name, content)
    assert 422 == answer.status_code
    assert words in answer.json()["detail"]
    assert answer.json().get("next_step")
    assert "/tmp/" not in answer.text
    assert "benchwright-file-" not in answer.text
    assert "application/problem+json" == answer.headers["content-type"]


def test_large_files_and_bombs_are_refused(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LARGEST_FILE", 1_000)
    assert 413 == post_file(api, "cases.jsonl", CASES * 20).status_code
    monkeypatch.setattr(uploads, "LARGEST_UNPACKED", 10_000)
    assert 413 == post_file(api, "cases.jsonl.gz", gzip.compress(b" " * 100_000)).status_code


def test_a_file_that_names_code_runs_none(api: ApiClient) -> None:
    header = b'{"benchmark": {"name": "x", "metrics": ["/tmp/evil.py:Metric"]}}\n'
    answer = post_file(api, "cases.jsonl", header + CASES)
    assert 422 == answer.status_code
