"""IFEval's own files: with arguments left out, as the authors publish them, and with nulls, as the Parquet copy has."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from evaluation.benchmarks.loading import load_benchmark, recognised_line
from evaluation.errors import BenchmarkError
from evaluation.metrics.instruction_following import InstructionFollowing
from evaluation.metrics.needs import missing_needs
from evaluation.metrics.parsing import parse_metric

Write = Callable[[str, Any], Path]

ROW = {
    "key": 1000,
    "prompt": "Write a summary of 300 words or more. Use no commas, and highlight a section: *like this*.",
    "instruction_id_list": [
        "punctuation:no_comma",
        "detectable_format:number_highlighted_sections",
        "length_constraints:number_words",
    ],
    "kwargs": [{}, {"num_highlights": 1}, {"relation": "at least", "num_words": 300}],
}
KEYWORDS = {
    "key": 1069,
    "prompt": "Write an email with the keywords correlated and experiencing.",
    "instruction_id_list": ["keywords:existence"],
    "kwargs": [{"keywords": ["correlated", "experiencing"]}],
}
NAMES = ("keywords", "num_highlights", "num_words", "relation")


def _with_nulls(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"kwargs": [dict.fromkeys(NAMES) | given for given in row["kwargs"]]}


def _refusal(path: Path) -> str:
    with pytest.raises(BenchmarkError) as caught:
        load_benchmark(path)
    return caught.value.message.partition(path.name)[2]


def test_a_file_is_read_without_configuration(write: Write) -> None:
    benchmark = load_benchmark(write("input_data.jsonl", [ROW, KEYWORDS]))
    first, second = benchmark.cases
    assert ("1000", ROW["prompt"]) == (first.case_id, first.prompt)
    assert {"instruction_id_list": ROW["instruction_id_list"], "kwargs": ROW["kwargs"]} == first.details
    assert ("1069", KEYWORDS["kwargs"]) == (second.case_id, second.details["kwargs"])
    assert (
        "input_data: 2 cases, read as IFEval (instruction_following); metrics instruction_following (headline), "
        "instruction_following_loose, instruction_accuracy, instruction_accuracy_loose"
    ) == recognised_line(benchmark)
    assert "{prompt}" == benchmark.prompt.template


def test_its_metrics_can_be_measured_on_it(write: Write) -> None:
    benchmark = load_benchmark(write("x.jsonl", [ROW, KEYWORDS]))
    assert [None] * 4 == [missing_needs(parse_metric(name), benchmark.cases) for name in benchmark.metrics]


def test_nulls_are_dropped_so_that_both_copies_are_the_same_benchmark(write: Write, tmp_path: Path) -> None:
    rows = [_with_nulls(ROW), _with_nulls(KEYWORDS)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "train.parquet")
    authors = load_benchmark(write("train.jsonl", [ROW, KEYWORDS]))
    copies = (load_benchmark(tmp_path / "train.parquet"), load_benchmark(write("y.jsonl", rows)))
    assert [authors.version] * 2 == [copy.version for copy in copies]
    assert "ifeval" == authors.name


def test_a_table_of_text_holds_lists_as_json(write: Write) -> None:
    cells = [json.dumps(ROW[name]).replace('"', '""') for name in ("instruction_id_list", "kwargs")]
    header = "key,prompt,instruction_id_list,kwargs\n"
    path = write("x.csv", f'{header}1000,"{ROW["prompt"]}","{cells[0]}","{cells[1]}"\n')
    assert load_benchmark(path).version == load_benchmark(write("y.jsonl", [ROW])).version


def test_rows_without_a_key_are_numbered_or_keep_their_id(write: Write) -> None:
    plain = {name: value for name, value in ROW.items() if name != "key"}
    benchmark = load_benchmark(write("x.jsonl", [plain, plain | {"id": "a"}]))
    assert ["1", "a"] == [case.case_id for case in benchmark.cases]


def test_two_rows_with_the_same_key_are_refused(write: Write) -> None:
    assert "the id '1000' is already that of line 1" in _refusal(write("x.jsonl", [ROW, ROW]))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"instruction_id_list": []}, "field 'instruction_id_list': got a list: []"),
        ({"instruction_id_list": [1, 2, 3]}, "field 'instruction_id_list': got a list: [1, 2, 3]"),
        ({"instruction_id_list": {"a": 1}}, "field 'instruction_id_list': got an object: {'a': 1}"),
        ({"instruction_id_list": None}, "field 'instruction_id_list': is missing"),
        ({"kwargs": None}, "field 'kwargs': is missing"),
        ({"kwargs": [{}]}, "field 'kwargs': has 1 objects for 3 instructions"),
        ({"kwargs": [{}, {}, 3]}, "field 'kwargs': got a list: [{}, {}, 3]"),
        ({"kwargs": {}}, "field 'kwargs': got an object: {}"),
        ({"prompt": " "}, "field 'prompt': is empty"),
    ],
)
def test_a_broken_row_is_refused_with_its_field(write: Write, change: dict[str, Any], problem: str) -> None:
    assert f", line 1, {problem}" == _refusal(write("x.jsonl", [ROW | change])).partition(";")[0]


def test_a_null_in_place_of_arguments_means_none(write: Write) -> None:
    row = ROW | {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [None]}
    (case,) = load_benchmark(write("x.jsonl", [row])).cases
    assert [{}] == case.details["kwargs"]


def test_an_instruction_that_does_not_exist_is_refused_by_the_metric_with_its_case(write: Write) -> None:
    row = KEYWORDS | {"instruction_id_list": ["keywords:exist"]}
    problem = missing_needs(InstructionFollowing(), load_benchmark(write("x.jsonl", [ROW, row])).cases) or ""
    assert "case '1069' has instructions that cannot be checked: unknown instruction 'keywords:exist'" in problem
