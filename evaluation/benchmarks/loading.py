"""Benchmark loading by name or path, and its one-line description."""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from evaluation.benchmarks.benchmark_file import load_file
from evaluation.benchmarks.formats import FORMATS
from evaluation.benchmarks.suites import load_suite, standard_suites
from evaluation.case import Benchmark
from evaluation.errors import ConfigurationError
from evaluation.files.allowed_files import allowed_path, file_limit


def load_benchmark(
    source: str | Path,
    *,
    fields: Mapping[str, str] | None = None,
    ignore: Sequence[str] = (),
    name: str | None = None,
) -> Benchmark:
    """Return the benchmark behind a standard suite's name or a file's path.

    Args:
        source: The name of a suite, or a path to JSONL, CSV, TSV, Parquet, JSON or YAML, each also as `.gz`.
        fields: Our field names to the file's, such as `{"prompt": "question"}`; takes precedence over the file's own
            mapping.
        ignore: Fields of the file to leave out.
        name: What to call it; else the header's name, or the file's.

    Raises:
        UnknownNameError: neither a suite nor a path.
        BenchmarkError: the file cannot be used.
    """
    if not _is_path(source):
        refuse_fields(f"the standard suite {str(source)!r}", fields, ignore)
        suite = load_suite(str(source))
        return replace(suite, name=name) if name else suite
    path = allowed_path(Path(source), what="the benchmark")
    return load_file(path.expanduser(), fields=fields, ignore=ignore, name=name, source=str(source))


def _is_path(source: str | Path) -> bool:
    if isinstance(source, Path):
        return True
    if source in standard_suites():
        return False
    return "/" in source or "\\" in source or bool(Path(source).suffix) or _is_there(source)


def _is_there(name: str) -> bool:
    """Check whether a name without folder and suffix is a file, where it may be one."""
    if (limit := file_limit()) is None:
        return os.path.exists(name)
    return limit.folder is not None and os.path.exists(limit.folder / name)


def refuse_fields(what: str, fields: Mapping[str, str] | None, ignore: Sequence[str]) -> None:
    """Raise `ConfigurationError` if fields were mapped or ignored for `what`, which is no file."""
    if fields or ignore:
        raise ConfigurationError(
            f"{'a mapping of fields was' if fields else 'fields to ignore were'} given for {what}, which is not a file",
            "Give --field and --ignore-field for files alone, in a command of their own.",
        )


def recognised_line(benchmark: Benchmark) -> str:
    """Return one line on what was loaded.

    `gsm8k. 1,319 cases, read as GSM8K (reasoning); metrics numeric_match (headline)`.
    """
    n = len(benchmark.cases)
    title = FORMATS[benchmark.format].title
    headline = next((metric for metric in benchmark.metrics if _is_called(metric, benchmark.headline)), None)
    metrics = ", ".join(f"{metric} (headline)" if metric == headline else metric for metric in benchmark.metrics)
    cases = "1 case" if n == 1 else f"{n:,} cases"
    return f"{benchmark.name}: {cases}, read as {title} ({benchmark.task_type}); metrics {metrics}"


def _is_called(metric: str, name: str) -> bool:
    return name in (metric, metric.partition("(")[0].strip())


def equal_contents(benchmark: Benchmark) -> tuple[tuple[str, ...], ...]:
    """Return the groups of case ids with equal questions and accepted answers, in the file's order.

    Empty where all cases differ.
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for case in benchmark.cases:
        groups[case.content_hash].append(case.case_id)
    return tuple(tuple(ids) for ids in groups.values() if len(ids) > 1)
