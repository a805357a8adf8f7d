import numpy as np
import pytest

from selection.learning.learners import Learner, Lesson, Neighbours, Ridge, Trees
from selection.learning.ridge import ridge_strength

RNG = np.random.default_rng(2)
N, N_FEATURES, N_TASKS = 300, 6, 2
FEATURES = RNG.normal(size=(N, N_FEATURES)) / N_FEATURES**0.5
TASKS = np.arange(N) % N_TASKS
TRUE = np.where((FEATURES[:, :1] > 0), [0.2, -0.1, -0.1], [-0.2, 0.1, 0.1])
DEVIATION = TRUE + RNG.normal(0, 0.3, (N, 3))
DEVIATION -= DEVIATION.mean(axis=1, keepdims=True)
LESSON = Lesson(
    features=FEATURES,
    deviation=DEVIATION,
    tasks=TASKS,
    n_tasks=N_TASKS,
    families=np.arange(N) // 2,
    strength=ridge_strength(FEATURES, DEVIATION),
)
FRESH = RNG.normal(size=(200, N_FEATURES)) / N_FEATURES**0.5
FRESH_TRUE = np.where((FRESH[:, :1] > 0), [0.2, -0.1, -0.1], [-0.2, 0.1, 0.1])
LEARNERS = (Ridge(), Neighbours(), Trees())
each = pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: learner.name)


@each
def test_what_serves_agrees_with_what_scikit_learn_trained(learner: Learner) -> None:
    found = learner.fit(LESSON, np.random.default_rng(0))
    for task in range(N_TASKS):
        served = np.array([found.part.deviations(row, task)[0] for row in FRESH])
        np.testing.assert_allclose(found.slow(FRESH, task), served, atol=1e-5)


@each
def test_a_learner_finds_what_there_is_on_prompts_it_has_not_seen(learner: Learner) -> None:
    part = learner.fit(LESSON, np.random.default_rng(0), quick=True).part
    found = np.array([part.deviations(row, 0)[0] for row in FRESH])
    assert ((FRESH_TRUE - found) ** 2).mean() < 0.6 * (FRESH_TRUE**2).mean()


@each
def test_the_same_seed_gives_the_same_model(learner: Learner) -> None:
    one, two = (learner.fit(LESSON, np.random.default_rng(4)).part for _ in range(2))
    for a, b in zip(one.deviations(FRESH[0], 1), two.deviations(FRESH[0], 1), strict=True):
        np.testing.assert_array_equal(a, b)


@each
def test_a_part_fits_the_lesson_it_comes_from_and_no_other(learner: Learner) -> None:
    part = learner.fit(LESSON, np.random.default_rng(0)).part
    assert part.misfit(N_FEATURES, N_TASKS, 3) is None
    assert part.misfit(N_FEATURES, N_TASKS + 1, 3) is not None
    assert part.misfit(N_FEATURES, N_TASKS, 4) is not None


@each
def test_the_standard_error_is_about_how_much_new_data_would_move_the_value(learner: Learner) -> None:
    rng = np.random.default_rng(8)
    values, errors = [], []
    for _ in range(25):
        features = rng.normal(size=(N, N_FEATURES)) / N_FEATURES**0.5
        noise = np.where((features[:, :1] > 0), [0.2, -0.1, -0.1], [-0.2, 0.1, 0.1]) + rng.normal(0, 0.3, (N, 3))
        deviation = noise - noise.mean(axis=1, keepdims=True)
        lesson = Lesson(
            features=features,
            deviation=deviation,
            tasks=np.zeros(N, dtype=int),
            n_tasks=1,
            families=np.arange(N),
            strength=ridge_strength(features, deviation),
        )
        value, se = learner.fit(lesson, rng).part.deviations(FRESH[0], 0)
        values.append(value)
        errors.append(se)
    assert 0.4 < np.mean(errors) / np.std(values, axis=0).mean() < 2.5


def test_a_task_whose_prompts_mean_the_opposite_has_a_linear_model_of_its_own() -> None:
    turned = LESSON.deviation * np.where(TASKS == 0, 1.0, -1.0)[:, None]
    lesson = Lesson(
        features=FEATURES, deviation=turned, tasks=TASKS, n_tasks=N_TASKS, families=LESSON.families, strength=1.0
    )
    part = Ridge().fit(lesson, np.random.default_rng(0), quick=True).part
    row = np.eye(N_FEATURES)[0]
    assert part.deviations(row, 0)[0][0] > 0.1
    assert part.deviations(row, 1)[0][0] < -0.1


def test_families_are_drawn_whole() -> None:
    counts = LESSON.resampled(np.random.default_rng(0))
    assert (counts[::2] == counts[1::2]).all()
    assert N == counts.sum()


def test_equal_prompts_are_one_neighbour() -> None:
    lesson = Lesson(
        features=np.repeat(FEATURES[:30], 4, axis=0),
        deviation=np.repeat(DEVIATION[:30], 4, axis=0),
        tasks=np.zeros(120, dtype=int),
        n_tasks=1,
        families=np.repeat(np.arange(30), 4),
        strength=1.0,
    )
    part = Neighbours().fit(lesson, np.random.default_rng(0)).part
    assert 30 == len(part.points)  # type: ignore[attr-defined]
