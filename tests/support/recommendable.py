"""A small store that recommends: three candidates on two tasks, each with its own best."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from stored_runs import Asked, answer, store_run

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.generation import Timing
from evaluation.requests.prices import PRICE
from evaluation.store.session import Store
from evaluation.store.tables import generation, run, run_candidate, score

N_CASES = 40
PRICES = {"small": 0.1, "middle": 1.0, "large": 10.0}
"""US dollars for a million tokens, in and out."""
SECONDS = {"small": 0.5, "middle": 1.0, "large": 4.0}
RIGHT = {
    "summarization": {"small": 10, "middle": 24, "large": 38},
    "classification": {"small": 38, "middle": 24, "large": 12},
}
"""How many of a task's 40 cases each candidate gets right."""


def fill(store: Store, right: Mapping[str, Mapping[str, int]] = RIGHT, *, prefix: str = "run-") -> None:
    """Stores a run for each task, under the prefix and the task's name."""
    for task, of_candidates in right.items():
        cases = tuple(
            Case(case_id=f"{task}-{i}", prompt=f"{task} number {i}?", references=("yes",)) for i in range(N_CASES)
        )
        store_run(
            store,
            *(_asked(label, cases, n_right) for label, n_right in of_candidates.items()),
            cases=cases,
            run_id=f"{prefix}{task}",
            task_type=task,
            name=task,
        )


def _asked(label: str, cases: tuple[Case, ...], n_right: int) -> Asked:
    # Who gets few right gets them spread over those that others get right.
    right = {int(i * N_CASES / n_right) for i in range(n_right)}
    timing = Timing(total_s=SECONDS[label], load_s=0.0)
    return Asked(
        candidate=Candidate(model=f"{label}:1b", digest=f"digest-of-{label}"),
        outcomes={
            case.case_id: answer("yes" if i in right else "no", timing=timing, prompt_tokens=500, output_tokens=500)
            for i, case in enumerate(cases)
        },
        details={PRICE: {"input_per_million": PRICES[label], "output_per_million": PRICES[label]}},
    )


def swap_scores(store: Store, task: str, first: str, second: str) -> None:
    """Gives each of two candidates the other's stored scores on the task."""
    with store.write() as connection:
        held = {label: _scores(connection, task, label) for label in (first, second)}
        for label, other in ((first, second), (second, first)):
            for case_id, (score_id, _) in held[label].items():
                value = held[other][case_id][1]
                connection.execute(sa.update(score).where(score.c.id == score_id).values(value=value))


def _scores(connection: Any, task: str, label: str) -> dict[str, tuple[int, float]]:
    of = run_candidate.c.run_id == f"run-{task}", run_candidate.c.model_name == f"{label}:1b"
    rows = connection.execute(
        sa.select(generation.c.case_id, score.c.id, score.c.value)
        .join(generation, generation.c.id == score.c.generation_id)
        .join(run_candidate, run_candidate.c.id == generation.c.run_candidate_id)
        .where(*of)
    )
    return {case_id: (score_id, value) for case_id, score_id, value in rows}


def delete_evidence(store: Store) -> None:
    """Deletes all runs with what they hold."""
    with store.write() as connection:
        connection.execute(sa.delete(run))
