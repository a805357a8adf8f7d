"""Does a breakdown have every mean of the runs, and the chosen ones alone?"""

import pytest
from compared_runs import candidate, cases_of, right_on
from stored_runs import store_run

from evaluation.errors import UnknownNameError
from evaluation.run_results.breakdown import breakdown
from evaluation.store.session import Store

METRICS = ("exact_match", "token_f1")


def test_a_breakdown_has_every_mean_with_its_interval_and_chooses_by_task_and_metric(store: Store) -> None:
    for task, n_cases in (("code", 12), ("chat", 14)):
        cases = cases_of(n_cases)
        answers = candidate("good:1b", right_on(cases, range(6)))
        store_run(store, answers, cases=cases, run_id=f"run-{task}", name=task, task_type=task, metrics=METRICS)

    rows = breakdown(store, ["run-code", "run-chat", "run-code"])

    scored = [(row.task, row.metric) for row in rows if row.metric in METRICS]
    assert [(task, metric) for task in ("chat", "code") for metric in METRICS] == scored
    assert len(rows) == len(rows.to_frame())
    (match,) = breakdown(store, ["run-code", "run-chat"], tasks=["code"], metrics=["exact_match"])
    assert (0.5, 12, "code") == (match.estimate.value, match.estimate.n_cases, match.benchmark)
    assert match.estimate.low is not None
    with pytest.raises(UnknownNameError):
        breakdown(store, ["nope"])
    with pytest.raises(UnknownNameError, match="unknown metric of these runs 'exact_mtch'; did you mean 'exact_match'"):
        breakdown(store, ["run-code"], metrics=["exact_mtch"])
    with pytest.raises(UnknownNameError, match=r"unknown task of these runs 'chat'.* Known: code"):
        breakdown(store, ["run-code"], tasks=["chat"])
