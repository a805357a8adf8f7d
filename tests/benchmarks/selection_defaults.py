"""What comes of recommendations as they are asked for by default, on pools of many kinds: the choices that serve.

Every question goes the way that `recommend` goes, from a view of scoreboard and model; nothing is set but the task and
the prompt, or the prompt alone. Choices are judged by the true chances on prompts that were not learned from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from selection_bounds import Bound, interval
from selection_forest import forest_names
from selection_kinds import KINDS, KNOWN, Drawn, draw, draw_as
from selection_pools import Matrix, Pool

from selection.budgets.allocation import allocate
from selection.budgets.expectations import N_TYPICAL
from selection.budgets.pacing import Pacer
from selection.choosing.choice_types import Choice
from selection.learning.calibration import calibration_error
from selection.learning.quality_matrix import evidence_of, quality_matrix
from selection.learning.training import train
from selection.preferences import Constraints, OnTie, Weights
from selection.recommender.answer import Question, chosen
from selection.recommender.view import View
from selection.scoreboards.building import build_scoreboard

WAYS = ("task named", "task not named", "permuted")
N_ASKED = 300
ENOUGH = 400
"""Cases of a task from which on what is told must be met."""
BUDGETS = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)
"""Shares of the way from the cheapest candidate's cost to the dearest's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What came of one pool; qualities are true chances, as means over prompts that were not learned from."""

    way: str
    drawn: Drawn
    learner: str
    single: float
    """Always the candidate that is the best single one by what was measured."""
    default: float
    best: float
    """With `on_tie="best"`."""
    forest: float
    """With what a random forest on the same features expects, the task always named to it."""
    announced: float | None
    """The gain over the best single candidate that the training reports."""
    calibration_error: float
    cost_share: float
    """Of the best single candidate's, with default settings."""
    below_route: float | None
    """How far a stream is below a plan at most, over all budgets; None: no prices."""
    falls: float | None
    """By how much more money makes a stream worse at most."""
    below_single: float | None
    """How far a stream is below the best single candidate that the budget pays for at most."""


