"""A classifier for the task of a prompt whose task was not named: a multinomial logistic model of its features.

Before its features are read, a prompt is equally likely to be of each task, since over all tasks each counts alike,
whatever the number of its cases. The model of so many features is overconfident, so its log odds are shrunk by its
predictions for families that it was not shown (temperature scaling, Guo et al. 2017, arXiv:1706.04599): to nothing
where words do not tell tasks apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from selection.learning.features import Floats, PromptSpace
from selection.scoreboards.two_way import Integers, Matrix

_STRENGTH = 30.0
"""sklearn's `C`: features have a variance of one in all, so that weights have to be large."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskReading:
    """Arrays of a classifier for the probability of each task given a prompt."""

    space: PromptSpace
    weights: Floats
    """Shape (n_features + 1, n_tasks); intercepts last."""

    def shares(self, prompt: str, tasks: Sequence[str]) -> Mapping[str, float]:
        """Return the probability of each task; they sum to one."""
        score = self.space.of(prompt) @ self.weights[:-1] + self.weights[-1]
        likely = np.exp(score - score.max())
        return dict(zip(tasks, (likely / likely.sum()).tolist(), strict=True))


def fit_reading(
    space: PromptSpace, features: Matrix, task: Integers, n_tasks: int, fold: Integers
) -> TaskReading | None:
    """Fit the classifier of tasks to these prompts; None where there is only one task.

    Args:
        space: Space of the features.
        features: Shape (n_cases, n_features).
        task: Task of each case, from 0; every one of them occurs.
        n_tasks: Number of tasks.
        fold: Fold of each case; a family is in one fold.
    """
    if n_tasks < 2 or len(np.unique(task)) < n_tasks:
        return None
    weights = _trust(features, task, n_tasks, fold) * _fitted(features, task)
    return TaskReading(space=space, weights=weights.astype(np.float64))


def _fitted(features: Matrix, task: Integers) -> Matrix:
    """Return the weights, intercepts last, shape (n_features + 1, n_tasks)."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=_STRENGTH, max_iter=500, class_weight="balanced").fit(features, task)
    weights = np.vstack([fitted.coef_.T, fitted.intercept_])
    # Of two tasks there is one column: how much likelier the second is.
    return np.hstack([np.zeros_like(weights), weights]) if weights.shape[1] == 1 else weights


def _trust(features: Matrix, task: Integers, n_tasks: int, fold: Integers) -> float:
    """Return the factor in [0, 1] on the log odds that calibrates them on families not trained on."""
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    scores, scored = np.zeros((len(task), n_tasks)), np.zeros(len(task), dtype=np.bool_)
    for number in np.unique(fold):
        shown, tested = fold != number, fold == number
        if len(np.unique(task[shown])) == n_tasks:
            weights = _fitted(features[shown], task[shown])
            scores[tested], scored[tested] = features[tested] @ weights[:-1] + weights[-1], True
    if not scored.any():
        return 0.0
    own, counted = scores[scored, task[scored]], 1 / np.bincount(task, minlength=n_tasks)[task[scored]]

    def surprise(trust: float) -> float:
        return float(counted @ (logsumexp(trust * scores[scored], axis=1) - trust * own))

    return float(minimize_scalar(surprise, bounds=(0.0, 1.0), method="bounded").x)
