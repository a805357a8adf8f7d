"""`write_benchmark` as a function: the command's result as a type, mistakes as errors of ours."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from scripted_ollama import Reply, ScriptedOllama
from scripted_stations import Reader, Stations, Writer, scripts

from evaluation import RunFailedError, load_benchmark, write_benchmark, write_benchmark_async
from evaluation.errors import ConfigurationError
from evaluation.results.as_json import as_json
from evaluation.results.written_suites import WrittenSuite

Options = dict[str, Any]


@pytest.fixture
def corpus(tmp_path: Path, ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Documents, with a writer and a checker at the server."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    stations = Stations.of(1)
    write, read = scripts(Writer(stations), Reader(stations))
    ollama_by_script.add("writer", write)
    ollama_by_script.add("checker", read)
    return stations.write(tmp_path / "stations")


def test_a_suite_is_returned_and_can_be_loaded(corpus: Path, asked: Options, tmp_path: Path) -> None:
    suite = write_benchmark(corpus, "writer", "checker", cases=6, name="handbook", **asked)
    file = tmp_path / "suite.jsonl"
    again = asyncio.run(
        write_benchmark_async(str(corpus), "writer", "checker", cases=6, kind="fact", out=file, **asked)
    )

    stored = load_benchmark("handbook-synthetic")
    assert (6, 9, suite.version) == (suite.n_cases, suite.n_drafts, stored.facts.version)
    assert stored.facts.description == suite.description
    assert {"fact"} == set(again.kept_by_kind)
    assert again.version == load_benchmark(file).facts.version
    assert str(file) == as_json(again)["file"]


def test_mistakes_are_errors_before_anybody_is_asked(
    corpus: Path, asked: Options, ollama_by_script: ScriptedOllama
) -> None:
    with pytest.raises(ConfigurationError, match="a model sees its own mistakes as right"):
        write_benchmark(corpus, "writer", "writer", **asked)
    with pytest.raises(ConfigurationError, match="cases must be at least 1"):
        write_benchmark(corpus, "writer", "checker", cases=0, **asked)
    with pytest.raises(TypeError, match="unexpected keyword argument 'case'; did you mean 'cases'"):
        write_benchmark(corpus, "writer", "checker", case=3, **asked)  # type: ignore[call-arg]
    assert [] == ollama_by_script.chats


def test_a_writer_that_writes_nonsense_is_a_failed_run(
    corpus: Path, asked: Options, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.models["writer"].script = lambda _: Reply(text="no JSON at all")

    with pytest.raises(
        RunFailedError, match=r"every draft was dropped, and there is no suite: 9 broken_reply. Next: Name a larger"
    ) as failed:
        write_benchmark(corpus, "writer", "checker", cases=6, **asked)
    suite = failed.value.result
    assert isinstance(suite, WrittenSuite)
    assert (None, 9) == (suite.version, len(suite.dropped))
    assert all(draft.reason for draft in suite.dropped)
    assert ["writer"] == [name for name, _ in ollama_by_script.loads]
