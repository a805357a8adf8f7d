"""The benchmarks shipped with Benchwright."""

from importlib.resources import as_file, files
from importlib.resources.abc import Traversable

from evaluation.benchmarks.benchmark_file import load_file
from evaluation.case import Benchmark
from evaluation.errors import UnknownNameError

SOURCE = "standard suite"


def standard_suites() -> tuple[str, ...]:
    """Return the names of the bundled suites, sorted."""
    return tuple(sorted(_files()))


def load_suite(name: str) -> Benchmark:
    """Load a bundled suite by its name.

    Raises:
        UnknownNameError: there is no such suite; lists the available ones.
    """
    suites = _files()
    if name not in suites:
        raise UnknownNameError(
            "benchmark",
            name,
            sorted(suites),
            next_step=f"Name one of the suites, or a file: a path such as ./{name}.jsonl is read as a file",
        )
    with as_file(suites[name]) as path:
        return load_file(path, source=SOURCE)


def _files() -> dict[str, Traversable]:
    folder = files("evaluation.benchmarks") / "standard"
    entries = folder.iterdir() if folder.is_dir() else ()
    return {entry.name.removesuffix(".jsonl"): entry for entry in entries if entry.name.endswith(".jsonl")}
