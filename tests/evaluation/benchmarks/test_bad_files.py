"""Every way a file can be wrong: the message names the file, the place, the field and what was expected."""

import gzip
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from evaluation.benchmarks.loading import load_benchmark
from evaluation.errors import BenchmarkError

Write = Callable[[str, Any], Path]
GOOD = {"prompt": "a?", "references": "b"}


def _refusal(path: Path, **options: Any) -> BenchmarkError:
    with pytest.raises(BenchmarkError) as caught:
        load_benchmark(path, **options)
    return caught.value


def _said(path: Path, **options: Any) -> str:
    """The message without the file's folder."""
    return _refusal(path, **options).message.replace(f"{path.parent}{os.sep}", "")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    error = _refusal(tmp_path / "no.jsonl")
    assert f"{tmp_path / 'no.jsonl'}: no such file" == error.message
    assert f"Check the path; it is read from {Path.cwd()}." == error.next_step


def test_a_directory(tmp_path: Path) -> None:
    assert f"{tmp_path}: is a directory; expected a file" == _refusal(tmp_path).message


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.json", "x.yaml", "x.parquet"])
def test_an_empty_file(write: Write, name: str) -> None:
    assert f"{name}: is empty; expected at least one case" == _said(write(name, b""))


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.yaml", "x.jsonl.gz"])
def test_a_file_of_blank_lines(write: Write, name: str) -> None:
    assert f"{name}: is empty; expected at least one case" == _said(write(name, "\n \n"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", "prompt,references\n"),
        ("x.csv", "\n"),
        ("x.json", "[]"),
        ("x.yaml", "cases: []"),
        ("x.json", {"data": []}),
        ("x.jsonl", [{"benchmark": {"name": "n"}}]),
    ],
)
def test_a_file_without_a_case(write: Write, name: str, content: Any) -> None:
    content = "[]" if content == [] else content
    assert f"{name}: holds no case; expected at least one case" == _said(write(name, content))


def test_an_unknown_suffix(write: Write) -> None:
    path = write("x.xlsx", "a")
    assert (
        "x.xlsx: unknown suffix '.xlsx'; expected one of .jsonl, .ndjson, .csv, .tsv, .parquet, .json, .yaml, .yml, "
        "each also with .gz"
    ) == _said(path)
    assert "Rename the file after its format, or save it as JSONL." == _refusal(path).next_step


BROKEN = [
    (
        "x.jsonl",
        json.dumps(GOOD) + '\n{"prompt": \n',
        "x.jsonl, line 2: broken JSON: Expecting value, column 1; expected valid JSON",
    ),
    ("x.jsonl", json.dumps(GOOD) + "\n[1]\n", "x.jsonl, line 2: is not a case; expected one JSON object a line"),
    ("x.jsonl", "[" * 100_000, "x.jsonl, line 1: "),
    ("x.jsonl", '{"prompt": ' + "9" * 5000 + "}", "x.jsonl, line 1: Exceeds the limit"),
    (
        "x.jsonl",
        b'{"prompt": "a"}\n{"prompt": "\xff"}\n',
        "x.jsonl, line 2: is not UTF-8 (byte 0xff); expected text in",
    ),
    ("x.csv", b"prompt,references\na,\xe9\n", "x.csv: is not UTF-8 (byte 0xe9); expected text in UTF-8"),
    ("x.json", b'[\n"\xe9"]', "x.json, line 2: is not UTF-8 (byte 0xe9); expected text in UTF-8"),
    ("x.json", "[\n{]", "x.json, line 2: broken JSON: Expecting property name enclosed in double quotes, column 2; "),
    ("x.json", "3", "x.json: holds no cases; expected a list of cases, or header keys with either 'cases' (a list) or"),
    ("x.json", {"cases": [GOOD], "data": "y"}, "x.json: holds no cases; "),
    ("x.json", {"cases": 3}, "x.json, field 'cases': is not a list; expected a list of cases"),
    ("x.json", {"data": 3}, "x.json, field 'data': is not a file name; expected the path of a data file"),
    ("x.json", "[3]", "x.json, row 1: is not a case; expected an object with fields"),
    (
        "x.yaml",
        "cases: [\n  a: b: c\n",
        "x.yaml, line 2: broken YAML: expected ',' or ']', but got ':'; expected valid",
    ),
    ("x.yaml", "a: \x00", "x.yaml: broken YAML: "),
    ("x.csv", 'prompt,references\n"a,b\n', "x.csv, line 2: broken CSV: unexpected end of data; expected cells"),
    ("x.csv", "prompt,references\na,b\na,b,c\n", "x.csv, row 2: has 3 cells; expected 2, as the header line has"),
    ("x.csv", "prompt,references\na\n", "x.csv, row 1: has 1 cells; expected 2, as the header line has"),
    ("x.csv", "prompt,prompt\na,b\n", "x.csv, line 1, field 'prompt': names a column twice; expected a name for each"),
    ("x.parquet", b"PAR1 not really", "x.parquet: broken Parquet: "),
]


