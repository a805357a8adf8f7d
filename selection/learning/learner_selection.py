"""Learners tried on families they were not shown; only what foretells their answers better than none is believed.

Twice guarded. A task's deviations count only where they lie closer to what came than none do, by a standard error over
its families; and the learner whose deviations lie closest is taken only where these do so over all families, and the
choices that follow gain. For a fold of cases the first is decided on the other folds, so that the second is a test of
the whole procedure. It is a test of what is foretold, since that is seen on every answer of every case: the gain of the
choices, seen where two of them differ alone, would need many times the cases to be told from chance.

quality = candidate's mean + difficulty of the case + deviation; the deviations of a case sum to zero over the
candidates, so that a hard case is no evidence against anybody. Cells that are missing are filled with what a ridge on
the other cells expects, and the difficulty is estimated again, a few times over (expectation-maximisation).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from selection.learning.calibration import MOST, calibration_knots, centred, slope
from selection.learning.features import Floats
from selection.learning.fitted_space import FittedSpace, fit_space
from selection.learning.gains import paired_gain
from selection.learning.learners import Learned, Learner, Lesson
from selection.learning.ridge import Linear, fit_ridge, ridge_strength
from selection.learning.serving import ServedLearner
from selection.learning.task_reading import TaskReading, fit_reading
from selection.learning.training_data import Material
from selection.retraining import GainResult
from selection.scoreboards.two_way import Integers, Mask, Matrix, Vector, fit_two_way

ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """Training targets for the cases of all tasks."""

    deviation: Matrix
    """Shape (n_cases, n_candidates); every row sums to zero."""
    difficulty: Vector
    """How much better all candidates do on a case than on the task's average, shape (n_cases,)."""
    strength: float
    """Penalty of the ridge on the deviations."""


def targets(features: Matrix, values: Matrix, tasks: Integers) -> Targets:
    """Return the targets of cases with these features.

    Args:
        features: Shape (n_cases, n_features).
        values: Qualities, shape (n_cases, n_candidates), NaN where missing; one at least in each row.
        tasks: Task of each case, as a number.
    """
    measured = np.isfinite(values)
    apart = _from_means(values, tasks)
    expected = np.zeros(values.shape)
    strength = 0.0
    for _ in range(1 if measured.all() else ROUNDS):
        difficulty = (measured * (apart - expected)).sum(axis=1) / measured.sum(axis=1)
        deviation = np.where(measured, apart - difficulty[:, None], expected)
        shared = deviation.mean(axis=1)
        deviation = deviation - shared[:, None]
        strength = strength or ridge_strength(features, deviation)
        if not measured.all():
            expected = fit_ridge(features, deviation, strength).predicted(features)
            expected -= expected.mean(axis=1, keepdims=True)
    return Targets(deviation=deviation, difficulty=difficulty + shared, strength=strength)


def _from_means(values: Matrix, tasks: Integers) -> Matrix:
    """Subtract each candidate's adjusted mean on the task; 0 where missing."""
    deviations = np.zeros(values.shape)
    for task in np.unique(tasks):
        rows = np.flatnonzero(tasks == task)
        candidates = np.flatnonzero(np.isfinite(values[rows]).any(axis=0))
        own = values[np.ix_(rows, candidates)]
        measured = np.isfinite(own)
        fit = fit_two_way(own.T, measured.T, np.ones(len(rows)))
        deviations[np.ix_(rows, candidates)] = np.where(measured, own - fit.mean, 0.0)
    return deviations


LEVEL = 0.9
"""Level of the interval that is shown of a gain."""
TASK_LEVEL = 0.68
"""Level of the interval by which a task's deviations count: one standard error, since all tasks are tested together
later.
"""
MIN_FAMILIES = 30
"""Minimum number of families: with fewer, nothing is learned from prompts, or nothing is believed of a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFinding:
    """Result of a learner on a task."""

    task: str
    n_cases: int
    n_families: int
    closer: GainResult
    """Reduction of the squared error of its deviations against no deviations."""
    gain: GainResult
    """Gain of its choices over the best per task."""
    shrink: float
    """Factor on its deviations; 0: prompts say nothing here."""

    def in_words(self) -> str:
        """Return as text whether prompts tell candidates apart here, with numbers."""
        if self.n_families < MIN_FAMILIES:
            return f"{self.n_families} families of prompts; {MIN_FAMILIES} are needed"
        tells = "tell" if self.shrink else "do not tell"
        return f"prompts {tells} the candidates apart; choosing by them brought {self.gain.in_points()}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedLearner:
    """A learner fitted to all of its training data."""

    space: FittedSpace
    learned: Learned
    served: ServedLearner


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """Result of the trial of all learners."""

    winner: str | None = None
    """Name of the winning learner; None: no learner gained, and the best on the task is named whatever the prompt."""
    trained: TrainedLearner | None = None
    reading: TaskReading | None = None
    """Classifier of a prompt's task, used whichever learner wins."""
    gains: Mapping[str, GainResult] = field(default_factory=dict)
    """Gain of each learner over the best per task, at `LEVEL`."""
    findings: Mapping[str, tuple[TaskFinding, ...]] = field(default_factory=dict)
    """Results of each learner on each task."""
    reason: str
    """Reason as text, with numbers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Unseen:
    """Out-of-fold predictions: models were not trained on the case's family."""

    deviation: Mapping[str, Matrix]
    error: Mapping[str, Matrix]
    """Standard errors of the deviations."""
    difficulty: Vector


