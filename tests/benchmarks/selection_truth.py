"""Does the selection find the truth where it is known? Prints one line of JSON; exit 1 where a bound is missed.

Pools of candidates whose chance of a right answer is known for every prompt: with signal by task, by prompt, and with
none; each measured as it is, with 10 % of the labels turned, and with a candidate missing for half of the cases. A
fresh pool for every split; what is learned on the one part is judged by the true chances on the other. Beside them,
pools of many kinds (`selection_kinds`), with prices, memory, both or nothing known, tasks named or not, and answers
permuted, which are asked as anybody asks (`selection_defaults`). All choices are those of the default settings.

All of it takes hours of one core: with `--kept FILE` a run that was cut short is gone on with.
"""

import argparse
import sys
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from kept_jobs import KeptJobs, code_of  # noqa: E402
from selection_bounds import Bound, interval, printed  # noqa: E402 - stand beside it
from selection_defaults import Served, about, bounds_of, jobs_of, served_again, served_pool  # noqa: E402
from selection_pair import pair_shares  # noqa: E402
from selection_pools import SIGNALS, TASKS, Pool, draw_pool, with_gaps, with_label_noise  # noqa: E402

from evaluation.records.evidence import Evidence  # noqa: E402
from selection.choosing.choice import choose  # noqa: E402
from selection.learning.calibration import calibration_error  # noqa: E402
from selection.learning.quality_matrix import evidence_of, quality_matrix  # noqa: E402
from selection.learning.serving import ServedModel  # noqa: E402
from selection.learning.training import train  # noqa: E402
from selection.preferences import Constraints, Question  # noqa: E402
from selection.scoreboard import Deviations, Scoreboard  # noqa: E402
from selection.scoreboards.building import build_scoreboard  # noqa: E402

