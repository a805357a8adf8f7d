"""A trained selection model as plain arrays: predicts each candidate's deviation from its mean on a prompt.

It needs numpy alone; scikit-learn trained it, and `selection.learning.model_files` reads and writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evaluation.records.evidence import Evidence
from selection.learning.features import Floats, PromptSpace
from selection.learning.learned_answers import LearnedAnswers
from selection.learning.staleness import Holding, holdings
from selection.learning.task_reading import TaskReading
from selection.scoreboard import Deviations

Places: TypeAlias = NDArray[np.integer]
Pair: TypeAlias = tuple[Floats, Floats]


class Part(Protocol):
    """Arrays of a learner for serving."""

    kind: ClassVar[str]

    def deviations(self, features: Floats, task: int) -> Pair:
        """Return the value and standard error of each candidate for one prompt, both shape (n_candidates,)."""
        ...

    def misfit(self, n_features: int, n_tasks: int, n_candidates: int) -> str | None:
        """Return the problem of the arrays as text; None: there is none, whatever the prompt."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RidgePart:
    """A linear model for each task, and refits on resampled families, whose spread is the standard error."""

    kind: ClassVar[str] = "ridge"
    weights: Floats
    """Shape (n_tasks, n_features + 1, n_candidates); intercepts last."""
    spread: Floats
    """Weights of the refits minus `weights`; shape (n_tasks, n_refits, n_features + 1, n_candidates)."""

    def deviations(self, features: Floats, task: int) -> Pair:
        """Return the value and standard error of each candidate."""
        seen = np.append(features, 1.0)
        return seen @ self.weights[task], np.sqrt(((seen @ self.spread[task]) ** 2).mean(axis=0))

    def misfit(self, n_features: int, n_tasks: int, n_candidates: int) -> str | None:
        """Return the problem of the arrays as text; None: there is none."""
        shape = (n_features + 1, n_candidates)
        if self.weights.shape != (n_tasks, *shape):
            return f"weights of shape {self.weights.shape}"
        spread = self.spread.shape
        return (
            None if len(spread) == 4 and spread == (n_tasks, max(spread[1], 1), *shape) else f"spread of shape {spread}"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NeighboursPart:
    """Mean of the nearest training prompts, and its standard error."""

    kind: ClassVar[str] = "neighbours"
    points: Floats
    """Shape (n_points, n_features + n_tasks); the last columns set the distance to other tasks."""
    squares: Floats
    """Their squared lengths, shape (n_points,)."""
    outputs: Floats
    """Deviations at the points, shape (n_points, n_candidates)."""
    n_nearest: Places
    """Number of neighbours, shape (1,)."""
    step: Floats
    """Value of the own task's column in a query, shape (1,)."""

    def deviations(self, features: Floats, task: int) -> Pair:
        """Return the value and standard error of each candidate."""
        n_nearest = int(self.n_nearest[0])
        query = np.zeros(self.points.shape[1])
        query[: len(features)] = features
        query[len(features) + task] = self.step[0]
        nearest = np.argpartition(self.squares - 2 * (self.points @ query), n_nearest - 1)[:n_nearest]
        nearest_outputs = self.outputs[nearest]
        return nearest_outputs.mean(axis=0), nearest_outputs.std(axis=0, ddof=1) / np.sqrt(n_nearest)

    def misfit(self, n_features: int, n_tasks: int, n_candidates: int) -> str | None:
        """Return the problem of the arrays as text; None: there is none."""
        if self.points.ndim != 2 or self.points.shape[1] != n_features + n_tasks:
            return f"points of shape {self.points.shape}"
        n_points = len(self.points)
        if self.squares.shape != (n_points,) or self.outputs.shape != (n_points, n_candidates):
            return f"squares of shape {self.squares.shape} and outputs of shape {self.outputs.shape}"
        if self.step.shape != (1,) or self.n_nearest.shape != (1,) or not 2 <= self.n_nearest[0] <= n_points:
            return f"{self.n_nearest.tolist()[:3]} neighbours of {n_points} points"
        return None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TreesPart:
    """Trees in bags, each bag grown on resampled families; the spread of the bags is the standard error."""

    kind: ClassVar[str] = "trees"
    feature: Places
    """Feature of each node of all trees, shape (n_nodes,); 0 for a leaf. The tasks' columns come after the features."""
    threshold: Floats
    low: Places
    """Child of each node where the feature is at most the threshold; a leaf points to itself."""
    high: Places
    outputs: Floats
    """Output of each node, shape (n_nodes, n_candidates)."""
    roots: Places
    """Root node of each tree, shape (n_bags, n_trees)."""
    depth: Places
    """Depth of the deepest tree, shape (1,)."""
    n_tasks: Places
    """Number of tasks, shape (1,)."""

    def deviations(self, features: Floats, task: int) -> Pair:
        """Return the value and standard error of each candidate."""
        seen = np.zeros(len(features) + int(self.n_tasks[0]), dtype=np.float32)
        seen[: len(features)] = features
        seen[len(features) + task] = 1.0
        at = self.roots.ravel()
        for _ in range(int(self.depth[0])):
            at = np.where(seen[self.feature[at]] <= self.threshold[at], self.low[at], self.high[at])
        bags = self.outputs[at].reshape(*self.roots.shape, -1).mean(axis=1)
        return bags.mean(axis=0), bags.std(axis=0, ddof=1)

    def misfit(self, n_features: int, n_tasks: int, n_candidates: int) -> str | None:
        """Return the problem of the arrays as text; None: there is none."""
        n_nodes = len(self.feature) if self.feature.ndim == 1 else 0
        columns = {array.shape for array in (self.feature, self.threshold, self.low, self.high)}
        if columns != {(n_nodes,)} or not n_nodes or self.outputs.shape != (n_nodes, n_candidates):
            return f"nodes of shapes {sorted(columns)} with outputs of shape {self.outputs.shape}"
        if self.roots.ndim != 2 or len(self.roots) < 2 or not self.roots.shape[1]:
            return f"roots of shape {self.roots.shape}"
        if self.depth.shape != (1,) or not 0 <= self.depth[0] <= 100 or self.n_tasks.tolist() != [n_tasks]:
            return f"a depth of {self.depth.tolist()[:3]} for {self.n_tasks.tolist()[:3]} tasks"
        for name, array, end in (
            ("feature", self.feature, n_features + n_tasks),
            ("low", self.low, n_nodes),
            ("high", self.high, n_nodes),
            ("roots", self.roots, n_nodes),
        ):
            if array.min() < 0 or array.max() >= end:
                return f"{name} points outside: {int(array.min())} to {int(array.max())} of {end}"
        return None


PARTS: Mapping[str, type[RidgePart] | type[NeighboursPart] | type[TreesPart]] = {
    part.kind: part for part in (RidgePart, NeighboursPart, TreesPart)
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServedLearner:
    """A learner's deviations by prompt, for all tasks and candidates."""

    space: PromptSpace
    part: Part
    shrink: Floats
    """Factor on each task's deviations that makes expectations hold; 0 where prompts say nothing."""
    difficulty: Floats
    """Weights of how much better all candidates do on a prompt, shape (n_features + 1,), the intercept last."""
    difficulty_shrink: Floats
    """Factor on the difficulty for each task, shape (n_tasks,)."""
    told: Floats
    """Knots that calibrate each task's reported expectations, shape (n_tasks, N_KNOTS)."""

    def at(self, features: Floats, task: int) -> Pair:
        """Return the value and standard error of each candidate's deviation from the others."""
        value, se = self.part.deviations(features, task)
        shrink = float(self.shrink[task])
        return shrink * (value - value.mean()), shrink * se

    def shared(self, features: Floats, task: int) -> float:
        """Return how much better than on average all candidates do, known or not."""
        return float(features @ self.difficulty[:-1] + self.difficulty[-1]) * float(self.difficulty_shrink[task])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServedModel:
    """A trained selection model that serves prompts; a `Predictor`."""

    kind: str
    """`ridge`, `neighbours` or `trees`; `best_per_task` where prompts say nothing."""
    tasks: tuple[str, ...]
    """Tasks that it was trained on."""
    keys: tuple[str, ...]
    """Keys of the candidates that it was trained on."""
    learner: ServedLearner | None
    """None: no candidate deviates, whatever the prompt."""
    data_hash: str
    """Fingerprint of the evidence that it was trained on."""
    code_version: str
    trained_on: NDArray[np.uint64]
    """Codes of the training prompts, on which it must not be tested."""
    reading: TaskReading | None = None
    """Classifier of a prompt's task; None: there is only one task, or too little was learned."""
    learned_from: LearnedAnswers | None = None
    """Training answers; None: nothing was learned of prompts, or an earlier version did not keep them."""
    sha256: str = ""
    """SHA-256 of the file that it was read from."""
    number: int | None = None
    """Its number in its store."""
    is_from_elsewhere: bool = False
    """Whether it was trained on another store, and read from a file."""
    holding: Mapping[str, Holding] | None = None
    """What still holds on each task by current evidence; None: everything, as it was learned."""
    is_of_now: bool = True
    """False where the current evidence is not what it was trained on."""
    _places: dict[tuple[str, tuple[str, ...]], tuple[Places, Places]] = field(default_factory=dict, repr=False)

    @property
    def version(self) -> str:
        """Name of the decider, such as `ridge 7 (3f2a9c)`."""
        number = "" if self.number is None else f" {self.number}"
        return f"{self.kind}{number} ({self.sha256[:6] or 'not stored'})"

    def as_of(self, evidence: Evidence) -> "ServedModel":
        """Return the model restricted to what current evidence supports."""
        is_of_now = evidence.fingerprint == self.data_hash
        return replace(self, holding=self._held_against(evidence, is_of_now), is_of_now=is_of_now, _places={})

    def _held_against(self, evidence: Evidence, is_of_now: bool) -> dict[str, Holding] | None:
        if self.learner is None or is_of_now:
            return None
        if self.learned_from is None:
            return dict.fromkeys(self.tasks, Holding(columns={}))
        return holdings(self.learned_from, self.keys, self.tasks, evidence, is_from_elsewhere=self.is_from_elsewhere)

    def notes_on(self, task: str | None) -> tuple[str, ...]:
        """Return notes on how far this model matches today's evidence, for the reader of an answer for a prompt."""
        if task is None or self.is_of_now or not self._tells(task):
            return ()
        if self.learned_from is None:
            return (
                f"{self.version} does not record what it learned from, and the evidence has changed since: what it "
                "learned from prompts is ignored; `benchwright retrain` checks again",
            )
        notes = () if self.holding is None else tuple(self.holding[task].notes(self.version, task))
        return notes or (
            f"the evidence has changed since {self.version} was trained: what it learned from prompts may be "
            "outdated; `benchwright retrain` checks again",
        )

    def task_shares(self, prompt: str) -> Mapping[str, float] | None:
        """Return the probability of each task for the prompt; None where it cannot be determined."""
        if len(self.tasks) == 1:
            return {self.tasks[0]: 1.0}
        if self.reading is None:
            return None
        return self.reading.shares(prompt, self.tasks)

    def _tells(self, task: str) -> bool:
        return self.learner is not None and task in self.tasks and self.learner.shrink[self.tasks.index(task)] > 0

    def deviations(self, task: str | None, prompt: str, keys: tuple[str, ...]) -> Deviations | None:
        """Return the deviations of the candidates with these keys from their means on the task.

        An unknown candidate, or one whose answers have changed, moves with the difficulty of the prompt for all.

        None where nothing learned of the task still holds.
        """
        if task is None or task not in self.tasks:
            return None
        learner = self.learner
        if learner is None or not self._tells(task):
            return Deviations(value=np.zeros(len(keys)), se=np.zeros(len(keys)))
        if self.holding is not None and not self.holding[task].columns:
            return None
        at, features = self.tasks.index(task), learner.space.of(prompt)
        positions, place = self._placed(task, keys)
        value, se = np.full(len(keys), learner.shared(features, at)), np.zeros(len(keys))
        learned = learner.at(features, at)
        value[positions] += learned[0][place]
        se[positions] = learned[1][place]
        return Deviations(value=value, se=se, told=learner.told[at])

    def _placed(self, task: str, keys: tuple[str, ...]) -> tuple[Places, Places]:
        """Return the positions of the requested, known keys in the question, and in the model."""
        placed = self._places.get((task, keys))
        if placed is None:
            at = {key: place for place, key in enumerate(self.keys)}
            if self.holding is not None:
                at = dict(self.holding[task].columns)
            positions = np.array([place for place, key in enumerate(keys) if key in at], dtype=np.intp)
            placed = positions, np.array([at[keys[place]] for place in positions], dtype=np.intp)
            if len(self._places) > 100:
                self._places.clear()
            self._places[task, keys] = placed
        return placed
