"""The benchmark in whose words a measured candidate is asked in production."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from evaluation.benchmarks.rendering import shown_fields
from evaluation.case import Benchmark
from evaluation.errors import UnknownNameError
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.deciding_runs import deciding_runs
from evaluation.store.session import Store


def deciding_benchmark(store: Store, key: str, *, task: str | None, fields: Collection[str] = ()) -> Benchmark | None:
    """Return the benchmark with the most cases on which a candidate was measured, without its cases.

    The arguments are those of `deciding_version`; None where no run that decides is stored.
    """
    decided = deciding_version(store, key, task=task, fields=fields)
    return None if decided is None else decided[1]


def deciding_version(
    store: Store, key: str, *, task: str | None, fields: Collection[str] = ()
) -> tuple[str, Benchmark] | None:
    """Return the version of that benchmark, and the benchmark without its cases.

    Args:
        store: The runs that measured it.
        key: The candidate's fingerprint.
        task: Task for which it answers; None: all tasks.
        fields: Fields of a case (`choices`, `documents`) that a call gives: benchmarks that show these, and no others,
            come first.

    Returns:
        None where no run that decides is stored.
    """
    call_fields = set(fields)
    ranked: list[tuple[tuple[bool, bool, int, datetime], tuple[str, Benchmark]]] = []
    for run in deciding_runs(store, key, task=task):
        plan = run.plan
        with suppress(UnknownNameError):
            benchmark = load_benchmark_version(store, plan.benchmark_version, plan.benchmark_name, case_ids=())
            shown = shown_fields(benchmark.prompt.template)
            fit = (call_fields <= shown, shown <= call_fields, plan.n_cases, run.created_at)
            ranked.append((fit, (plan.benchmark_version, benchmark)))
    return max(ranked, key=lambda each: each[0])[1] if ranked else None
