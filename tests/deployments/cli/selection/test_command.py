"""`benchwright selection`: what choosing rests on, who decides, results from elsewhere, how it went."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from filled_stores import fill_by_copy
from learned_store import train_and_store
from recommendable import fill

from evaluation.store.selection_models import champion, history, promote, read_model, save_model
from evaluation.store.session import Store, open_store
from evaluation.store.tables import selection_model
from selection.learning.retraining import carry_out, judge

Command = Callable[..., Any]


@pytest.fixture
def scoreboard_file(tmp_path: Path) -> Path:
    """Twelve questions of law, on which `clever` is always right and `quick` half the time."""
    path = tmp_path / "law.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["candidate", "task", "case_id", "prompt", "quality", "latency_s"])
        for i in range(12):
            out.writerow(["clever", "law", f"c{i}", f"May one do this, {i}?", 1, 2])
            out.writerow(["quick", "law", f"c{i}", f"May one do this, {i}?", i % 2, 1])
    return path


@pytest.fixture
def trained(database: str) -> str:
    """The id of a model that decides, in the store of the commands."""
    model_id: str = fill_by_copy(database, _fill_and_train)
    return model_id


def _fill_and_train(store: Store) -> str:
    fill(store)
    model_id = train_and_store(store, seed=0)
    assert carry_out(store, judge(store, model_id))
    return model_id


def test_results_from_elsewhere_recommend_like_our_own_until_they_are_forgotten(
    benchwright: Command, scoreboard_file: Path
) -> None:
    said = benchwright("selection", "import", scoreboard_file)
    again = benchwright("selection", "import", scoreboard_file, "--name", "twice", "--json")
    named = benchwright("recommend", "--task", "law", "--json")
    listed = benchwright("selection", "imports", "--json")
    forgotten = benchwright("selection", "forget", "law", "--yes")
    after = benchwright("recommend", "--task", "law")

    assert "law: 24 rows of 2 candidates on 12 cases (law)\n" == said.out
    assert ("law", False) == (again.json["name"], again.json["is_new"])
    assert "clever" == named.json["candidate"]["candidate"]
    assert [("law", ["clever", "quick"], 24)] == [
        (one["name"], one["candidates"], one["n_rows"]) for one in listed.json
    ]
    assert (0, "law: forgotten, with 24 rows\n") == (forgotten.code, forgotten.out)
    assert 2 == after.code


def test_a_file_that_is_no_scoreboard_is_refused_with_its_row(benchwright: Command, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("candidate,task,case_id,prompt,quality\na,t,c,p,1\na,t,d,p,high\n")

    said = benchwright("selection", "import", path, "--json")

    assert 2 == said.code
    assert "quality" in said.json["error"]["message"]
    assert "high" in said.json["error"]["message"]


def test_nothing_is_forgotten_without_a_yes(benchwright: Command, scoreboard_file: Path) -> None:
    benchwright("selection", "import", scoreboard_file)

    said = benchwright("selection", "forget", "law")

    assert (2, True) == (said.code, "Give --yes" in said.err)
    assert 1 == len(benchwright("selection", "imports", "--json").json)


def test_show_says_who_decides_the_scoreboard_and_how_it_went(
    benchwright: Command, trained: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")  # a narrow screen, on which tables are split
    benchwright("recommend", "--task", "summarization")
    reported = benchwright("selection", "outcome", "last", "--quality", "80%", "--latency", "1.2s", "--ok")
    said = benchwright("selection", "show")
    of_one = benchwright("selection", "show", "--task", "classification", "--json").json

    assert "large:1b for summarization: quality 0.8, latency_s 1.2, ok True" in " ".join(reported.out.split())
    assert said.out.startswith("best_per_task 1 decides, since ")
    assert "classification: 3 candidates on 40 cases" in said.out
    assert "1 recommendation (scoreboard 1), 1 with a reported outcome.\n" in said.out
    assert ["classification"] == [one["task"] for one in of_one["tasks"]]
    assert ["small:1b", "middle:1b", "large:1b"] == [one["candidate"] for one in of_one["tasks"][0]["candidates"]]
    assert trained == of_one["champion"]["model"]["id"]
    assert 0 == of_one["recommendations"]["n_recommendations"]


def test_an_unknown_task_lists_those_that_were_measured(benchwright: Command, trained: str) -> None:
    said = benchwright("selection", "show", "--task", "summarisation")

    assert (2, True) == (said.code, "did you mean 'summarization'?" in said.err)


@pytest.mark.parametrize(
    "words", [("last", "--quality", "0.5"), ("abc", "--ok"), ("last",), ("last", "--quality", "fine")]
)
def test_an_outcome_of_nothing_and_nothing_as_an_outcome_are_refused(
    benchwright: Command, words: tuple[str, ...]
) -> None:
    said = benchwright("selection", "outcome", *words)

    assert (2, "") == (said.code, said.out)
    assert "error: " in said.err


def test_an_unknown_id_names_the_newest_few_and_the_command_that_lists_them(benchwright: Command, trained: str) -> None:
    none = benchwright("selection", "outcome", "last", "--ok")
    ids = [benchwright("recommend", "--task", "summarization", "--json").json["id"] for _ in range(5)]
    said = benchwright("selection", "outcome", "no-such-id", "--ok", "--json")
    listed = benchwright("selection", "recommendations", "--json").json
    two = benchwright("selection", "recommendations", "--limit", 2, "--task", "summarization").out

    assert (2, True) == (none.code, "next: `benchwright recommend` makes one" in none.err)
    assert 2 == said.code
    assert ids[:1:-1] == [one for one in ids[::-1] if one in said.json["error"]["message"]]
    assert "`benchwright selection recommendations` lists them" in said.json["error"]["next"]
    assert ids[::-1] == [one["id"] for one in listed]
    assert ids[:2:-1] == [one for one in ids[::-1] if one[:12] in two]
    assert "no recommendations for the task 'law' yet" in (
        benchwright("selection", "recommendations", "--task", "law").err
    )


def test_nothing_comes_of_a_recommendation_that_named_nobody(benchwright: Command, trained: str) -> None:
    nobody = benchwright("recommend", "--task", "law", "--json").json["id"]
    said = benchwright("selection", "outcome", nobody, "--ok")
    listed = benchwright("selection", "recommendations", "--json").json

    assert (2, True) == (said.code, f"{nobody[:12]} abstained" in said.err)
    assert [(nobody, None, None)] == [(one["id"], one["candidate"], one["ok"]) for one in listed]


def test_what_is_to_be_reported_is_asked_for_by_its_options(benchwright: Command) -> None:
    assert "next: Give --quality, --latency, --ok or --failed." in benchwright("selection", "outcome", "last").err


@pytest.mark.parametrize("what", ["x" * 300, "./nowhere", "no/such.model", "."])
def test_what_is_no_model_is_2_and_no_traceback(benchwright: Command, trained: str, tmp_path: Path, what: str) -> None:
    promoted = benchwright("selection", "promote", tmp_path if what == "." else what)
    saved = benchwright("selection", "save", "1", tmp_path / "no-folder" / f"{what}.model")

    assert [2, 2] == [promoted.code, saved.code]
    assert promoted.err.startswith("error: ")
    assert "cannot write" in saved.err
    assert not (tmp_path / "no-folder").exists()


def test_a_save_that_breaks_leaves_nothing(
    benchwright: Command, trained: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models"
    folder.mkdir()

    def fail(_: Path, __: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    said = benchwright("selection", "save", "1", folder / "chooser.model")

    assert (2, True) == (said.code, "No space left on device" in said.err)
    assert [] == list(folder.iterdir())


def test_an_unknown_import_says_what_lists_them(benchwright: Command) -> None:
    assert "See `benchwright selection imports`" in benchwright("selection", "forget", "law", "--yes").err


@pytest.mark.parametrize("words", [("--quality", "140%"), ("--quality", "80"), ("--latency", "-5s")])
def test_an_outcome_that_cannot_be_is_refused(benchwright: Command, trained: str, words: tuple[str, str]) -> None:
    named = benchwright("recommend", "--task", "summarization", "--json")
    said = benchwright("selection", "outcome", named.json["id"][:8], *words)
    kept = benchwright("selection", "outcome", named.json["id"][:8], "--quality", "80%", "--json")

    assert (2, "") == (said.code, said.out)
    assert words[0] in said.err
    assert (0.8, None) == (kept.json["quality"], kept.json["latency_s"])


def test_a_model_is_carried_elsewhere_taken_back_and_found_in_the_history(
    benchwright: Command, trained: str, database: str, tmp_path: Path
) -> None:
    file = tmp_path / "chooser.model"
    saved = benchwright("selection", "save", "1", file)
    same = benchwright("selection", "promote", file)
    back = benchwright("selection", "rollback", "--reason", "too early", "--json")
    nobody = benchwright("selection", "rollback")
    forth = benchwright("selection", "promote", trained[:8], "--reason", "now then")
    told = benchwright("selection", "history", "--json").json

    assert [0, 0, 0, 2, 0] == [one.code for one in (saved, same, back, nobody, forth)]
    assert same.out.startswith("best_per_task 1 decides, since ")
    assert (None, "too early") == (back.json["model"], back.json["reason"])
    assert "no selection model decides" in nobody.err
    assert [1] == [one["version"] for one in told["models"]]
    assert ["now then", "too early"] == [one["reason"] for one in told["promotions"]][:2]
    assert "best_per_task" in benchwright("selection", "history").out
    with open_store(database) as store:
        assert ([trained], trained) == ([one.model_id for one in history(store)], champion(store).model.model_id)  # type: ignore[union-attr]


@pytest.mark.parametrize("content", [b"\x80\x04\x95\x0c.", b"PK\x03\x04 cut", b""])
def test_a_poisoned_model_file_is_refused_and_the_champion_stays(
    benchwright: Command, trained: str, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "poisoned.model"
    file.write_bytes(content)

    said = benchwright("selection", "promote", file, "--json")

    assert (2, True) == (said.code, bool(said.json["error"]["message"]))
    assert trained == benchwright("selection", "history", "--json").json["champion"]["model"]["id"]


def test_a_champion_whose_bytes_are_damaged_is_said_to_decide_nothing(
    benchwright: Command, trained: str, database: str
) -> None:
    with open_store(database) as store:
        found = read_model(store, trained)
        second = save_model(
            store,
            kind=found.record.kind,
            status="trained",
            data_hash="of other evidence",
            code_version=found.record.code_version,
            metrics={},
            report={},
            estimator=found.estimator,
            serving=found.serving,
        )
        promote(store, second.model_id, replacing=champion(store).promotion_id, reason="by hand")
        with store.write() as connection:
            damaged = sa.update(selection_model).where(selection_model.c.id == trained).values(serving=b"damaged")
            connection.execute(damaged)

    healthy = benchwright("selection", "show")
    back = benchwright("selection", "rollback")
    shown = benchwright("selection", "show")
    listed = benchwright("selection", "history")
    as_json = benchwright("selection", "show", "--json")
    named = benchwright("recommend", "--task", "summarization", "--explain")

    assert "best_per_task 2 decides" in healthy.out
    for said in (back.out, shown.out, listed.out):
        told = " ".join(said.split())
        assert "best_per_task 1 was promoted" in told
        assert "but cannot be read, so the scoreboard decides alone" in told
        assert 1 == told.count("note: selection model 1 was refused")
    assert 0 == back.code
    assert "cannot be read" in listed.out.split("decides from then on")[0]
    champion_now = as_json.json["champion"]
    assert (trained, None, 1) == (
        champion_now["model"]["id"],
        champion_now["decides"],
        len(champion_now["notes"]),
    )
    assert 1 == " ".join(named.out.split()).count("selection model 1 was refused")


def test_a_modelfile_is_that_of_the_best_model_though_a_program_is_better(benchwright: Command, tmp_path: Path) -> None:
    path = tmp_path / "both.csv"
    rows = [
        f"{name},law,c{i},May one {i}?,{quality}"
        for i in range(12)
        for name, quality in (("baseline-lead", 1), ("llama3.2:3b", i % 2))
    ]
    path.write_text("\n".join(["candidate,task,case_id,prompt,quality", *rows]))
    benchwright("selection", "import", path)

    anybody = benchwright("recommend", "--task", "law", "--on-tie", "best", "--json")
    a_model = benchwright("recommend", "--task", "law", "--models-only", "--json")
    written = benchwright("recommend", "--task", "law", "--export", "modelfile")
    exported = benchwright("selection", "export", "--task", "law", "--format", "modelfile")

    assert ("baseline-lead", "llama3.2:3b") == (
        anybody.json["candidate"]["model"],
        a_model.json["candidate"]["model"],
    )
    assert "FROM llama3.2:3b" in written.out
    assert "FROM llama3.2:3b" in exported.out


def test_the_winning_configuration_is_exported(benchwright: Command, trained: str, tmp_path: Path) -> None:
    printed = benchwright("selection", "export", "--task", "classification")
    written = benchwright("selection", "export", "--task", "classification", "--out", tmp_path / "Modelfile")

    assert (0, "small:1b") == (printed.code, printed.json["model"])
    assert 0 == written.code
    assert "FROM small:1b\n" in (tmp_path / "Modelfile").read_text()