def try_learners(data: Material, *, learners: Sequence[Learner], rng: "np.random.Generator") -> Trial:
    """Return the learner that comes closest on families not trained on, fitted to all data.

    None where its gain is not real.
    """
    if data.n_families < MIN_FAMILIES or len(data.keys) < 2 or not learners:
        reason = (
            f"learning from prompts needs 2 candidates and {MIN_FAMILIES} families of prompts; there are "
            f"{len(data.keys)} and {data.n_families}"
        )
        return Trial(reason=reason)
    space = fit_space(data.prompts, rng=rng)
    features = space.space.of_all(data.prompts).astype(np.float64)
    reading = fit_reading(space.space, features, data.task, len(data.tasks), data.fold)
    unseen = _unseen(data, features, learners, rng)
    gains = {name: _gain(data, deviation, unseen.error[name]) for name, deviation in unseen.deviation.items()}
    closeness = {name: _closeness(data, deviation) for name, deviation in unseen.deviation.items()}
    best = max(learners, key=lambda learner: closeness[learner.name].value)
    findings = {name: _findings(data, deviation, unseen.error[name]) for name, deviation in unseen.deviation.items()}
    listed = ", ".join(f"{name} {gain.in_points()}" for name, gain in gains.items())
    tells = closeness[best.name].is_real and any(finding.shrink for finding in findings[best.name])
    if not tells or gains[best.name].value <= 0:
        reason = f"no real gain over the best per task, {best.name} coming closest: {listed}"
        return Trial(reading=reading, gains=gains, findings=findings, reason=reason)
    trained = _trained(data, space, features, unseen, best, rng)
    reason = (
        f"{best.name} has the lowest cross-validated error, and its choices gained; "
        f"gains over the best per task: {listed}"
    )
    return Trial(winner=best.name, trained=trained, reading=reading, gains=gains, findings=findings, reason=reason)


def _lesson(data: Material, features: Matrix, learning_targets: Targets, cases: Mask) -> Lesson:
    return Lesson(
        features=features[cases],
        deviation=learning_targets.deviation,
        tasks=data.task[cases],
        n_tasks=len(data.tasks),
        families=data.families[cases],
        strength=learning_targets.strength,
    )


def _difficulty(features: Matrix, learning_targets: Targets) -> Linear:
    outputs = learning_targets.difficulty[:, None]
    return fit_ridge(features, outputs, ridge_strength(features, outputs))


def _unseen(data: Material, features: Matrix, learners: Sequence[Learner], rng: "np.random.Generator") -> _Unseen:
    deviation, error = ({learner.name: np.zeros(data.values.shape) for learner in learners} for _ in range(2))
    difficulty = np.zeros(len(data.values))
    for fold in range(data.n_folds):
        shown, tested = data.fold != fold, np.flatnonzero(data.fold == fold)
        if not len(tested) or not shown.any():
            continue
        learning_targets = targets(features[shown], data.values[shown], data.task[shown])
        difficulty[tested] = _difficulty(features[shown], learning_targets).predicted(features[tested])[:, 0]
        for learner in learners:
            part = learner.fit(_lesson(data, features, learning_targets, shown), rng, quick=True).part
            for case, row, task in zip(tested, features[tested], data.task[tested].tolist(), strict=True):
                value, error[learner.name][case] = part.deviations(row, task)
                deviation[learner.name][case] = value - value.mean()
    return _Unseen(deviation=deviation, error=error, difficulty=difficulty)


def _came(data: Material, deviation: Matrix, cases: Mask | Integers) -> tuple[Matrix, Matrix]:
    """Return outcomes and predictions, both as deviations among the candidates asked."""
    apart = data.values[cases] - data.expected[cases]
    measured = np.isfinite(apart)
    return centred(apart, measured), centred(deviation[cases], measured)


