"""Learners of each candidate's deviation from its mean on a prompt: all candidates and all tasks in one model.

To add one: a class with a `name`, `fit`, and a part in `selection.learning.serving` that predicts with numpy alone.
scikit-learn is used for training only, and imported only then. Two policies need no prompt and serve as references: the
best single candidate, and the best per task with shrinkage, which is what the scoreboard decides without a model.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from selection.learning.features import Floats
from selection.learning.ridge import Linear, fit_ridge, ridge_strength
from selection.learning.serving import NeighboursPart, Part, RidgePart, TreesPart
from selection.scoreboards.two_way import Integers, Matrix, Vector

MIN_CASES = 30
"""Number of cases below which a task has no model of its own beside that of all tasks."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """Training data of a learner."""

    features: Matrix
    """Shape (n_cases, n_features)."""
    deviation: Matrix
    """Shape (n_cases, n_candidates)."""
    tasks: Integers
    """Task of each case, from 0."""
    n_tasks: int
    families: Integers
    """One for each case."""
    strength: float
    """Penalty with which a ridge on these data does well."""

    def resampled(self, rng: "np.random.Generator") -> Vector:
        """Return how often each case is drawn when as many families as there are, are drawn with replacement."""
        distinct_families, place = np.unique(self.families, return_inverse=True)
        drawn = np.bincount(
            rng.integers(len(distinct_families), size=len(distinct_families)), minlength=len(distinct_families)
        )
        return drawn[place].astype(np.float64)

    def with_tasks(self, step: float) -> Matrix:
        """Return the features with a column for each task, which is `step` at the case's own."""
        own = np.zeros((len(self.features), self.n_tasks))
        own[np.arange(len(own)), self.tasks] = step
        return np.hstack([self.features, own])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """A fitted learner."""

    part: Part
    """Arrays for serving."""
    estimators: tuple[Any, ...]
    """Estimators of scikit-learn to store."""
    slow: Callable[[Floats, int], Matrix]
    """Deviations by scikit-learn for prompts of a task, shape (n_prompts, n_candidates); serving has to agree."""


