import numpy as np
import pytest
from scored_tables import scored

from selection.learning.fitted_space import fit_space
from selection.learning.learners import Ridge
from selection.learning.model_files import pack, read_serving
from selection.learning.reading import fit_reading
from selection.learning.training import train

WORDS = {
    "code": "function index tuple return loop class",
    "law": "clause tenant court liability notice ruling",
    "poetry": "moon river silver heart winter song",
}


def prompts_of(tasks: list[str], rng: np.random.Generator) -> tuple[str, ...]:
    """Half a dozen words of the task among words that occur everywhere."""
    common = ("the", "a", "of", "to", "and", "for", "with", "on", "in", "as", "is", "at")
    return tuple(
        " ".join([*rng.choice(WORDS[task].split(), 6), *rng.choice(common, 8), str(rng.integers(1000))])
        for task in tasks
    )


@pytest.mark.parametrize("n_tasks", [2, 3])
def test_a_prompt_is_told_by_its_words(n_tasks: int) -> None:
    rng = np.random.default_rng(0)
    names = sorted(WORDS)[:n_tasks]
    places = np.repeat(np.arange(n_tasks), 50)
    prompts = prompts_of([names[at] for at in places], rng)
    space = fit_space(prompts, rng=rng).space
    reading = fit_reading(space, space.of_all(prompts).astype(np.float64), places, n_tasks)
    assert reading is not None
    for name in names:
        (prompt,) = prompts_of([name], rng)
        shares = reading.shares(prompt, names, None)
        assert pytest.approx(1) == sum(shares.values())
        assert shares[name] > 0.8


def test_of_one_task_nothing_is_read() -> None:
    prompts = prompts_of(["law"] * 20, np.random.default_rng(0))
    space = fit_space(prompts, rng=np.random.default_rng(0)).space
    assert fit_reading(space, space.of_all(prompts).astype(np.float64), np.zeros(20, dtype=np.int64), 1) is None


def test_what_tells_the_task_is_kept_where_no_learner_gained_too() -> None:
    rng = np.random.default_rng(1)
    tasks = ["code", "law"] * 60
    prompts = prompts_of(tasks, rng)
    evidence = scored((rng.random((2, 120)) < 0.5).astype(float), tasks=tasks)
    trained = train(evidence, prompts, rng=np.random.default_rng(0), learners=(Ridge(n_refits=2),))
    assert "best_per_task" == trained.kind
    served, read = trained.served(), read_serving(pack(trained).serving)
    for prompt in prompts[:5]:
        assert served.task_shares(prompt) == read.task_shares(prompt)
    assert {"code", "law"} == (read.task_shares("return a tuple in a loop") or {}).keys()
