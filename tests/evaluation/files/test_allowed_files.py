"""Which files may a request name whose user is not at this machine?"""

import asyncio
import os
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

from evaluation.benchmarks.loading import load_benchmark
from evaluation.errors import BenchwrightError, ConfigurationError, UnknownNameError
from evaluation.files.allowed_files import allowed_path, limit_files
from evaluation.metrics.parsing import parse_metric
from evaluation.retrieval.documents import read_corpus
from evaluation.settings import Settings

METRIC = """
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from evaluation.metrics.exact_match import ExactMatch
Path(__file__).with_suffix(".ran").touch()
@dataclass(frozen=True, kw_only=True)
class Mine(ExactMatch):
    name: ClassVar[str] = "mine_of_a_form"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a benchmark and a metric, and one beside it."""
    for name in ("forms", "beside"):
        made = tmp_path / name
        made.mkdir()
        (made / "cases.jsonl").write_text('{"id": "1", "prompt": "a?", "references": ["b"]}\n')
        (made / "mine.py").write_text(METRIC)
    return tmp_path / "forms"


def limited(folder: Path | None, call: Any, *words: Any) -> Any:
    """What `call` gives where files are limited, as in a flow run of a deployment."""

    def work() -> Any:
        limit_files(folder)
        return call(*words)

    return copy_context().run(work)


def test_who_typed_a_path_may_name_every_file(folder: Path) -> None:
    allowed_path(Path("/etc/passwd"), what="the benchmark")
    assert 1 == len(load_benchmark(str(folder / "cases.jsonl")).cases)


def test_a_variable_that_is_set_to_nothing_names_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Compose passes on one that is not set; an empty path would be the working directory."""
    monkeypatch.setenv("BENCHWRIGHT_FORM_FILES", "")
    assert Settings().form_files is None


def test_a_form_may_name_no_file_unless_there_is_a_folder_and_suites_always(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="forms may name no files here") as caught:
        limited(None, load_benchmark, str(folder / "cases.jsonl"))
    assert "--form-files FOLDER" in str(caught.value.next_step)
    assert "classification" == limited(None, load_benchmark, "classification").name
    with pytest.raises(UnknownNameError):
        limited(None, load_benchmark, "no-such-suite")


def test_a_form_may_name_what_is_in_the_folder_and_nothing_beside_it(folder: Path) -> None:
    assert 1 == len(limited(folder, load_benchmark, str(folder / "cases.jsonl")).cases)
    (folder / "link.jsonl").symlink_to(folder.parent / "beside" / "cases.jsonl")
    for path in (
        folder.parent / "beside" / "cases.jsonl",
        folder / ".." / "beside" / "cases.jsonl",
        folder / "link.jsonl",
        Path(f"{folder}-other") / "cases.jsonl",
        Path("/etc/passwd"),
        Path("~/cases.jsonl"),
    ):
        with pytest.raises(ConfigurationError, match="the folder of which forms may name files"):
            limited(folder, load_benchmark, str(path))


def test_the_code_of_a_metric_is_run_where_it_may_be_named_and_its_file_is_not_even_read_elsewhere(
    folder: Path,
) -> None:
    beside = folder.parent / "beside" / "mine.py"
    for text in (f"{beside}:Mine", str(beside), f"{beside}:Nothing", f"{folder.parent}/none.py:Mine"):
        for where in (folder, None):
            with pytest.raises(ConfigurationError, match="forms may name"):
                limited(where, parse_metric, text)
    assert not beside.with_suffix(".ran").exists()
    assert "mine_of_a_form" == limited(folder, parse_metric, f"{folder / 'mine.py'}:Mine").name
    assert (folder / "mine.ran").exists()


def test_a_relative_path_of_a_form_is_in_the_folder_of_forms_wherever_the_worker_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent / "beside")
    (folder / "own.jsonl").write_text('{"id": "1", "prompt": "own?", "references": ["b"]}\n')
    (folder / "plain").write_text('{"id": "1", "prompt": "plain?", "references": ["b"]}\n')
    assert "own?" == limited(folder, load_benchmark, "own.jsonl").cases[0].prompt
    assert (folder / "own.jsonl").resolve() == limited(folder, lambda: allowed_path(Path("own.jsonl"), what="x"))
    assert "mine_of_a_form" == limited(folder, parse_metric, "mine.py:Mine").name
    assert not (folder.parent / "beside" / "mine.ran").exists()
    with pytest.raises(ConfigurationError, match="the folder of which forms may name files"):
        limited(folder, load_benchmark, "../beside/cases.jsonl")


def test_a_corpus_in_the_folder_may_not_hold_links_to_documents_outside_of_it(folder: Path) -> None:
    (folder / "docs").mkdir()
    (folder / "docs" / "a.txt").write_text("allowed")
    assert ["allowed"] == [document.text for document in limited(folder, read_corpus, Path("docs")).documents]
    (folder.parent / "beside" / "secret.txt").write_text("secret")
    (folder / "docs" / "b.txt").symlink_to(folder.parent / "beside" / "secret.txt")
    with pytest.raises(ConfigurationError, match="the folder of which forms may name files"):
        limited(folder, read_corpus, folder / "docs")


@pytest.mark.parametrize(
    "path",
    ["/etc\0/passwd", "~nobody-of-that-name/x", "loop.jsonl", "x" * 5000 + ".jsonl"],
    ids=["null", "home", "loop", "long"],
)
def test_paths_that_cannot_be_are_refused_in_words(folder: Path, path: str) -> None:
    (folder / "loop.jsonl").symlink_to(folder / "loop.jsonl")
    with pytest.raises(BenchwrightError):
        limited(folder, load_benchmark, path)


def test_the_limit_holds_in_threads_and_tasks_that_are_started_under_it_and_not_outside(folder: Path) -> None:
    path = str(folder / "cases.jsonl")

    async def flow() -> None:
        limit_files(None)
        with pytest.raises(ConfigurationError):
            await asyncio.to_thread(load_benchmark, path)
        with pytest.raises(ConfigurationError):
            await asyncio.create_task(asyncio.to_thread(load_benchmark, path))

    asyncio.run(flow())
    load_benchmark(path)


def test_a_pipe_in_the_folder_is_refused_and_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jsonl")
    limited(folder, lambda: allowed_path(folder / "cases.jsonl", what="the benchmark"))
    limited(folder, lambda: allowed_path(folder / "missing.jsonl", what="the benchmark"))
    with pytest.raises(ConfigurationError, match="is a pipe or a device"):
        limited(folder, lambda: allowed_path(folder / "pipe.jsonl", what="the benchmark"))