class Learner(Protocol):
    """A method that learns deviations from features."""

    @property
    def name(self) -> str:
        """Name of its part."""
        ...

    def fit(self, lesson: Lesson, rng: "np.random.Generator", *, quick: bool = False) -> Learned:
        """Fit the learner to the lesson; the standard errors of a quick fit mean nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ridge:
    """A linear model of all tasks, and one for each task on its residuals; refits on families give the uncertainty."""

    name: ClassVar[str] = "ridge"
    n_refits: int = 16

    def fit(self, lesson: Lesson, rng: "np.random.Generator", *, quick: bool = False) -> Learned:
        """Fit the linear models, whose sums are served."""
        from sklearn.linear_model import Ridge as Estimator

        strengths = self._strengths(lesson)
        weights = self._weights(lesson, strengths, None)
        n_refits = 1 if quick else self.n_refits
        refits = [self._weights(lesson, strengths, lesson.resampled(rng)) - weights for _ in range(n_refits)]
        part = RidgePart(weights=weights, spread=np.stack(refits, axis=1).astype(np.float32))
        if quick:
            return Learned(part=part, estimators=(), slow=lambda _features, _task: np.zeros((0, 0)))
        shared = Estimator(alpha=lesson.strength).fit(lesson.features, lesson.deviation)
        left = lesson.deviation - shared.predict(lesson.features)
        own = {
            task: Estimator(alpha=strength).fit(lesson.features[lesson.tasks == task], left[lesson.tasks == task])
            for task, strength in strengths.items()
        }

        def slow(features: Floats, task: int) -> Matrix:
            predicted = shared.predict(features) + (own[task].predict(features) if task in own else 0.0)
            return np.asarray(predicted, dtype=np.float64)

        return Learned(part=part, estimators=(shared, *own.values()), slow=slow)

    def _strengths(self, lesson: Lesson) -> dict[int, float]:
        """Return a penalty for each task with a model of its own."""
        if lesson.n_tasks < 2:
            return {}
        left = lesson.deviation - self._shared(lesson, None).predicted(lesson.features)
        strengths = {}
        for task in range(lesson.n_tasks):
            rows = lesson.tasks == task
            if rows.sum() >= MIN_CASES:
                strengths[task] = ridge_strength(lesson.features[rows], left[rows])
        return strengths

    def _shared(self, lesson: Lesson, counts: Vector | None) -> Linear:
        return fit_ridge(lesson.features, lesson.deviation, lesson.strength, counts)

    def _weights(self, lesson: Lesson, strengths: dict[int, float], counts: Vector | None) -> Matrix:
        """Return the weights, shape (n_tasks, n_features + 1, n_candidates)."""
        shared = self._shared(lesson, counts)
        left = lesson.deviation - shared.predicted(lesson.features)
        weights = np.repeat(shared.stacked[None], lesson.n_tasks, axis=0)
        for task, strength in strengths.items():
            rows = lesson.tasks == task
            own = None if counts is None else counts[rows]
            if own is None or own.any():
                weights[task] += fit_ridge(lesson.features[rows], left[rows], strength, own).stacked
        return weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Mean of the nearest prompts; their number and the distance of other tasks are chosen on other families."""

    name: ClassVar[str] = "neighbours"
    numbers: tuple[int, ...] = (10, 20, 40, 80, 160)
    steps: tuple[float, ...] = (0.0, 0.7, 10.0)
    most_points: int = 3_000
    most_asked: int = 600
    """Maximum number of points that are predicted from the others to choose by."""

    def fit(self, lesson: Lesson, rng: "np.random.Generator", *, quick: bool = False) -> Learned:
        """Fit with the number of neighbours that did best."""
        from sklearn.neighbors import KNeighborsRegressor

        kept = np.sort(rng.permutation(len(lesson.features))[: self.most_points])
        steps = self.steps if lesson.n_tasks > 1 else self.steps[:1]
        outputs, families = lesson.deviation[kept], lesson.families[kept]
        tried = [self._best_number(lesson.with_tasks(step)[kept], outputs, families) for step in steps]
        _, n_nearest, step = min((error, number, step) for (error, number), step in zip(tried, steps, strict=True))
        points, outputs = _distinct(lesson.with_tasks(step)[kept], outputs)
        n_nearest = max(min(n_nearest, len(points)), 2)
        estimator = KNeighborsRegressor(n_neighbors=n_nearest, algorithm="brute").fit(points, outputs)
        part = NeighboursPart(
            points=points,
            squares=np.einsum("ij,ij->i", points, points),
            outputs=outputs.astype(np.float32),
            n_nearest=np.array([n_nearest], dtype=np.int64),
            step=np.array([step]),
        )

        def slow(features: Floats, task: int) -> Matrix:
            own = np.zeros((len(features), lesson.n_tasks))
            own[:, task] = step
            return np.asarray(estimator.predict(np.hstack([features, own])), dtype=np.float64)

        return Learned(part=part, estimators=(estimator,), slow=slow)

    def _best_number(self, points: Matrix, outputs: Matrix, families: Integers) -> tuple[float, int]:
        """Return the least squared error, and the number of neighbours of other families that reaches it."""
        tried = [number for number in self.numbers if number <= len(points) // 3] or [max(2, len(points) // 3)]
        errors = np.zeros(len(tried))
        squares = np.einsum("ij,ij->i", points, points)
        queried = np.arange(0, len(points), max(len(points) // self.most_asked, 1))
        for start in range(0, len(queried), 500):
            rows = queried[start : start + 500]
            distances = squares - 2 * points[rows] @ points.T
            distances[families[rows, None] == families] = np.inf
            nearest = np.argpartition(distances, tried[-1] - 1, axis=1)[:, : tried[-1]]
            order = np.argsort(np.take_along_axis(distances, nearest, axis=1), axis=1, kind="stable")
            means = np.cumsum(outputs[np.take_along_axis(nearest, order, axis=1)], axis=1)
            for place, number in enumerate(tried):
                errors[place] += float(((means[:, number - 1] / number - outputs[rows]) ** 2).sum())
        best = int(np.argmin(errors))
        return float(errors[best]), tried[best]


def _distinct(points: Matrix, outputs: Matrix) -> tuple[Matrix, Matrix]:
    """Merge equal points, with the mean of their outputs."""
    distinct, place, counts = np.unique(points, axis=0, return_inverse=True, return_counts=True)
    sums = np.zeros((len(distinct), outputs.shape[1]))
    np.add.at(sums, place.ravel(), outputs)
    return distinct, sums / counts[:, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """Randomised trees (Geurts et al. 2006) in bags of resampled families."""

    name: ClassVar[str] = "trees"
    n_bags: int = 10
    n_trees: int = 4
    max_depth: int = 9
    min_leaf: int = 10

    def fit(self, lesson: Lesson, rng: "np.random.Generator", *, quick: bool = False) -> Learned:
        """Fit the bags."""
        features = lesson.with_tasks(1.0).astype(np.float32)
        bags = [self._bag(features, lesson, rng) for _ in range(4 if quick else self.n_bags)]
        part = _as_arrays([[tree.tree_ for tree in bag.estimators_] for bag in bags], lesson.n_tasks)

        def slow(features: Floats, task: int) -> Matrix:
            own = np.zeros((len(features), lesson.n_tasks))
            own[:, task] = 1.0
            seen = np.hstack([features, own]).astype(np.float32)
            return np.asarray(np.mean([bag.predict(seen) for bag in bags], axis=0), dtype=np.float64)

        return Learned(part=part, estimators=tuple(bags), slow=slow)

    def _bag(self, features: Floats, lesson: Lesson, rng: "np.random.Generator") -> Any:
        from sklearn.ensemble import ExtraTreesRegressor

        counts = lesson.resampled(rng).astype(np.int64)
        taken = np.repeat(np.arange(len(counts)), counts)
        bag = ExtraTreesRegressor(
            n_estimators=self.n_trees,
            max_depth=self.max_depth,
            min_samples_leaf=max(self.min_leaf, len(features) // 100),
            max_features=0.4,
            random_state=int(rng.integers(2**31)),
        )
        return bag.fit(features[taken], lesson.deviation[taken])


def _as_arrays(bags: list[list[Any]], n_tasks: int) -> TreesPart:
    trees = [tree for bag in bags for tree in bag]
    starts = np.cumsum([0, *(tree.node_count for tree in trees)])
    columns: dict[str, list[Any]] = {name: [] for name in ("feature", "threshold", "low", "high", "outputs")}
    for tree, start in zip(trees, starts, strict=False):
        own = np.arange(tree.node_count)
        leaf = tree.children_left < 0
        columns["feature"].append(np.where(leaf, 0, tree.feature))
        columns["threshold"].append(np.where(leaf, 0.0, tree.threshold))
        columns["low"].append(start + np.where(leaf, own, tree.children_left))
        columns["high"].append(start + np.where(leaf, own, tree.children_right))
        columns["outputs"].append(tree.value[:, :, 0])
    return TreesPart(
        feature=np.concatenate(columns["feature"]).astype(np.int32),
        threshold=np.concatenate(columns["threshold"]),
        low=np.concatenate(columns["low"]).astype(np.int32),
        high=np.concatenate(columns["high"]).astype(np.int32),
        outputs=np.concatenate(columns["outputs"]).astype(np.float32),
        roots=starts[:-1].reshape(len(bags), -1).astype(np.int32),
        depth=np.array([max(tree.max_depth for tree in trees)], dtype=np.int64),
        n_tasks=np.array([n_tasks], dtype=np.int64),
    )


LEARNERS: tuple[Learner, ...] = (Ridge(), Neighbours(), Trees())
