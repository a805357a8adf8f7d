"""A winner with a pipeline leaves with it, or not at all, and comes back as the same candidate."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from compared_runs import cases_of, right_on, store_run
from stored_runs import Asked

from evaluation.candidate import Candidate, PipelineChoice
from evaluation.candidate_files.reading import read_candidate
from evaluation.pipelines.parsing import parse_pipeline
from evaluation.resolution.resolved_candidate import signature_of
from evaluation.retrieval.documents import read_corpus
from evaluation.store.selectable_candidates import find_choosable
from evaluation.store.session import open_store

Command = Callable[..., Any]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in ("grass.md", "sky.md"):
        (folder / name).write_text(f"All about {name}.")
    return folder


@pytest.fixture
def winner(database: str, corpus: Path) -> Candidate:
    """The only candidate of a stored run, with a pipeline and unverified weights."""
    options = {"corpus": str(corpus), "method": "bm25"}
    choice = PipelineChoice(
        name="retrieval",
        options=options,
        signature=signature_of(parse_pipeline("retrieval", options)),
        corpus=read_corpus(corpus).digest,
    )
    made = Candidate(model="good:1b", digest=None, endpoint_identity="http://box {}", pipeline=choice)
    cases = cases_of(12)
    with open_store(database) as store:
        store_run(store, Asked(candidate=made, outcomes=right_on(cases, range(9))), cases=cases, run_id="won")
    return made


def export(benchwright: Command, winner: Candidate, *words: object) -> Any:
    return benchwright("export", "won", "--winner", "--candidate", winner.label, *words)


@pytest.mark.parametrize("name", ["w.yaml", "w.py", "w.json"])
def test_a_pipeline_is_written_and_read_back(
    benchwright: Command, winner: Candidate, tmp_path: Path, name: str
) -> None:
    assert 0 == export(benchwright, winner, "--out", tmp_path / name).code
    loaded = read_candidate(tmp_path / name)

    assert winner == loaded.candidate
    assert winner.fingerprint == loaded.written_fingerprint
    assert () == loaded.changes


@pytest.mark.parametrize("form", ["env", "modelfile", "openai"])
def test_a_format_without_a_place_for_a_pipeline_is_refused(benchwright: Command, winner: Candidate, form: str) -> None:
    said = export(benchwright, winner, "--format", form)

    assert (2, "") == (said.code, said.out)
    assert "the pipeline 'retrieval'" in said.err
    assert "Use the format yaml" in said.err


def test_a_changed_corpus_is_named_with_its_documents(
    benchwright: Command, winner: Candidate, corpus: Path, tmp_path: Path
) -> None:
    export(benchwright, winner, "--out", tmp_path / "w.json")
    (corpus / "grass.md").unlink()
    (corpus / "sky.md").write_text("Something else.")
    (corpus / "sea.md").write_text("All about the sea.")

    (change,) = read_candidate(tmp_path / "w.json").changes

    assert f"the corpus {str(corpus)!r} changed" in change
    assert "added sea.md; removed grass.md; changed sky.md" in change
    assert "put them back for the same candidate" in change


def test_a_file_that_was_edited_is_told_from_a_changed_corpus(
    benchwright: Command, winner: Candidate, corpus: Path, tmp_path: Path
) -> None:
    path = tmp_path / "w.yaml"
    export(benchwright, winner, "--out", path)
    path.write_text(path.read_text().replace("method: bm25", 'method: bm25\n  top_k: "3"'))
    (corpus / "sea.md").write_text("All about the sea.")

    of_corpus, of_file = read_candidate(path).changes

    assert "added sea.md" in of_corpus
    assert f"{path} was changed since it was written" in of_file


def test_the_label_of_a_candidate_to_choose_names_its_pipeline(winner: Candidate, database: str) -> None:
    with open_store(database) as store:
        choosable = find_choosable(store, winner.fingerprint)

    assert choosable is not None
    assert (winner.label, winner.pipeline) == (choosable.label, choosable.pipeline)


@pytest.mark.parametrize("words", [[], ["a", "b"], ["no-such-benchmark"]])
def test_its_program_used_wrongly_exits_with_2(
    benchwright: Command, winner: Candidate, tmp_path: Path, words: list[str]
) -> None:
    export(benchwright, winner, "--out", tmp_path / "w.py")

    ended = subprocess.run([sys.executable, tmp_path / "w.py", *words], capture_output=True, text=True, check=False)

    assert 2 == ended.returncode
    assert "error: " in ended.stderr
    assert "Traceback" not in ended.stderr
