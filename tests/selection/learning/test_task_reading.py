import numpy as np
import pytest
from scored_tables import scored

from selection.learning.fitted_space import fit_space
from selection.learning.learners import Ridge
from selection.learning.model_files import pack, read_serving
from selection.learning.task_reading import fit_reading
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
    reading = fit_reading(space, space.of_all(prompts).astype(np.float64), places, n_tasks, np.arange(len(places)) % 5)
    assert reading is not None
    for name in names:
        (prompt,) = prompts_of([name], rng)
        shares = reading.shares(prompt, names)
        assert pytest.approx(1) == sum(shares.values())
        assert shares[name] > 0.8


def test_of_one_task_nothing_is_read() -> None:
    prompts = prompts_of(["law"] * 20, np.random.default_rng(0))
    space = fit_space(prompts, rng=np.random.default_rng(0)).space
    assert (
        fit_reading(space, space.of_all(prompts).astype(np.float64), np.zeros(20, dtype=np.int64), 1, np.arange(20))
        is None
    )


def test_what_tells_the_task_is_kept_where_no_learner_gained_too() -> None:
    rng = np.random.default_rng(1)
    tasks = ["code", "law"] * 60
    prompts = prompts_of(tasks, rng)
    evidence = scored((rng.random((2, 120)) < 0.5).astype(float), tasks=tasks)
    trained = train(evidence, prompts, rng=np.random.default_rng(0), learners=(Ridge(n_refits=2),))
    assert "best_per_task" == trained.model.kind
    served, read = trained.model, read_serving(pack(trained).serving)
    for prompt in prompts[:5]:
        assert served.task_shares(prompt) == read.task_shares(prompt)
    assert {"code", "law"} == (read.task_shares("return a tuple in a loop") or {}).keys()


@pytest.mark.parametrize("told", [0.0, 0.4])
def test_the_share_of_a_task_is_how_often_a_prompt_that_reads_so_is_of_it(told: float) -> None:
    """Some prompts have their task's words; the words of all others tell nothing of it."""
    rng = np.random.default_rng(2)
    tasks = np.array(["code", "law"])[rng.integers(2, size=700)]
    tells = rng.random(700) < told
    texts = prompts_of([task if known else "poetry" for task, known in zip(tasks, tells, strict=True)], rng)
    shown, asked = texts[:300], texts[300:]
    space = fit_space(shown, rng=rng).space
    features, places = space.of_all(shown).astype(np.float64), (tasks[:300] == "law").astype(np.int64)
    reading = fit_reading(space, features, places, 2, np.arange(300) % 5)
    assert reading is not None
    share = np.array([reading.shares(prompt, ["code", "law"])["law"] for prompt in asked])
    silent, is_law = ~tells[300:], tasks[300:] == "law"
    assert np.abs(share[silent] - 0.5).mean() < 0.1
    assert np.abs(share - is_law)[~silent].mean() < 0.1 if told else silent.all()


def test_unread_a_prompt_is_as_likely_of_a_task_with_few_cases() -> None:
    rng = np.random.default_rng(3)
    places = np.repeat([0, 1], [180, 20])
    prompts = prompts_of(["poetry"] * 200, rng)
    space = fit_space(prompts, rng=rng).space
    reading = fit_reading(space, space.of_all(prompts).astype(np.float64), places, 2, np.arange(200) % 5)
    assert reading is not None
    shares = [reading.shares(prompt, ["many", "few"])["few"] for prompt in prompts_of(["poetry"] * 50, rng)]
    assert 0.5 == pytest.approx(np.mean(shares), abs=0.1)
