import asyncio
from contextlib import AsyncExitStack

import pytest
from scripted_ollama import Chat, Reply, ScriptedOllama, scripted_ollama

from evaluation.case import Case, Message
from evaluation.errors import FailureKind, ProviderError
from evaluation.fingerprint import derived_seed
from evaluation.generation import Failure, Generation
from evaluation.providers.detection import connect
from evaluation.retry_schedule import RetrySchedule
from evaluation.servers.repeated_requests import Answers, AskedServer, Question, ask_everyone_twice

OPTIONS = {"temperature": 0.0, "num_ctx": 4096}
QUESTIONS = [
    Question(
        case=Case(case_id=f"c{number}", prompt=f"What is {number}?"),
        messages=(Message(role="user", content=f"What is {number}?"),),
    )
    for number in range(3)
]


def asked(*servers: ScriptedOllama) -> tuple[Answers, ...]:
    async def ask() -> tuple[Answers, ...]:
        async with AsyncExitStack() as stack:
            parties = [
                AskedServer(
                    endpoint=f"server {number}",
                    provider=await stack.enter_async_context(await connect(server.url, "ollama")),
                    model="tiny:1b",
                    options=OPTIONS,
                )
                for number, server in enumerate(servers)
            ]
            return await ask_everyone_twice(parties, QUESTIONS, seed=5)

    return asyncio.run(ask())


def test_every_server_is_asked_every_case_twice_in_the_same_order(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("tiny:1b", lambda chat: Reply(text=f"{chat.prompt} {chat.n_before}"))
    (answers,) = asked(ollama_by_script)

    texts = [[outcome.text for outcome in times if isinstance(outcome, Generation)] for times in answers]
    assert [[f"What is {number}? 0", f"What is {number}? 1"] for number in range(3)] == texts
    assert [question.case.prompt for question in QUESTIONS] * 2 == [chat.prompt for chat in ollama_by_script.chats]
    assert 1 == ollama_by_script.max_active


def test_options_and_seeds_are_the_same_for_everybody_and_each_time(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("tiny:1b")
    with scripted_ollama() as other:
        other.add("tiny:1b")
        asked(ollama_by_script, other)

        seeds = [derived_seed(5, question.case.case_id, 0) for question in QUESTIONS] * 2
        for server in (ollama_by_script, other):
            assert [{**OPTIONS, "seed": seed} for seed in seeds] == [chat.options for chat in server.chats]


def test_a_failure_that_passes_is_asked_again(
    ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.servers.repeated_requests.RETRIES", RetrySchedule(base_s=0.0))

    def crashes_once(chat: Chat) -> Reply:
        return Reply(status=500, error="the runner crashed") if chat.n_before == 0 else Reply(text="well")

    ollama_by_script.add("tiny:1b", crashes_once)
    (answers,) = asked(ollama_by_script)

    assert all(isinstance(outcome, Generation) for times in answers for outcome in times)


def test_a_failure_that_stays_is_noted_for_its_case(
    ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.servers.repeated_requests.RETRIES", RetrySchedule(base_s=0.0))

    def crashes_at_one(chat: Chat) -> Reply:
        return Reply(status=500, error="the runner crashed") if "1" in chat.prompt else Reply(text="well")

    ollama_by_script.add("tiny:1b", crashes_at_one)
    (answers,) = asked(ollama_by_script)

    failed = [[isinstance(outcome, Failure) for outcome in times] for times in answers]
    assert [[False, False], [True, True], [False, False]] == failed
    assert isinstance(answers[1][0], Failure)
    assert FailureKind.RUNNER_CRASHED is answers[1][0].kind


def test_the_candidates_own_failure_is_an_answer(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("tiny:1b", lambda _: Reply(text=""))
    (answers,) = asked(ollama_by_script)

    assert isinstance(answers[0][0], Generation)
    assert FailureKind.EMPTY_ANSWER is answers[0][0].own_failure


def test_a_refusal_ends_the_asking_of_all(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("tiny:1b")
    with scripted_ollama() as other, pytest.raises(ProviderError, match="'tiny:1b'"):
        asked(ollama_by_script, other)
