"""A store with many candidates and many stored generations, written in bulk."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import sqlalchemy as sa
from stored_runs import MOMENT, Asked, store_run

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.metrics.parsing import parse_metric
from evaluation.requests.prices import PRICE
from evaluation.store.runs import find_run
from evaluation.store.scores import metric_key
from evaluation.store.session import Store
from evaluation.store.tables import generation, metric, score

METRIC = "token_f1"
TASKS = ("summarization", "classification", "question_answering", "code", "reasoning")
SUBJECTS = ("the harvest", "a lighthouse", "compound interest", "a sorting routine", "the tides", "an old treaty")
WISHES = ("Explain", "Summarise in two sentences what is known of", "Write a function about", "Count, step by step,")


def fill_store(
    store: Store, *, n_candidates: int, n_generations: int, seed: int = 1, prefix: str = "run-"
) -> tuple[str, ...]:
    """Stores runs of all candidates on five tasks and gives the ids of their rows of runs.

    Candidates differ by task, and on a task by whether the prompt holds digits, so that there is something to learn.
    """
    n_cases = n_generations // n_candidates // len(TASKS)
    rng = np.random.default_rng(seed)
    skill = rng.normal(0.6, 0.08, (len(TASKS), n_candidates))
    gift = rng.normal(0, 0.1, n_candidates)
    return tuple(_store_task(store, task, skill[i], gift, n_cases, rng, prefix) for i, task in enumerate(TASKS))


def _store_task(
    store: Store, task: str, skill: np.ndarray, gift: np.ndarray, n_cases: int, rng: np.random.Generator, prefix: str
) -> str:
    cases = tuple(_case(task, i, rng) for i in range(n_cases))
    candidates = [
        Asked(
            candidate=Candidate(model=f"model{j:02}:1b", digest=f"digest{j:02}"),
            details={PRICE: {"input_per_million": 0.1 + j / 100, "output_per_million": 0.2 + j / 50}},
        )
        for j in range(len(skill))
    ]
    run_id = store_run(
        store,
        *candidates,
        cases=cases,
        run_id=f"{prefix}{task}",
        metrics=(METRIC,),
        headline=METRIC,
        scored=False,
        task_type=task,
        name=task,
    )
    row_ids = [each.run_candidate_id for each in find_run(store, run_id).candidates]
    has_digits = np.array([any(letter.isdigit() for letter in case.prompt) for case in cases])
    hard = rng.normal(0, 0.15, n_cases)
    quality = skill + np.outer(has_digits - 0.5, gift) + hard[:, None] + rng.normal(0, 0.1, (n_cases, len(skill)))
    insert_answers(store, row_ids, [case.case_id for case in cases], np.clip(quality, 0, 1), rng)
    return run_id


def _case(task: str, i: int, rng: np.random.Generator) -> Case:
    subject, wish = (str(rng.choice(words)) for words in (SUBJECTS, WISHES))
    number = f" with {int(rng.integers(10, 999))} of them" if rng.random() < 0.5 else ""
    filler = " ".join(str(rng.choice(SUBJECTS)) for _ in range(int(rng.integers(1, 30))))
    return Case(case_id=f"{task}-{i}", prompt=f"{wish} {subject}{number}. {filler}?", references=("yes",))


def insert_answers(
    store: Store, row_ids: Sequence[int], case_ids: Sequence[str], quality: np.ndarray, rng: np.random.Generator
) -> None:
    """Stores an answer with its score for each case of each of these rows of runs; the qualities are case by row."""
    used = parse_metric(METRIC)
    key = metric_key(used.signature)
    with store.write() as connection:
        if not connection.execute(sa.select(metric).where(metric.c.key == key)).first():
            connection.execute(sa.insert(metric), [{"key": key, "name": used.name, "signature": used.signature}])
        first = 1 + (connection.execute(sa.select(sa.func.max(generation.c.id))).scalar() or 0)
        for j, row_id in enumerate(row_ids):
            ids = range(first + j * len(case_ids), first + (j + 1) * len(case_ids))
            connection.execute(sa.insert(generation), _generations(row_id, ids, case_ids, rng))
            connection.execute(
                sa.insert(score), [_score(id_, key, value) for id_, value in zip(ids, quality[:, j], strict=True)]
            )


def _generations(
    row_id: int, ids: Sequence[int], case_ids: Sequence[str], rng: np.random.Generator
) -> list[dict[str, object]]:
    latency = rng.lognormal(0, 0.4, len(ids))
    return [
        {
            "id": id_,
            "run_candidate_id": row_id,
            "case_id": case_id,
            "repeat": 0,
            "text": "an answer of some length " * 20,
            "answer": "an answer of some length " * 20,
            "finish_reason": "stop",
            "prompt_tokens": 120,
            "output_tokens": 80,
            "total_s": seconds,
            "load_s": 0.0,
            "cold": False,
            "reused": False,
            "n_attempts": 1,
            "endpoint": "here",
            "finished_at": MOMENT,
        }
        for id_, case_id, seconds in zip(ids, case_ids, latency.tolist(), strict=True)
    ]


def _score(generation_id: int, key: str, value: float) -> dict[str, object]:
    return {
        "generation_id": generation_id,
        "metric_key": key,
        "value": float(value),
        "evidence": [],
        "scorer_version": "1",
        "scored_at": datetime(2026, 5, 4, tzinfo=UTC),
    }