def _shrinks(data: Material, deviation: Matrix, cases: Mask) -> Floats:
    """Return the factor on each task's deviations according to these cases; 0 where they are no closer."""
    shrinks = np.zeros(len(data.tasks))
    for task in range(len(data.tasks)):
        rows = np.flatnonzero(cases & (data.task == task))
        if len(np.unique(data.families[rows])) >= MIN_FAMILIES:
            came, expected = _came(data, deviation, rows)
            shrink = slope(came, expected, most=MOST)
            shrinks[task] = shrink if _closer(data, came, shrink * expected, rows, level=TASK_LEVEL).is_real else 0.0
    return shrinks


def _closer(data: Material, came: Matrix, expected: Matrix, rows: Integers, *, level: float = 0.95) -> GainResult:
    apart = (came**2).sum(axis=1), ((came - expected) ** 2).sum(axis=1)
    return paired_gain(*apart, data.families[rows], confidence_level=level)


def _shrunk(data: Material, deviation: Matrix) -> Matrix:
    """Return the factor on the deviations of every case according to other folds; shape (n_cases, 1)."""
    shrinks = np.array([_shrinks(data, deviation, data.fold != fold) for fold in range(data.n_folds)])
    return np.asarray(shrinks[data.fold, data.task][:, None], dtype=np.float64)


def _scores(data: Material, deviation: Matrix) -> Matrix:
    """Return the expectations of every case."""
    return data.expected + _shrunk(data, deviation) * deviation


def _reached(data: Material, deviation: Matrix, error: Matrix) -> Vector:
    """Return the quality on every case from choosing by the deviations."""
    shrunk = _shrunk(data, deviation)
    return data.reached(data.expected + shrunk * deviation, shrunk * error)


def _gain(data: Material, deviation: Matrix, error: Matrix) -> GainResult:
    ours = _reached(data, deviation, error)
    return paired_gain(ours, data.reached(data.expected), data.families, confidence_level=LEVEL)


def _closeness(data: Material, deviation: Matrix) -> GainResult:
    """Return the reduction of the squared error by the shrunk deviations, over all cases."""
    everything = np.arange(len(data.values))
    came, expected = _came(data, _scores(data, deviation) - data.expected, everything)
    return _closer(data, came, expected, everything)


def _findings(data: Material, deviation: Matrix, error: Matrix) -> tuple[TaskFinding, ...]:
    shrinks = _shrinks(data, deviation, np.ones(len(data.values), dtype=np.bool_))
    ours, without = _reached(data, deviation, error), data.reached(data.expected)
    findings = []
    for place, task in enumerate(data.tasks):
        rows = np.flatnonzero(data.task == place)
        came, expected = _came(data, deviation, rows)
        families = data.families[rows]
        findings.append(
            TaskFinding(
                task=task,
                n_cases=len(rows),
                n_families=len(np.unique(families)),
                closer=_closer(data, came, slope(came, expected, most=MOST) * expected, rows),
                gain=paired_gain(ours[rows], without[rows], families),
                shrink=float(shrinks[place]),
            )
        )
    return tuple(findings)


def _difficulty_shrinks(data: Material, difficulty: Vector, active: Mask) -> Floats:
    """Return the factor on a prompt's difficulty, where anything is learned.

    It moves all candidates alike.
    """
    apart = data.values - data.expected
    measured = np.isfinite(apart)
    came = np.where(measured, apart, 0.0).sum(axis=1) / np.maximum(measured.sum(axis=1), 1)
    tasks = [data.task == task for task in range(len(data.tasks))]
    return np.array([slope(came[rows], difficulty[rows], most=1.0) for rows in tasks]) * active


def _knots_by_task(data: Material, expected: Matrix) -> Matrix:
    """Return the knots of calibration for each task, from outcomes on families not trained on."""
    measured = np.isfinite(expected) & np.isfinite(data.values)
    cells = [measured & (data.task == task)[:, None] for task in range(len(data.tasks))]
    return np.array([calibration_knots(expected[own], data.values[own]) for own in cells])


def _trained(
    data: Material,
    space: FittedSpace,
    features: Matrix,
    unseen: _Unseen,
    learner: Learner,
    rng: "np.random.Generator",
) -> TrainedLearner:
    everything = np.ones(len(data.values), dtype=np.bool_)
    learning_targets = targets(features, data.values, data.task)
    learned = learner.fit(_lesson(data, features, learning_targets, everything), rng)
    shrink = _shrinks(data, unseen.deviation[learner.name], everything)
    difficulty_shrink = _difficulty_shrinks(data, unseen.difficulty, shrink > 0)
    expected = (
        _scores(data, unseen.deviation[learner.name]) + (difficulty_shrink[data.task] * unseen.difficulty)[:, None]
    )
    served = ServedLearner(
        space=space.space,
        part=learned.part,
        shrink=shrink,
        difficulty=_difficulty(features, learning_targets).stacked[:, 0],
        difficulty_shrink=difficulty_shrink,
        told=_knots_by_task(data, expected),
    )
    return TrainedLearner(space=space, learned=learned, served=served)
