"""The `experiments` commands: a question, its runs, their differences, and its template."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted_ollama import ScriptedOllama

from evaluation.records.candidates import MetricUse
from evaluation.records.scores import ScoreRow
from evaluation.scores import Measurement
from evaluation.store.experiments import find_experiment
from evaluation.store.outcomes import iterate_outcomes
from evaluation.store.runs import find_run, runs_of_invocation
from evaluation.store.scores import save_scores
from evaluation.store.session import open_store

Command = Callable[..., Any]


@pytest.fixture
def template(tmp_path: Path, benchmark: Path) -> Path:
    """A file with a benchmark beside it, two models and an option."""
    path = tmp_path / "ladder.yaml"
    path.write_text(
        f"benchmarks: [{benchmark.name}]\nmodels: [right:1b, wrong:1b]\noptions: [num_predict=8]\nlimit: 3\n"
    )
    return path


def test_an_experiment_is_created_listed_and_shown(benchwright: Command, stored_run: Command) -> None:
    stored_run("run-1")
    made = benchwright("experiments", "create", "ladder", "--question", "Which one?", "--tag", "gpu", "--json").json
    assert {"ladder", "Which one?"} == {made["experiment"], made["question"]}

    added = benchwright("experiments", "add", "ladder", "last")
    assert "ladder: 1 run added, 1 run in all" in added.out

    (line,) = [line for line in benchwright("experiments", "list").out.splitlines() if "ladder" in line]
    assert "Which one?" in line
    page = benchwright("experiments", "show", "ladder").out
    assert "run-1" in page
    assert "numbers" in page
    shown = benchwright("experiments", "show", "ladder", "--json").json
    assert ["a:1b", "b:1b"] == shown["runs"][0]["candidates"]


def test_nothing_stored_is_said_and_no_error(benchwright: Command) -> None:
    said = benchwright("experiments", "list")

    assert (0, "") == (said.code, said.out)
    assert "experiments create" in said.err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("show", "lader"), "did you mean 'ladder'"),
        (("create", "ladder"), "'ladder' already"),
        (("create", " "), "needs a name"),
        (("create", "x", "--tag", " "), "a tag must not be empty"),
        (("create", "x", "--template", "no-such.yaml"), "cannot read the options 'no-such.yaml'"),
        (("create", "x", "--like-run", "no-such"), "unknown run 'no-such'"),
        (("edit", "ladder"), "no change was given"),
        (("add", "ladder", "no-such"), "unknown run 'no-such'"),
        (("diff", "ladder"), "does not have two runs of one benchmark"),
        (("diff", "a", "b", "c"), "3 names given; diff takes two runs or one experiment"),
        (("template", "ladder"), "has no template"),
        (("delete", "ladder"), "deletion needs confirmation"),
        (("annotate", "x"), "belongs to one thing"),
        (("annotate", "x", "--run", "run-1", "--case", "c9"), "unknown case of run run-1 'c9'"),
        (("annotate", "x", "--comparison", "no-such"), "unknown comparison 'no-such'"),
        (("annotate", "x", "--remove", "1"), "--remove takes only the number of a note"),
        (("annotate", "--remove", "1"), "unknown note '1'"),
        (("create", "last"), "'last' always means the newest run"),
    ],
)
def test_wrong_input_ends_with_one_message_and_a_next_step(
    benchwright: Command, stored_run: Command, arguments: tuple[str, ...], expected: str
) -> None:
    stored_run("run-1")
    benchwright("experiments", "create", "ladder")

    said = benchwright("experiments", *arguments)

    assert 2 == said.code
    assert expected in said.err
    assert "next: " in said.err
    assert "Traceback" not in said.err


def test_an_experiment_is_edited_cloned_archived_and_deleted(benchwright: Command, stored_run: Command) -> None:
    stored_run("run-1")
    benchwright("experiments", "create", "ladder", "--tag", "a", "--tag", "b")
    benchwright("experiments", "add", "ladder", "run-1")

    edited = benchwright(
        "experiments", "edit", "ladder", "--untag", "a", "--tag", "c", "--favourite", "--question", "Why?", "--json"
    ).json
    assert (["b", "c"], True, "Why?") == (edited["tags"], edited["favourite"], edited["question"])

    cloned = benchwright("experiments", "clone", "ladder", "steps", "--json").json
    assert ("Why?", []) == (cloned["question"], cloned["run_ids"])

    benchwright("experiments", "archive", "ladder")
    assert ["steps"] == [one["experiment"] for one in benchwright("experiments", "list", "--json").json]
    benchwright("experiments", "archive", "ladder", "--undo")
    assert 2 == len(benchwright("experiments", "list", "--json").json)

    gone = benchwright("experiments", "delete", "ladder", "--yes", "--json").json
    assert (True, ["run-1"]) == (gone["deleted"], gone["deleted_runs"])
    assert [] == benchwright("runs", "list", "--json").json


def test_a_deletion_can_leave_the_runs(benchwright: Command, stored_run: Command) -> None:
    stored_run("run-1")
    benchwright("experiments", "create", "ladder")
    benchwright("experiments", "add", "ladder", "run-1")

    said = benchwright("experiments", "delete", "ladder", "--yes", "--keep-runs").out
    assert "with 0 notes, 0 comparisons and 0 runs; 1 run of it is kept" in said
    assert 1 == len(benchwright("runs", "list", "--json").json)


def test_notes_stand_with_the_experiment_and_cannot_trick_the_terminal(
    benchwright: Command, stored_run: Command
) -> None:
    stored_run("run-1")
    benchwright("experiments", "create", "ladder")
    benchwright("experiments", "add", "ladder", "run-1")
    benchwright("experiments", "annotate", "odd\x1b[2J answer", "--run", "run-1", "--case", "c0", "--author", "ada")
    benchwright("experiments", "annotate", "see notes", "--experiment", "ladder", "--author", "bo")

    page = benchwright("experiments", "show", "ladder").out
    assert "ada (run run-1, case c0): odd\ufffd[2J answer" in page
    assert "bo: see notes" in page
    notes = benchwright("experiments", "show", "ladder", "--json").json["annotations"]
    assert [("ada", "c0"), ("bo", None)] == [(note["author"], note["case_id"]) for note in notes]


def test_notes_and_experiments_stand_with_the_run_and_the_case(benchwright: Command, stored_run: Command) -> None:
    stored_run("run-1")
    stored_run("run-2")
    benchwright("experiments", "create", "ladder")
    benchwright("experiments", "add", "ladder", "run-1")
    benchwright("experiments", "annotate", "wrong\nreference", "--run", "run-1", "--case", "c0", "--author", "ada")

    assert ["run-1"] == [run["run_id"] for run in benchwright("runs", "list", "--experiment", "ladder", "--json").json]
    shown = benchwright("show", "run-1", "--json").json
    assert (["ladder"], ["c0"]) == (shown["experiments"], [note["case_id"] for note in shown["annotations"]])
    page = benchwright("show", "run-1").out
    assert "ada, case c0: wrong reference" in page
    assert ["experiments", "ladder"] in [line.split() for line in page.splitlines()]
    assert "ada: wrong reference" in benchwright("show", "run-1", "--case", "c0").out
    assert [] == benchwright("show", "run-1", "--case", "c1", "--json").json["annotations"]

    assert "note 1 removed" in benchwright("experiments", "annotate", "--remove", 1).out
    assert [] == benchwright("show", "run-1", "--json").json["annotations"]


def test_a_comparison_of_an_experiments_runs_is_one_of_the_experiments(
    benchwright: Command, stored_run: Command, database: str
) -> None:
    for number in (1, 2):
        _score(database, stored_run(f"run-{number}"), {"c0": 1.0, "c1": 0.0, "c2": 1.0})
    benchwright("experiments", "create", "ladder")
    assert "experiment 'ladder' has no run to compare" in benchwright("compare", "ladder").err
    benchwright("experiments", "add", "ladder", "run-1", "run-2")

    (first,) = benchwright("compare", "run-1", "run-2", "--json").json["results"]
    (again,) = benchwright("compare", "ladder", "--json").json["results"]
    (third,) = benchwright("compare", "--experiment", "ladder", "--json").json["results"]

    assert "ladder" == first["experiment"]
    assert first == again == third
    (one,) = benchwright("experiments", "show", "ladder", "--json").json["comparisons"]
    assert (first["comparison_id"], first["sentences"][0]) == (one["comparison_id"], one["sentence"])

    benchwright("experiments", "create", "other")
    (moved,) = benchwright("compare", "run-1", "run-2", "--experiment", "other", "--json").json["results"]
    assert (first["comparison_id"], "other") == (moved["comparison_id"], moved["experiment"])
    assert "unknown experiment 'oter'" in benchwright("compare", "run-1", "run-2", "--experiment", "oter").err
    deleted = benchwright("experiments", "delete", "other", "--yes").out
    assert "other: deleted, with 0 notes, 1 comparison and 0 runs" in deleted


def test_two_runs_differ_in_their_cases_and_only_there(
    benchwright: Command, stored_run: Command, database: str
) -> None:
    _score(database, stored_run("run-1"), {"c0": 1.0, "c1": 0.0})
    _score(database, stored_run("run-2"), {"c0": 0.0, "c1": 0.0})

    found = benchwright("experiments", "diff", "run-1", "run-2", "--json").json

    assert {} == found["parameters"]
    assert ["a:1b", "b:1b"] == [one["candidate"] for one in found["candidates"]]
    cases = found["candidates"][0]["cases"]
    assert (2, [], ["c0"]) == (cases["n_both"], cases["better"], cases["worse"])
    page = benchwright("experiments", "diff", "run-1", "run-2").out
    assert "of 2 cases in both, 0 better and 1 worse in run-2" in page
    assert "benchwright compare run-1 run-2" in page


def _score(database: str, run_id: str, values: dict[str, float]) -> None:
    use = MetricUse(name="exact_match", signature="ExactMatch()")
    with open_store(database) as store:
        for candidate in find_run(store, run_id).candidates:
            rows = [
                ScoreRow(
                    generation_id=found.generation_id,
                    metric=use,
                    measurement=Measurement(value=values[found.row.case_id]),
                    scorer_version="1",
                )
                for page in iterate_outcomes(store, candidate.run_candidate_id)
                for found in page
                if found.row.case_id in values
            ]
            save_scores(store, rows)


def test_a_template_is_given_as_a_file_that_makes_the_same_experiment(
    benchwright: Command, template: Path, tmp_path: Path
) -> None:
    benchwright("experiments", "create", "ladder", "--question", "Which?\nQ4?", "--template", template)
    out = tmp_path / "shared.yaml"

    written = benchwright("experiments", "template", "ladder", "--out", out)
    assert 0 == written.code
    text = out.read_text()
    assert text.startswith("# ladder: Which?\n# Q4?\nbenchmarks:\n- numbers.jsonl\nmodels:\n")
    printed = benchwright("experiments", "template", "ladder").out
    assert text == printed.replace(f"{tmp_path}/", "")
    again = benchwright("experiments", "template", "ladder", "--out", out)
    assert 2 == again.code
    assert "exists already" in again.err

    benchwright("experiments", "create", "copy", "--template", out)
    templates = [one["template"] for one in benchwright("experiments", "list", "--json").json]
    assert templates[0] == templates[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("modles: [m]\n", "did you mean 'models'"),
        ("limit: none\n", "limit"),
        ("options: [temperatur=1]\nmodels: [m]\n", "temperatur"),
        ("- a\n", "expected a mapping"),
    ],
)
def test_a_template_with_a_mistake_is_refused_before_anything_is_stored(
    benchwright: Command, tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(text)

    said = benchwright("experiments", "create", "ladder", "--template", path)

    assert 2 == said.code
    assert expected in said.err
    assert [] == benchwright("experiments", "list", "--json").json


def test_evaluate_takes_the_template_and_adds_its_run(
    evaluate: Command, benchwright: Command, template: Path, database: str, ollama_by_script: ScriptedOllama
) -> None:
    _serve_both(ollama_by_script)
    benchwright("experiments", "create", "ladder", "--template", template)

    ended = evaluate("--experiment", "ladder", "--json")

    assert 0 == ended.code
    assert 3 == ended.json["runs"][0]["n_cases"]
    with open_store(database) as store:
        (run,) = runs_of_invocation(store, ended.json["invocation_id"])
        assert (run.plan.run_id,) == find_experiment(store, "ladder").run_ids
        assert ["right:1b num_predict=8", "wrong:1b num_predict=8"] == [found.plan.label for found in run.candidates]


def test_what_is_said_stands_in_place_of_the_template(
    evaluate: Command, benchwright: Command, template: Path, ollama_by_script: ScriptedOllama
) -> None:
    _serve_both(ollama_by_script)
    benchwright("experiments", "create", "ladder", "--template", template)

    plan = evaluate("--experiment", "ladder", "--model", "right:1b", "--limit", 2, "--dry-run", "--json").json

    assert 2 == plan["n_calls"]
    unknown = evaluate("--experiment", "lader", "--model", "right:1b")
    assert 2 == unknown.code
    assert "did you mean 'ladder'" in unknown.err


def _serve_both(server: ScriptedOllama) -> None:
    server.add("right:1b")
    server.add("wrong:1b", digest="e" * 64)


@pytest.mark.parametrize(
    "words", [("race", "--model", "right:1b", "--model", "wrong:1b"), ("sweep", "--param", "temperature=0,1")]
)
def test_races_and_sweeps_take_the_template_and_add_their_runs(
    benchwright: Command,
    evaluate: Command,
    template: Path,
    database: str,
    ollama_by_script: ScriptedOllama,
    words: tuple[str, ...],
) -> None:
    _serve_both(ollama_by_script)
    benchwright("experiments", "create", "ladder", "--template", template)
    command, *rest = words

    ended = benchwright(
        command, "--endpoint", ollama_by_script.url, "--experiment", "ladder", "--limit", 4, *rest, "--json"
    )

    assert 0 == ended.code
    with open_store(database) as store:
        (run_id,) = find_experiment(store, "ladder").run_ids
        labels = [found.plan.label for found in find_run(store, run_id).candidates]
    assert run_id == ended.json["runs"][0]["run_id"]
    assert all("num_predict=8" in label for label in labels)
