"""A race asks less and less: who leaves is asked nothing more, and what is stored lets it go on."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from ending_early import HangsAtFive, press_ctrl_c
from looking_back import only_run, results
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.benchmarks.sampling import limited
from evaluation.races.state import Fate
from evaluation.records.status import Status
from evaluation.run_results.race_result import race_result
from evaluation.store.races import load_decisions
from evaluation.store.session import Store
from tasks.races.decision import make_decision

Race = Callable[..., Any]
Benchmarks = Callable[..., str]


@pytest.fixture
def race(prefect_api: str, store_url: str, ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch) -> Race:
    """Runs the flow and returns its final state."""
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")

    def run(benchmark: str, *, models: list[str], evaluation: dict[str, Any] | None = None, **rules: Any) -> Any:
        from evaluation.requests.race_request import read_race_request
        from flows.race import race as flow

        asked = {
            "benchmarks": [benchmark],
            "models": models,
            "endpoints": [ollama_by_script.url],
            "slots": 4,
            **(evaluation or {}),
        }
        running: Any = flow(read_race_request({"evaluation": asked, **rules}), "one", return_state=True)
        return asyncio.run(running)

    return run


def right_on(share: float) -> Callable[[Chat], Reply]:
    """Answers `What is N?` rightly where N, of 100, is below that share."""

    def script(chat: Chat) -> Reply:
        number = int(chat.prompt.removeprefix("What is ").removesuffix("?"))
        return right(chat) if number * 37 % 100 < 100 * share else Reply(text="no idea")

    return script


def _n_asked(server: ScriptedOllama, model: str) -> int:
    return sum(server.asked(model).values())


def test_the_best_wins_with_fewer_calls_and_stands_in_the_store_like_any_run(
    race: Race, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good", right_on(0.95))
    ollama_by_script.add("middling", right_on(0.4))
    ollama_by_script.add("bad", right_on(0.1))

    state = race(benchmark_file(60), models=["bad", "good", "middling"], levels="smoke=16,full")

    assert state.is_completed()
    result = race_result(store, "one")
    found = result.race.outcome
    assert ("winner", "good", "one_left") == (found.verdict, found.winner, found.ending)
    assert ["good", "middling", "bad"] == [place.label for place in found.ranking]
    asked = {model: _n_asked(ollama_by_script, model) for model in ("good", "middling", "bad")}
    assert found.spent.calls == sum(asked.values()) < found.full_grid_calls == 180
    left_after = {place.label: place.left_after for place in found.ranking}
    assert asked["bad"] == left_after["bad"] < asked["good"]
    assert asked["good"] == results(store)["good"].n_ok
    assert Status.COMPLETED is only_run(store).status
    assert all(count == 1 for model in asked for count in ollama_by_script.asked(model).values())
    assert len(ollama_by_script.loads) <= 3 * found.n_looks


def test_a_budget_of_calls_counts_every_request_of_a_pipeline(
    race: Race, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("other")
    evaluation = {"candidates": ["good pipeline=self_consistency n=5", "other"]}

    race(benchmark_file(60), models=[], evaluation=evaluation, levels="smoke=16,full", budget="calls=60")

    found = race_result(store, "one").race.outcome
    n_asked = _n_asked(ollama_by_script, "good") + _n_asked(ollama_by_script, "other")
    assert n_asked == found.spent.calls <= 60
    assert _n_asked(ollama_by_script, "good") == 5 * _n_asked(ollama_by_script, "other") > 0
    assert (5 + 1) * 60 == found.full_grid_calls


def test_the_confirmation_asks_winner_and_runner_up_unseen_cases_alone(
    race: Race, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    order = limited([f"c{number}" for number in range(75)], limit=None, seed=0)
    place = {f"What is {case_id[1:]}?": position for position, case_id in enumerate(order)}

    def late(chat: Chat) -> Reply:  # as good as the best for one look, then worse than the runner-up ever was
        return right(chat) if place[chat.prompt] < 20 else Reply(text="no idea")

    def early(chat: Chat) -> Reply:
        return right(chat) if place[chat.prompt] % 2 else Reply(text="no idea")

    ollama_by_script.add("good")
    ollama_by_script.add("early", early)
    ollama_by_script.add("late", late)

    state = race(benchmark_file(75), models=["late", "early", "good"], levels="one=20,full")

    assert state.is_completed()
    found = race_result(store, "one").race.outcome
    assert {"good": None, "early": 20, "late": 60} == {
        standing.label: standing.left_after for standing in found.ranking
    }
    assert ("early", 15) == (found.confirmation.runner_up, found.confirmation.n_cases)
    assert {*range(20), *range(60, 75)} == {place[prompt] for prompt in ollama_by_script.asked("early")}
    assert (75 + 60 + 35) == found.spent.calls


def test_a_model_stays_loaded_from_one_look_to_the_next_and_the_run_reads_as_running_in_between(
    race: Race,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def in_memory() -> list[str]:
        answered = ollama_by_script.answer("/api/ps", {}) or {}
        return [model["name"] for model in answered["models"]]

    seen = []

    async def decide_and_look(*given: Any, **named: Any) -> Any:
        seen.append((only_run(store).status, in_memory()))
        return await make_decision(*given, **named)

    monkeypatch.setattr("flows.race.make_decision", decide_and_look)
    for name in ("a", "b", "c"):
        ollama_by_script.add(name, right_on(0.5), digest=f"{name:0<64}")

    state = race(benchmark_file(40), models=["a", "b", "c"], levels="one=8,two=16,three=24")

    assert state.is_completed()
    loads = [name for name, _ in ollama_by_script.loads]
    assert [(Status.RUNNING, [loads[2]]), (Status.RUNNING, [loads[4]]), (Status.RUNNING, [loads[6]])] == seen
    assert 3 + 2 + 2 == len(loads)
    assert {"a", "b", "c"} == {*loads[:3]} == {*loads[2:5]} == {*loads[4:]}
    assert [] == in_memory()
    assert Status.COMPLETED is only_run(store).status


def test_two_servers_each_keep_a_model_until_the_race_needs_them_no_more(
    race: Race,
    store: Store,
    ollama_by_script: ScriptedOllama,
    other_ollama: ScriptedOllama,
    benchmark_file: Benchmarks,
) -> None:
    servers = (ollama_by_script, other_ollama)
    for server in servers:
        for name in ("a", "b", "c"):
            server.add(name, right_on(0.5), digest=f"{name:0<64}")
    other_ollama.add("bad", right_on(0.0), digest="d" * 64)  # its only server is asked nothing once it has left

    urls = {"endpoints": [server.url for server in servers], "slots": 1}
    state = race(benchmark_file(40), models=["a", "b", "c", "bad"], evaluation=urls, levels="one=16,two=24,three=32")

    assert state.is_completed()
    asked = [sum((server.asked(name) for server in servers), start=Counter()) for name in ("a", "b", "c", "bad")]
    assert [32, 32, 32, 16] == [sum(prompts.values()) for prompts in asked]
    assert {1} == {count for prompts in asked for count in prompts.values()}
    assert [{"models": []}] * 2 == [server.answer("/api/ps", {}) for server in servers]


def test_a_race_that_breaks_between_two_looks_leaves_no_model_in_memory(
    race: Race,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def breaks(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no decision")

    monkeypatch.setattr("flows.race.make_decision", breaks)
    for name in ("a", "b"):
        ollama_by_script.add(name, digest=f"{name:0<64}")

    state = race(benchmark_file(40), models=["a", "b"])

    assert state.is_failed()
    assert (Status.FAILED, "RuntimeError: no decision") == (only_run(store).status, only_run(store).reason)
    assert {"models": []} == ollama_by_script.answer("/api/ps", {})


def test_everybody_who_is_in_is_asked_the_same_cases(
    race: Race, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("one", right_on(0.6))
    ollama_by_script.add("other", right_on(0.6))

    state = race(benchmark_file(12), models=["one", "other"])

    assert state.is_completed()
    assert ollama_by_script.asked("one") == ollama_by_script.asked("other")
    found = race_result(store, "one").race.outcome
    assert ("tied", None, "cases_used_up", ("one", "other")) == (
        found.verdict,
        found.winner,
        found.ending,
        found.tied,
    )


def test_a_race_that_was_cancelled_goes_on_where_it_was(
    race: Race, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    script = HangsAtFive(press_ctrl_c)
    ollama_by_script.add("good", script, digest="1" * 64)
    ollama_by_script.add("bad", right_on(0.1), digest="2" * 64)
    path = benchmark_file(30)
    ids = [f"c{number}" for number in range(30)]
    seed = next(seed for seed in range(99) if "c5" in limited(ids, limit=20, seed=seed))  # asked at the first look

    first = race(path, models=["bad", "good"], evaluation={"seed": seed})
    script.may_go_on.set()
    before = load_decisions(store, "one")
    ollama_by_script.add("good", digest="1" * 64)
    second = race(path, models=["bad", "good"], evaluation={"seed": seed})

    assert (True, True) == (first.is_cancelled(), second.is_completed())
    after = load_decisions(store, "one")
    assert before == after[: len(before)]
    found = race_result(store, "one").race.outcome
    assert ("winner", "good") == (found.verdict, found.winner)
    assert {1} == set(ollama_by_script.asked("bad").values())
    assert Fate.CONFIRMED is after[-1].fate


def test_a_candidate_that_cannot_be_asked_is_given_up_and_the_others_race_on(
    race: Race, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good", right_on(0.95))
    ollama_by_script.add("bad", right_on(0.1))
    ollama_by_script.add("broken", load_error=(500, "no such file"))

    state = race(benchmark_file(30), models=["bad", "broken", "good"])

    assert state.is_failed()
    found = race_result(store, "one").race.outcome
    assert ("winner", "good") == (found.verdict, found.winner)
    assert (3, "broken", True) == (
        found.ranking[-1].rank,
        found.ranking[-1].label,
        found.ranking[-1].is_given_up,
    )
    assert "broken was given up" in (only_run(store).reason or "")
    assert Fate.GIVEN_UP in {decision.fate for decision in load_decisions(store, "one")}


def test_where_nobody_could_be_asked_nobody_is_dropped_and_the_race_goes_on_once_that_is_mended(
    race: Race, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    for name in ("one", "other"):
        ollama_by_script.add(name, digest=f"{name:0<64}", load_error=(500, "no such file"))
    path = benchmark_file(8)

    first = race(path, models=["one", "other"])
    decided = load_decisions(store, "one")
    for name in ("one", "other"):
        ollama_by_script.add(name, digest=f"{name:0<64}")
    second = race(path, models=["one", "other"])

    assert (True, True) == (first.is_failed(), second.is_completed())
    assert "none of the 2 candidates still in the race could be asked" in first.message
    assert () == decided
    assert "tied" == race_result(store, "one").race.outcome.verdict


def test_halving_asks_the_better_half_more_and_more(
    race: Race, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    shares = {"a": 0.1, "b": 0.3, "c": 0.6, "d": 0.97}
    for name, share in shares.items():
        ollama_by_script.add(name, right_on(share))

    state = race(benchmark_file(40), models=list(shares), method="halving", levels="one=10,two=20", confirm=4)

    assert state.is_completed()
    found = race_result(store, "one").race.outcome
    assert "d" == found.ranking[0].label
    asked = sorted(_n_asked(ollama_by_script, name) for name in shares)
    assert asked[0] == asked[1] < asked[2] == asked[3]


def test_a_budget_of_calls_ends_the_race(
    race: Race, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("one", right_on(0.6))
    ollama_by_script.add("other", right_on(0.6))

    state = race(benchmark_file(100), models=["one", "other"], budget="calls=30")

    assert state.is_completed()
    found = race_result(store, "one").race.outcome
    assert ("tied", "budget_spent") == (found.verdict, found.ending)
    assert 20 <= found.spent.calls <= 30


def test_one_candidate_under_two_names_is_no_race(
    race: Race, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("one")

    state = race(benchmark_file(10), models=["one", "one"])

    assert state.is_failed()
    assert "the candidates are all the same" in state.message
    assert [] == ollama_by_script.chats


def test_an_unfit_metric_is_refused_before_anybody_is_asked(
    race: Race, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("one")
    ollama_by_script.add("other")

    state = race(benchmark_file(10), models=["one", "other"], evaluation={"metrics": ["bleu"]})

    assert state.is_failed()
    assert "a race needs a value of each case" in state.message
    assert [] == ollama_by_script.chats
