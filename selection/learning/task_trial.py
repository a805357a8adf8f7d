"""Learners tried on one task: each predicts the families it was not shown, and only a real gain is believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from selection.features import Embed
from selection.learners import Learned, Learner, Lesson
from selection.learning.calibration import MOST, centred, slope
from selection.learning.families import Integers
from selection.learning.fitted_space import FittedSpace, fit_space
from selection.learning.gains import Gain, paired_gain, reached
from selection.learning.ridge import FittedRidge, fit_ridge, ridge_strength
from selection.learning.targets import Targets, targets
from selection.serving import ServedTask
from selection.two_way import Mask, Matrix, Vector

MIN_FAMILIES = 30
"""Under so many families of a task, nothing is learned from prompts."""
MOST_CASES = 5_000
"""So many cases of a task are learned from at most, drawn at random."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskData:
    """The cases of one task that may be learned from."""

    task: str
    keys: tuple[str, ...]
    """Of the candidates that were measured on them."""
    prompts: Sequence[str]
    values: Matrix
    """Qualities, shape (n_cases, n_candidates), NaN where missing."""
    families: Integers
    folds: Integers
    expected: Matrix
    """What the scoreboard without a case's own fold expects, shape (n_folds, n_candidates)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedTask:
    """A learner fitted to a task on which it was shown to gain."""

    learner: str
    space: FittedSpace
    learned: Learned
    difficulty: FittedRidge
    served: ServedTask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskTrial:
    """What came of a task."""

    task: str
    trained: TrainedTask | None
    """None: the best on the task is named, whatever the prompt."""
    gains: Mapping[str, Gain]
    """Of each learner over the best per task, on families it was not shown; at a level for as many as were tried."""
    n_cases: int
    n_families: int
    reason: str
    """In words, with numbers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Unseen:
    """What was predicted for cases by models that were not shown their families."""

    deviation: Mapping[str, Matrix]
    difficulty: Vector


def try_task(
    data: TaskData, *, learners: Sequence[Learner], rng: np.random.Generator, embed: Embed | None
) -> TaskTrial:
    """The learner that gains most on families it was not shown, fitted to all; none where no gain is real."""
    n_families = len(np.unique(data.families))
    if len(data.keys) < 2 or n_families < MIN_FAMILIES:
        return _untried(data, n_families)
    space = fit_space(data.prompts, rng=rng, embed=embed)
    features = space.space.of_all(data.prompts, embed).astype(np.float64)
    unseen = _unseen(data, features, learners, rng)
    gains = _gains(data, unseen, learners)
    real = [learner for learner in learners if gains[learner.name].is_real]
    best = max(real, key=lambda learner: gains[learner.name].value, default=None)
    if best is None:
        reason = "no learner gained over the best per task: " + _listed(gains)
        return TaskTrial(
            task=data.task, trained=None, gains=gains, n_cases=len(data.values), n_families=n_families, reason=reason
        )
    trained = _trained(data, space, features, unseen, best, rng)
    reason = f"{best.name} gained over the best per task: {_listed(gains)}"
    return TaskTrial(
        task=data.task, trained=trained, gains=gains, n_cases=len(data.values), n_families=n_families, reason=reason
    )


def _untried(data: TaskData, n_families: int) -> TaskTrial:
    reason = f"{len(data.keys)} candidates and {n_families} families of prompts; 2 and {MIN_FAMILIES} are needed"
    return TaskTrial(
        task=data.task, trained=None, gains={}, n_cases=len(data.values), n_families=n_families, reason=reason
    )


def _listed(gains: Mapping[str, Gain]) -> str:
    return ", ".join(f"{name} {gain.in_points()}" for name, gain in gains.items())


def _lesson(features: Matrix, found: Targets, families: Integers) -> Lesson:
    return Lesson(features=features, deviation=found.deviation, families=families, strength=found.strength)


def _difficulty(features: Matrix, found: Targets) -> FittedRidge:
    return fit_ridge(features, found.difficulty, ridge_strength(features, found.difficulty))


def _unseen(data: TaskData, features: Matrix, learners: Sequence[Learner], rng: np.random.Generator) -> _Unseen:
    deviation = {learner.name: np.zeros(data.values.shape) for learner in learners}
    difficulty = np.zeros(len(data.values))
    for fold in range(len(data.expected)):
        shown, asked = data.folds != fold, data.folds == fold
        known = np.isfinite(data.values[shown]).any(axis=0)
        if not asked.any() or known.sum() < 2:
            continue
        found = targets(features[shown], data.values[np.ix_(shown, known)])
        lesson = _lesson(features[shown], found, data.families[shown])
        difficulty[asked] = _difficulty(features[shown], found).predicted(features[asked])
        for learner in learners:
            part = learner.fit(lesson, rng).part
            predicted = np.array([part.deviations(row)[0] for row in features[asked]])
            deviation[learner.name][np.ix_(asked, known)] = predicted - predicted.mean(axis=1, keepdims=True)
    return _Unseen(deviation=deviation, difficulty=difficulty)


def _gains(data: TaskData, unseen: _Unseen, learners: Sequence[Learner]) -> dict[str, Gain]:
    """Each fold's deviations are shrunk by what the other folds say."""
    expected = data.expected[data.folds]
    without = reached(data.values, expected)
    level = 1 - 0.05 / len(learners)
    gains = {}
    for learner in learners:
        deviation = unseen.deviation[learner.name]
        shrinks = [_shrink(data, deviation, data.folds != fold) for fold in range(len(data.expected))]
        scores = expected + np.array(shrinks)[data.folds][:, None] * deviation
        gains[learner.name] = paired_gain(reached(data.values, scores), without, data.families, confidence_level=level)
    return gains


def _shrink(data: TaskData, deviation: Matrix, cases: Mask) -> float:
    apart = data.values[cases] - data.expected[data.folds[cases]]
    asked = np.isfinite(apart)
    return slope(centred(apart, asked), centred(deviation[cases], asked), most=MOST)


def _difficulty_shrink(data: TaskData, difficulty: Vector) -> float:
    apart = data.values - data.expected[data.folds]
    asked = np.isfinite(apart)
    came = np.where(asked, apart, 0.0).sum(axis=1) / np.maximum(asked.sum(axis=1), 1)
    return slope(came, difficulty, most=1.0)


def _trained(
    data: TaskData,
    space: FittedSpace,
    features: Matrix,
    unseen: _Unseen,
    learner: Learner,
    rng: np.random.Generator,
) -> TrainedTask:
    found = targets(features, data.values)
    learned = learner.fit(_lesson(features, found, data.families), rng)
    difficulty = _difficulty(features, found)
    shared = _difficulty_shrink(data, unseen.difficulty)
    served = ServedTask(
        keys=data.keys,
        space=space.space,
        part=learned.part,
        shrink=_shrink(data, unseen.deviation[learner.name], np.ones(len(data.values), dtype=np.bool_)),
        difficulty=shared * np.append(difficulty.weights, difficulty.intercept),
    )
    return TrainedTask(learner=learner.name, space=space, learned=learned, difficulty=difficulty, served=served)