CAPPED = 300
"""So many held-out cases are asked under a cap on cost."""
CODE = (
    "selection/**/*.py",
    "evaluation/stats/*.py",
    "evaluation/records/evidence.py",
    "tests/benchmarks/selection_*.py",
)
VARIANTS = ("as it is", "10 % label noise", "one missing for half")
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What came of one split of one pool; qualities are true chances, as means over the held-out cases."""

    signal: str
    variant: str
    kind: str
    single: float
    per_task_truth: float
    oracle: float
    best_per_task: float
    model: float
    calibration_error: float
    n_over_cap: int
    cost_over_cap: float


def main() -> int:
    """Runs the splits and says what they show."""
    given = _arguments()
    jobs = [(signal, seed, given.cases, given.candidates) for signal in SIGNALS for seed in range(given.splits)]
    kept = KeptJobs(given.kept, code_of(*CODE))
    with get_context("spawn").Pool(given.workers) as workers:
        apply = workers.imap_unordered
        splits = [one for found in kept.each(apply, _splits, jobs, _splits_again) for one in _told(found)]
        served = [_served(found) for found in kept.each(apply, served_pool, jobs_of(given.pools), served_again)]
    pair = pair_shares(n_draws=given.draws, n_cases=200, rng=np.random.default_rng(given.splits))
    bounds = [bound for signal in SIGNALS if splits for bound in _bounds_of(signal, splits)] + bounds_of(served)
    bounds += [
        Bound(name="pair: the better one is named with on_tie='best'", value=pair["named"], least=0.90),
        Bound(name="pair: the better one is among the tied by default", value=pair["among_the_tied"], least=0.97),
    ]
    means = _about(given, splits) if splits else {}
    return printed("selection_truth", bounds, pair=pair, pools=about(served), **means)


def _told(found: list[Split]) -> list[Split]:
    """The same, after a line for those who wait."""
    for one in found:
        said = f"{one.single:.4f} {one.per_task_truth:.4f} {one.best_per_task:.4f} {one.model:.4f} {one.oracle:.4f}"
        print(f"{one.signal}, {one.variant}: {said} {one.kind}", file=sys.stderr, flush=True)
    return found


def _served(found: Served) -> Served:
    """The same, after a line for those who wait."""
    drawn = found.drawn
    said = (
        f"{drawn.kind}, {found.way}, {drawn.known} known, {drawn.n_candidates} candidates, {drawn.n_cases} cases: "
        f"{found.single:.4f} {found.default:.4f} {found.best:.4f} {found.calibration_error:.3f} {found.learner}"
    )
    print(said, file=sys.stderr, flush=True)
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--cases", type=int, default=1_000, help="of each task; six tenths are learned from")
    parser.add_argument("--candidates", type=int, default=8)
    parser.add_argument("--pools", type=int, default=84, help="of many kinds, asked with default settings")
    parser.add_argument("--draws", type=int, default=1_000, help="of the pair that differs by 5 points")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kept", type=Path, metavar="FILE", help="where results are kept, and taken from")
    return parser.parse_args()


def _splits(job: tuple[str, int, int, int]) -> list[Split]:
    signal, seed, n_cases, n_candidates = job
    rng = np.random.default_rng([seed, list(SIGNALS).index(signal)])
    pool = draw_pool(SIGNALS[signal], n_cases=n_cases, n_candidates=n_candidates, rng=rng)
    shown = rng.random(len(pool.prompts)) < 0.6
    noisy = with_label_noise(pool.evidence, 0.1, rng)
    measured = {
        VARIANTS[0]: (pool.evidence, pool.evidence),
        VARIANTS[1]: (noisy, noisy),
        VARIANTS[2]: (with_gaps(pool.evidence, int(rng.integers(n_candidates)), rng), pool.evidence),
    }
    return [_split(signal, name, pool, *both, shown, seed) for name, both in measured.items()]


def _splits_again(plain: list[dict[str, Any]]) -> list[Split]:
    return [Split(**one) for one in plain]


def _split(
    signal: str, variant: str, pool: Pool, evidence: Evidence, test: Evidence, shown: NDArray[np.bool_], seed: int
) -> Split:
    known = evidence_of(evidence, shown)
    prompts = tuple(prompt for prompt, kept in zip(pool.prompts, shown.tolist(), strict=True) if kept)
    trained = train(known, prompts, rng=np.random.default_rng(seed))
    board, asked = build_scoreboard(known), np.random.default_rng(seed).permutation(np.flatnonzero(~shown))
    tasks, chance = pool.tasks[asked], pool.chance[asked]
    found = [
        _deviations(trained.model, board, task, pool.prompts[case]) for task, case in zip(tasks, asked, strict=True)
    ]
    expected = np.array([board.standings[task].quality + one.value for task, one in zip(tasks, found, strict=True)])
    plain = {task: _named(board, task, None) for task in TASKS}
    named = [_named(board, task, one) if one.se.any() else plain[task] for task, one in zip(tasks, found, strict=True)]
    rows = np.arange(len(asked))
    came = quality_matrix(test).values[asked]
    over, cost = _under_cap(pool, board, tasks[:CAPPED], asked[:CAPPED], found[:CAPPED])
    return Split(
        signal=signal,
        variant=variant,
        kind=trained.model.kind,
        single=float(chance.mean(axis=0).max()),
        per_task_truth=float(np.mean([chance[tasks == task].mean(axis=0).max() for task in tasks])),
        oracle=float(chance.max(axis=1).mean()),
        best_per_task=float(chance[rows, [plain[task] for task in tasks]].mean()),
        model=float(chance[rows, named].mean()),
        calibration_error=calibration_error(expected.ravel(), came.ravel()) or 0.0,
        n_over_cap=over,
        cost_over_cap=cost,
    )


def _deviations(model: ServedModel, board: Scoreboard, task: str, prompt: str) -> Deviations:
    keys = tuple(candidate.key for candidate in board.candidates)
    found = model.deviations(task, prompt, keys)
    return Deviations(value=np.zeros(len(keys)), se=np.zeros(len(keys))) if found is None else found


def _named(board: Scoreboard, task: str, deviations: Deviations | None, **wishes: float) -> int:
    choice = choose(board, Question(task=task, constraints=Constraints(**wishes)), deviations=deviations)
    return [candidate.key for candidate in board.candidates].index(choice.chosen.key if choice.chosen else "")


def _under_cap(
    pool: Pool, board: Scoreboard, tasks: NDArray[np.str_], asked: NDArray[np.int64], found: list[Deviations]
) -> tuple[int, float]:
    """How many choices break the cap by the training's estimate, and what held-out answers cost by their caps.

    The cap of a task is the second lowest estimate of its candidates, on which one of them stands exactly.
    """
    caps = {task: float(np.sort(board.standings[task].cost_usd)[1]) for task in TASKS}
    plain = {task: _named(board, task, None, max_cost_per_1k=1000 * caps[task]) for task in TASKS}
    over, spent, allowed = 0, 0.0, 0.0
    for task, case, one in zip(tasks, asked, found, strict=True):
        named = _named(board, task, one, max_cost_per_1k=1000 * caps[task]) if one.se.any() else plain[task]
        over += bool(board.standings[task].cost_usd[named] > caps[task])
        spent, allowed = spent + float(pool.mean_cost[case, named]), allowed + caps[task]
    return over, spent / allowed


def _bounds_of(signal: str, splits: list[Split]) -> list[Bound]:
    of = {name: _sorted(splits, signal, name) for name in VARIANTS}
    clean = of[VARIANTS[0]]
    bounds = []
    for name, found in of.items():
        where = f"signal {signal}, {name}"
        if signal == "by task" and name == VARIANTS[0]:
            gained = sum(one.model - one.single for one in found)
            share = gained / sum(one.per_task_truth - one.single for one in found)
            bounds.append(Bound(name=f"{where}: share of the achievable gain", value=share, least=0.95))
        if signal == "by prompt" and name == VARIANTS[0]:
            low = interval([one.model - one.best_per_task for one in found])[1]
            bounds.append(
                Bound(name=f"{where}: gain over best per task, lower end of its interval", value=low, least=1e-9)
            )
        if signal == "none" and name == VARIANTS[0]:
            lost = float(np.mean([one.single - one.model for one in found]))
            bounds.append(Bound(name=f"{where}: loss to the best single", value=lost, most=0.003))
        if name != VARIANTS[0]:
            worse = float(np.mean([a.model - b.model for a, b in zip(clean, found, strict=True)]))
            bounds.append(Bound(name=f"{where}: worse than without", value=worse, most=0.01))
        error = float(np.mean([one.calibration_error for one in found]))
        bounds.append(Bound(name=f"{where}: calibration error", value=error, most=0.05))
        over = sum(one.n_over_cap for one in found)
        bounds.append(Bound(name=f"{where}: choices over the cap by the training's estimate", value=over, most=0))
        cost = float(np.mean([one.cost_over_cap for one in found]))
        bounds.append(Bound(name=f"{where}: held-out cost by the cap", value=cost, most=1.05))
    return bounds


def _sorted(splits: list[Split], signal: str, variant: str) -> list[Split]:
    return [one for one in splits if (one.signal, one.variant) == (signal, variant)]


def _about(given: argparse.Namespace, splits: list[Split]) -> dict[str, object]:
    means = {}
    for signal in SIGNALS:
        for variant in VARIANTS:
            found = _sorted(splits, signal, variant)
            names = ("single", "best_per_task", "per_task_truth", "model", "oracle", "calibration_error")
            means[f"{signal}, {variant}"] = {
                **{name: float(np.mean([getattr(one, name) for one in found])) for name in names},
                "kinds": {kind: [one.kind for one in found].count(kind) for kind in {one.kind for one in found}},
            }
    return {"splits": given.splits, "cases": given.cases, "candidates": given.candidates, "means": means}


if __name__ == "__main__":
    raise SystemExit(main())
