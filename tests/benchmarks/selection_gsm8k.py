"""Four real systems on 1,319 GSM8K questions: does a selection lose to the best of them? Prints one line of JSON.

Takes the folder that holds `cases.jsonl.gz` (one line a question, with each system's recorded verdict). Half of the
questions are learned from, the others judge; 20 such splits. Exit 1 where the mean loss to the best single system is
more than .003, or that of any split is.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from selection_bounds import Bound, printed  # noqa: E402 - stands beside it

from evaluation.records.evidence import Choosable, Evidence, EvidenceCase  # noqa: E402
from selection.choosing.choice import choose  # noqa: E402
from selection.learning.quality_matrix import evidence_of, quality_matrix  # noqa: E402
from selection.learning.training import train  # noqa: E402
from selection.preferences import Question  # noqa: E402
from selection.scoreboards.building import build_scoreboard  # noqa: E402

TASK = "reasoning"
MOST_LOST = 0.003


def main() -> int:
    """Runs the splits and says what was lost or gained."""
    given = _arguments()
    path = given.folder / "cases.jsonl.gz"
    if not path.is_file():
        print(json.dumps({"program": "selection_gsm8k", "skipped": f"{str(path)!r} is not there"}))
        return 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    evidence, prompts = _evidence(cases), tuple(case["prompt"] for case in cases)
    splits = [_split(evidence, prompts, seed) for seed in range(given.splits)]
    lost = [one["best_single"] - one["model"] for one in splits]
    bounds = [
        Bound(name="mean loss to the best single candidate", value=float(np.mean(lost)), most=MOST_LOST),
        Bound(name="largest loss of a split", value=float(np.max(lost)), most=MOST_LOST),
    ]
    return printed("selection_gsm8k", bounds, splits=splits)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="holds cases.jsonl.gz")
    parser.add_argument("--splits", type=int, default=20)
    return parser.parse_args()


def _evidence(cases: Sequence[dict[str, Any]]) -> Evidence:
    names = tuple(sorted(cases[0]["models"]))
    right = [[float(case["models"][name]["correct"]) for name in names] for case in cases]
    size = len(cases) * len(names)
    at, candidate = np.divmod(np.arange(size), len(names))
    unknown = np.full(size, np.nan)
    return Evidence(
        candidates=tuple(Choosable(key=name, label=name, model=name) for name in names),
        cases=tuple(
            EvidenceCase(task=TASK, yardstick="gsm8k", case_id=case["case_id"], family=case["case_id"])
            for case in cases
        ),
        candidate=candidate.astype(np.int32),
        case=at.astype(np.int32),
        quality=np.array(right).ravel(),
        latency_s=unknown,
        cost_usd=unknown,
        energy_j=unknown,
        fingerprint="gsm8k",
    )


def _split(evidence: Evidence, prompts: Sequence[str], seed: int) -> dict[str, Any]:
    shown = np.random.default_rng(seed).random(len(prompts)) < 0.5
    known = evidence_of(evidence, shown)
    kept = [prompt for prompt, one in zip(prompts, shown.tolist(), strict=True) if one]
    trained = train(known, kept, rng=np.random.default_rng(seed))
    model, board = trained.model, build_scoreboard(known)
    keys = tuple(candidate.key for candidate in board.candidates)
    values: NDArray[np.float64] = quality_matrix(evidence).values[~shown]
    named = []
    for case in np.flatnonzero(~shown):
        choice = choose(board, Question(task=TASK), deviations=model.deviations(TASK, prompts[case], keys))
        named.append(keys.index(choice.chosen.key if choice.chosen else ""))
    reached = values[np.arange(len(values)), named]
    return {
        "kind": trained.model.kind,
        "n_cases": len(values),
        "model": float(reached.mean()),
        "best_single": float(values.mean(axis=0).max()),
        "oracle": float(values.max(axis=1).mean()),
    }


if __name__ == "__main__":
    raise SystemExit(main())
