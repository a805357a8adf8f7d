"""How long do programs of HumanEval's size take in the sandbox: 164 problems, 5 samples each, one in twenty endless?

    python tests/benchmarks/sandbox_speed.py --problems 164 --samples 5 --endless-every 20

The problems are made here, in HumanEval's own layout, and go the way of a benchmark: file, case, answer, program,
outcome, score. Of the answers that end, every second one is right. The figure fails where a verdict is not what it
must be. It has to stay below 180 seconds on two processors.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measuring import MeasuringError, print_result, workplace

from evaluation.benchmarks.loading import load_benchmark
from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.programs.program_metrics import PassAtK
from evaluation.program import ProgramOutcome
from evaluation.sandbox import describe_isolation, isolation, run_programs
from evaluation.scores import Measurement

ENDLESS = "    while True:\n        pass\n"


def problem(i: int) -> dict[str, Any]:
    """A problem in HumanEval's layout, with a docstring and a dozen assertions."""
    prompt = (
        "from typing import List\n\n\n"
        f"def problem_{i}(numbers: List[int], limit: int) -> List[int]:\n"
        f'    """The numbers below limit, each {i} more, in order.\n\n'
        f"    >>> problem_{i}([3, 1, 2], 3)\n    [{i + 1}, {i + 2}]\n"
        '    """\n'
    )
    checks = "".join(
        f"    assert candidate({list(range(n, 0, -1))}, {limit}) == {[k + i for k in range(1, min(n + 1, limit))]}\n"
        for n, limit in ((0, 5), (3, 2), (9, 7), (20, 30), (60, 11), (100, 1000))
    )
    test = f"METADATA = {{'author': 'benchmark'}}\n\n\ndef check(candidate):\n{checks}"
    return {
        "task_id": f"Made/{i}",
        "prompt": prompt,
        "canonical_solution": f"    return sorted(k + {i} for k in numbers if k < limit)\n",
        "test": test,
        "entry_point": f"problem_{i}",
    }


def samples(case: Case, i: int, n_samples: int, endless_every: int) -> list[tuple[str, str]]:
    """What models answered, and the label that each must get."""
    right = case.references[0].removeprefix(case.prompt)
    found = []
    for n in range(n_samples):
        if endless_every and (i * n_samples + n) % endless_every == 0:
            found.append((ENDLESS, "timed_out"))
        elif n % 2:
            found.append((right, "passed"))
        else:
            found.append((right.replace("sorted", "list"), "failed"))
    return found


def measure(cases: Sequence[Case], n_samples: int, endless_every: int, n_at_once: int | None) -> dict[str, Any]:
    """Seconds of all programs, and how they ended.

    Raises:
        MeasuringError: a verdict is wrong.
    """
    metric, found = PassAtK(), isolation()
    asked = [
        (case, Generation(text=answer, answer=answer), label)
        for i, case in enumerate(cases)
        for answer, label in samples(case, i, n_samples, endless_every)
    ]
    began = time.monotonic()
    requests = [metric.requests(case, (generation,))[0] for case, generation, _ in asked]
    outcomes: list[ProgramOutcome] = run_programs(
        [request.program for request in requests], isolation=found, n_at_once=n_at_once
    )
    seconds = time.monotonic() - began
    ends: dict[str, int] = {}
    for (case, generation, label), request, outcome in zip(asked, requests, outcomes, strict=True):
        measured = metric.measure(case, (generation,), {request: outcome})
        if not isinstance(measured, Measurement) or measured.label != label:
            raise MeasuringError(f"{case.case_id}: {measured} where {label!r} was due")
        ends[label] = ends.get(label, 0) + 1
    quick = sorted(each.duration_s for each in outcomes if each.end != "timed_out")
    return {
        "isolation": describe_isolation(),
        "n_programs": len(outcomes),
        "seconds": seconds,
        "programs_per_s": len(outcomes) / seconds,
        "median_program_s": quick[len(quick) // 2],
        "ends": ends,
    }


def main() -> None:
    """Prints one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--problems", type=int, default=164)
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--endless-every", type=int, default=20, help="one program in so many never ends; 0: none")
    parser.add_argument("--at-once", type=int, default=None)
    words = parser.parse_args()
    with workplace() as (folder, _):
        path = Path(folder) / "made.jsonl"
        path.write_text("".join(json.dumps(problem(i)) + "\n" for i in range(words.problems)))
        cases = load_benchmark(str(path)).cases
        values = measure(cases, words.samples, words.endless_every, words.at_once)
    said = f"{values['n_programs']} programs in {values['seconds']:.1f} s"
    print_result(Path(__file__).stem, {**vars(words), **values}, said)


if __name__ == "__main__":
    sys.exit(main())
