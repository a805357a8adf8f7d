"""Scores of a candidate that has all its answers, while another one is still asked."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from scripted_ollama import Chat, Model, Reply, ScriptedOllama, right

from evaluation.store.runs import runs_of_invocation
from evaluation.store.scores import load_estimates
from evaluation.store.session import Store
from tasks import flow_logging
from tasks.scoring import early_scores

Evaluate = Callable[..., Any]


def test_a_candidate_is_scored_and_told_of_while_another_one_is_still_asked(
    evaluate: Evaluate,
    benchmark_file: Callable[..., str],
    ollama_by_script: ScriptedOllama,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(early_scores, "CHECK_EVERY_S", 0.01)
    told = threading.Event()
    lines: list[str] = []
    seen: list[int] = []

    def hear(_level: int, text: str) -> None:
        if "exact_match" in text:
            lines.append(text)
            monkeypatch.setattr(early_scores, "CHECK_EVERY_S", 60)  # the last one is told of when the block ends
            told.set()

    def waits_for_the_score(chat: Chat) -> Reply:
        if told.wait(60) and not seen:
            (run,) = runs_of_invocation(store, "early")
            seen.extend(row.run_candidate_id for row in load_estimates(store, run.plan.run_id))
        return right(chat)

    ollama_by_script.models["fast"] = Model(digest="sha256:fast")
    ollama_by_script.models["slow"] = Model(digest="sha256:slow", script=waits_for_the_score)
    monkeypatch.setattr(flow_logging, "listeners", [hear])

    state = evaluate(benchmark_file(4), invocation_id="early", models=["fast", "slow"])

    assert state.is_completed()
    assert [f"{name} · numbers: exact_match 1.000 [0.510, 1.000] on 4 cases" for name in ("fast", "slow")] == lines
    (run,) = runs_of_invocation(store, "early")
    fast, slow = (item.run_candidate_id for item in run.candidates)
    assert {fast} == set(seen)
    assert {fast, slow} == {row.run_candidate_id for row in load_estimates(store, run.plan.run_id)}


def test_a_headline_that_needs_more_than_the_answer_is_not_replaced_by_another_metric(
    evaluate: Evaluate,
    benchmark_file: Callable[..., str],
    ollama_by_script: ScriptedOllama,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(early_scores, "CHECK_EVERY_S", 0.01)
    monkeypatch.setattr(early_scores, "_headline", lambda *_: "pass_at_k")
    told = threading.Event()
    lines: list[str] = []

    def hear(_level: int, text: str) -> None:
        if " · numbers: " in text:
            lines.append(text)
            told.set()

    def waits_for_the_score(chat: Chat) -> Reply:
        assert told.wait(60)
        return right(chat)

    ollama_by_script.models["fast"] = Model(digest="sha256:fast")
    ollama_by_script.models["slow"] = Model(digest="sha256:slow", script=waits_for_the_score)
    monkeypatch.setattr(flow_logging, "listeners", [hear])

    assert evaluate(benchmark_file(4), models=["fast", "slow"]).is_completed()
    assert [f"{name} · numbers: all answered, pass_at_k is still to come" for name in ("fast", "slow")] == lines


def test_early_scores_that_cannot_be_made_are_made_at_the_end(
    evaluate: Evaluate,
    benchmark_file: Callable[..., str],
    ollama_by_script: ScriptedOllama,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(early_scores, "CHECK_EVERY_S", 0.01)
    failed = threading.Event()

    def fail(*_: object) -> None:
        failed.set()
        raise ZeroDivisionError("of a metric")

    def waits_for_the_failure(chat: Chat) -> Reply:
        assert failed.wait(60)
        return right(chat)

    monkeypatch.setattr(early_scores, "_estimates", fail)
    ollama_by_script.models["fast"] = Model(digest="sha256:fast")
    ollama_by_script.models["slow"] = Model(digest="sha256:slow", script=waits_for_the_failure)

    state = evaluate(benchmark_file(4), invocation_id="early", models=["fast", "slow"])

    assert state.is_completed()
    (run,) = runs_of_invocation(store, "early")
    assert 2 == len({row.run_candidate_id for row in load_estimates(store, run.plan.run_id)})
