"""A trained selection model as plain arrays: from a prompt to how far each candidate will be from its mean.

numpy alone; scikit-learn trained what is here, and `selection.model_files` reads and writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from selection.features import Embed, Floats, PromptSpace
from selection.scoreboard import Deviations

Places: TypeAlias = NDArray[np.integer]
Pair: TypeAlias = tuple[Floats, Floats]


class Part(Protocol):
    """What a learner leaves for serving; its fields are arrays."""

    kind: ClassVar[str]

    def deviations(self, features: Floats) -> Pair:
        """Value and standard error of each of its candidates for one prompt, both shape (n_candidates,)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RidgePart:
    """A linear model, and others fitted on resampled families, whose spread is the standard error."""

    kind: ClassVar[str] = "ridge"
    weights: Floats
    """Shape (n_features, n_candidates)."""
    intercept: Floats
    spread: Floats
    """The weights of the refits less `weights`, shape (n_refits, n_features + 1, n_candidates); intercepts last."""

    def deviations(self, features: Floats) -> Pair:
        """Value and standard error of each candidate."""
        apart = np.append(features, 1.0) @ self.spread
        return features @ self.weights + self.intercept, np.sqrt((apart**2).mean(axis=0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NeighboursPart:
    """The mean of the nearest training prompts, and that mean's standard error."""

    kind: ClassVar[str] = "neighbours"
    points: Floats
    """Shape (n_points, n_features)."""
    outputs: Floats
    """Deviations at the points, shape (n_points, n_candidates)."""
    n_nearest: Places
    """How many are asked, shape (1,)."""

    def deviations(self, features: Floats) -> Pair:
        """Value and standard error of each candidate."""
        n_nearest = int(self.n_nearest[0])
        apart = self.points - features
        distances = np.einsum("ij,ij->i", apart, apart)
        nearest = np.argpartition(distances, n_nearest - 1)[:n_nearest]
        found = self.outputs[nearest]
        return found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(n_nearest)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TreesPart:
    """Trees in bags, each bag grown on resampled families; the spread of the bags is the standard error."""

    kind: ClassVar[str] = "trees"
    feature: Places
    """Of each node of all trees, shape (n_nodes,); a leaf's is 0."""
    threshold: Floats
    low: Places
    """Where one goes whose feature is at most the threshold; a leaf leads to itself."""
    high: Places
    outputs: Floats
    """Of each node, shape (n_nodes, n_candidates)."""
    roots: Places
    """Where each tree begins, shape (n_bags, n_trees)."""
    depth: Places
    """Of the deepest, shape (1,)."""

    def deviations(self, features: Floats) -> Pair:
        """Value and standard error of each candidate."""
        seen = features.astype(np.float32)
        at = self.roots.ravel()
        for _ in range(int(self.depth[0])):
            at = np.where(seen[self.feature[at]] <= self.threshold[at], self.low[at], self.high[at])
        bags = self.outputs[at].reshape(*self.roots.shape, -1).mean(axis=1)
        return bags.mean(axis=0), bags.std(axis=0, ddof=1)


PARTS: Mapping[str, type[RidgePart] | type[NeighboursPart] | type[TreesPart]] = {
    part.kind: part for part in (RidgePart, NeighboursPart, TreesPart)
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServedTask:
    """What is known of one task's prompts."""

    keys: tuple[str, ...]
    """Of the candidates, in the order of the outputs."""
    space: PromptSpace
    part: Part
    shrink: float
    """What the part's deviations are multiplied with, so that expectations hold on prompts not trained on."""
    difficulty: Floats
    """Weights of how much better all candidates are on a prompt, shape (n_features + 1,), the intercept last."""

    def deviations(self, prompt: str, embed: Embed | None = None) -> Pair:
        """Value and standard error of each candidate's deviation; the error is of what differs between candidates."""
        return self.at(self.space.of(prompt, embed))

    def at(self, features: Floats) -> Pair:
        """The same for features that are known already."""
        value, se = self.part.deviations(features)
        shared = float(features @ self.difficulty[:-1] + self.difficulty[-1])
        return self.shrink * (value - value.mean()) + shared, self.shrink * se


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServedModel:
    """A trained selection model that answers for prompts; a `Predictor`."""

    kind: str
    tasks: Mapping[str, ServedTask | None]
    """None: the task was looked at, and prompts say nothing there."""
    keys: tuple[str, ...]
    """Of all candidates that it was trained on."""
    data_hash: str
    """The fingerprint of the evidence that it was trained on."""
    code_version: str
    trained_on: NDArray[np.uint64]
    """Codes of the prompts it was trained on: it must not be tested on these."""
    sha256: str = ""
    """Of the file it was read from."""
    number: int | None = None
    """Which one it is in its store."""
    embed: Embed | None = None
    """Needed only where the training was given one."""
    _places: dict[tuple[str, tuple[str, ...]], tuple[Any, Any]] = field(default_factory=dict, repr=False)

    @property
    def version(self) -> str:
        """What is said of who decided, such as `ridge 7 (3f2a9c)`."""
        number = "" if self.number is None else f" {self.number}"
        return f"{self.kind}{number} ({self.sha256[:6] or 'not stored'})"

    def deviations(self, task: str | None, prompt: str, keys: tuple[str, ...]) -> Deviations | None:
        """How far the candidates with these keys will be from their means on the task; 0 for one it does not know.

        None where it knows nothing of the task, or misses the embedding that it was trained with.
        """
        if task is None or task not in self.tasks:
            return None
        value, se = np.zeros(len(keys)), np.zeros(len(keys))
        served = self.tasks[task]
        if served is not None:
            if served.space.n_embedded and self.embed is None:
                return None
            known, place = self._placed(task, served, keys)
            found = served.deviations(prompt, self.embed)
            value[known], se[known] = found[0][place], found[1][place]
        return Deviations(value=value, se=se)

    def _placed(self, task: str, served: ServedTask, keys: tuple[str, ...]) -> tuple[Any, Any]:
        """Where the asked keys that are known stand in the answer, and where in the task's outputs."""
        found = self._places.get((task, keys))
        if found is None:
            at = {key: place for place, key in enumerate(served.keys)}
            known = np.array([place for place, key in enumerate(keys) if key in at], dtype=np.intp)
            found = known, np.array([at[keys[place]] for place in known], dtype=np.intp)
            if len(self._places) > 100:
                self._places.clear()
            self._places[task, keys] = found
        return found
