"""The `--json` of commands that run a flow or ask a server is held against files, as that of those that read the store.

After a change on purpose, `WRITE_JSON_CONTRACT=1 pytest tests/deployments/cli/test_json_contract_of_runs.py` writes
the files again; read the diff. What a clock measured is left out: see `json_contract.unmeasured`.
"""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from json_contract import Named, differs, fill_with_everything, unmeasured
from learned_store import ABOUT_HISTORY, TASK, fill_learned
from numbers_benchmark import write_numbers
from scripted_ollama import Chat, Reply, ScriptedOllama, right, scripted_ollama
from slotted_ollama import slotted_ollama_in_logical_time

from evaluation.store.session import open_store

Command = Callable[..., Any]
Words = tuple[object, ...]


def _right_when_cold(chat: Chat) -> Reply:
    return right(chat) if chat.options["temperature"] == 0 else Reply(text="no idea")


def _right_on_every_third(chat: Chat) -> Reply:
    return right(chat) if int(chat.prompt[8:-1]) % 3 == 0 else Reply(text="no idea")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: None)


def _changed(command: Command, all_words: Mapping[str, Words], folder: Path, *, by_clock: bool = False) -> list[str]:
    """Return which of the commands, one after the other, print something else than their files hold."""
    printed = {}
    for name, words in all_words.items():
        ended = command(*words, "--json")
        assert ended.code in (0, 1), (name, ended.code, ended.err)
        text = f"{json.dumps(unmeasured(ended.json), indent=2, ensure_ascii=False)}\n" if by_clock else ended.out
        printed[name] = Named(folder).of(text)
    return [name for name, text in printed.items() if differs(name, text)]


def test_what_flows_found_is_said_as_before(
    benchwright: Command, ollama_by_script: ScriptedOllama, prefect_api: str, tmp_path: Path
) -> None:
    ollama_by_script.add("good:1b", _right_when_cold, digest="1" * 64)
    ollama_by_script.add("weak:1b", _right_on_every_third, digest="2" * 64)
    benchmark = write_numbers(tmp_path / "numbers.jsonl", 20)
    here = ("--benchmark", benchmark, "--endpoint", ollama_by_script.url, "--slots", 2)
    both = (*here, "--model", "good:1b", "--model", "weak:1b")
    swept = (*here, "--model", "good:1b", "--param", "temperature=0,1")
    all_words: dict[str, Words] = {
        "evaluate-dry-run": ("evaluate", *both, "--dry-run"),
        "compare-dry-run": ("compare", *both, "--dry-run"),
        "race-dry-run": ("race", *both, "--dry-run"),
        "sweep-dry-run": ("sweep", *swept, "--dry-run"),
        "evaluate": ("evaluate", *both),
        "evaluate-dry-run-timed": ("evaluate", *both, "--dry-run"),
        "score": ("score", "last", "--metric", "token_f1"),
        "compare-now": ("compare", *both, "--metric", "exact_match", "--metric", "token_f1"),
        "race": ("race", *both),
        "sweep": ("sweep", *swept),
        "sweep-show": ("sweep", "--show", "last"),
    }

    assert [] == _changed(benchwright, all_words, tmp_path, by_clock=True), "see the module's docstring"


async def _none_scheduled() -> tuple[()]:
    """Return how no flow run ended: the tests share a Prefect server, which knows those of others."""
    return ()


