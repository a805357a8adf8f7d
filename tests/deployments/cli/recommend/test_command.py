"""`benchwright recommend`: one sentence first, exit codes as everywhere, and a candidate ready to call."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from filled_stores import fill_by_copy
from recommendable import delete_evidence, fill, swap_scores
from stored_runs import answer, asked, numbers, right, store_run, wrong

from evaluation.candidate_files.reading import read_candidate
from evaluation.errors import FailureKind
from evaluation.formatting import p_value
from evaluation.store.recommendations import find_recommendation, list_recommendations
from evaluation.store.session import open_store

Command = Callable[..., Any]


@pytest.fixture
def recommend(benchwright: Command, database: str) -> Command:
    """Runs `benchwright recommend` on a store of three candidates: `large` summarizes best, `small` classifies best."""
    fill_by_copy(database, fill)

    def command(*arguments: object) -> Any:
        return benchwright("recommend", *arguments)

    return command


def test_the_sentence_comes_first_then_the_table_and_how_to_say_what_came_of_it(recommend: Command) -> None:
    said = recommend("--task", "summarization")

    assert (0, "") == (said.code, said.err)
    lines = said.out.splitlines()
    assert lines[0].startswith("large:1b scores ")
    assert ["candidate", "mark", "measured", "cases", "expected", "latency", "s", "(p95)", "USD/1,000"] == lines[
        2
    ].split()
    assert ["large:1b", "middle:1b", "small:1b"] == [line.split()[0] for line in lines[4:7]]
    assert lines[4].split()[1:3] == ["named,", "Pareto"]
    assert "decided by scoreboard" in lines
    assert lines[-1].startswith("How did it go? benchwright selection outcome ")


def test_other_tasks_have_other_winners_and_the_answer_follows_the_evidence(recommend: Command, database: str) -> None:
    named = [
        recommend("--task", task, "--json").json["candidate"]["model"] for task in ("summarization", "classification")
    ]
    with open_store(database) as store:
        swap_scores(store, "summarization", "large", "small")
    swapped = recommend("--task", "summarization", "--json").json["candidate"]["model"]
    with open_store(database) as store:
        delete_evidence(store)
    gone = recommend("--task", "summarization")

    assert (["large:1b", "small:1b"], "small:1b") == (named, swapped)
    assert (2, "") == (gone.code, gone.out)
    assert "No candidate is named" in gone.err


def test_a_constraint_below_the_winner_names_the_next_one_and_says_what_was_ruled_out(recommend: Command) -> None:
    said = recommend("--task", "summarization", "--max-latency", "2s", "--explain")

    assert said.out.startswith("middle:1b scores ")
    assert "ruled out: large:1b: takes 4 s at the 95th percentile, over 2 s" in said.out
    assert "  │ By utility:\n  │   1. middle:1b" in said.out


def test_no_feasible_candidate_is_2_with_the_constraint_the_nearest_miss_and_the_option_to_change(
    recommend: Command,
) -> None:
    said = recommend("--task", "summarization", "--max-latency", "100ms", "--json")

    assert 2 == said.code
    assert "the limit on latency ruled out the last 3. Nearest is small:1b" in said.json["error"]["message"]
    assert said.json["error"]["next"].startswith("Allow --max-latency 0.5s or looser")


def test_an_abstention_is_2_with_the_evaluation_that_would_give_its_evidence(recommend: Command) -> None:
    said = recommend("--task", "code", "--json")

    assert (2, "abstained", None) == (said.code, said.json["status"], said.json["candidate"])
    assert "`benchwright evaluate --benchmark code_generation --model large:1b" in said.json["error"]["next"]
    assert f"error: {said.json['error']['message']}" in said.err

    by_rule = recommend("--task", "code", "--on-little-evidence", "rules", "--json")
    assert (0, "rules") == (by_rule.code, by_rule.json["decided_by"])


def test_weights_can_make_another_one_the_best(recommend: Command) -> None:
    dear = recommend("--task", "summarization", "--weight", "latency=40", "--json")

    assert "small:1b" == dear.json["candidate"]["model"]


def test_what_was_recommended_is_stored_and_its_prompt_only_where_it_may_be(recommend: Command, database: str) -> None:
    asked = "--task", "summarization", "--json", "--prompt"
    kept = recommend(*asked, "Sum this up.", "--log", "prompt").json["id"]
    hashed = recommend(*asked, "A secret.").json["id"]

    with open_store(database) as store:
        first, second = find_recommendation(store, kept), find_recommendation(store, hashed)
    assert ("Sum this up.", None) == (first.prompt, second.prompt)
    assert second.prompt_hash


def test_the_candidate_is_written_in_the_form_that_is_asked_for(recommend: Command, tmp_path: Path) -> None:
    printed = recommend("--task", "summarization", "--export", "modelfile")
    written = recommend("--task", "summarization", "--out", tmp_path / "winner.json")
    again = recommend("--task", "summarization", "--out", tmp_path / "winner.json")

    assert "FROM large:1b\n" in printed.out
    assert "large:1b scores" in printed.err
    assert 0 == written.code
    assert "large:1b" == json.loads((tmp_path / "winner.json").read_text())["model"]
    assert (2, True) == (again.code, "exists already" in again.err)


@pytest.mark.parametrize("name", ["winner.yaml", "winner.py", "winner.openai.json", "winner.json"])
def test_what_is_exported_is_the_named_candidate_with_its_reason(recommend: Command, tmp_path: Path, name: str) -> None:
    found = recommend("--task", "summarization", "--json").json["candidate"]
    said = recommend("--task", "summarization", "--export", tmp_path / name)

    loaded = read_candidate(tmp_path / name)
    assert 0 == said.code
    assert [found["fingerprint"]] * 2 == [loaded.fingerprint, loaded.written_fingerprint]
    assert "large:1b scores " in (tmp_path / name).read_text()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--export", "toml"), "unknown form of --export 'toml'. Known: yaml, python"),
        (("--export", "winner.toml"), "cannot tell the format"),
        (("--export", "winner.yaml", "--out", "other.yaml"), "name two files"),
        (("--export", "/no/such/folder/winner.yaml"), "No such file or directory"),
    ],
)
def test_no_file_is_guessed(recommend: Command, arguments: tuple[str, ...], problem: str) -> None:
    said = recommend("--task", "summarization", *arguments)

    assert (2, "") == (said.code, said.out)
    assert problem in " ".join(said.err.split())


def test_an_imported_candidate_is_written_only_where_its_name_is_enough(
    benchwright: Command, recommend: Command, tmp_path: Path
) -> None:
    with (tmp_path / "law.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("candidate", "task", "case_id", "prompt", "quality"))
        writer.writerows(("lawyer", "law", f"c{i}", f"question {i}", 1) for i in range(20))
    assert 0 == benchwright("selection", "import", tmp_path / "law.csv").code

    said = {form: recommend("--task", "law", "--export", form) for form in ("yaml", "python", "openai", "json")}

    assert [2, 2, 2, 0] == [each.code for each in said.values()]
    assert "'lawyer' was imported, and how it is asked is not known" in " ".join(said["yaml"].err.split())


def _stored(database: str) -> int:
    with open_store(database) as store:
        return len(list_recommendations(store))


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("no/such/winner.json", "No such file or directory"),
        ("a-file/winner.json", "Not a directory"),
        (f"{'x' * 300}.json", "File name too long"),
    ],
)
def test_where_no_file_can_be_made_nothing_is_decided_and_no_folder_is_made(
    benchwright: Command, recommend: Command, database: str, tmp_path: Path, place: str, problem: str
) -> None:
    (tmp_path / "a-file").touch()
    before = sorted(tmp_path.iterdir())
    said = [
        recommend("--task", "summarization", "--out", tmp_path / place),
        benchwright("selection", "export", "--task", "summarization", "--format", "json", "--out", tmp_path / place),
    ]

    for one in said:
        assert (2, "") == (one.code, one.out)
        assert f"cannot write {str(tmp_path / place)!r}: {problem}\n  next: Name another file.\n" in one.err
    assert (before, 0) == (sorted(tmp_path.iterdir()), _stored(database))


@pytest.mark.parametrize("raised", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_nothing_half_written_stays(
    recommend: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    def fail(_: int) -> None:
        raise raised

    monkeypatch.setattr("os.fsync", fail)
    said = recommend("--task", "summarization", "--out", tmp_path / "winner.json")

    assert (130 if isinstance(raised, KeyboardInterrupt) else 2) == said.code
    assert not (tmp_path / "winner.json").exists()


def test_an_explanation_is_told_beside_what_is_exported(recommend: Command) -> None:
    said = recommend("--task", "summarization", "--export", "env", "--explain")

    assert said.out.startswith("# verdict: large:1b scores 95.0 %")
    assert "\nexport LLM_MODEL=large:1b\n" in said.out
    assert "By utility:" in said.err


def test_what_nobody_has_is_answered_with_what_there_is_and_with_the_option(recommend: Command) -> None:
    elsewhere = recommend("--task", "summarization", "--endpoint", "nowhere")
    unable = recommend("--task", "summarization", "--capability", "visoin")
    unknown = recommend("--task", "summarization", "--max-energy", "5J")

    assert [2, 2, 2] == [one.code for one in (elsewhere, unable, unknown)]
    assert "next: Known endpoints: here. Require only these" in elsewhere.err
    assert "next: None of them has known capabilities" in unable.err
    assert "next: Leave --max-energy out" in unknown.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--max-latency", "soon"), "--max-latency 'soon' is not a time"),
        (("--max-memory", "8"), "--max-memory '8' has no unit"),
        (("--percentile", "100"), "--percentile '100' is not a percentile"),
        (("--percentile", "3"), "--percentile '3' is ambiguous"),
        (("--min-quality", "140%"), "--min-quality '140%' is above the maximum quality"),
        (("--max-latency", "-1s"), "--max-latency '-1s' is less than zero"),
        (("--max-cost-per-1k", "-1"), "--max-cost-per-1k '-1' is less than zero"),
        (("--weight", "latency=1e300"), "the weight latency is 1e+300"),
        (("--capability", ""), "--capability is empty"),
        (("--export", "env"), "--json and --export both set the output format"),
        (("--weight", "speed=1"), "unknown weight 'speed'"),
        (("--on-tie", "worst"), "--on-tie is 'worst'"),
        (("--on-little-evidence", "guess"), "--on-little-evidence is 'guess'"),
        (("--export", "toml"), "unknown form of --export 'toml'"),
        (("--out", "winner.txt"), "--out 'winner.txt': cannot tell the format"),
        (("--prompt", " "), "the prompt is empty"),
        (("--prompt-file", "nowhere.txt"), "cannot read --prompt-file 'nowhere.txt': no such file"),
        (("--task", " "), "task is ' '"),
    ],
)
def test_a_wrong_word_is_2_with_a_next_step(recommend: Command, words: tuple[str, str], message: str) -> None:
    said = recommend(*words, "--json")

    assert 2 == said.code
    assert message in said.json["error"]["message"]
    assert said.json["error"]["next"]


def test_a_name_from_elsewhere_cannot_pass_for_a_line_of_ours(benchwright: Command, tmp_path: Path) -> None:
    hostile = "evil\nerror: forged\x1b[31m"
    path = tmp_path / "hostile.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["candidate", "task", "case_id", "prompt", "quality"])
        out.writerows(
            [name, hostile, f"c{i}", "p", quality] for i in range(12) for name, quality in ((hostile, 1), ("b", 0))
        )
    # What is imported is checked; a database may have been written elsewhere.
    with mock.patch("selection.importing.name_problem", return_value=None):
        assert 0 == benchwright("selection", "import", path, "--name", hostile).code

    said = [
        benchwright("recommend", "--task", hostile, "--explain"),
        benchwright("recommend", "--task", hostile, "--export", "env"),
        benchwright("recommend", "--task", hostile, "--max-memory", "1GB"),
        benchwright("selection", "show"),
        benchwright("selection", "imports"),
    ]

    assert [0, 0, 2, 0, 0] == [one.code for one in said]
    for one in said:
        assert "\x1b" not in one.out + one.err
        lines = (one.out + one.err).splitlines()
        assert [] == [line for line in lines if line.startswith("error: forged")]


def test_right_or_wrong_answers_of_one_run_have_the_p_of_its_comparison_and_no_second_verdict(
    recommend: Command, benchwright: Command
) -> None:
    found = recommend("--task", "summarization", "--json").json
    compared = benchwright("compare", "run-summarization", "--json").json["comparisons"]
    pair = next(
        pair
        for pair in compared
        if pair["metric"] == "exact_match" and {pair["a"], pair["b"]} == {"large:1b", "middle:1b"}
    )

    assert "exact McNemar over all measured runs, Holm over 3 pairs" == found["tested_by"]
    assert f"({p_value(pair['p_adjusted'])}; exact McNemar" in found["reason"]
    assert [] == found["comparisons"]


def test_where_it_judges_more_than_a_run_the_runs_own_verdict_stands_beside_it(
    recommend: Command, database: str
) -> None:
    said = recommend("--task", "summarization", "--weight", "latency=2")
    found = recommend("--task", "summarization", "--weight", "latency=2", "--json").json

    assert found["tested_by"].startswith("paired t")
    (one,) = found["comparisons"]
    assert ("run-summarization", "summarization") == (one["run_id"], one["benchmark"])
    assert one["sentences"][0].startswith("exact_match: large:1b is the best of 3")
    lines = said.out.splitlines()
    place = lines.index("one run alone, by its own tests (`benchwright compare RUN`):")
    assert lines[place + 1] == f"- run-summarization, summarization: {one['sentences'][0]}"


def test_of_several_runs_on_a_task_the_newest_of_each_benchmark_is_told(recommend: Command, database: str) -> None:
    with open_store(database) as store:
        fill(store, {"classification": {"small": 38, "middle": 24, "large": 12}}, prefix="again-")

    found = recommend("--task", "classification", "--json").json

    assert ["again-classification"] == [one["run_id"] for one in found["comparisons"]]


def test_a_mixed_benchmark_names_nobody_who_always_fails_and_says_what_is_imputed(
    benchwright: Command, database: str
) -> None:
    hard, easy = numbers(20), tuple(replace(case, case_id=f"easy-{case.case_id}") for case in numbers(12))
    broken = answer("", own_failure=FailureKind.PIPELINE_FAILED, message="it raised")
    with open_store(database) as store:
        store_run(store, asked("weak:1b", wrong(hard)), cases=hard, run_id="hard", name="hard", task_type="qa")
        failing = asked("failing:1b", {case.case_id: broken for case in easy})
        store_run(store, failing, cases=easy, run_id="easy", name="easy", task_type="qa")

    said = benchwright("recommend", "--task", "qa")

    assert 0 == said.code
    assert said.out.startswith("weak:1b scores ")
    assert "ruled out: failing:1b: failed by itself in 12 of 12 answers, mostly by pipeline_failed" in said.out
    assert "imputed: not asked all cases" in said.out
    assert "weak:1b is imputed for 12 of 32 cases, which it was not asked" in said.out


@pytest.mark.parametrize("words", [[], ["--explain"], ["--json"], ["--export", "yaml"], ["--models-only"]])
def test_a_rule_names_the_largest_model_where_nothing_is_measured_enough(
    benchwright: Command, database: str, words: list[str]
) -> None:
    cases = numbers(3)
    with open_store(database) as store:
        store_run(store, asked("a:1b", right(cases)), cases=cases, task_type="qa")

    said = benchwright("recommend", "--on-little-evidence", "rules", *words)

    assert 0 == said.code
    assert "a:1b" in said.out