def jobs_of(n_pools: int) -> list[tuple[str, str, str, int]]:
    """Kind, what is known, way and seed of so many pools, in rotation."""
    return [
        (KINDS[at % len(KINDS)], KNOWN[at // 2 % len(KNOWN)], WAYS[at // len(KINDS) % len(WAYS)], at)
        for at in range(n_pools)
    ]


def served_pool(job: tuple[str, str, str, int]) -> Served:
    """One pool, learned from and asked."""
    kind, known, way, seed = job
    rng = np.random.default_rng([seed, KINDS.index(kind), KNOWN.index(known)])
    drawn = draw_as(kind, known, rng)
    pool = draw(replace(drawn, n_cases=drawn.n_cases + N_ASKED), rng, permuted=way == "permuted")
    shown = _shown(pool, drawn.n_cases, rng)
    evidence = evidence_of(pool.evidence, shown)
    prompts = tuple(prompt for prompt, kept in zip(pool.prompts, shown.tolist(), strict=True) if kept)
    trained = train(evidence, prompts, rng=np.random.default_rng(seed))
    board = build_scoreboard(evidence)
    view = View(scoreboard=board, champion=trained.model.as_of(evidence), champion_id="1", stamp=None)
    asked = rng.permutation(np.flatnonzero(~shown))[:N_ASKED]
    by_default, at_best = (_choices(view, pool, asked, way, on_tie) for on_tie in ("cheapest", "best"))
    chance, cost = pool.chance[asked], pool.mean_cost[asked]
    single, rows = _best_single(evidence), np.arange(len(asked))
    keys, matrix = [candidate.key for candidate in board.candidates], quality_matrix(evidence)
    by_forest = forest_names(
        (list(prompts), matrix.tasks, matrix.values),
        ([pool.prompts[case] for case in asked.tolist()], pool.tasks[asked]),
        seed=seed,
    )
    named, named_best = ([keys.index(one.chosen.key) for one in found if one.chosen] for found in (by_default, at_best))
    told, expected = _told(by_default, keys), _expected(by_default, keys)
    labels = chance * (1 - 2 * drawn.noise) + drawn.noise
    cells = np.isfinite(told)
    held_out = trained.report.held_out
    has_prices = known in ("prices", "both") and bool(np.isfinite(board.overall.cost_usd).all())
    streams: tuple[float | None, ...] = (None, None, None)
    if has_prices and cells.all():
        measured = rng.permutation(np.flatnonzero(shown))[:N_TYPICAL]
        typical = _expected(_choices(view, pool, measured, way, "cheapest"), keys)
        streams = _streams(expected, typical, board.overall.cost_usd)
    return Served(
        way=way,
        drawn=drawn,
        learner=trained.model.kind,
        single=float(chance[:, single].mean()),
        default=float(chance[rows, named].mean()),
        best=float(chance[rows, named_best].mean()),
        forest=float(chance[rows, by_forest].mean()),
        announced=None if held_out is None else held_out.over_single.value,
        calibration_error=calibration_error(told[cells], labels[cells]) or 0.0,
        cost_share=float(cost[rows, named].mean() / cost[:, single].mean()),
        below_route=streams[0],
        falls=streams[1],
        below_single=streams[2],
    )


def served_again(plain: dict[str, Any]) -> Served:
    """What came of a pool, from its plain values."""
    return Served(**{**plain, "drawn": Drawn(**plain["drawn"])})


def _shown(pool: Pool, n_cases: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    shown = np.zeros(len(pool.prompts), dtype=np.bool_)
    for task in np.unique(pool.tasks):
        shown[rng.permutation(np.flatnonzero(pool.tasks == task))[:n_cases]] = True
    return shown


def _best_single(evidence: Any) -> int:
    counts = np.bincount(evidence.candidate, minlength=len(evidence.candidates))
    return int(np.argmax(np.bincount(evidence.candidate, evidence.quality, len(evidence.candidates)) / counts))


def _choices(view: View, pool: Pool, asked: NDArray[np.int64], way: str, on_tie: OnTie) -> list[Choice]:
    found = []
    for case in asked.tolist():
        task = None if way == "task not named" else str(pool.tasks[case])
        question = Question(
            task=task, prompt=pool.prompts[case], constraints=Constraints(), weights=Weights(), on_tie=on_tie
        )
        found.append(chosen(view, question).choice)
    return found


def _told(choices: Sequence[Choice], keys: Sequence[str]) -> Matrix:
    found = np.full((len(choices), len(keys)), np.nan)
    for row, choice in enumerate(choices):
        for one in choice.ranked:
            found[row, keys.index(one.candidate.key)] = one.quality.value
    return found


def _expected(choices: Sequence[Choice], keys: Sequence[str]) -> Matrix:
    found = np.full((len(choices), len(keys)), np.nan)
    for row, choice in enumerate(choices):
        for one in choice.ranked:
            found[row, keys.index(one.candidate.key)] = one.utility / 100
    return found


def _streams(expected: Matrix, typical: Matrix, cost: NDArray[np.float64]) -> tuple[float, float, float]:
    """How far a stream is below a plan, below itself with less money, and below a single candidate, at most.

    By what is expected, as both choose by it.
    """
    n, rows = len(expected), np.arange(len(expected))
    below, falls, single, before = -np.inf, -np.inf, -np.inf, -np.inf
    for share in BUDGETS:
        budget = n * float(cost.min() + share * np.ptp(cost))
        planned = expected[rows, allocate(expected, np.tile(cost, (n, 1)), budget)].mean()
        pacer = Pacer(budget, n_expected=n, typical=[(row, cost) for row in typical])
        streamed = expected[rows, [pacer.choose(row, cost) for row in expected]].mean()
        affordable = expected.mean(axis=0)[n * cost <= budget * (1 + 1e-12)]
        below, falls = max(below, planned - streamed), max(falls, before - streamed)
        single = max(single, affordable.max(initial=-np.inf) - streamed)
        before = streamed
    return float(below), float(falls), float(single)


def bounds_of(found: Sequence[Served]) -> list[Bound]:
    """What must hold of them, by way, by kind, and by what is known."""
    bounds = []
    groups = [(way, [one for one in found if one.way == way]) for way in WAYS]
    groups += [(f"kind {kind}", [one for one in found if one.drawn.kind == kind]) for kind in KINDS]
    groups += [(f"known: {known}", [one for one in found if one.drawn.known == known]) for known in KNOWN]
    for name, group in groups:
        if len(group) < 2:
            continue
        gain = interval([one.default - one.single for one in group])
        bounds.append(Bound(name=f"default, {name}: gain over the best single, upper end", value=gain[2], least=0.0))
        cost = float(np.mean([one.best - one.default for one in group]))
        bounds.append(Bound(name=f"default, {name}: given up for what is cheaper", value=cost, most=0.005))
    of_named = [one.default - one.forest for one in found if one.way != "task not named"]
    if len(of_named) > 1:
        high = interval(of_named)[2]
        bounds.append(Bound(name="default: gain over a random forest, upper end", value=high, least=0.0))
    many = [one for one in found if one.drawn.n_cases >= ENOUGH]
    if many:
        error = float(np.mean([one.calibration_error for one in many]))
        bounds.append(Bound(name=f"default, {ENOUGH} cases and more: calibration error", value=error, most=0.03))
    announced = [one.announced - (one.default - one.single) for one in found if one.announced is not None]
    if len(announced) > 1:
        low, high = interval(announced)[1:]
        bounds.append(Bound(name="default: announced less realised gain, lower end", value=low, most=0.0))
        bounds.append(Bound(name="default: announced less realised gain, upper end", value=high, least=0.0))
    for name, most in (("below_route", 0.01), ("falls", 0.005), ("below_single", 0.005)):
        values = [value for one in found if (value := getattr(one, name)) is not None]
        if values:
            bounds.append(Bound(name=f"budget of a stream: {name}, at most", value=max(values), most=most))
    return bounds


def about(found: Sequence[Served]) -> dict[str, Any]:
    """Means by way, for whoever writes them down."""
    return {
        way: {
            "pools": len(group),
            "gain_over_single": interval([one.default - one.single for one in group]),
            "gain_over_forest": interval([one.default - one.forest for one in group]),
            "gain_with_best": float(np.mean([one.best - one.single for one in group])),
            "announced": float(np.mean([one.announced for one in group if one.announced is not None])),
            "calibration_error": float(np.mean([one.calibration_error for one in group])),
            "cost_share": float(np.median([one.cost_share for one in group])),
        }
        for way in WAYS
        if len(group := [one for one in found if one.way == way]) > 1
    }