def test_what_is_learned_and_monitored_is_said_as_before(
    database: str, benchwright: Command, prefect_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.monitoring.update_alerts.scheduled_ends", _none_scheduled)
    fill_with_everything(database, benchwright, tmp_path)
    all_words: dict[str, Words] = {
        "monitor": ("monitor", "--token-budget", "numbers=500"),
        "retrain": ("retrain",),
        "retrain-not-trained": ("retrain", "--if-enough-new", "1"),
        "recommend-learned": ("recommend", "--task", "summarization"),
        "selection-history-learned": ("selection", "history"),
        "selection-show-learned": ("selection", "show"),
        "selection-rollback": ("selection", "rollback", "--reason", "to see"),
        "selection-promote": ("selection", "promote", "1"),
        "selection-outcome": ("selection", "outcome", "last", "--quality", "80%", "--latency", "1.2s", "--ok"),
        "blocks-register": ("blocks", "register"),
        "blocks-list": ("blocks", "list"),
    }

    assert [] == _changed(benchwright, all_words, tmp_path), "see the module's docstring"


def test_what_was_learned_from_prompts_is_said_as_before(
    database: str, benchwright: Command, prefect_api: str, tmp_path: Path
) -> None:
    with open_store(database) as store:
        fill_learned(store)
    all_words: dict[str, Words] = {
        "retrain-by-prompts": ("retrain",),
        "recommend-by-prompt": ("recommend", "--task", TASK, "--prompt", ABOUT_HISTORY, "--explain"),
        "selection-show-by-prompts": ("selection", "show"),
    }

    assert [] == _changed(benchwright, all_words, tmp_path), "see the module's docstring"


def test_what_servers_tell_is_said_as_before(benchwright: Command, ollama: Any, tmp_path: Path) -> None:
    ollama.add("llama3.2:3b", digest="a" * 64)
    ollama.add("new:1b", digest="e" * 64, size=4_000_000)
    ollama.pull_lines = [{"status": "pulling manifest"}, {"status": "success"}]
    facts = ("--family", "llama", "--size", "4.7GB", "--context", "4096", "--capability", "tools")
    all_words: dict[str, Words] = {
        "endpoints-add": ("endpoints", "add", "box", ollama.url, "--slots", 2),
        "models-pull": ("models", "pull", "new:1b", "--endpoint", "box"),
        "models-list": ("models", "list"),
        "models-show": ("models", "show", "llama3.2:3b"),
        "models-register": ("models", "register", "future:8b", *facts),
        "models-retire": ("models", "retire", "future:8b"),
        "models-list-stored": ("models", "list", "--stored"),
    }

    assert [] == _changed(benchwright, all_words, tmp_path), "see the module's docstring"


def test_how_many_slots_a_server_has_is_said_as_before(benchwright: Command, tmp_path: Path) -> None:
    with slotted_ollama_in_logical_time(slots=2, streams=False, answer_s=0.1) as server:
        words = ("endpoints", "probe", server.url, "--most", 4)

        assert [] == _changed(benchwright, {"endpoints-probe": words}, tmp_path, by_clock=True), "see the docstring"


def test_whether_servers_agree_is_said_as_before(
    benchwright: Command, ollama_by_script: ScriptedOllama, tmp_path: Path
) -> None:
    benchmark = write_numbers(tmp_path / "numbers.jsonl", 12)
    with scripted_ollama() as other:
        ollama_by_script.add("tiny:1b", digest="a" * 64)
        other.add("tiny:1b", _right_on_every_third, digest="a" * 64)
        servers = ("--endpoint", ollama_by_script.url, "--endpoint", other.url)
        words = ("models", "agree", "tiny:1b", *servers, "--benchmark", benchmark)

        assert [] == _changed(benchwright, {"models-agree": words}, tmp_path), "see the module's docstring"


def test_what_people_say_is_said_as_before(
    database: str, benchwright: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_with_everything(database, benchwright, tmp_path)
    of_grades, of_preferences = ("review", "start", "mixed"), ("review", "start", "mixed", "--kind", "preference")
    cases, raters = ("--cases", 4, "--control-share", "0.5"), ("--rater", "ana", "--raters", 2)
    sessions: dict[str, tuple[Words, str]] = {
        "review-start-left": ((*of_grades, *cases, *raters), "5453\n2222\nwell\nq\n"),
        "review-show-open": (("review", "show"), ""),
        "review-resume": (("review", "resume", "--rater", "ana"), "5555\n1112\n\n4444\n2221\n\n3333\n2123\nso\n"),
        "review-start-second": ((*of_grades, *cases, "--rater", "ben"), "5555\n1211\n\n4444\n2222\n\n" * 2),
        "review-show-grades": (("review", "show"), ""),
        "review-list-rated": (("review", "list"), ""),
        "review-delete": (("review", "delete", "last", "--yes"), ""),
        "review-start-preference": ((*of_preferences, *cases, "--rater", "ana"), "A\n\nb\nfine\ntie\n\nB\n\n"),
        "review-start-preference-second": ((*of_preferences, *cases, "--rater", "ben"), "A\n\na\n\ntie\n\nA\n\n"),
    }
    changed = []
    for name, (words, lines) in sessions.items():
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        changed += _changed(benchwright, {name: words}, tmp_path)

    assert [] == changed, "see the module's docstring"
