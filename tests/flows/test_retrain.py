"""The flow that retrains, on a real Prefect server: what it stores and publishes, and when it ends at once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from patient_client import patient_client
from recommendable import fill

from deployments.prefect_delivery import settle
from evaluation.store.selection_models import champion, history, promote, read_model, save_model
from evaluation.store.session import Store
from selection.learning.retraining import Judgement, carry_out
from selection.retrain_request import RetrainRequest

Retrain = Callable[..., Any]


@pytest.fixture
def retrain(prefect_api: str, store_url: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> Retrain:
    """Runs the flow with that request, on a store of three candidates, and returns its final state."""
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)
    fill(store)

    def run(**request: Any) -> Any:
        from flows.retrain import retrain as flow

        running: Any = flow(RetrainRequest(**request), return_state=True)
        return asyncio.run(running)

    return run


def test_a_model_is_trained_and_decides_and_its_page_stands_in_prefect(
    retrain: Retrain, store: Store, prefect_api: str
) -> None:
    state = retrain(seed=3)

    result = asyncio.run(state.aresult())
    held = champion(store)
    assert held.model is not None
    assert ("promoted", held.model.model_id, held.model.model_id) == (
        result.decision,
        result.model_id,
        result.champion_id,
    )
    flow_run_id = str(state.state_details.flow_run_id)
    settle(prefect_api, flow_run_id, timeout_s=300)
    with patient_client(prefect_api) as client:
        of_run = {"flow_runs": {"id": {"any_": [flow_run_id]}}}
        artifacts = {one["key"]: one for one in client.post("artifacts/filter", json=of_run).json()}
        tasks = client.post("task_runs/filter", json=of_run).json()
    assert {"retraining", "retraining-tasks"} == artifacts.keys()
    assert artifacts["retraining"]["data"].startswith(
        "# Retraining\n\n> best\\_per\\_task 1 is now the selection model"
    )
    assert [
        "gather the evidence",
        "split by family and train · seed 3",
        "evaluate on held-out prompts",
        "promote or keep",
        "publish the retraining",
    ] == [one["name"] for one in sorted(tasks, key=lambda one: one["start_time"])]


def test_it_ends_at_once_where_too_little_is_new(retrain: Retrain, store: Store) -> None:
    state = retrain(if_enough_new=241)

    result = asyncio.run(state.aresult())
    assert state.is_completed()
    assert ("not trained", ()) == (result.decision, history(store))
    assert "240 scored answers and 0 reported outcomes are new, but 241 are required" in result.sentence


def test_where_another_model_comes_to_decide_meanwhile_the_challenger_is_evaluated_again(
    retrain: Retrain, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[Judgement] = []

    def outrun(opened: Store, judgement: Judgement) -> bool:
        judged.append(judgement)
        if len(judged) == 1:
            promote(opened, _twin(opened, judgement.model_id), replacing=judgement.replaces, reason="was first")
        return carry_out(opened, judgement)

    monkeypatch.setattr("tasks.retraining.promote.carry_out", outrun)
    state = retrain()

    held = champion(store)
    assert "kept" == asyncio.run(state.aresult()).decision
    assert [None, held.promotion_id] == [one.replaces for one in judged]
    assert "was first" == held.reason


def _twin(store: Store, model_id: str) -> str:
    """A model that says the same, and is another one to the store."""
    found = read_model(store, model_id)
    stored = save_model(
        store,
        kind=found.record.kind,
        status="trained",
        data_hash="of other evidence",
        code_version=found.record.code_version,
        metrics={},
        report={},
        estimator=found.estimator,
        serving=found.serving,
    )
    return stored.model_id
