"""Budgets of a race in tokens and minutes count what every stage of a pipeline takes, and the race ends within them."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from looking_back import only_run
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.races.rules import Spent
from evaluation.run_results.race_result import race_result
from evaluation.store.races import costs_of_run
from evaluation.store.session import Store
from evaluation.store.stage_sums import stage_sums

Race = Callable[..., Any]
Benchmarks = Callable[..., str]
BOTH = pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
VOTING = "good pipeline=self_consistency n=5"
TOKENS = 12
"""Of each request: nine of its prompt and three of its answer."""


def reply(chat: Chat) -> Reply:
    return Reply(text=right(chat).text, prompt_tokens=9, final={"eval_count": 3})


@pytest.fixture
def race(prefect_api: str, store_url: str, ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch) -> Race:
    """Races the candidates on 60 cases, with that budget, and returns what was spent and how it ended."""
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")

    def run(benchmark: str, budget: str, *candidates: str, **given: Any) -> None:
        from evaluation.requests.race_request import read_race_request
        from flows.race import race as flow

        asked = {"benchmarks": [benchmark], "endpoints": [ollama_by_script.url], "slots": 4, **given}
        asked["candidates"] = list(candidates)
        request = read_race_request({"evaluation": asked, "budget": budget, "levels": "smoke=8,full"})
        running: Any = flow(request, "one", return_state=True)
        assert asyncio.run(running).is_completed()

    return run


@BOTH
def test_a_budget_of_tokens_counts_every_stage_and_the_race_stops_within_it(
    race: Race, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good", reply)
    ollama_by_script.add("other", reply)
    budget = 40 * 6 * TOKENS

    race(benchmark_file(60), f"tokens={budget}", VOTING, "other")

    result = race_result(store, "one").race.outcome
    n_asked = len(ollama_by_script.chats)
    assert (n_asked, n_asked * TOKENS) == (result.spent.calls, result.spent.tokens)
    assert 8 * 6 * TOKENS < result.spent.tokens <= budget
    assert "budget_spent" == result.ending
    assert type(result.spent.tokens) is int


@BOTH
def test_a_budget_of_minutes_ends_a_race_of_pipelines(
    race: Race, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, monkeypatch: Any
) -> None:
    ollama_by_script.add("good", reply)
    ollama_by_script.add("other", reply)
    # By a clock on which every request takes a tenth of a minute.
    monkeypatch.setattr("flows.race._minutes_since", lambda began: len(ollama_by_script.chats) / 10)

    race(benchmark_file(60), "minutes=24", VOTING, "other")

    result = race_result(store, "one").race.outcome
    n_asked = len(ollama_by_script.chats)
    assert result.spent.minutes == pytest.approx(n_asked / 10)
    assert 8 * 6 < n_asked <= 240
    assert "budget_spent" == result.ending


def test_stages_count_whose_case_failed_or_has_no_tokens_as_a_whole(
    race: Race, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    def failing(chat: Chat) -> Reply:
        is_draft = chat.prompt.startswith("What is ")
        is_odd = any(f"What is {number}?" in str(chat.body) for number in (1, 3, 5, 7))
        broken = Reply(status=500, error="llama runner process has terminated: signal: killed")
        return broken if is_odd and not is_draft else Reply(text="7", prompt_tokens=9, final={"eval_count": 3})

    ollama_by_script.add("good", failing)
    ollama_by_script.add("other", reply)

    race(benchmark_file(8), "tokens=100000", "good pipeline=refine", "other", max_failures="100%")

    spent = race_result(store, "one").race.outcome.spent
    sums = stage_sums(store, only_run(store).plan.run_id)
    n_by_name = {each.stage: each.n for of_candidate in sums.values() for each in of_candidate}
    n_stages, n_other = sum(n_by_name.values()), sum(ollama_by_script.asked("other").values())
    assert n_by_name["draft"] > n_by_name["critique 1"] > 0
    assert Spent(calls=n_stages + n_other, minutes=spent.minutes, tokens=(n_stages + n_other) * TOKENS) == spent


def test_an_embedding_that_two_candidates_share_counts_once(
    race: Race, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, tmp_path: Any
) -> None:
    ollama_by_script.add("good", lambda chat: Reply(text="7", prompt_tokens=9, final={"eval_count": 3}))
    ollama_by_script.add("vectors", capabilities=("embedding",))
    corpus = tmp_path / "docs"
    corpus.mkdir()
    (corpus / "a.txt").write_text("Spiders have 8 legs. Insects have 6.")
    retrieval = f"good pipeline=retrieval corpus={corpus} method=dense embedder=vectors"

    race(benchmark_file(20), "calls=50", f"{retrieval} top_k=1", f"{retrieval} top_k=2")

    spent = race_result(store, "one").race.outcome.spent
    n_questions = sum(n for text, n in ollama_by_script.embedded.items() if text.startswith("What is"))
    assert len(ollama_by_script.chats) + n_questions == spent.calls <= 50
    assert len(ollama_by_script.chats) * TOKENS + 4 * n_questions == spent.tokens
    assert {len(ollama_by_script.chats) // 2} == {
        each.n_answers for each in costs_of_run(store, only_run(store).plan.run_id).values()
    }
