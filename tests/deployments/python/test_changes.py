"""`export`, `annotate` and the like as functions: what the commands write and change, and what they refuse."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from numbers_benchmark import write_numbers
from scripted_ollama import Chat, Reply, ScriptedOllama, right, scripted_ollama

from evaluation import (
    acknowledge_alert,
    add_benchmark,
    add_to_experiment,
    agree,
    annotate,
    compare,
    compare_history,
    create_experiment,
    diff_runs,
    export,
    forecast_compare,
    list_experiments,
    load_alerts,
    load_benchmark,
    load_candidate,
    load_experiment,
    load_run,
    runs,
    tag_run,
)
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.results.as_json import as_json
from evaluation.results.planned_comparisons import PlannedComparison
from selection import recommend

Command = Callable[..., str]
WARM = "bad:1b temperature=0.5"
"""How a comparison names the worse candidate of the run `mixed`."""


def test_a_file_holds_what_the_command_writes(everything: str, benchwright: Command, tmp_path: Path) -> None:
    path = export(load_run("mixed"), out=tmp_path / "answers.csv", metric="exact_match")

    assert benchwright("export", "mixed", "--metric", "exact_match") == path.read_text()
    (comparison,) = compare("mixed")
    pairs = export(comparison, out=str(tmp_path / "pairs.json"))
    assert len(comparison.pairs) == len(json.loads(pairs.read_text()))
    scores = export("mixed", out=tmp_path / "table", format="csv", table="scores", candidate="good:1b")
    with scores.open() as file:
        assert {"good:1b"} == {row["candidate"] for row in csv.DictReader(file)}
    with pytest.raises(ConfigurationError, match="exists"):
        export("mixed", out=path)
    with pytest.raises(UnknownNameError, match=r"^unknown format 'xml'"):
        export("mixed", out=tmp_path / "new", format="xml")


def test_the_winner_goes_to_a_file_and_comes_back(everything: str, tmp_path: Path) -> None:
    found = recommend(task="reasoning")
    named = found.candidate
    assert named is not None
    run = load_run("mixed")

    chosen = export(run, winner=True, candidate=WARM, out=tmp_path / "winner.yaml")
    with pytest.raises(ConfigurationError, match="exists already"):
        export(run, winner=True, candidate=WARM, out=chosen)
    with pytest.raises(UnknownNameError, match=r"^unknown candidate 'worse'"):
        export(run, winner=True, candidate="worse", out=tmp_path / "nobody.yaml")
    recommended = export(found, out=str(tmp_path / "recommended.py"))

    assert run.candidate(WARM).fingerprint == load_candidate(chosen).fingerprint
    assert named.key == load_candidate(str(recommended)).fingerprint
    with pytest.raises(ConfigurationError, match="cannot read candidate file"):
        load_candidate(tmp_path / "nobody.yaml")


def test_notes_are_added_and_removed(everything: str) -> None:
    number = annotate("look at this", run="mixed", case="c03", author="ada")
    assert ["look at this"] == [note.text for note in load_experiment("ladder").annotations]
    assert "look at this" in load_experiment("ladder")._repr_html_()

    assert number == annotate(remove=number)

    assert () == load_experiment("ladder").annotations
    with pytest.raises(ConfigurationError, match=r"^remove takes only the number"):
        annotate("text", remove=number)
    with pytest.raises(UnknownNameError):
        annotate("text", run="mixed", case="none")


def test_two_runs_or_the_last_two_of_an_experiment_are_held_against_each_other(
    everything: str, benchwright: Command
) -> None:
    result = diff_runs(load_run("mixed"), "later")

    assert result == diff_runs("ladder")
    assert json.loads(benchwright("experiments", "diff", "mixed", "later", "--json")) == as_json(result)
    assert {"exact_match", "token_f1"} <= set(result.to_frame()["metric"])
    assert "only in mixed: bad:1b" in result._repr_html_()
    with pytest.raises(ConfigurationError, match=r"^3 names given"):
        diff_runs("mixed", "later", "usual")


def test_what_is_marked_and_created_is_listed(everything: str, benchmark: str, tmp_path: Path) -> None:
    tagged = tag_run("mixed", add=["a", "b"], favourite=True)
    tagged = tag_run(load_run("mixed"), remove="a")

    assert ("mixed", ("b",), True) == (tagged.run_id, tagged.tags, tagged.favourite)
    assert [("b",)] == [run.tags for run in runs(all=True) if run.run_id == "mixed"]
    with pytest.raises(ConfigurationError, match="no change was given"):
        tag_run("mixed")
    made = create_experiment("new", question="Why?", tag="x")
    assert [made] == list(list_experiments(tag="x"))
    with pytest.raises(ConfigurationError, match=r"^template and like_run both give a template"):
        create_experiment("other", template=benchmark, like_run="mixed")
    assert ("mixed", "later") == add_to_experiment("new", load_run("mixed"), "later").run_ids
    assert ["mixed", "later"] == list(load_experiment("new").to_frame()["run_id"])
    told: list[str] = []
    assert "ours" == add_benchmark(benchmark, name="ours", tell=told.append).name
    assert [] == told
    assert 6 == load_benchmark("ours").facts.n_cases
    add_benchmark(write_numbers(tmp_path / "more.jsonl", 7), name="ours", tell=told.append)
    assert [True] == ["with 6 cases; its runs keep that version" in line for line in told]


def test_an_acknowledged_alert_is_not_open(everything: str) -> None:
    (duration,) = load_alerts(rule="duration")

    acknowledged = acknowledge_alert(duration.alert_id[:8], by="ada", note="the fan")

    assert ("acknowledged", "ada", "the fan") == (
        acknowledged.state, acknowledged.acknowledged_by, acknowledged.note
    )  # fmt: skip
    assert [acknowledged] == list(load_alerts(rule="duration"))


def test_stored_comparisons_of_two_sides_are_listed_oldest_first(everything: str, benchwright: Command) -> None:
    compare("mixed")

    history = compare_history("good:1b", WARM)

    shown = json.loads(benchwright("compare", "--history", "good:1b", WARM, "--json"))["history"]
    assert shown == as_json(history) == as_json(compare_history(load_run("mixed")))
    assert len(history) == len(history.to_frame()) > 0
    assert f"good:1b – {WARM}" in history._repr_html_()
    assert {"latency_s"} == set(compare_history("mixed", metric="latency_s").to_frame()["metric"])
    with pytest.raises(ConfigurationError, match=r"^history needs runs"):
        compare_history()


def test_a_plan_of_stored_runs_is_that_of_the_command_and_stores_nothing(everything: str, benchwright: Command) -> None:
    plan = forecast_compare("mixed", metric="exact_match")

    shown = json.loads(benchwright("compare", "mixed", "--metric", "exact_match", "--dry-run", "--json"))
    assert {"planned": as_json(plan.planned)} == shown
    assert isinstance(plan.planned[0], PlannedComparison)
    assert plan.costs is None
    assert ["numbers"] == list(plan.to_frame()["benchmark"])
    assert f"good:1b – {WARM}" in plan._repr_html_()
    with pytest.raises(UnknownNameError):
        compare_history("good:1b", WARM)


def test_a_plan_of_what_is_evaluated_first_is_that_of_the_command(
    everything: str, benchmark: str, benchwright: Command, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("one")
    ollama_by_script.add("two")

    plan = forecast_compare(benchmark=benchmark, model=["one", "two"], endpoint=ollama_by_script.url)

    words = ("--benchmark", benchmark, "--model", "one", "--model", "two", "--endpoint", ollama_by_script.url)
    shown = json.loads(benchwright("compare", *words, "--dry-run", "--json"))
    assert shown == as_json(plan.costs) | {"asked_afterwards": [], "planned": as_json(plan.planned)}
    assert {"one", "two"} == set(plan.costs.to_frame()["label"])  # type: ignore[union-attr]
    assert "2 model loads, 12 calls" in plan._repr_html_()
    assert [["one", "two"]] == [json.loads(labels) for labels in plan.to_frame()["evaluated"]]
    with pytest.raises(UnknownNameError, match="three"):
        forecast_compare(benchmark=benchmark, model=["one", "two"], against="three", endpoint=ollama_by_script.url)


@pytest.fixture
def other() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        yield server


def test_servers_that_answer_alike_may_be_pooled_and_others_not(
    benchmark: str, ollama_by_script: ScriptedOllama, other: ScriptedOllama
) -> None:
    def never_two(chat: Chat) -> Reply:
        return Reply(text="none") if "2" in chat.prompt else right(chat)

    told: list[str] = []
    for server in (ollama_by_script, other):
        server.add("tiny:1b", digest="a" * 64)
    both = [ollama_by_script.url, other.url]

    alike = agree("tiny:1b", endpoint=both, benchmark=benchmark, seed=0, tell=told.append)
    other.add("tiny:1b", never_two, digest="a" * 64)
    different = agree("tiny:1b", endpoint=both, benchmark=benchmark)

    assert (True, False) == (alike.may_be_pooled, different.may_be_pooled)
    assert any("the same weights everywhere" in line for line in told)
    assert [(6, 6), (6, 6), (5, 6)] == [(row.n_equal, row.n) for row in different.to_frame().itertuples()]
    assert "should not be pooled" in different._repr_html_()
    with pytest.raises(ConfigurationError, match="endpoint A"):
        agree("tiny:1b", endpoint=both[0], benchmark=benchmark)
