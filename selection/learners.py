"""Learners of how far each candidate will be from its mean on a prompt; all candidates in one model.

To add one: a class with a `name`, `fit`, and a part in `selection.serving` that predicts with numpy alone. scikit-learn
trains, and only when it is asked to. Two policies need no prompt and stand beside them as references: the best single
candidate, and the best per task with shrinkage, which is what the scoreboard decides without a model.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from selection.features import Floats
from selection.learning.families import Integers
from selection.learning.ridge import fit_ridge
from selection.serving import NeighboursPart, Part, RidgePart, TreesPart
from selection.two_way import Matrix, Vector


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """What there is to learn on one task."""

    features: Matrix
    """Shape (n_cases, n_features)."""
    deviation: Matrix
    """Shape (n_cases, n_candidates)."""
    families: Integers
    """Of each case."""
    strength: float
    """A penalty that a ridge on these does well with."""

    def resampled(self, rng: np.random.Generator) -> Vector:
        """How often each case is taken when as many families as there are, are drawn with replacement."""
        known, place = np.unique(self.families, return_inverse=True)
        drawn = np.bincount(rng.integers(len(known), size=len(known)), minlength=len(known))
        return drawn[place].astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """A fitted learner."""

    part: Part
    """What serves."""
    estimators: tuple[Any, ...]
    """Of scikit-learn, as they are kept."""
    slow: Callable[[Matrix], Matrix]
    """The same deviations by scikit-learn, shape (n_cases, n_candidates); what serves must agree with it."""


class Learner(Protocol):
    """A way to learn deviations from features."""

    name: ClassVar[str]

    def fit(self, lesson: Lesson, rng: np.random.Generator) -> Learned:
        """The model that follows from the lesson."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ridge:
    """A linear model; its uncertainty by refits on resampled families."""

    name: ClassVar[str] = "ridge"
    n_refits: int = 16

    def fit(self, lesson: Lesson, rng: np.random.Generator) -> Learned:
        """The ridge with the lesson's penalty."""
        fitted = fit_ridge(lesson.features, lesson.deviation, lesson.strength)
        refits = []
        for _ in range(self.n_refits):
            one = fit_ridge(lesson.features, lesson.deviation, lesson.strength, lesson.resampled(rng))
            refits.append(np.vstack([one.weights - fitted.weights, one.intercept - fitted.intercept]))
        part = RidgePart(weights=fitted.weights, intercept=fitted.intercept, spread=np.array(refits, dtype=np.float32))
        return Learned(part=part, estimators=(fitted.estimator,), slow=fitted.estimator.predict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The mean over the nearest prompts; how many, is chosen on neighbours of other families."""

    name: ClassVar[str] = "neighbours"
    numbers: tuple[int, ...] = (10, 20, 40, 80, 160)
    most_points: int = 3_000

    def fit(self, lesson: Lesson, rng: np.random.Generator) -> Learned:
        """The neighbours, as many as did best."""
        from sklearn.neighbors import KNeighborsRegressor

        n_points = min(len(lesson.features), self.most_points)
        kept = np.sort(rng.choice(len(lesson.features), n_points, replace=False))
        points = lesson.features[kept].astype(np.float32)
        outputs = lesson.deviation[kept].astype(np.float32)
        n_nearest = self._best_number(points, outputs, lesson.families[kept])
        estimator = KNeighborsRegressor(n_neighbors=n_nearest, algorithm="brute").fit(points, outputs)
        part = NeighboursPart(points=points, outputs=outputs, n_nearest=np.array([n_nearest], dtype=np.int64))
        return Learned(part=part, estimators=(estimator,), slow=estimator.predict)

    def _best_number(self, points: Floats, outputs: Floats, families: Integers) -> int:
        """How many neighbours of other families predict best."""
        tried = [number for number in self.numbers if number <= len(points) // 3] or [max(2, len(points) // 3)]
        errors = np.zeros(len(tried))
        squares = np.einsum("ij,ij->i", points, points)
        for start in range(0, len(points), 500):
            rows = slice(start, start + 500)
            distances = squares - 2 * points[rows] @ points.T
            distances[families[rows, None] == families] = np.inf
            nearest = np.argsort(distances, axis=1, kind="stable")[:, : tried[-1]]
            means = np.cumsum(outputs[nearest], axis=1)
            for place, number in enumerate(tried):
                errors[place] += float(((means[:, number - 1] / number - outputs[rows]) ** 2).sum())
        return tried[int(np.argmin(errors))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """Randomised trees (Geurts et al. 2006) in bags of resampled families."""

    name: ClassVar[str] = "trees"
    n_bags: int = 10
    n_trees: int = 4
    max_depth: int = 8
    min_leaf: int = 8

    def fit(self, lesson: Lesson, rng: np.random.Generator) -> Learned:
        """The bags."""
        features = lesson.features.astype(np.float32)
        bags = [self._bag(features, lesson, rng) for _ in range(self.n_bags)]
        part = _as_arrays([[tree.tree_ for tree in bag.estimators_] for bag in bags])

        def slow(asked: Matrix) -> Matrix:
            found = np.mean([bag.predict(asked.astype(np.float32)) for bag in bags], axis=0)
            return np.asarray(found, dtype=np.float64)

        return Learned(part=part, estimators=tuple(bags), slow=slow)

    def _bag(self, features: Floats, lesson: Lesson, rng: np.random.Generator) -> Any:
        from sklearn.ensemble import ExtraTreesRegressor

        counts = lesson.resampled(rng).astype(np.int64)
        taken = np.repeat(np.arange(len(counts)), counts)
        bag = ExtraTreesRegressor(
            n_estimators=self.n_trees,
            max_depth=self.max_depth,
            min_samples_leaf=max(self.min_leaf, len(features) // 60),
            max_features=0.4,
            random_state=int(rng.integers(2**31)),
        )
        return bag.fit(features[taken], lesson.deviation[taken])


def _as_arrays(bags: list[list[Any]]) -> TreesPart:
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
    )


LEARNERS: tuple[Learner, ...] = (Ridge(), Neighbours(), Trees())
