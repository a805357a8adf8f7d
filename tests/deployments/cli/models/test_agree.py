"""`models agree` over HTTP with two servers."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted_ollama import Chat, Reply, ScriptedOllama, scripted_ollama

from evaluation.store.session import info

Command = Callable[..., Any]
DIGEST = "a" * 64


@pytest.fixture
def other() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        yield server


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.jsonl"
    cases = [{"case_id": f"c{n}", "prompt": f"What is {n}?", "references": [str(n)]} for n in range(12)]
    path.write_text("\n".join(json.dumps(case) for case in cases))
    return path


def words(here: ScriptedOllama, other: ScriptedOllama, benchmark: Path, *more: object) -> list[object]:
    servers = ["--endpoint", here.url, "--endpoint", other.url]
    return ["models", "agree", "tiny:1b", *servers, "--benchmark", benchmark, *more]


def test_servers_that_answer_alike_exit_with_0(
    benchwright: Command, ollama_by_script: ScriptedOllama, other: ScriptedOllama, numbers: Path
) -> None:
    ollama_by_script.add("tiny:1b", digest=DIGEST)
    other.add("tiny:1b", digest=DIGEST)
    said = benchwright(*words(ollama_by_script, other, numbers))

    assert 0 == said.code
    assert "may be pooled: they agree on 12 of 12 cases" in said.out
    assert f"the same weights everywhere, digest {DIGEST[:12]}" in said.err


def test_servers_that_answer_differently_exit_with_1_and_say_where(
    benchwright: Command, ollama_by_script: ScriptedOllama, other: ScriptedOllama, numbers: Path
) -> None:
    def wrong_at_3(chat: Chat) -> Reply:
        return Reply(text="2.99") if chat.prompt == "What is 3?" else Reply(text=chat.prompt[8:-1])

    ollama_by_script.add("tiny:1b", digest=DIGEST)
    other.add("tiny:1b", wrong_at_3, digest=DIGEST)
    said = benchwright(*words(ollama_by_script, other, numbers, "--json"))

    assert 1 == said.code
    assert not said.json["may_be_pooled"]
    assert 11 / 12 == said.json["between"][0]["equal"]["share"]
    (difference,) = said.json["differences"]
    assert ("c3", 0, "3", "2.99", 1.0, 0.0) == tuple(
        difference[key] for key in ("case_id", "position", "text_a", "text_b", "score_a", "score_b")
    )
    assert [1.0, 1.0] == [item["equal"]["share"] for item in said.json["within"]]


def test_differences_are_shown_to_a_person(
    benchwright: Command, ollama_by_script: ScriptedOllama, other: ScriptedOllama, numbers: Path
) -> None:
    ollama_by_script.add("tiny:1b", digest=DIGEST)
    other.add("tiny:1b", lambda _: Reply(text="nothing"), digest=DIGEST)
    said = benchwright(*words(ollama_by_script, other, numbers))

    assert 1 == said.code
    assert "'nothing'" in said.out
    assert "2 more; --json lists them all" in said.out


def test_different_weights_are_refused_before_anything_is_asked(
    benchwright: Command, ollama_by_script: ScriptedOllama, other: ScriptedOllama, numbers: Path
) -> None:
    ollama_by_script.add("tiny:1b", digest=DIGEST)
    other.add("tiny:1b", digest="b" * 64)
    said = benchwright(*words(ollama_by_script, other, numbers))

    assert 2 == said.code
    assert "do not have the same weights of 'tiny:1b'" in said.err
    assert "bbbbbbbbbbbb" in said.err
    assert [] == ollama_by_script.chats


def test_different_weights_may_be_asked_all_the_same(
    benchwright: Command, ollama_by_script: ScriptedOllama, other: ScriptedOllama, numbers: Path
) -> None:
    ollama_by_script.add("tiny:1b", digest=DIGEST)
    other.add("tiny:1b", digest="b" * 64)
    said = benchwright(*words(ollama_by_script, other, numbers, "--any-digest"))

    assert 0 == said.code
    assert "the servers may have different weights" in said.err


def test_options_and_the_number_of_cases_reach_both_servers(
    benchwright: Command, ollama_by_script: ScriptedOllama, other: ScriptedOllama, numbers: Path
) -> None:
    ollama_by_script.add("tiny:1b", digest=DIGEST, parameters="top_k 7")
    other.add("tiny:1b", digest=DIGEST, parameters="top_k 9")
    said = benchwright(*words(ollama_by_script, other, numbers, "--cases", 3, "--option", "num_predict=5"))

    assert 0 == said.code
    assert [9, 9] == [len(ollama_by_script.chats), len(other.chats)]  # twice alone, once beside others
    options, others = ([chat.options for chat in server.chats] for server in (ollama_by_script, other))
    assert options[:6] == others[:6]
    assert sorted(options[6:], key=str) == sorted(others[6:], key=str)  # at once, so in any order
    assert (5, 7, 0.0) == (options[0]["num_predict"], options[0]["top_k"], options[0]["temperature"])


def test_the_cases_of_a_standard_suite_are_asked_where_none_is_named(
    benchwright: Command, ollama_by_script: ScriptedOllama, other: ScriptedOllama
) -> None:
    ollama_by_script.add("tiny:1b", digest=DIGEST)
    other.add("tiny:1b", digest=DIGEST)
    servers = ["--endpoint", ollama_by_script.url, "--endpoint", other.url]
    said = benchwright("models", "agree", "tiny:1b", *servers, "--cases", 2, "--json")

    assert (0, "text_generation", 2) == (said.code, said.json["benchmark"], said.json["n_cases"])


def test_nothing_is_stored(
    benchwright: Command, ollama_by_script: ScriptedOllama, other: ScriptedOllama, numbers: Path, database: str
) -> None:
    ollama_by_script.add("tiny:1b", digest=DIGEST)
    other.add("tiny:1b", digest=DIGEST)
    benchwright(*words(ollama_by_script, other, numbers))

    own = {"alembic_version", "evidence_change"}  # of an empty database
    assert 0 == sum(n for table, n in info(database).n_rows.items() if table not in own)


def test_one_server_cannot_agree(benchwright: Command, ollama_by_script: ScriptedOllama) -> None:
    twice = ["--endpoint", ollama_by_script.url, "--endpoint", ollama_by_script.url + "/"]
    said = benchwright("models", "agree", "tiny:1b", *twice)

    assert (2, "error: fewer than two servers were given") == (said.code, said.err.splitlines()[0])


def test_a_server_without_the_model_is_named(
    benchwright: Command, ollama_by_script: ScriptedOllama, other: ScriptedOllama, numbers: Path
) -> None:
    ollama_by_script.add("tiny:1b")
    other.add("tiny:2b")
    said = benchwright(*words(ollama_by_script, other, numbers, "--json"))

    assert 2 == said.code
    assert "did you mean 'tiny:2b'?" in said.json["error"]["message"]
    assert other.url.removeprefix("http://") in said.json["error"]["message"]


def test_a_server_that_does_not_answer_is_named(
    benchwright: Command, ollama_by_script: ScriptedOllama, numbers: Path
) -> None:
    ollama_by_script.add("tiny:1b")
    servers = ["--endpoint", ollama_by_script.url, "--endpoint", "http://127.0.0.1:9"]
    said = benchwright("models", "agree", "tiny:1b", *servers, "--benchmark", numbers)

    assert 2 == said.code
    assert "127.0.0.1:9: no server answers" in said.err


def test_the_same_texts_are_asked_beside_others_too(
    benchwright: Command, ollama_by_script: ScriptedOllama, other: ScriptedOllama, numbers: Path
) -> None:
    n_asked = 0

    def otherwise_the_third_time(chat: Chat) -> Reply:
        nonlocal n_asked
        n_asked += 1
        return Reply(text="same" if n_asked <= 24 else f"text {n_asked}")

    ollama_by_script.add("tiny:1b", otherwise_the_third_time, digest=DIGEST)
    other.add("tiny:1b", lambda chat: Reply(text="same"), digest=DIGEST)
    said = benchwright(*words(ollama_by_script, other, numbers, "--json"))

    assert [(12, 0), (12, 12)] == [
        (item["equal"]["n_equal"], item["beside"]["n_equal"]) for item in said.json["within"]
    ]
    assert [4, 4] == [item["slots"] for item in said.json["within"]]
    assert said.json["may_be_pooled"]
