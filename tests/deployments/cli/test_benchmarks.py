import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.benchmarks.loading import load_benchmark
from evaluation.benchmarks.suites import standard_suites

Command = Callable[..., Any]

CASES = [{"case_id": f"c{n}", "prompt": f"What is {n}?", "references": [str(n)]} for n in range(5)]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes objects as lines of a JSONL file, texts as they are."""

    def written(*rows: dict[str, Any] | str, name: str = "sums.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
        return path

    return written


def _stored(benchwright: Command) -> list[str]:
    return [item["name"] for item in benchwright("benchmarks", "list", "--json").json if "saved_at" in item]


def test_the_standard_suites_are_listed(benchwright: Command) -> None:
    listed = benchwright("benchmarks", "list", "--json").json

    assert list(standard_suites()) == [item["name"] for item in listed]
    assert {40} == {item["n_cases"] for item in listed}
    assert all(len(item["version"]) == 64 for item in listed)


def test_an_added_file_is_said_to_be_what_it_was_recognised_as_and_is_listed(
    benchwright: Command, write: Command
) -> None:
    path = write(*CASES)
    version = load_benchmark(path).version

    said = benchwright("benchmarks", "add", path)

    assert 0 == said.code
    assert said.out.startswith("sums: 5 cases, read as ")
    assert f"stored as sums, version {version[:12]}" in said.out
    (record,) = [item for item in benchwright("benchmarks", "list", "--json").json if item["name"] == "sums"]
    assert (5, version) == (record["n_cases"], record["version"])
    (line,) = [line for line in benchwright("benchmarks", "list").out.splitlines() if "sums" in line]
    assert version[:12] in line


def test_a_name_and_a_mapping_of_fields_can_be_given(benchwright: Command, write: Command) -> None:
    path = write(*({"frage": case["prompt"], "antwort": case["references"][0]} for case in CASES))

    said = benchwright(
        "benchmarks",
        "add",
        path,
        "--name",
        "german",
        "--field",
        "prompt=frage",
        "--field",
        "references=antwort",
        "--json",
    )

    assert (0, "german", 5) == (said.code, said.json["name"], said.json["n_cases"])
    assert ["german"] == _stored(benchwright)


def test_a_stored_benchmark_is_shown_with_its_first_cases_as_a_model_gets_them(
    benchwright: Command, write: Command
) -> None:
    header = {"benchmark": {"criteria": "Only the number.", "prompt": {"template": "Compute: {prompt}"}}}
    benchwright("benchmarks", "add", write(header, *CASES))

    shown = benchwright("benchmarks", "show", "sums", "--cases", 2, "--json").json

    assert ("Only the number.", ["c0", "c1"]) == (shown["criteria"], [case["case_id"] for case in shown["cases"]])
    assert [{"role": "user", "content": "Compute: What is 0?"}] == shown["cases"][0]["rendered"]
    said = benchwright("benchmarks", "show", "sums")
    assert "Only the number." in said.out
    assert "Compute: What is 2?" in said.out
    assert "What is 3?" not in said.out


def test_validating_says_ok_and_stores_nothing(benchwright: Command, write: Command) -> None:
    said = benchwright("benchmarks", "validate", write(*CASES))

    assert 0 == said.code
    assert "sums: 5 cases, read as " in said.out
    assert "OK" == said.out.splitlines()[-1]
    assert [] == _stored(benchwright)


def test_a_field_that_nothing_reads_is_refused_or_ignored_by_name(benchwright: Command, write: Command) -> None:
    path = write({"question": "a?", "answer": "b", "images": ["x.png"]})

    refused = benchwright("benchmarks", "validate", path)
    assert 2 == refused.code
    assert "unknown field 'images'" in refused.err
    assert "--ignore-field images" in refused.err
    allowed = benchwright("benchmarks", "validate", path, "--ignore-field", "images")
    assert 0 == allowed.code
    assert "read as ours: prompt from 'question', references from 'answer'" in allowed.out
    assert "ignored: 'images'" in allowed.out


def test_what_was_ignored_is_stored_with_the_benchmark(benchwright: Command, write: Command) -> None:
    path = write({"question": "a?", "answer": "b", "images": ["x.png"], "level": 3})
    added = benchwright("benchmarks", "add", path, "--ignore-field", "images", "--field", "details.level=level")
    assert 0 == added.code, added.err

    shown = benchwright("benchmarks", "show", "sums", "--json").json
    mapped = {"prompt": "question", "references": "answer", "details.level": "level"}
    assert {"mapped": mapped, "kept": [], "ignored": ["images"]} == shown["fields"]
    assert {"level": 3} == shown["cases"][0]["details"]
    again = benchwright("benchmarks", "show", "sums", "--ignore-field", "images")
    assert 2 == again.code
    assert "fields to ignore were given for the stored benchmark 'sums'" in again.err


def test_equal_contents_are_told_of(benchwright: Command, write: Command) -> None:
    path = write(*CASES, CASES[0] | {"case_id": "again"})

    assert "2 cases have the same prompt and references: c0, again" in benchwright("benchmarks", "validate", path).err
    assert [["c0", "again"]] == benchwright("benchmarks", "validate", path, "--json").json["equal_contents"]


@pytest.mark.parametrize("command", ["validate", "add"])
@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ((*CASES[:2], '{"prompt": "cut'), "sums.jsonl, line 3: broken JSON"),
        ((CASES[0], CASES[0]), "sums.jsonl, line 2, field 'case_id': the id 'c0' is already that of line 1"),
        ((CASES[0], {"case_id": "x", "references": ["1"]}), "sums.jsonl, line 2, field 'prompt'"),
        ((), "sums.jsonl: is empty"),
        (({"benchmark": {"metrics": ["tokn_f1"]}}, *CASES), "unknown metric 'tokn_f1'; did you mean 'token_f1'?"),
        (({"benchmark": {"metrics": ["multiple_choice"]}}, *CASES), "metric 'multiple_choice' needs choices"),
        (({"benchmark": {"metric": ["exact_match"]}}, *CASES), "field 'metric': unknown key in the header"),
    ],
)
def test_a_bad_file_is_refused_with_its_place_and_nothing_is_stored(
    benchwright: Command, write: Command, command: str, rows: tuple[Any, ...], words: str
) -> None:
    said = benchwright("benchmarks", command, write(*rows))

    assert (2, "") == (said.code, said.out)
    assert words in said.err
    assert [] == _stored(benchwright)


@pytest.mark.parametrize("command", ["validate", "add"])
def test_a_file_that_is_not_there_is_named(benchwright: Command, command: str) -> None:
    said = benchwright("benchmarks", command, "/nowhere/sums.jsonl")

    assert 2 == said.code
    assert "error: /nowhere/sums.jsonl: no such file" in said.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--field", "prompt"), "--field 'prompt' is not of the form OURS=THEIRS"),
        (("--field", "prompt=a", "--field", "prompt=b"), "--field 'prompt' is given twice"),
        (("--field", "promt=prompt"), "field 'promt': unknown field in the mapping"),
        (("--field", "prompt=question"), "which is not in the file"),
        (("--name", " "), "--name is empty"),
    ],
)
def test_a_bad_option_is_refused(benchwright: Command, write: Command, options: tuple[str, ...], words: str) -> None:
    said = benchwright("benchmarks", "validate", write(*CASES), *options)

    assert 2 == said.code
    assert words in said.err


def test_what_a_metric_will_ask_for_is_told_of_and_the_file_is_stored(benchwright: Command, write: Command) -> None:
    path = write({"benchmark": {"metrics": ["exact_match", "judge_rubric"]}}, *CASES)

    said = benchwright("benchmarks", "add", path)

    assert 0 == said.code
    assert "cannot" not in said.out
    assert (
        "metric 'judge_rubric' needs a judge, which is not there. Name one with --judge MODEL of `benchwright evaluate`"
        in said.err
    )
    assert ["sums"] == _stored(benchwright)


def test_the_name_of_a_standard_suite_is_not_given_to_a_file(benchwright: Command, write: Command) -> None:
    said = benchwright("benchmarks", "add", write(*CASES), "--name", "classification")

    assert 2 == said.code
    assert "'classification' is the name of a standard suite" in said.err
    assert "--name" in said.err


def test_another_version_under_a_name_is_told_of(benchwright: Command, write: Command) -> None:
    benchwright("benchmarks", "add", write(*CASES))

    said = benchwright("benchmarks", "add", write(*CASES[:3]))

    assert "with 5 cases;" in said.err
    assert 3 == len(benchwright("benchmarks", "show", "sums", "--cases", 9, "--json").json["cases"])


def test_an_unknown_benchmark_is_answered_with_those_that_exist(benchwright: Command) -> None:
    said = benchwright("benchmarks", "show", "clasification")

    assert 2 == said.code
    assert "unknown benchmark 'clasification'; did you mean 'classification'?" in said.err


def test_what_a_file_holds_cannot_move_the_cursor(benchwright: Command, write: Command) -> None:
    path = write({"case_id": "a", "prompt": "clear \x1b[2J", "references": ["\x1b[31m"]}, name="e\x1b[2Jvil.jsonl")

    refused = benchwright("benchmarks", "add", path)
    assert (2, True) == (refused.code, "U+001B" in refused.err)
    said = [benchwright("benchmarks", "add", path, "--name", "evil"), benchwright("benchmarks", "list")]
    said.append(benchwright("benchmarks", "show", "evil"))

    assert [0, 0, 0] == [item.code for item in said]
    assert "\x1b" not in "".join(item.out + item.err for item in said)
