"""The runs that provide the evidence on a task."""

from collections.abc import Collection

from evaluation.store.evidence_base import EvidenceBase
from evaluation.store.session import Store


def runs_behind(store: Store, *, task: str, keys: Collection[str]) -> tuple[list[tuple[str, str]], int]:
    """Return the newest run of each benchmark that asked at least two of these candidates.

    Args:
        store: The store.
        task: Task of the benchmarks.
        keys: Keys of the candidates.

    Returns:
        Run id and benchmark name of each of these runs, the newest first, and how many runs and imports the task has in
        all.
    """
    with store.read() as connection:
        base = EvidenceBase.read(connection)
    keys_by_run: dict[str, set[str]] = {}
    newest: dict[str, str] = {}
    shown: dict[str, str] = {}
    for candidate in base.asked:  # in the order in which they were stored
        if candidate.yardstick.task != task:
            continue
        of_run = keys_by_run.setdefault(candidate.yardstick.run_id, set())
        of_run.add(candidate.key)
        if len(of_run & set(keys)) > 1:
            newest.pop(candidate.yardstick.name, None)
            newest[candidate.yardstick.name] = candidate.yardstick.run_id
            shown[candidate.yardstick.run_id] = candidate.yardstick.benchmark_name
    return [(run_id, shown[run_id]) for run_id in reversed(newest.values())], len(keys_by_run) + len(base.imports)
