"""How long does the curve of a cascade take on a large run, and how much memory?

    python tests/benchmarks/cascade_speed.py --cases 10000

A run of two cascades is stored with all of its stages, without any model: one by the log-probability of a single answer
(a threshold for each case), one by the agreement of five samples; both models were asked in every case. A second
process computes both curves, as `benchwright show RUN --cascade` does, and the shares escalated, as `show RUN` does.
"CPU seconds" are those of the curves alone, without the program's start.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from measuring import ROOT, print_result

sys.path.insert(0, str(ROOT / "tests" / "support"))

from stored_runs import Asked, answer, numbers, store_run
from stored_stages import make_stage

from evaluation.candidate import Candidate, PipelineChoice
from evaluation.case import Case
from evaluation.pipelines.cascade import Cascade
from evaluation.pipelines.stages import ModelReply
from evaluation.records.stages import StageRow
from evaluation.run_results.cascade_result import cascade_result, cascade_shares
from evaluation.store.runs import find_run
from evaluation.store.session import Store, open_store
from evaluation.store.stage_rows import insert_stages

SEED = 20261124
SIGNALS = {"logprob": ("answer",), "agreement": tuple(f"sample {n}" for n in range(1, 6))}
"""Names of the small model's stages by signal."""
CASES_AT_ONCE = 1000


def make_run(store: Store, n_cases: int, run_id: str = "run-1") -> str:
    """Store the run and return its id."""
    cases, rng = numbers(n_cases), random.Random(SEED)
    outcomes = {case.case_id: answer(case.references[0]) for case in cases}
    asked = []
    for signal in SIGNALS:
        options = {"large": "big:7b", "signal": signal, "ask_both": "true", "threshold": "0"}
        cascade = Cascade(large="big:7b", signal=signal, ask_both=True, threshold=0.0)
        choice = PipelineChoice(
            name="cascade", options=options, signature=cascade.signature, models={"big:7b": "digest of big:7b"}
        )
        candidate = Candidate(model="small:1b", digest="digest of small:1b", pipeline=choice)
        asked.append(Asked(candidate=candidate, outcomes=outcomes))
    store_run(store, *asked, cases=cases, run_id=run_id)
    for record, names in zip(find_run(store, run_id).candidates, SIGNALS.values(), strict=True):
        for start in range(0, n_cases, CASES_AT_ONCE):
            rows = list(stages(record.run_candidate_id, names, cases[start : start + CASES_AT_ONCE], rng))
            with store.write() as connection:
                insert_stages(connection, rows)
    return run_id


def stages(row_id: int, names: tuple[str, ...], cases: tuple[Case, ...], rng: random.Random) -> Iterator[StageRow]:
    """Yield the stages of these cases: the small model is right in six of ten answers, the larger one in nine."""
    for case in cases:
        for position, name in enumerate((*names, "escalated")):
            is_right = rng.random() < (0.9 if name == "escalated" else 0.6)
            text = case.references[0] if is_right else str(rng.randrange(3))
            reply = replace(answer(text), mean_logprob=-rng.random())
            row = make_stage(row_id, name, model="big:7b" if name == "escalated" else "small:1b", position=position)
            yield replace(
                row,
                case_id=case.case_id,
                generation=reply,
                reply=ModelReply(generation=reply, mean_logprob=reply.mean_logprob),
            )


def measure(url: str, run_id: str) -> None:
    """Compute the curves, and print what that took as JSON."""
    with open_store(url) as store:
        before_mib, began, cpu_began = peak_mib(), time.perf_counter(), time.process_time()
        curves = cascade_result(store, run_id).curves
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
        began, cpu_began = time.perf_counter(), time.process_time()
        cascade_shares(store, run_id)
        shares_s, shares_cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    found = {
        "seconds": round(seconds, 2),
        "CPU seconds": round(cpu_seconds, 2),
        "seconds of the shares alone": round(shares_s, 2),
        "CPU seconds of the shares alone": round(shares_cpu_s, 2),
        "MiB at first": before_mib,
        "MiB at most": peak_mib(),
        "points": [len(curve.points) for curve in curves],
        "thresholds": [curve.n_thresholds for curve in curves],
    }
    print(json.dumps(found))


def peak_mib() -> int:
    """Return the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Store a run, measure its curves in a process of their own, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--measure", nargs=2, metavar=("URL", "RUN"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(*given.measure)
        return
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'cascades.db'}"
        with open_store(url) as store:
            run_id = make_run(store, given.cases)
        command = [sys.executable, __file__, "--measure", url, run_id]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = {"cases": given.cases, **json.loads(done.stdout)}
    said = f"{given.cases:,} cases: {found['seconds']} s, {found['MiB at most']} MiB"
    print_result("cascade_speed", found, said)


if __name__ == "__main__":
    main()
