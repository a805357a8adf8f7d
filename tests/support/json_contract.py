"""What the `--json` of commands is held against: a file of each, with names in the place of what differs.

Moments, identifiers, ports, folders and versions have names; numbers have six digits, since the last ones differ
between processors. What a clock measured is left out by field and by metric alone: see `unmeasured`.
"""

import csv
import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from compared_runs import candidate, cases_of, failed, right_on, timed
from recommendable import fill
from stored_runs import store_run
from watched_runs import answers, many_cases, watched_run

from evaluation.monitoring.monitoring_pass import run_pass
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.store.alerts import record_look
from evaluation.store.session import open_store

CONTRACT = Path(__file__).parents[1] / "deployments/cli/json_contract"
WRITES = "WRITE_JSON_CONTRACT"
MEASURED_METRICS = frozenset({"latency_s", "ttft_s"})
"""Metrics whose values a clock measured."""
MEASURED_FIELDS = frozenset({"seconds", "minutes", "load_s", "generation_s"})
"""Fields that hold what a clock measured."""
STAYING = frozenset(
    {"metric", "signature", "unit", "higher_is_better", "a", "b", "n", "n_cases", "n_failed", "n_clusters"}
)
"""What no clock decides of a metric that one measured."""


def unmeasured(value: Any, *, is_measured: bool = False) -> Any:
    """Return JSON with a word in the place of each number, and of what follows from it, that a clock measured.

    These are the values of `MEASURED_FIELDS`, and all but the fields of `STAYING` in an object that stands under a
    metric of `MEASURED_METRICS` or has one as its `metric`. Every other number, text and count stays.
    """
    if isinstance(value, dict):
        is_measured = is_measured or value.get("metric") in MEASURED_METRICS
        return {key: _unmeasured_field(key, item, is_measured=is_measured) for key, item in value.items()}
    if isinstance(value, list):
        return [unmeasured(item, is_measured=is_measured) for item in value]
    return "MEASURED" if is_measured and value is not None else value


def _unmeasured_field(key: str, item: Any, *, is_measured: bool) -> Any:
    if is_measured and key in STAYING:
        return item
    is_own = (isinstance(item, dict) and key in MEASURED_METRICS) or (
        isinstance(item, float) and key in MEASURED_FIELDS
    )
    return unmeasured(item, is_measured=is_measured or is_own)


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
        text = re.sub(r"\b\d{4}-\d\d-\d\d\b( \d\d:\d\d\b)?", "DAY", text)
        text = re.sub(r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:PORT", text)
        text = re.sub(r"gpu-127-0-0-1-\d+", "gpu-PORT", text)
        text = re.sub(r"\b\d+\.\d+\.\d+\+g[0-9a-f]+(\.dirty)?\b", "VERSION", text)
        hexadecimal = r"(?<![.\w])[0-9a-f]{12,64}\b"
        uuid = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        text = re.sub(f"{uuid}|{hexadecimal}", lambda found: self._name("ID", found[0]), text)
        text = re.sub(r'"(\w+ \d+) \([0-9a-f]{6}\)"', r'"\1 (VERSION)"', text)
        text = re.sub(r'("size_bytes": )\d+', r"\1NUMBER", text)
        text = re.sub(r"-?\d+\.\d{9,}(e-?\d+)?", lambda found: f"{float(found[0]):.6g}", text)
        return text

    def _name(self, kind: str, what: str) -> str:
        if what not in self._names:
            self._names[what] = f"{kind}-{next(self._numbers.setdefault(kind, count(1)))}"
        return self._names[what]


def differs(name: str, text: str) -> bool:
    """Check whether the text is another one than the file's; where that is asked for, the file is written."""
    path = CONTRACT / f"{name}.json"
    if os.environ.get(WRITES):
        path.write_text(text)
    return not path.is_file() or path.read_text() != text


def fill_with_everything(database: str, benchwright: Callable[..., Any], folder: Path) -> None:
    """Store something of everything that commands show."""
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
        ("selection", "import", _law(folder / "law.csv")),
        ("traffic", "import", _calls(folder / "calls.jsonl", now)),
        ("endpoints", "add", "here", "http://127.0.0.1:9", "--slots", "2", "--no-check"),
        ("experiments", "create", "ladder", "--question", "Which one?"),
        ("experiments", "add", "ladder", "mixed", "later"),
        ("alerts", "silence", "--rule", "tokens", "--until", "1h"),
    ]
    for words in prepared:
        assert 0 == (said := benchwright(*words)).code, said.err


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
