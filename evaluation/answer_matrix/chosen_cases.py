"""Cases that a person chose in the matrix, as a benchmark of their own that says where each came from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evaluation.benchmarks.file_writing import as_jsonl, rows_with_origin
from evaluation.errors import ConfigurationError
from evaluation.files.names import checked_name
from evaluation.formatting import counted, listed
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.run_cases import run_case_ids
from evaluation.store.runs import find_run
from evaluation.store.session import Store

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenBenchmark:
    """The file of a benchmark of chosen cases."""

    name: str
    n_cases: int
    text: str
    """The lines of the file."""


def chosen_benchmark(store: Store, run_id: str, case_ids: Sequence[str], *, name: str = "", by: str) -> ChosenBenchmark:
    """Return the benchmark of some cases of a run, in the benchmark's order.

    Args:
        store: The results.
        run_id: Id of the run, the beginning of one, or `last`.
        case_ids: The cases.
        name: Its name; empty: that of the run's benchmark with `-chosen`.
        by: Who chose them.

    Raises:
        UnknownNameError: no such run.
        ConfigurationError: no case, a case that the run did not ask, or no name.
    """
    plan = find_run(store, run_id).plan
    chosen = checked_choice(store, plan.run_id, case_ids)
    benchmark = load_benchmark_version(store, plan.benchmark_version, plan.benchmark_name, case_ids=chosen)
    sentence = (
        f"{counted(len(chosen), 'case')} of {plan.benchmark_name}, version {plan.benchmark_version}, chosen by {by} in "
        f"the answers of run {plan.run_id}: not a random sample."
    )
    made = replace(
        benchmark,
        name=checked_name(name or f"{plan.benchmark_name}-chosen", what="a benchmark"),
        description=f"{benchmark.description} {sentence}".strip(),
    )
    origins = [
        {
            "benchmark": plan.benchmark_name,
            "version": plan.benchmark_version,
            "case_id": case.case_id,
            "run_id": plan.run_id,
        }
        for case in made.cases
    ]
    return ChosenBenchmark(name=made.name, n_cases=len(made.cases), text=as_jsonl(rows_with_origin(made, origins)))


def checked_choice(store: Store, run_id: str, case_ids: Sequence[str]) -> list[str]:
    """Return chosen cases, each once, in the order of the benchmark.

    Raises:
        ConfigurationError: there is none, or one that the run did not ask.
    """
    chosen = dict.fromkeys(case_ids)
    if not chosen:
        raise ConfigurationError("no case is chosen", "Mark some in the answers of the run, or choose all of a filter.")
    ordered = [case_id for page in run_case_ids(store, run_id) for case_id in page if case_id in chosen]
    if len(ordered) < len(chosen):
        absent = listed([repr(case_id[:80]) for case_id in chosen.keys() - set(ordered)], _MOST_NAMED)
        raise ConfigurationError(f"run {run_id} has no case {absent}", "Choose among its cases.")
    return ordered
