"""What is stored of scores that somebody is asked for, when the work is ended early or done twice."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stored_runs import asked, numbers, right, store_run

from evaluation.metrics.judges.rubric import JudgeRubric
from evaluation.metrics.requests import Answer, AskJudge
from evaluation.scoring.backend_scoring import score_asking
from evaluation.scoring.metric_backends.dispatch import Answerers
from evaluation.store.runs import find_run
from evaluation.store.scores import iterate_scores
from evaluation.store.session import Store, open_store

METRIC = JudgeRubric(model="judge", digest="d")
VERDICT = json.dumps({"rationale": "so it is", "score": 5})


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "results.db")) as opened:
        yield opened


def candidate(store: Store, n_cases: int) -> int:
    cases = numbers(n_cases)
    store_run(store, asked("m", right(cases)), cases=cases)
    return find_run(store, "run-1").candidates[0].run_candidate_id


def stored(store: Store, row_id: int) -> int:
    return len(list(iterate_scores(store, row_id, METRIC.signature)))


def test_verdicts_that_came_before_the_end_are_kept_and_not_asked_again(own_store: Store) -> None:
    row_id = candidate(own_store, 6)
    n_asked = 0

    async def three_and_then_nothing(_request: Any) -> Answer:
        nonlocal n_asked
        n_asked += 1
        if n_asked > 3:
            await asyncio.sleep(3600)
        return VERDICT

    async def cancelled() -> None:
        counted: list[int] = []
        answering: Answerers = {AskJudge: three_and_then_nothing}
        work = asyncio.create_task(
            score_asking(own_store, "run-1", row_id, [METRIC], answering, on_scored=counted.append)
        )
        while n_asked < 6 or counted[-1:] != [3]:
            await asyncio.sleep(0.01)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    asyncio.run(cancelled())
    assert 3 == stored(own_store, row_id)

    async def at_once(_request: Any) -> Answer:
        nonlocal n_asked
        n_asked += 1
        return VERDICT

    n_asked = 0
    answerers: Answerers = {AskJudge: at_once}
    counts = asyncio.run(score_asking(own_store, "run-1", row_id, [METRIC], answerers))
    assert (3, 3, 6) == (n_asked, counts.n_scores, stored(own_store, row_id))
