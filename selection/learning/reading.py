"""Of which task is a prompt whose task nobody named? A multinomial logistic model of its features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from selection.learning.features import Embed, Floats, PromptSpace
from selection.learning.quality_matrix import Integers
from selection.standing.two_way import Matrix

_STRENGTH = 30.0
"""sklearn's `C`: features have a variance of one in all, so that weights must be large."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskReading:
    """Plain arrays that tell how likely a prompt is of each task."""

    space: PromptSpace
    weights: Floats
    """Shape (n_features + 1, n_tasks); intercepts last."""

    def shares(self, prompt: str, tasks: Sequence[str], embed: Embed | None) -> Mapping[str, float]:
        """The probability of each task; they sum to one."""
        score = self.space.of(prompt, embed) @ self.weights[:-1] + self.weights[-1]
        likely = np.exp(score - score.max())
        return dict(zip(tasks, (likely / likely.sum()).tolist(), strict=True))


def fit_reading(space: PromptSpace, features: Matrix, task: Integers, n_tasks: int) -> TaskReading | None:
    """The reading of these prompts; None where there is but one task.

    Args:
        space: In which the features lie.
        features: Shape (n_cases, n_features).
        task: Of each case, from 0; every one of them occurs.
        n_tasks: How many there are.
    """
    if n_tasks < 2 or len(np.unique(task)) < n_tasks:
        return None
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=_STRENGTH, max_iter=500).fit(features, task)
    weights = np.vstack([fitted.coef_.T, fitted.intercept_])
    if n_tasks == 2:  # one column says how much likelier the second is
        weights = np.hstack([np.zeros_like(weights), weights])
    return TaskReading(space=space, weights=weights.astype(np.float64))
