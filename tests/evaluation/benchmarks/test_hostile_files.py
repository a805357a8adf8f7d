"""Files that nobody chose to suit the reader: what they hold is read as it stands there, or refused."""

import gzip
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from evaluation.benchmarks import file_reading, tables
from evaluation.benchmarks.loading import load_benchmark
from evaluation.errors import BenchmarkError
from evaluation.files.bounded_reading import bounded_lines

Write = Callable[[str, Any], Path]
GOOD = {"prompt": "a?", "references": "b"}


def _refusal(path: Path) -> BenchmarkError:
    with pytest.raises(BenchmarkError) as caught:
        load_benchmark(path)
    return caught.value


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.jsonl", '{"prompt": "a", "references": "b", "references": "c"}\n'),
        ("x.jsonl", '{"prompt": "a", "references": "b", "details": {"x": 1, "x": 2}}\n'),
        ("x.json", '[{"prompt": "a", "references": "b", "references": "c"}]'),
        ("x.yaml", "- prompt: a\n  references: b\n  references: c\n"),
        ("x.csv", 'prompt,references,details\na,b,"{""x"": 1, ""x"": 2}"\n'),
    ],
)
def test_a_key_that_stands_twice_is_refused(write: Write, name: str, content: str) -> None:
    error = _refusal(write(name, content))
    assert "appears twice" in error.problem or "details" == error.field


def test_a_parquet_file_that_names_a_column_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    columns = [pyarrow.array(["a"]), pyarrow.array(["b"]), pyarrow.array(["c"])]
    parquet.write_table(pyarrow.Table.from_arrays(columns, names=["prompt", "references", "references"]), path)
    assert "names a column twice" == _refusal(path).problem


def test_a_parquet_files_number_of_32_bits_is_read_with_the_digits_it_was_written_with(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    single = pyarrow.float32()
    columns = {
        "prompt": ["a", "b"],
        "references": pyarrow.array([[0.1], [1.5, 2.7]], pyarrow.list_(single)),
        "cluster": pyarrow.array([0.3, None], single),
    }
    parquet.write_table(pyarrow.table(columns), path)
    cases = load_benchmark(path).cases
    assert [(("0.1",), "0.3"), (("1.5", "2.7"), None)] == [(case.references, case.cluster) for case in cases]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("007", "007"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("0x1F", "0x1F"),
        ("2026-05-04", "2026-05-04"),
        ("no", "no"),
        ("=", "="),
        ("42", "42"),
        ("-1.5", "-1.5"),
        ("1e3", "1000"),
        ("true", "true"),
        ("12345678901234567.89", "12345678901234567.89"),
    ],
)
def test_yaml_leaves_words_that_are_no_numbers_as_they_are(write: Write, word: str, expected: str) -> None:
    assert (expected,) == load_benchmark(write("x.yaml", f"- {{prompt: a, references: {word}}}")).cases[0].references


def test_a_number_of_many_digits_keeps_all_of_them(write: Write) -> None:
    path = write("x.jsonl", '{"prompt": "a", "references": [12345678901234567.89, 123456789012345678901, 0.1]}\n')
    assert ("12345678901234567.89", "123456789012345678901", "0.1") == load_benchmark(path).cases[0].references


def test_aliases_cannot_make_a_yaml_file_huge(write: Write) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in zip("abcdefg", "bcdefgh", strict=True)]
    error = _refusal(write("x.yaml", "\n".join(lines)))
    assert "broken YAML: holds more than 5,000,000 values once its aliases are written out" == error.problem
    assert "broken YAML: an alias refers to a node that contains it" == _refusal(write("y.yaml", "&a [*a]")).problem


def test_a_line_has_a_longest_length(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reading, "bounded_lines", lambda handle: bounded_lines(handle, 100))
    for name in ("x.jsonl", "x.jsonl.gz"):
        path = write(name, [GOOD, GOOD | {"prompt": "a" * 200}])
        error = _refusal(path)
        assert (2, "the line is longer than 100 bytes") == (error.line, error.problem)


