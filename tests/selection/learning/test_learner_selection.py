import numpy as np

from selection.learning.learner_selection import targets

RNG = np.random.default_rng(5)


N = 300


FEATURES = RNG.normal(size=(N, 4)) / 2


WEIGHTS = RNG.normal(size=(4, 5)) / 4


DEVIATION = FEATURES @ WEIGHTS


DEVIATION -= DEVIATION.mean(axis=1, keepdims=True)


DIFFICULTY = RNG.normal(size=N)


TASKS = np.arange(N) % 2


VALUES = DEVIATION + DIFFICULTY[:, None] + np.array([0.5, 0.4, 0.7, 0.1, 0.3])


def centred(deviation: np.ndarray) -> np.ndarray:
    """Less each candidate's mean on the task."""
    found = deviation.copy()
    for task in (0, 1):
        found[TASKS == task] -= deviation[TASKS == task].mean(axis=0)
    return found


def test_without_noise_and_gaps_the_deviations_are_the_true_ones_whatever_the_difficulty() -> None:
    found = targets(FEATURES, VALUES, TASKS)
    np.testing.assert_allclose(centred(DEVIATION), found.deviation, atol=1e-9)
    easier = targets(FEATURES, VALUES + RNG.normal(size=(N, 1)), TASKS)
    np.testing.assert_allclose(found.deviation, easier.deviation, atol=1e-9)


def test_rows_sum_to_zero_and_difficulty_has_no_mean_on_a_task() -> None:
    found = targets(FEATURES, VALUES, TASKS)
    np.testing.assert_allclose(found.deviation.sum(axis=1), 0, atol=1e-9)
    assert abs(found.difficulty[TASKS == 1].mean()) < 1e-9


def test_missing_cells_are_filled_with_what_the_others_make_expected() -> None:
    gaps = VALUES.copy()
    gaps[RNG.random(N) < 0.5, 2] = np.nan
    found = targets(FEATURES, gaps, TASKS)
    apart = np.abs(found.deviation - centred(DEVIATION))
    assert apart.mean() < 0.02
    assert np.isfinite(found.deviation).all()


def test_a_candidate_that_a_task_does_not_know_deviates_by_what_other_tasks_say() -> None:
    gaps = VALUES.copy()
    gaps[TASKS == 0, 4] = np.nan
    found = targets(FEATURES, gaps, TASKS)
    assert np.corrcoef(found.deviation[TASKS == 0, 4], DEVIATION[TASKS == 0, 4])[0, 1] > 0.9
