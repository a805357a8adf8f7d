"""The `--json` of commands that read the store is held against files: what other programs read changes on purpose.

After a change on purpose, `WRITE_JSON_CONTRACT=1 pytest tests/deployments/cli/test_json_contract.py` writes the files
again; read the diff. Moments, identifiers, ports, folders and versions have names in their place;
numbers have six digits, since the last ones differ between processors.
"""

import csv
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from compared_runs import candidate, cases_of, failed, right_on, timed
from recommendable import fill
from stored_runs import store_run
from watched_runs import answers, many_cases, watched_run

from evaluation.monitoring.monitoring_pass import run_pass
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.store.alerts import record_look
from evaluation.store.session import open_store

Command = Callable[..., Any]
Words = tuple[str, ...]

CONTRACT = Path(__file__).parent / "json_contract"
WRITES = "WRITE_JSON_CONTRACT"

STORED: Mapping[str, Words] = {
    "runs-list": ("runs", "list"),
    "show": ("show", "mixed"),
    "show-case": ("show", "mixed", "--case", "c03"),
    "show-of-one-task": ("show", "run-summarization"),
    "compare": ("compare", "run-summarization"),
    "compare-by-margin": ("compare", "mixed", "--margin", "0.1", "--metric", "exact_match"),
    "compare-unpaired": ("compare", "mixed", "usual", "--unpaired", "--against", "first"),
    "recommend": ("recommend", "--task", "summarization"),
    "recommend-abstains": ("recommend", "--task", "law"),
    "recommend-under-limits": ("recommend", "--task", "summarization", "--max-latency", "2s"),
    "selection-show": ("selection", "show"),
    "selection-history": ("selection", "history"),
    "selection-imports": ("selection", "imports"),
    "selection-recommendations": ("selection", "recommendations"),
    "experiments-list": ("experiments", "list"),
    "experiments-show": ("experiments", "show", "ladder"),
    "experiments-diff": ("experiments", "diff", "mixed", "later"),
    "alerts-list": ("alerts", "list"),
    "alerts-silences": ("alerts", "silences"),
    "traffic-list": ("traffic", "list"),
    "traffic-list-calls": ("traffic", "list", "--calls", "5"),
    "endpoints-list": ("endpoints", "list"),
    "profiles-list": ("profiles", "list"),
    "profiles-show": ("profiles", "show", "chain_of_thought"),
    "benchmarks-list": ("benchmarks", "list"),
    "benchmarks-show": ("benchmarks", "show", "numbers"),
    "metrics-list": ("metrics", "list"),
    "metrics-show": ("metrics", "show", "exact_match"),
    "review-list": ("review", "list"),
    "db-info": ("db", "info"),
}
"""Commands that read the store below."""


@pytest.fixture
def filled(database: str, benchwright: Command, tmp_path: Path) -> str:
    """A store with something of everything that commands show."""
    now, cases, usual = datetime.now(UTC), cases_of(12), many_cases(20)
    metrics = ("exact_match", "token_f1", "latency_s", "output_tokens")
    with open_store(database) as store:
        fill(store)
        store_run(
            store,
            candidate("good:1b", timed(cases, 1.0)),
            candidate("bad:1b", right_on(cases, range(5)) | failed(cases, (11,)), options={"temperature": 0.5}),
            cases=cases,
            run_id="mixed",
            metrics=metrics,
        )
        store_run(
            store, candidate("good:1b", timed(cases, 2.0)), cases=cases, run_id="later", metrics=metrics, reason="none"
        )
        watched_run(store, usual, answers(usual), run_id="usual", age=timedelta(days=1), now=now)
        slow = answers(usual, seconds=4)
        watched_run(store, usual, slow, run_id="slow", age=timedelta(hours=1), now=now, digest="weights-2")
        seen = run_pass(store, MonitorRequest(), now)
        record_look(store, seen.findings, judged=seen.judged, looks=seen.looks)
    prepared = [
        ("selection", "import", _law(tmp_path / "law.csv")),
        ("traffic", "import", _calls(tmp_path / "calls.jsonl", now)),
        ("endpoints", "add", "here", "http://127.0.0.1:9", "--slots", "2", "--no-check"),
        ("experiments", "create", "ladder", "--question", "Which one?"),
        ("experiments", "add", "ladder", "mixed", "later"),
        ("alerts", "silence", "--rule", "tokens", "--until", "1h"),
    ]
    for words in prepared:
        assert 0 == (said := benchwright(*words)).code, said.err
    return database


def _law(path: Path) -> Path:
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["candidate", "task", "case_id", "prompt", "quality", "latency_s"])
        for i in range(12):
            out.writerow(["clever", "court", f"c{i}", f"May one do this, {i}?", 1, 2])
            out.writerow(["quick", "court", f"c{i}", f"May one do this, {i}?", i % 2, 1])
    return path


def _calls(path: Path, now: datetime) -> Path:
    moments = [(now - timedelta(hours=hours)).isoformat() for hours in (1, 2, 3)]
    calls: list[dict[str, Any]] = [
        {"candidate": "a:1b", "started_at": moments[0], "duration_s": 2, "id": "1"},
        {"candidate": "a:1b", "started_at": moments[1], "duration_s": 9, "ok": False, "error_type": "TimeoutError"},
        {"candidate": "b:1b", "started_at": moments[2], "duration_s": 0.5, "output_tokens": 5},
    ]
    path.write_text("".join(json.dumps({"task": "flash", **call}) + "\n" for call in calls))
    return path


class Named:
    """Names in place of what differs from run to run; the same thing has the same name throughout."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._names: dict[str, str] = {}
        self._numbers: dict[str, Iterator[int]] = {}

    def of(self, text: str) -> str:
        """Return the text with names."""
        text = text.replace(self._folder, "FOLDER")
        text = re.sub(r'"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^"]*"', '"MOMENT"', text)
        text = re.sub(r"\b\d{4}-\d\d-\d\d\b", "DAY", text)
        text = re.sub(r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:PORT", text)
        text = re.sub(r"gpu-127-0-0-1-\d+", "gpu-PORT", text)
        text = re.sub(r"\b\d+\.\d+\.\d+\+g[0-9a-f]+(\.dirty)?\b", "VERSION", text)
        hexadecimal = r"(?<![.\w])[0-9a-f]{12,64}\b"
        uuid = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        text = re.sub(f"{uuid}|{hexadecimal}", lambda found: self._name("ID", found[0]), text)
        text = re.sub(r'("size_bytes": )\d+', r"\1NUMBER", text)
        text = re.sub(r"-?\d+\.\d{9,}(e-?\d+)?", lambda found: f"{float(found[0]):.6g}", text)
        return text

    def _name(self, kind: str, what: str) -> str:
        if what not in self._names:
            self._names[what] = f"{kind}-{next(self._numbers.setdefault(kind, count(1)))}"
        return self._names[what]


def _differs(name: str, text: str) -> bool:
    path = CONTRACT / f"{name}.json"
    if os.environ.get(WRITES):
        path.write_text(text)
    return not path.is_file() or path.read_text() != text


def test_what_is_stored_is_said_as_before(filled: str, benchwright: Command, tmp_path: Path) -> None:
    said = {name: benchwright(*words, "--json") for name, words in STORED.items()}

    assert {} == {name: one.err for name, one in said.items() if one.code not in (0, 2) or not one.out}
    texts = {name: Named(tmp_path).of(one.out) for name, one in said.items()}
    assert [] == [name for name, text in texts.items() if _differs(name, text)], "see the module's docstring"
