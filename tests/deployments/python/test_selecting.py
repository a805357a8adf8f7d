"""`from selection import retrain, …`: what the commands of these names do, as functions that return types."""

from collections.abc import Callable
from typing import Any

import pytest
from scripted_ollama import ScriptedOllama

from evaluation import evaluate
from evaluation.errors import ConfigurationError, StoreError, UnknownNameError
from selection import load_models, load_recommendations, load_scoreboard, promote, recommend, retrain, rollback

Options = dict[str, Any]


def test_a_retraining_without_evidence_trains_nothing_and_needs_no_server(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise AssertionError("a Prefect server is started")

    monkeypatch.setattr("deployments.kept_server.kept_server", refuse)

    result = retrain()

    assert ("not trained", None, 0) == (result.decision, result.model_id, result.n_rows)
    assert "No model was trained: no candidate has results" in result.sentence
    with pytest.raises(ConfigurationError, match="if_enough_new"):
        retrain(if_enough_new=0)
    with pytest.raises(StoreError):
        retrain(db=f"{database}.missing")


def test_what_is_recommended_rests_on_the_scoreboard_and_is_listed(
    asked: Options, benchmark: str, database: str, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    evaluate(benchmark=benchmark, model="good", **asked)

    answer = recommend("reasoning", on_little_evidence="rules", store=database)
    from selection import flush

    assert 0 == flush(store=database)
    (candidate,) = load_scoreboard(store=database).candidates
    assert "good" in candidate.label
    assert [answer.id] == [each.recommendation_id for each in load_recommendations(store=database)]
    assert () == load_recommendations(task="code", store=database)


def test_promotions_are_of_models_that_there_are(database: str, benchwright: Callable[..., str]) -> None:
    assert () == load_models()
    with pytest.raises(UnknownNameError, match="7"):
        promote("7")
    with pytest.raises(ConfigurationError):
        rollback()
