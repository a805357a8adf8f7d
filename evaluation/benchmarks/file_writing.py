"""A benchmark as the lines of a JSONL file, which is read back as the same benchmark."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.case import Benchmark, Case

Line = dict[str, Any]
ORIGIN = "came_from"
"""Field of a file with where a case came from."""


def rows_of(benchmark: Benchmark) -> list[Line]:
    """Return the lines of the file: its header, then a case a line."""
    return [{"benchmark": _header(benchmark)}, *map(_row, benchmark.cases)]


def rows_with_origin(benchmark: Benchmark, origins: Sequence[Mapping[str, str]]) -> list[Line]:
    """Return the lines of the file, each case with where it came from.

    That is a field of the file which its header says to ignore: the cases stay equal to those that they are copies of,
    so that their answers count as evidence on one question.

    Args:
        benchmark: The benchmark.
        origins: Where each case came from.
    """
    header, *rows = rows_of(benchmark)
    header["benchmark"]["ignore_fields"] = [ORIGIN]
    return [header, *({**row, ORIGIN: dict(origin)} for row, origin in zip(rows, origins, strict=True))]


def as_jsonl(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the lines as text."""
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def write_new_file(file: Path, text: str) -> None:
    """Write a file that is not there yet: whole, or not at all.

    Raises:
        OSError: it is there already, or cannot be written.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8", errors="replace")
        os.link(draft, file)  # which fails where there is one, unlike a renaming
    finally:
        draft.unlink(missing_ok=True)


def _header(benchmark: Benchmark) -> Line:
    header: Line = {
        "name": benchmark.name,
        "task_type": benchmark.task_type,
        "prompt": {"system": benchmark.prompt.system, "template": benchmark.prompt.template},
        "metrics": list(benchmark.metrics),
        "headline": benchmark.headline,
        "description": benchmark.description,
        "licence": benchmark.licence,
    }
    if benchmark.criteria:
        header["criteria"] = benchmark.criteria
    if benchmark.options:
        header["options"] = dict(benchmark.options)
    return header


def _row(case: Case) -> Line:
    content = {name: value for name, value in case.content.items() if value not in ("", None, [], {})}
    return {"case_id": case.case_id, **content}
