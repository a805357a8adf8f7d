"""Shell completion of names: stored runs and benchmarks, suites, and metrics."""

from evaluation.errors import BenchwrightError
from evaluation.formatting import counted


def run_ids(incomplete: str) -> list[tuple[str, str]]:
    """Return the newest runs with this prefix, and `last`; none where the database cannot be read."""
    from deployments.cli.arguments import open_stored
    from evaluation.store.summaries import list_runs

    try:
        with open_stored(None) as store:
            runs = list_runs(store, limit=100)
    except BenchwrightError:
        return []
    ids = [("last", "the newest run"), *((run.run_id, run.benchmark_name) for run in runs)]
    return [(run_id, about) for run_id, about in ids if run_id.startswith(incomplete)]


def benchmark_names(incomplete: str) -> list[tuple[str, str]]:
    """Return suites and stored benchmarks with this prefix and their case counts; only suites without a database."""
    from deployments.cli.arguments import open_stored
    from evaluation.benchmarks.suites import standard_suites
    from evaluation.store.benchmarks import list_benchmarks

    about = dict.fromkeys(standard_suites(), "a standard suite")
    try:
        with open_stored(None) as store:
            about |= {benchmark.name: f"{counted(benchmark.n_cases, 'case')}" for benchmark in list_benchmarks(store)}
    except BenchwrightError:
        pass
    return [(name, description) for name, description in sorted(about.items()) if name.startswith(incomplete)]


def metric_names(incomplete: str) -> list[tuple[str, str]]:
    """Return the metrics with this prefix, with their descriptions."""
    from evaluation.metrics.parsing import available_metrics

    offered = available_metrics()
    names = sorted(name for name in offered if name.startswith(incomplete))
    return [(name, (offered[name].__doc__ or "").partition("\n")[0]) for name in names]
