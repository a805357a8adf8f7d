"""What the demo says at its end."""

import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from recommendable import fill

from deployments import prefect_server
from deployments.cli.blocks_in_use import database_of_block
from evaluation.store.session import open_store
from tasks.block_names import DATABASE_SLUG

Command = Callable[..., Any]


@pytest.fixture
def demo(benchwright: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `benchwright demo` without its evaluation, which has ended with this code."""

    def command(code: int) -> Any:
        monkeypatch.setattr("deployments.cli.demo.run_evaluation", lambda *_, **__: code)
        return benchwright("demo")

    return command


def test_a_sentence_for_each_of_two_tasks_says_who_is_recommended_and_how_to_ask(demo: Command, database: str) -> None:
    with open_store(database) as store:
        fill(store)

    said = demo(0)

    assert 0 == said.code
    assert "For summarization: large:1b scores " in said.out
    assert "For classification: small:1b scores " in said.out
    assert "benchwright recommend --task summarization --explain" in said.out


def test_as_many_requests_are_sent_at_once_as_are_allowed(
    benchwright: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("deployments.cli.demo.run_evaluation", lambda fields, **_: asked.append(fields) or 3)

    benchwright("demo", "--slots", 4)
    benchwright("demo")

    assert [4, None] == [fields.get("slots") for fields in asked]


def test_where_too_little_was_measured_it_says_so_and_the_demo_has_succeeded(demo: Command) -> None:
    said = demo(0)

    assert 0 == said.code
    assert "For summarization: No candidate is named: nothing was measured yet" in said.out


def test_nobody_is_recommended_after_a_demo_that_failed(demo: Command) -> None:
    said = demo(3)

    assert (3, False) == (said.code, "For summarization" in said.out)


@pytest.mark.parametrize("is_there", [True, False])
def test_it_ends_with_the_pages_and_with_a_file_of_ones_own_that_works_as_it_is_shown(
    demo: Command, benchwright: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_there: bool
) -> None:
    monkeypatch.setattr("deployments.cli.demo.embedded_model_is_there", lambda: is_there)

    shown = demo(0).out

    assert "benchwright serve" in shown
    (command,) = [line.partition(": ")[2] for line in shown.splitlines() if line.startswith("Your questions:")]
    (case,) = [line.partition("file: ")[2] for line in shown.splitlines() if "each line of the file" in line]
    (tmp_path / "my-cases.jsonl").write_text(case + "\n")
    monkeypatch.chdir(tmp_path)
    assert 0 == benchwright("benchmarks", "validate", "my-cases.jsonl").code
    words = shlex.split(command)
    model = "smollm2:135m" if is_there else "baseline-lead"
    assert ["benchwright", "evaluate", "--benchmark", "my-cases.jsonl", "--embedded", "--model", model] == words


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_server_that_it_started_is_waited_for_before_its_blocks_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, is_ours: bool
) -> None:
    api, steps = "http://127.0.0.1:9/api", list[str]()
    server = SimpleNamespace(api=api, is_ours=is_ours, wait_for_answer=lambda: steps.append("waited"))

    def get(url: str, **_: Any) -> Any:
        steps.append(url)
        return SimpleNamespace(status_code=404)

    monkeypatch.setattr(prefect_server, "configured_api", lambda: api)
    monkeypatch.setattr(prefect_server, "_open_servers", [server])
    monkeypatch.setattr("httpx.get", get)

    assert database_of_block() is None

    assert [*(["waited"] if is_ours else []), f"{api}/block_types/slug/{DATABASE_SLUG}"] == steps


def test_a_server_that_has_ended_is_not_asked_for_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    api = "http://127.0.0.1:9/api"
    monkeypatch.setattr(prefect_server, "configured_api", lambda: api)
    monkeypatch.setattr(prefect_server, "_open_servers", [])
    monkeypatch.setattr(prefect_server, "_stopped_addresses", {api})
    monkeypatch.setattr(prefect_server, "read_address_file", dict)
    monkeypatch.setattr("httpx.get", lambda *_, **__: pytest.fail("a server that has ended was asked"))

    assert database_of_block() is None
