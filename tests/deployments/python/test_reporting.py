"""`report` writes the file that the command writes, of whatever result it is given."""

from pathlib import Path

import pytest
from compared_runs import candidate, cases_of, compared, right_on, store_run
from run_results import an_invocation_result

from deployments.cli.app import app
from evaluation import load_experiment, load_run, report
from evaluation.errors import ConfigurationError
from evaluation.store.experiments import add_runs, create_experiment
from evaluation.store.session import open_store


@pytest.fixture
def filled(database: str) -> str:
    with open_store(database) as store:
        cases = cases_of(6)
        answers = [candidate(f"m{n}:1b", right_on(cases, range(n))) for n in (6, 2)]
        store_run(store, *answers, cases=cases)
        compared(store, "run-1")
        add_runs(store, create_experiment(store, name="sizes", question="Which?").experiment_id, ["run-1"])
    return database


def test_a_result_or_its_name_makes_the_same_report(filled: str, tmp_path: Path) -> None:
    run = load_run("run-1", db=filled)

    named = report("run-1", to=tmp_path / "a.md", db=filled)
    whats = (run, an_invocation_result(run))
    others = [report(what, to=tmp_path / f"{i}.md", db=filled) for i, what in enumerate(whats)]

    assert tmp_path / "a.md" == named
    texts = {path.read_text().partition("**Which?**")[2] for path in (named, *others)}
    assert 1 == len(texts)


def test_an_experiment_by_its_result(filled: str, tmp_path: Path) -> None:
    path = report(load_experiment("sizes", db=filled), to=str(tmp_path / "e.md"), db=filled)

    assert path.read_text().startswith("# sizes\n")


def test_wrong_endings_are_refused(filled: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="unknown ending"):
        report("run-1", to=tmp_path / "a.txt", db=filled)


def test_the_command_writes_the_same_file(filled: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["report", "run-1", "--to", str(tmp_path / "c.md"), "--db", filled], standalone_mode=False)

    assert "c.md: report on run run-1" in capsys.readouterr().err
    assert (tmp_path / "c.md").read_text().startswith("# numbers\n")