@pytest.mark.parametrize(("name", "content", "expected"), BROKEN)
def test_a_broken_file(write: Write, name: str, content: Any, expected: str) -> None:
    path = write(name, content)
    assert expected == _said(path)[: len(expected)]


def test_a_broken_gzip(write: Write) -> None:
    whole = gzip.compress(json.dumps(GOOD).encode() * 1000)
    for data in (b"no gzip at all", whole[: len(whole) // 2], whole[:20] + b"x" * 20 + whole[40:]):
        path = write("x.jsonl.gz", "")
        path.write_bytes(data)
        error = _refusal(path)
        assert "broken gzip: " == error.problem[: len("broken gzip: ")]
        assert "Compress or download the file again." == error.next_step


def test_a_cut_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    parquet.write_table(pyarrow.table({"prompt": ["a"]}), path)
    path.write_bytes(path.read_bytes()[:-10])
    assert "x.parquet: broken Parquet: " == _said(path)[: len("x.parquet: broken Parquet: ")]


def test_a_file_that_cannot_be_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise PermissionError(13, "Permission denied")

    path = write("x.jsonl", [GOOD])
    monkeypatch.setattr(Path, "open", refuse)
    assert "x.jsonl: cannot be read: Permission denied" == _said(path)


ROWS = [
    ({"prompt": 5}, "field 'prompt': got a number: 5; expected text"),
    ({"prompt": " "}, "field 'prompt': is empty; expected text"),
    ({"prompt": None, "references": "b"}, "field 'prompt': is missing; expected text"),
    ({"references": "b"}, "field 'prompt': is missing; expected text"),
    (
        GOOD | {"references": {"a": 1}},
        "field 'references': got an object: {'a': 1}; expected text, a number, or a list of them",
    ),
    (
        GOOD | {"references": ["a", ["b"]]},
        "field 'references': got a list: ['b']; expected text, a number, or a list of them",
    ),
    (GOOD | {"references": ["a", None]}, "field 'references': got nothing; expected text, a number, or a list of them"),
    (GOOD | {"context": [{}]}, "field 'context': got an object: {}; expected text or a list of texts"),
    (
        GOOD | {"choices": "a"},
        "field 'choices': got text: 'a'; expected a list of at least two different texts",
    ),
    (
        GOOD | {"choices": ["a", "a"]},
        "field 'choices': got a list: ['a', 'a']; expected a list of at least two different texts",
    ),
    (
        GOOD | {"choices": {"a": 1}},
        "field 'choices': got an object: {'a': 1}; expected a list of at least two different texts",
    ),
    (GOOD | {"cluster": []}, "field 'cluster': got a list: []; expected text or a number"),
    (GOOD | {"case_id": [1]}, "field 'case_id': got a list: [1]; expected text or a number"),
    (GOOD | {"details": []}, "field 'details': got a list: []; expected an object"),
    (GOOD | {"details": 3}, "field 'details': got a number: 3; expected an object"),
    (
        GOOD | {"messages": [{"role": "user", "content": "x"}]},
        "field 'prompt': is given together with messages; expected either",
    ),
    (GOOD | {"reference": None, "tools": [], "images": {"a": [""]}}, None),
    (
        GOOD | {"reference": "b"},
        "unknown field 'reference', which would not be part of any prompt; expected the fields",
    ),
    (
        {"prompt": "a", "refrences": "b"},
        "unknown field 'refrences', which would not be part of any prompt; expected the",
    ),
    ({"prompt": "a\ud800"}, "holds the broken character '\\ud800'; expected valid Unicode"),
    ({"benchmark": {}}, "field 'benchmark': is a header; expected a header in the first line only"),
    ({"question": "a?", "answer": "#### 3"}, "looks like GSM8K, the rows before it like plain cases; expected one"),
]


@pytest.mark.parametrize(("row", "expected"), ROWS)
def test_a_bad_row(write: Write, row: dict[str, Any], expected: str | None) -> None:
    path = write("x.jsonl", [GOOD, row])
    if expected is None:
        assert 2 == len(load_benchmark(path).cases)
        return
    said = _said(path).removeprefix("x.jsonl, line 2").removeprefix(", ").removeprefix(": ")
    assert expected == said[: len(expected)]


MESSAGES = [
    [],
    [{"role": "assistant", "content": "a"}],
    [{"role": "robot", "content": "a"}],
    [{"role": "user"}],
    [{"role": "user", "content": "a", "name": "b"}],
    ["a"],
    {"role": "user", "content": "a"},
    "[{]",
]


@pytest.mark.parametrize("messages", MESSAGES)
def test_messages_that_are_no_conversation(write: Write, messages: Any) -> None:
    error = _refusal(write("x.jsonl", [{"messages": messages}]))
    assert (1, "messages") == (error.line, error.field)
    assert (
        "a list of objects with role (system, user or assistant) and content, at least one of them the user's"
        == error.expected
    )


def test_a_message_without_content(write: Write) -> None:
    error = _refusal(write("x.jsonl", [{"messages": [{"role": "user", "content": " "}]}]))
    assert "content that is text and not empty" == error.expected


def test_details_that_are_no_json(write: Write) -> None:
    path = write("x.jsonl", '{"prompt": "a", "details": {"x": Infinity}}\n')
    assert "x.jsonl, line 1, field 'details': inf is no JSON; expected plain JSON values" == _said(path)


def test_an_id_that_is_used_twice_names_both_lines(write: Write) -> None:
    path = write("x.jsonl", [GOOD | {"id": 7}, GOOD | {"id": 8}, GOOD | {"id": "7"}])
    assert (
        "x.jsonl, line 3, field 'id': the id '7' is already that of line 1; expected an id of its own for each case"
    ) == _said(path)


def test_a_row_number_that_meets_an_id_is_refused_too(write: Write) -> None:
    path = write("x.csv", "id,prompt\n2,a\n,b\n")
    assert "x.csv, row 2: the id '2' is already that of row 1; expected an id of its own for each case" == _said(path)


def test_an_unknown_format_lists_the_fields_and_the_formats(write: Write) -> None:
    path = write("x.jsonl", [{"text": "a?", "Answer": "b", "level": 3}])
    error = _refusal(path)
    assert "no known format has the fields 'text', 'Answer', 'level'" == error.problem
    assert error.expected is not None
    for title in ("GSM8K", "HumanEval", "MBPP", "SQuAD", "MMLU", "ARC", "summarization", "classification", "plain"):
        assert title in error.expected
    assert (
        "Say which is which: `--field prompt=text --field references=Answer`, or in a small YAML file beside it, "
        "'data: x.jsonl' and 'fields: {prompt: text, references: Answer}'; docs/benchmarks.md lists the fields of each "
        "format."
    ) == error.next_step
    assert "canonical_solution" not in str(error)
    fields = {"prompt": "text", "references": "Answer"}
    assert 1 == len(load_benchmark(path, fields=fields, ignore=["level"]).cases)


def test_fields_that_no_guess_fits_are_left_to_the_person(write: Write) -> None:
    error = _refusal(write("x.jsonl", [{"a": 1}]))
    assert "--field prompt=QUESTION_FIELD --field references=ANSWER_FIELD" in str(error.next_step)


def test_an_error_survives_pickling_with_its_row(write: Write) -> None:
    error = _refusal(write("x.csv", "prompt,references\n,b\n"))
    copy = pickle.loads(pickle.dumps(error))
    assert (str(error), 1, "prompt") == (str(copy), copy.row, copy.field)


def test_a_yaml_that_names_a_missing_or_another_wrapping_file(write: Write) -> None:
    write("inner.yaml", "data: x.jsonl")
    assert "field 'data': 'inner.yaml' names yet another file" in _said(write("outer.yaml", "data: inner.yaml"))
    assert "no.jsonl: no such file" == _said(write("other.yaml", "data: no.jsonl"))


def test_a_path_that_no_disk_could_hold(tmp_path: Path) -> None:
    assert "no such file" == _refusal(tmp_path / ("x" * 5000 + ".jsonl")).problem
    assert "no such file" == _refusal(tmp_path / "a\0b.jsonl").problem


@pytest.mark.parametrize("content", [json.dumps([GOOD]), json.dumps([GOOD], indent=1)])
def test_a_json_list_that_is_named_jsonl(write: Write, content: str) -> None:
    error = _refusal(write("x.jsonl", content))
    assert (1, "A file that is one JSON list is named .json, not .jsonl.") == (error.line, error.next_step)


def test_a_table_with_another_separator(write: Write) -> None:
    error = _refusal(write("x.csv", "prompt;references\na;b\n"))
    assert "has one column, 'prompt;references'" == error.problem
    assert "Write the table with commas instead of ';'." == error.next_step


def test_a_wrong_type_says_which_line_to_mend(write: Write) -> None:
    error = _refusal(write("x.jsonl", [GOOD, {"prompt": 5, "references": ["b"]}]))
    assert "got a number: 5" == error.problem
    assert "Mend line 2; `benchwright benchmarks validate FILE` checks the whole file." == error.next_step


def test_all_faults_of_a_file_are_named_at_once(write: Write) -> None:
    rows = [
        GOOD | {"id": "a"},
        GOOD | {"id": "a"},
        "{broken",
        "[1, 2]",
        {"prompt": "", "references": "b"},
        GOOD | {"id": "d", "level": 3},
        GOOD | {"id": "e", "grade": 3, "level": 2},
        {"prompt": " ", "references": "b"},
    ]
    error = _refusal(write("x.jsonl", "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)))

    assert (
        "line 2, field 'id': the id 'a' is already that of line 1; expected an id of its own for each case. Also: "
        "line 3: broken JSON: Expecting property name enclosed in double quotes, column 2; line 4: is not a case; "
        "lines 5 and 8, field 'prompt': is empty; "
        "line 6: unknown fields 'level', 'grade', which would not be part of any prompt"
    ) == error.message.partition(", ")[2]
    assert [3, 4, 5, 6, 8] == [each.line for each in error.others]
    assert str(error) == str(pickle.loads(pickle.dumps(error)))


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.csv"])
def test_equal_faults_are_one_with_the_first_places(write: Write, name: str) -> None:
    bad = [{"prompt": "", "references": "b"} for _ in range(9)]
    contents = {
        "x.jsonl": [GOOD, *bad],
        "x.json": {"cases": [GOOD, *bad]},
        "x.csv": "prompt,references\na,b\n" + ",b\n" * 9,
    }
    error = _refusal(write(name, contents[name]))
    noun, problem = "lines" if name == "x.jsonl" else "rows", "is missing" if name == "x.csv" else "is empty"

    assert f"; expected text. Also: {noun} 3, 4, 5, 6, 7 and 3 more, field 'prompt': {problem}" in error.message


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "x.csv",
            "prompt,references\na\nc,d\ne,f,g\n",
            "row 1: has 1 cells; expected 2, as the header line has. Also: row 3",
        ),
        (
            "x.json",
            json.dumps([5, GOOD, 6]),
            "row 1: is not a case; expected an object with fields. Also: row 3: is not",
        ),
        (
            "x.json",
            json.dumps([5, 6]),
            "row 1: is not a case; expected an object with fields. Also: row 2: is not a case",
        ),
        (
            "x.jsonl",
            '{"benchmark": {}}\n[\n{"prompt": "a", "references": "b"}\n[\n',
            "line 4: broken JSON: Expecting value",
        ),
    ],
)
def test_a_faulty_first_row_hides_no_others(write: Write, name: str, content: str, said: str) -> None:
    assert said in _said(write(name, content))


def test_many_unknown_fields_hide_no_other_fault(write: Write) -> None:
    many = GOOD | {f"field {n}": 1 for n in range(101)}
    error = _refusal(
        write("x.jsonl", [many, GOOD | {"id": "x", "z": 1}, GOOD | {"id": "x"}, {"prompt": "", "id": "y"}])
    )

    assert ["the id 'x' is already that of line 2", "is empty"] == [each.problem for each in error.others]


def test_what_holds_no_known_fields_is_told_with_the_faults_before_it(write: Write) -> None:
    error = _refusal(write("x.json", json.dumps([3, {"foo": 1}])))

    assert "no known format has the fields 'foo'" in error.problem
    assert [(1, "is not a case")] == [(each.row, each.problem) for each in error.others]


def test_of_many_faults_a_few_are_named_and_the_rest_counted(write: Write) -> None:
    error = _refusal(write("x.jsonl", [GOOD, *[{"prompt": i, "references": "b"} for i in range(5000)]]))

    assert error.message.endswith(
        "; line 7, field 'prompt': got a number: 5; 995 more; the rest of the file was not checked"
    )
    assert len(error.message) < 1000


def test_a_file_that_cannot_be_read_on_says_so_beside_its_first_fault(write: Write) -> None:
    lines = [json.dumps(row).encode() for row in (GOOD, {"prompt": "", "references": "b"})]
    error = _refusal(write("x.jsonl", b"\n".join([*lines, b"\xff\xfe", lines[1]])))

    assert (2, [3]) == (error.line, [each.line for each in error.others])
    assert "is not UTF-8 (byte 0xff)" == error.others[0].problem