def test_a_file_has_a_largest_size_unpacked(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    bounded = file_reading.bounded
    monkeypatch.setattr(file_reading, "bounded", lambda handle, limit: bounded(handle, 1000))
    for name in ("x.jsonl.gz", "x.json", "x.yaml"):
        content = gzip.compress(b"\n" * 5000) if name.endswith("gz") else json.dumps([GOOD] * 100).encode()
        path = write(name.removesuffix(".gz"), content)
        path = path.rename(path.with_name(name))
        assert "the file is longer than 1,000 bytes" == _refusal(path).problem


def test_a_cell_and_a_line_of_a_table_have_a_longest_length(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LONGEST_LINE", 100)
    cell = _refusal(write("x.csv", 'prompt,references\n"' + "a\n" * 200 + '",b\n'))
    assert "a cell of the record is longer than 100 bytes" == cell.problem
    line = _refusal(write("y.csv", "prompt,references\na,b\na," + "b" * 200 + "\n"))
    assert (3, "the line is longer than 100 bytes") == (line.line, line.problem)


def test_a_parquet_file_has_a_largest_size_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.parquet"
    table = pyarrow.table({"prompt": [f"{i}?" for i in range(1000)], "references": ["b" * 100] * 1000})
    parquet.write_table(table, path)
    monkeypatch.setattr(tables, "LARGEST_FILE", 50_000)
    assert "the table, unpacked, is longer than 50,000 bytes" == _refusal(path).problem
    monkeypatch.setattr(tables, "LARGEST_FILE", 500)
    assert "row group 1, unpacked, is longer than 500 bytes" == _refusal(path).problem


@pytest.mark.parametrize("field", ["id", "cluster", "tags"])
def test_names_have_a_longest_length_and_no_invisible_characters(write: Write, field: str) -> None:
    for name, problem in (("x" * 501, "has 501 characters"), ("a\u200bb", "U+200B"), ("a\u202eb", "U+202E")):
        error = _refusal(write("x.jsonl", [GOOD | {field: name}]))
        assert (1, field) == (error.line, error.field)
        assert problem in error.problem
    joined = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert 1 == len(load_benchmark(write("x.jsonl", [GOOD | {field: joined}])).cases)


def test_two_ids_that_differ_by_their_unicode_form_alone_are_one(write: Write) -> None:
    rows = [GOOD | {"id": unicodedata.normalize(form, "café")} for form in ("NFC", "NFD")]
    error = _refusal(write("x.jsonl", rows))
    assert (2, "the id 'café' is already that of line 1") == (error.line, error.problem)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("x.csv", "prompt,references,caf\u00e9,cafe\u0301\na,b,c,d\n", "names a column twice, in two Unicode forms"),
        (
            "x.jsonl",
            '{"prompt": "a", "references": "b", "details": {"caf\u00e9": 1, "cafe\u0301": 2}}\n',
            "the key 'caf\u00e9' appears twice in one object, in two Unicode forms",
        ),
        (
            "x.yaml",
            "- {prompt: a, references: b, details: {cafe\u0301: 1, caf\u00e9: 2}}\n",
            "broken YAML: the key 'caf\u00e9' appears twice in one mapping, in two Unicode forms",
        ),
    ],
)
def test_keys_that_differ_by_their_unicode_form_alone_are_refused(
    write: Write, name: str, text: str, problem: str
) -> None:
    assert problem == _refusal(write(name, text)).problem


def test_choices_that_differ_by_their_unicode_form_alone_are_not_different(write: Write) -> None:
    choices = ["caf\u00e9", "cafe\u0301"]
    for row in (
        {"prompt": "a", "choices": choices, "references": "caf\u00e9"},
        {"question": "a", "choices": choices, "answer": 0},
        {"question": "a", "choices": {"label": choices, "text": ["x", "y"]}, "answerKey": "caf\u00e9"},
    ):
        assert "choices" == _refusal(write("x.jsonl", [row])).field


def test_labels_and_references_are_the_same_in_both_unicode_forms(write: Write) -> None:
    labelled = [
        {"text": "a", "label": "caf\u00e9"},
        {"text": "b", "label": "cafe\u0301"},
        {"text": "c", "label": "tea"},
    ]
    assert ("caf\u00e9", "tea") == load_benchmark(write("x.jsonl", labelled)).cases[0].choices
    by_text = {"question": "a", "choices": ["tea", "caf\u00e9"], "answer_text": "cafe\u0301"}
    assert ("B",) == load_benchmark(write("y.jsonl", [by_text])).cases[0].references
    plain = {"prompt": "a", "choices": ["tea", "caf\u00e9"], "references": "cafe\u0301"}
    assert 1 == len(load_benchmark(write("z.jsonl", [plain])).cases)


def test_a_benchmarks_name_is_composed_and_has_a_longest_length(write: Write) -> None:
    decomposed = unicodedata.normalize("NFD", "café")
    assert "caf\u00e9" == load_benchmark(write(f"{decomposed}.jsonl", [GOOD])).name
    error = _refusal(write("x.jsonl", [{"benchmark": {"name": "x" * 201}}, GOOD]))
    assert "the benchmark's name has 201 characters" in error.problem


def test_a_table_with_semicolons_is_told_where_a_cell_of_its_header_holds_a_comma(write: Write) -> None:
    error = _refusal(write("x.csv", "prompt;references;notes, etc\na;b;c\n"))
    assert "Write the table with commas instead of ';'." == error.next_step


def test_blanks_around_a_name_are_not_part_of_it(write: Write) -> None:
    benchmark = load_benchmark(write("x.jsonl", [{" prompt": "a?", "references ": "b"}]))
    assert ("a?", ("b",)) == (benchmark.cases[0].prompt, benchmark.cases[0].references)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("x.yaml", "- prompt: a\n  1: x\n", "has the key a number: 1"),
        ("x.csv", "prompt,references\na,b\n".encode("utf-16-le"), "holds NUL characters"),
        ("x.jsonl", '{"prompt": "a", "references": 1e-999999999}\n', "the number 1e-999999999 is too small to be read"),
        (
            "x.jsonl",
            [{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}],
            "ends with the assistant's message, which answers the question",
        ),
        ("x.jsonl", [{"prompt": "a", "choices": ["x", "y"], "answer": 1}], "'1' is not one of the choices"),
        (
            "x.jsonl",
            [{"question": "q", "context": "c", "answers": {"text": ["x"]}, "is_impossible": True}],
            "holds answers, yet the question is marked impossible",
        ),
    ],
)
def test_what_would_be_misread_is_refused(write: Write, name: str, content: Any, problem: str) -> None:
    assert problem == _refusal(write(name, content)).problem


def test_the_line_in_which_a_spreadsheet_names_its_separator_is_no_header(write: Write) -> None:
    assert ("b",) == load_benchmark(write("x.csv", "sep=,\nprompt,references\na,b\n")).cases[0].references


@pytest.mark.parametrize("reference", ["X ", "b", "y"])
def test_a_reference_is_a_choice_or_its_letter(write: Write, reference: str) -> None:
    row = {"prompt": "a", "choices": ["x", "y"], "references": reference}
    assert 1 == len(load_benchmark(write("x.jsonl", [row])).cases)
