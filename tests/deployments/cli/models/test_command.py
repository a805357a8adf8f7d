import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from started_processes import started_process

Command = Callable[..., Any]
ROOT = Path(__file__).parents[4]
PATIENCE_S = 240.0


@pytest.fixture
def stocked(ollama: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The server that OLLAMA_HOST names, with three models."""
    monkeypatch.setenv("OLLAMA_HOST", ollama.url)
    ollama.add("llama3.2:3b", digest="a" * 64, size=2_019_393_189, capabilities=["completion", "tools"])
    ollama.add("llama3.1:70b", digest="b" * 64, size=42_520_413_916)
    ollama.add("embedder:latest", digest="c" * 64, size=274_000_000, family="bert", capabilities=["embedding"])
    return ollama


def _names(said: Any) -> list[str]:
    return [item["name"] for item in said.json]


def test_models_are_listed_with_what_the_server_shows_of_them(benchwright: Command, stocked: Any) -> None:
    listed = {item["name"]: item for item in benchwright("models", "list", "--json").json}

    assert {"llama3.2:3b", "llama3.1:70b", "embedder:latest"} == listed.keys()
    found = listed["llama3.2:3b"]
    assert ("a" * 64, "Q4_K_M", "3.2B", 8192, 2_019_393_189) == tuple(
        found[key] for key in ("digest", "quantization", "parameter_size", "context_length", "size_bytes")
    )
    assert ["completion", "tools"] == found["capabilities"]
    assert {"stop": ["<|end|>"], "temperature": 0.6} == found["parameters"]
    assert stocked.url.removeprefix("http://") == found["endpoint"]


def test_a_person_sees_short_digests_and_sizes_in_words(benchwright: Command, stocked: Any) -> None:
    (line,) = [line for line in benchwright("models", "list").out.splitlines() if "llama3.2:3b" in line]

    assert ["llama3.2:3b", "3.2B", "2.0", "GB", "Q4_K_M", "8,192", "completion,", "tools", "a" * 12] == line.split()[:9]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--capability", "tools"), ["llama3.2:3b"]),
        (("--capability", "embedding"), ["embedder:latest"]),
        (("--max-size", "8GB"), ["embedder:latest", "llama3.2:3b"]),
        (("--max-size", "300 MB"), ["embedder:latest"]),
        (("--family", "llama"), ["llama3.1:70b", "llama3.2:3b"]),
        (("--family", "llama", "--max-size", "3GB"), ["llama3.2:3b"]),
    ],
)
def test_models_are_filtered_by_capability_size_and_family(
    benchwright: Command, stocked: Any, options: tuple[str, ...], names: list[str]
) -> None:
    assert names == _names(benchwright("models", "list", *options, "--json"))
    assert names == _names(benchwright("models", "list", "--stored", *options, "--json"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--capability", "vision"), "no model has the capability 'vision'; seen: completion, embedding, tools"),
        (("--family", "gemma"), "no model is in the family 'gemma'; seen: bert, llama"),
        (("--max-size", "1kB"), "none of 3 models matches"),
    ],
)
def test_a_filter_that_leaves_nothing_says_what_there_would_be(
    benchwright: Command, stocked: Any, options: tuple[str, ...], words: str
) -> None:
    said = benchwright("models", "list", *options)

    assert (0, "") == (said.code, said.out)
    assert words in said.err


@pytest.mark.parametrize("size", ["8X", "big", "-3GB", "0GB", ""])
def test_a_size_that_is_none_is_refused(benchwright: Command, size: str) -> None:
    said = benchwright("models", "list", f"--max-size={size}")

    assert 2 == said.code
    assert f"--max-size {size!r} is not a size" in said.err
    assert "8GB" in said.err


def test_no_server_is_one_error_with_the_next_step(benchwright: Command) -> None:
    said = benchwright("models", "list")

    assert (2, "") == (said.code, said.out)
    assert "no server answers at http://127.0.0.1:9" in said.err
    assert "ollama serve" in said.err
    assert "--embedded" not in said.err
    assert "Traceback" not in said.err


def test_a_server_that_is_down_beside_one_that_answers_is_told_of(benchwright: Command, stocked: Any) -> None:
    said = benchwright("models", "list", "--endpoint", stocked.url, "--endpoint", "http://127.0.0.1:9", "--json")

    assert 0 == said.code
    assert 3 == len(said.json)
    assert "left out: 127.0.0.1:9" in said.err


def test_an_unfit_address_is_refused(benchwright: Command) -> None:
    said = benchwright("models", "list", "--endpoint", "ftp://nowhere")

    assert 2 == said.code
    assert "'ftp://nowhere'" in said.err


def test_a_stored_endpoint_is_asked_by_its_name(benchwright: Command, stocked: Any) -> None:
    benchwright("endpoints", "add", "box", stocked.url)

    assert {"box"} == {item["endpoint"] for item in benchwright("models", "list", "--json").json}
    assert {"box"} == {item["endpoint"] for item in benchwright("models", "list", "--endpoint", "box", "--json").json}


def test_stored_endpoints_are_asked_where_no_host_is_set(
    benchwright: Command, stocked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    benchwright("endpoints", "add", "box", stocked.url)
    monkeypatch.delenv("OLLAMA_HOST")

    said = benchwright("models", "list", "--json")

    assert (0, "") == (said.code, said.err)
    assert {"box"} == {item["endpoint"] for item in said.json}


def test_stored_models_are_listed_without_a_server(
    benchwright: Command, stocked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    benchwright("models", "list")
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")

    assert ["embedder:latest", "llama3.1:70b", "llama3.2:3b"] == _names(
        benchwright("models", "list", "--stored", "--json")
    )


def test_another_digest_under_a_tag_is_a_new_version_and_is_told_of(benchwright: Command, stocked: Any) -> None:
    assert "another version" not in benchwright("models", "list").err
    stocked.add("llama3.2:3b", digest="d" * 64)

    said = benchwright("models", "list", "--json")

    assert f"llama3.2:3b on {stocked.url[7:]} has a new version: {'d' * 12} (was {'a' * 12})" in said.err
    assert ["d" * 64] == [item["digest"] for item in said.json if item["name"] == "llama3.2:3b"]
    shown = benchwright("models", "show", "llama3.2:3b", "--json").json
    assert [("d" * 64, True), ("a" * 64, False)] == [(item["digest"], item["is_current"]) for item in shown["versions"]]
    assert all(item["first_seen"] <= item["last_seen"] for item in shown["versions"])
    assert "replaced" in benchwright("models", "show", "llama3.2:3b").out


def test_a_model_is_shown_by_its_name_without_the_tag(benchwright: Command, stocked: Any) -> None:
    said = benchwright("models", "show", "embedder")

    assert 0 == said.code
    assert "embedder:latest" in said.out
    assert "c" * 64 in said.out
    assert "274 MB" in said.out


def test_a_stored_model_is_shown_while_its_server_is_down(
    benchwright: Command, stocked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    benchwright("models", "list")
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")

    said = benchwright("models", "show", "llama3.2:3b", "--json")

    assert (0, "a" * 64) == (said.code, said.json["digest"])
    assert "showing what was recorded before" in said.err


@pytest.mark.parametrize("words", [("show",), ("retire",)])
def test_an_unknown_model_is_named_with_those_that_are_known(
    benchwright: Command, stocked: Any, words: tuple[str, ...]
) -> None:
    benchwright("models", "list")

    said = benchwright("models", *words, "llama3.2:4b")

    assert 2 == said.code
    assert "unknown model 'llama3.2:4b'; did you mean 'llama3.2:3b'?" in said.err


def test_a_pull_shows_its_steps_and_the_model_is_recorded(benchwright: Command, stocked: Any) -> None:
    stocked.add("new:1b", digest="e" * 64)
    layer = {"status": "pulling eeeeeeeeeeee", "digest": "sha256:" + "e" * 64, "total": 4_000_000}
    stocked.pull_lines = [
        {"status": "pulling manifest"},
        layer,
        layer | {"completed": 2_000_000},
        layer | {"completed": 4_000_000},
        {"status": "success"},
    ]

    said = benchwright("models", "pull", "new:1b", "--json")

    assert (0, ["new:1b"]) == (said.code, stocked.pulls)
    assert ("new:1b", "e" * 64) == (said.json["name"], said.json["digest"])
    assert "pulling manifest" in said.err
    assert "4.0/4.0 MB" in said.err
    assert ["new:1b"] == _names(benchwright("models", "list", "--stored", "--json"))


def test_an_error_line_in_a_pull_is_an_error_and_nothing_is_recorded(benchwright: Command, stocked: Any) -> None:
    stocked.pull_lines = [{"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"}]

    said = benchwright("models", "pull", "nope:1b")

    assert (2, "") == (said.code, said.out)
    assert "file does not exist" in said.err
    assert [] == benchwright("models", "list", "--stored", "--json").json


def test_a_pull_that_ends_early_is_an_error(benchwright: Command, stocked: Any) -> None:
    stocked.pull_lines = [{"status": "pulling manifest"}]

    said = benchwright("models", "pull", "llama3.2:3b")

    assert 2 == said.code
    assert "ended early" in said.err


def test_a_remote_model_is_not_pulled_unless_allowed(benchwright: Command, stocked: Any) -> None:
    said = benchwright("models", "pull", "huge:cloud")

    assert 2 == said.code
    assert "leave this machine" in said.err
    assert "--allow-remote" in said.err
    assert [] == stocked.pulls


def test_a_pull_needs_to_know_which_of_several_servers_is_meant(
    benchwright: Command, stocked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OLLAMA_HOST")
    benchwright("endpoints", "add", "one", stocked.url)
    benchwright("endpoints", "add", "two", "http://127.0.0.1:9", "--no-check")

    said = benchwright("models", "pull", "new:1b")

    assert 2 == said.code
    assert "several servers could pull 'new:1b': one, two" in said.err
    assert "--endpoint" in said.err


def test_ctrl_c_in_a_pull_leaves_130_and_no_traceback(stocked: Any) -> None:
    stocked.may_end.clear()
    stocked.pull_lines = [{"status": "pulling manifest"}]
    command = [sys.executable, "-m", "deployments.cli", "models", "pull", "new:1b"]
    with started_process(command, cwd=ROOT) as process:
        assert stocked.pull_began.wait(PATIENCE_S), process.poll()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)

    assert (130, "") == (process.returncode, out)
    assert "interrupted" in err
    assert "Traceback" not in err


def test_what_a_server_writes_cannot_move_the_cursor(benchwright: Command, stocked: Any) -> None:
    stocked.add("evil:1b", digest="f" * 64, family="\x1b[2Jred")
    stocked.pull_lines = [{"status": "\x1b[2Jgone"}, {"status": "success"}]

    said = [benchwright("models", *words) for words in (("list",), ("show", "evil:1b"), ("pull", "evil:1b"))]

    assert [0, 0, 0] == [item.code for item in said]
    assert "\x1b" not in "".join(item.out + item.err for item in said)


def test_a_registered_model_is_listed_without_an_endpoint(benchwright: Command, stocked: Any) -> None:
    words = (
        "--family",
        "llama",
        "--size",
        "4.7GB",
        "--context",
        4096,
        "--quantisation",
        "Q4_0",
        "--capability",
        "tools",
    )

    said = benchwright("models", "register", "future:8b", *words, "--json")

    assert (None, None, 4_700_000_000, 4096, ["tools"]) == tuple(
        said.json[key] for key in ("digest", "endpoint", "size_bytes", "context_length", "capabilities")
    )
    assert "future:8b" in _names(benchwright("models", "list", "--json"))
    assert "none yet" in benchwright("models", "list").out


def test_a_registered_model_gets_its_digest_when_a_server_has_it(benchwright: Command, stocked: Any) -> None:
    benchwright("models", "register", "future")
    stocked.add("future:latest", digest="9" * 64)

    benchwright("models", "list")

    (version,) = benchwright("models", "show", "future", "--json").json["versions"]
    assert "9" * 64 == version["digest"]


@pytest.mark.parametrize("name", ["", "two words"])
def test_a_name_that_is_none_is_not_registered(benchwright: Command, name: str) -> None:
    said = benchwright("models", "register", name)

    assert 2 == said.code
    assert f"{name!r} is not a model's name" in said.err


def test_a_retired_model_leaves_the_list_keeps_its_versions_and_can_come_back(
    benchwright: Command, stocked: Any
) -> None:
    benchwright("models", "list")

    said = benchwright("models", "retire", "embedder", "--json")

    assert (0, "embedder:latest") == (said.code, said.json["name"])
    assert said.json["retired_at"]
    listed = benchwright("models", "list", "--json")
    assert ["llama3.1:70b", "llama3.2:3b"] == _names(listed)
    assert "left out: 1 retired" in listed.err
    assert "embedder:latest" in _names(benchwright("models", "list", "--retired", "--json"))
    assert "c" * 64 == benchwright("models", "show", "embedder", "--json").json["digest"]
    benchwright("models", "register", "embedder")
    assert "embedder:latest" in _names(benchwright("models", "list", "--json"))


def test_stored_models_can_be_those_of_one_endpoint(benchwright: Command, stocked: Any) -> None:
    benchwright("models", "list")
    benchwright("models", "register", "future:8b")

    there = ("models", "list", "--stored", "--json", "--endpoint")
    assert 3 == len(benchwright(*there, stocked.url).json)
    assert [] == benchwright(*there, "http://127.0.0.1:9").json


def test_a_server_without_models_says_how_to_get_one(benchwright: Command, ollama: Any) -> None:
    said = benchwright("models", "list", "--endpoint", ollama.url)

    assert (0, "") == (said.code, said.out)
    assert "benchwright models pull NAME" in said.err
