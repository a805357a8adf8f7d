"""Verdicts of `compare` on the runs behind a recommendation, where the two judge different evidence.

A recommendation judges everything measured on a task; a comparison judges one run. Where both rest on right-or-wrong
answers of one run, they are one test with one p-value; otherwise their verdicts are shown side by side.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from selection.answers import Recommendation

if TYPE_CHECKING:
    from evaluation.store.session import Store

MOST_RUNS = 3
"""Maximum number of runs to compare, the newest first; beyond that, the command to compare them is named."""


_TESTS_OF_A_RUN = ("exact McNemar", "McNemar", "sign flips")
"""Names of the tests that `compare` also uses for the candidates of one run."""


def verdicts_of_runs(recommendation: Recommendation, url: str | None) -> list[dict[str, Any]]:
    """Return the verdict of each run with at least two of the candidates, the newest of each benchmark.

    Empty where no test told candidates apart, where no task was named, and where one run is all the evidence and the
    test is that of the comparison.
    """
    from evaluation.store.evidence_runs import runs_behind
    from evaluation.store.session import open_store

    if recommendation.task is None or recommendation.candidate is None or recommendation.tested_by is None:
        return []
    keys = {recommendation.candidate.key, *(alternative.candidate.key for alternative in recommendation.alternatives)}
    with open_store(url) as store:
        runs, n_in_all = runs_behind(store, task=recommendation.task, keys=keys)
        if n_in_all == 1 and recommendation.tested_by.startswith(_TESTS_OF_A_RUN):
            return []
        return [_verdict(store, run_id, benchmark) for run_id, benchmark in runs[:MOST_RUNS]]


def _verdict(store: "Store", run_id: str, benchmark: str) -> dict[str, Any]:
    from evaluation.comparisons.run_verdict import verdict_of_run

    return {"run_id": run_id, "benchmark": benchmark, "sentences": verdict_of_run(store, run_id)}


def lines_of(verdicts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the verdicts as text; empty where there are none."""
    lines = ["one run alone, by its own tests (`benchwright compare RUN`):"] if verdicts else []
    for verdict in verdicts:
        first, *others = verdict["sentences"] or ["its candidates have no case in common"]
        lines += [f"- {verdict['run_id']}, {verdict['benchmark']}: {first}", *(f"- {sentence}" for sentence in others)]
    return lines
