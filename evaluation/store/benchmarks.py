"""Which benchmark versions are stored, and what are their cases?"""

from collections.abc import Sequence
from evaluation.case import Benchmark, Case
from evaluation.store.records import BenchmarkRecord
from evaluation.store.session import Store


def save_benchmark(store: Store, benchmark: Benchmark) -> str:
    """Version of the benchmark, stored with all its cases; saving it again changes only its metrics and descriptions."""
    raise NotImplementedError


def find_benchmark(store: Store, name_or_version: str) -> BenchmarkRecord | None:
    """The newest version of that name, else the benchmark of that version or unique prefix of one (8 digits or more)."""
    raise NotImplementedError


def list_benchmarks(store: Store) -> tuple[BenchmarkRecord, ...]:
    """The newest version of each name, by name."""
    raise NotImplementedError


def load_cases(store: Store, version: str, case_ids: Sequence[str] | None = None) -> tuple[Case, ...]:
    """Cases in the order of `case_ids`, or all in the order of the file. Raises StoreError for an unknown id."""
    raise NotImplementedError


def load_benchmark_version(store: Store, version: str, name: str | None = None) -> Benchmark:
    """The whole benchmark, with metrics and headline as saved last (under `name`). Raises UnknownNameError."""
    raise NotImplementedError
