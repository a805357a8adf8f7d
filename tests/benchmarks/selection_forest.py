"""What a random forest on the same features would name: the reference that a selection must not be worse than."""

import numpy as np
from numpy.typing import NDArray
from selection_pools import Matrix
from sklearn.ensemble import RandomForestRegressor

from selection.learning.fitted_space import fit_space

N_TREES, MIN_LEAF, FEATURE_SHARE = 200, 10, 0.4


def forest_names(
    shown: tuple[list[str], NDArray[np.str_], Matrix], asked: tuple[list[str], NDArray[np.str_]], *, seed: int
) -> NDArray[np.int64]:
    """The position of the candidate of which a forest expects most, for each prompt that is asked.

    Args:
        shown: Prompts, their tasks, and the qualities, shape (n_shown, n_candidates), NaN where one was not asked.
        asked: Prompts and their tasks.
        seed: Of the forest and of its features.
    """
    prompts, tasks, values = shown
    names = np.unique(tasks)
    space = fit_space(prompts, rng=np.random.default_rng(seed)).space

    def features(texts: list[str], of: NDArray[np.str_]) -> Matrix:
        return np.hstack([space.of_all(texts), of[:, None] == names])

    filled = values.copy()
    for task in names:
        rows = tasks == task
        known = np.isfinite(values[rows])
        means = np.where(known, values[rows], 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        filled[rows] = np.where(known, values[rows], means)
    forest = RandomForestRegressor(
        N_TREES, min_samples_leaf=MIN_LEAF, max_features=FEATURE_SHARE, random_state=seed, n_jobs=1
    ).fit(features(prompts, tasks), filled)
    expected = forest.predict(features(*asked)).reshape(len(asked[0]), -1)
    return np.asarray(expected.argmax(axis=1), dtype=np.int64)
