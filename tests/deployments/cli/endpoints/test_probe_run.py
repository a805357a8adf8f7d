"""`endpoints probe` over HTTP, and what becomes of the number."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from slotted_ollama import SlottedOllama, slotted_ollama, slotted_ollama_in_logical_time
from started_processes import started_process

Command = Callable[..., Any]


@pytest.fixture
def server() -> Iterator[SlottedOllama]:
    with slotted_ollama_in_logical_time(slots=2, streams=False, answer_s=0.1) as running:
        yield running


def stored(benchwright: Command) -> Any:
    (record,) = benchwright("endpoints", "list", "--json").json
    return record


def test_the_slots_are_shown_with_what_shows_them(benchwright: Command, server: SlottedOllama) -> None:
    said = benchwright("endpoints", "probe", server.url)

    assert 0 == said.code
    name = server.url.removeprefix("http://")
    assert f"{name} serves 2 requests at once, measured with small:1b (digest dddddddddddd)" in said.out
    assert "parallel requests pay" in said.out
    assert f"{name}: asking small:1b, its smallest model" in said.err
    assert f"`benchwright endpoints add NAME {server.url} --slots 2` stores it" in said.err


def test_the_slots_of_a_stored_endpoint_are_saved_and_the_limit_waits_for_prefect(
    benchwright: Command, server: SlottedOllama
) -> None:
    benchwright("endpoints", "add", "box", server.url, "--gpu-tag", "gpu-0", "--no-check")
    said = benchwright("endpoints", "probe", "box", "--json")

    assert 0 == said.code
    assert (2, False, True, "gpu-0", True) == tuple(
        said.json[key] for key in ("slots", "is_at_least", "saved", "gpu_tag", "limit_pending")
    )
    assert 2 == max(item["peak_overlap"] for item in said.json["rounds"])
    assert "the next evaluation sets the limit gpu-0" in said.err
    assert (2, True) == (stored(benchwright)["slots"], stored(benchwright)["limit_pending"])


def test_the_number_is_only_shown_where_it_is_not_to_be_saved(benchwright: Command, server: SlottedOllama) -> None:
    benchwright("endpoints", "add", "box", server.url, "--no-check")
    said = benchwright("endpoints", "probe", "box", "--no-save", "--json")

    assert (0, 2, False) == (said.code, said.json["slots"], said.json["saved"])
    assert stored(benchwright)["slots"] is None


def test_a_lower_bound_does_not_replace_a_higher_number(benchwright: Command, server: SlottedOllama) -> None:
    benchwright("endpoints", "add", "box", server.url, "--slots", 8, "--no-check")
    said = benchwright("endpoints", "probe", "box", "--most", 1)

    assert "serves at least 1 request at once" in said.out
    assert "not stored, because 8 slots are stored, and the server may have more than 1" in said.err
    assert 8 == stored(benchwright)["slots"]


def test_a_benchmarks_prompts_are_sent_where_it_is_named(
    benchwright: Command, ollama_by_script: Any, tmp_path: Path
) -> None:
    ollama_by_script.add("small:1b")
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps({"case_id": "a", "prompt": "What is 7?", "references": ["7"]}))
    benchwright("endpoints", "probe", ollama_by_script.url, "--most", 1, "--benchmark", path)

    assert {"What is 7?"} == {chat.prompt for chat in ollama_by_script.chats}


def test_a_model_that_is_not_there_is_named(benchwright: Command, server: SlottedOllama) -> None:
    said = benchwright("endpoints", "probe", server.url, "--model", "small:2b", "--json")

    assert 2 == said.code
    assert "unknown model 'small:2b'; did you mean 'small:1b'?" == said.json["error"]["message"].split(" Known")[0]


def test_a_server_that_is_down_is_named(benchwright: Command) -> None:
    said = benchwright("endpoints", "probe", "http://127.0.0.1:9")

    assert 2 == said.code
    assert "no server answers at http://127.0.0.1:9" in said.err


@pytest.mark.skipif(os.name == "nt", reason="signals are sent as on POSIX")
def test_ctrl_c_ends_the_probe_and_its_requests(database: str) -> None:
    with slotted_ollama(slots=1, answer_s=600.0) as server:
        argv = [sys.executable, "-m", "deployments.cli", "endpoints", "probe", server.url]
        with started_process(argv) as process:
            give_up_at = time.monotonic() + 120
            while not server.n_answering and process.poll() is None and time.monotonic() < give_up_at:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            _, story = process.communicate(timeout=120)
        assert 130 == process.returncode, story
        while server.n_in_hand and time.monotonic() < give_up_at:
            time.sleep(0.02)
        assert 0 == server.n_in_hand
        assert "Traceback" not in story
