"""What a test wants to know of a run afterwards; and processes that hold one, alive or dead."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from evaluation.records.outcomes import StoredOutcome
from evaluation.records.runs import RunRecord
from evaluation.results.runs import CandidateResult
from evaluation.run_results.run_result import invocation_result
from evaluation.store.holders import beat, process_start, take_hold, this_host
from evaluation.store.outcomes import iterate_outcomes
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store


def only_run(store: Store, invocation_id: str = "one") -> RunRecord:
    """The one run of an invocation."""
    (run,) = runs_of_invocation(store, invocation_id)
    return run


def outcomes(store: Store, invocation_id: str = "one", candidate: int = 0) -> list[StoredOutcome]:
    """All outcomes of one of its candidates."""
    row_id = only_run(store, invocation_id).candidates[candidate].run_candidate_id
    return [found for page in iterate_outcomes(store, row_id) for found in page]


def results(store: Store, invocation_id: str = "one") -> dict[str, CandidateResult]:
    """What is reported of each candidate of the one run, by its label."""
    (run,) = invocation_result(store, invocation_id).runs
    return {candidate.label: candidate for candidate in run.candidates}


@contextmanager
def another_process() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that does nothing, for as long as the context is open."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def held_by(store: Store, process: "subprocess.Popen[bytes]", *run_ids: str, **how: Any) -> str:
    """Id of a holder: that process works on these runs; `how` may name its part and flow run."""
    start = process_start(process.pid)
    return take_hold(store, run_ids, host=this_host(), pid=process.pid, process_start=start, **how)


def died_with_a_slot(store: Store) -> str:
    """Id of a holder that died and still leases a slot, which others wait for until somebody frees it."""
    with another_process() as process:
        holder_id = held_by(store, process)
        beat(store, holder_id, lease_ids=["00000000-0000-0000-0000-00000000dead"])
        return holder_id


def held_by_a_dead_process(store: Store, *run_ids: str, **how: Any) -> str:
    """Id of a holder that died with its work."""
    with another_process() as process:
        return held_by(store, process, *run_ids, **how)
