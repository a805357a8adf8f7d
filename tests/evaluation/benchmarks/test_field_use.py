"""No field of a file is dropped in silence: it is read, kept in details, ignored by name, or refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.benchmarks.loading import load_benchmark
from evaluation.errors import BenchmarkError, ConfigurationError
from evaluation.files.field_mapping import FieldUse, read_mapping

Write = Callable[[str, Any], Path]
SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "T",
            "paragraphs": [
                {
                    "context": "Cats purr.",
                    "qas": [
                        {
                            "id": "q1",
                            "question": "Who barks?",
                            "answers": [],
                            "is_impossible": True,
                            "plausible_answers": [{"text": "Cats", "answer_start": 0}],
                        }
                    ],
                }
            ],
        }
    ],
}


def _refusal(path: Path, **options: Any) -> BenchmarkError:
    with pytest.raises(BenchmarkError) as caught:
        load_benchmark(path, **options)
    return caught.value


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.jsonl", [{"prompt": "a?", "references": "b", "system": "be kind"}]),
        ("x.csv", "prompt,references,system\na?,b,be kind\n"),
        ("x.yaml", "cases:\n- {prompt: a, references: b, system: be kind}\n"),
        ("x.json", '[{"prompt": "a", "references": "b", "system": "be kind"}]'),
        ("x.jsonl", [{"question": "a?", "answer": "#### 2", "system": "be kind"}]),
        ("x.jsonl", [{"question": "a?", "choices": ["a", "b"], "answer": 0, "system": "be kind"}]),
        (
            "x.jsonl",
            [{"question": "a?", "choices": {"label": [1, 2], "text": ["x", "y"]}, "answerKey": 1, "system": 1}],
        ),
        ("x.jsonl", [{"text": "a", "label": "b", "system": "be kind"}]),
        ("x.jsonl", [{"document": "a", "summary": "b", "system": "be kind"}]),
        ("x.jsonl", [{"prompt": "def f():", "test": "def check(f): 1", "entry_point": "f", "system": "be kind"}]),
        ("x.jsonl", [{"text": "a", "test_list": ["assert f()"], "system": "be kind"}]),
        ("x.jsonl", [{"prompt": "a", "instruction_id_list": ["x:y"], "kwargs": [{}], "system": "be kind"}]),
        ("x.jsonl", [{"prompt": "a", "references": "b"}, {"prompt": "c", "references": "d", "system": 0}]),
    ],
)
def test_a_field_that_nothing_reads_is_refused_in_every_format(write: Write, name: str, content: Any) -> None:
    path = write(name, content)
    error = _refusal(path)
    assert "unknown field 'system', which would not be part of any prompt" == error.problem
    assert "`--ignore-field system`" in str(error.next_step)
    assert "`--field details.system=system`" in str(error.next_step)
    assert ("system",) == load_benchmark(path, ignore=["system"]).fields.ignored


def test_all_unknown_fields_of_the_file_are_named_at_once(write: Write) -> None:
    rows = [{"prompt": "a", "references": "b", "images": ["x"]}, {"prompt": "c", "references": "d", "tools": [1]}]
    error = _refusal(write("x.jsonl", rows))
    assert (1, "unknown fields 'images', 'tools', which would not be part of any prompt") == (error.line, error.problem)
    assert (
        "Keep them with `--field details.images=images --field details.tools=tools`, or leave them out with "
        "`--ignore-field images --ignore-field tools`; a benchmark's header says the same under 'fields' and "
        "'ignore_fields'."
    ) == error.next_step


def test_unknown_keys_of_messages_are_named_and_may_be_ignored(write: Write) -> None:
    turns = [
        {"role": "user", "content": "What is in it?", "images": ["x.png"], "name": None},
        {"role": "assistant", "content": "Wait.", "tool_calls": [{"id": "1"}]},
        {"role": "user", "content": "And?", "images": ["y.png"]},
    ]
    path = write("x.jsonl", [{"messages": turns, "references": "b"}])
    error = _refusal(path)
    assert (1, "messages") == (error.line, error.field)
    assert "unknown fields 'images', 'tool_calls' in it, which would not be part of any prompt" == error.problem
    assert "`--ignore-field messages.images --ignore-field messages.tool_calls`" in str(error.next_step)
    benchmark = load_benchmark(path, ignore=["messages.images", "messages.tool_calls"])
    assert ("messages.images", "messages.tool_calls") == benchmark.fields.ignored
    assert ["What is in it?", "Wait.", "And?"] == [turn.content for turn in benchmark.cases[0].messages]


@pytest.mark.parametrize(
    ("turn", "problem"),
    [
        ({"role": "tool", "content": "b"}, "has a message with the role 'tool'"),
        ({"role": "user", "content": [{"type": "text"}]}, "has a message whose content is a list: [{'type': 'text'}]"),
    ],
)
def test_a_message_that_cannot_be_sent_is_refused_for_what_is_wrong_with_it(
    write: Write, turn: dict[str, Any], problem: str
) -> None:
    assert problem == _refusal(write("x.jsonl", [{"messages": [turn], "references": "b"}])).problem


def test_a_field_without_a_value_is_no_loss(write: Write) -> None:
    rows = [{"prompt": "a", "references": "b", "system": None, "tools": [], "meta": {"x": [""]}}]
    assert FieldUse() == load_benchmark(write("x.jsonl", rows)).fields


def test_what_published_files_hold_besides_is_kept_in_details(write: Write) -> None:
    benchmark = load_benchmark(write("dev.json", SQUAD))
    assert "T" == benchmark.cases[0].cluster
    assert {"plausible_answers": [{"text": "Cats", "answer_start": 0}]} == benchmark.cases[0].details
    assert FieldUse(kept=("plausible_answers",)) == benchmark.fields


def test_a_second_id_and_an_outvoted_cluster_are_kept(write: Write) -> None:
    row = {"id": "a", "task_id": "t", "question": "q?", "choices": ["a", "b"], "answer": 0}
    case = load_benchmark(write("x.jsonl", [row | {"subject": "maths", "cluster": "c"}])).cases[0]
    assert ("a", "c") == (case.case_id, case.cluster)
    assert {"task_id": "t", "subject": "maths"} == case.details


def test_what_stands_at_squads_upper_levels_is_read_too(write: Write) -> None:
    paragraph = {"context": "c", "document_id": 3, "qas": [{"id": "1", "question": "q?", "answers": [{"text": "c"}]}]}
    content = {"name": "mine", "data": [{"title": "T", "id": "a", "paragraphs": [paragraph]}]}
    path = write("x.json", content)
    assert "unknown fields 'document_id', 'article.id', which" in _refusal(path).problem
    assert "mine" == load_benchmark(path, ignore=["document_id", "article.id"]).name


def test_a_field_may_be_kept_in_details_by_the_mapping(write: Write) -> None:
    path = write("x.csv", 'prompt,references,level,details\na?,b,hard,"{""n"": 1}"\n')
    benchmark = load_benchmark(path, fields={"details.level": "level"})
    assert {"n": 1, "level": "hard"} == benchmark.cases[0].details
    assert "has 'n' already" in _refusal(path, fields={"details.n": "level"}).problem


def test_a_header_may_ignore_fields(write: Write) -> None:
    rows = [{"benchmark": {"ignore_fields": ["system"]}}, {"prompt": "a", "references": "b", "system": "x"}]
    assert ("system",) == load_benchmark(write("x.jsonl", rows)).fields.ignored


def test_a_mapped_field_beside_one_of_our_name_is_refused(write: Write) -> None:
    path = write("x.csv", "prompt,question,references\nold,new,b\n")
    error = _refusal(path, fields={"prompt": "question"})
    assert ("prompt", "is given together with 'question', which the mapping reads as 'prompt'") == (
        error.field,
        error.problem,
    )
    assert "new" == load_benchmark(path, fields={"prompt": "question"}, ignore=["prompt"]).cases[0].prompt


def test_fields_of_a_suite_are_not_mapped() -> None:
    with pytest.raises(ConfigurationError, match="fields to ignore were given for the standard suite"):
        load_benchmark("classification", ignore=["system"])


def test_a_column_of_row_numbers_and_columns_without_anything_are_left_out(write: Write) -> None:
    assert ("",) == load_benchmark(write("x.csv", ",prompt,references,,\n0,a,b,,\n1,c,d,,\n")).fields.ignored
    assert "unknown field 'column 3'" in _refusal(write("y.csv", "prompt,references,\na,b,lost\n")).problem
    assert "unknown field ''" in _refusal(write("z.csv", ",prompt,references\nwhy,a,b\n")).problem


USUAL = [
    ("prompt,answer\na?,b\n", {"references": "answer"}),
    ("question,expected\na?,b\n", {"prompt": "question", "references": "expected"}),
    ("Question,Answer\na?,b\n", {"prompt": "Question", "references": "Answer"}),
    ("ID,Input,Expected Output\n7,a?,b\n", {"id": "ID", "prompt": "Input", "references": "Expected Output"}),
]


@pytest.mark.parametrize(("text", "mapped"), USUAL)
def test_the_usual_names_of_prompt_and_references_are_taken_and_told(
    write: Write, text: str, mapped: dict[str, str]
) -> None:
    benchmark = load_benchmark(write("x.csv", text))
    assert ("a?", ("b",)) == (benchmark.cases[0].prompt, benchmark.cases[0].references)
    assert mapped == benchmark.fields.mapped
    assert "references from" in benchmark.fields.as_sentences()[0]


@pytest.mark.parametrize(("name", "content"), [
    ("x.jsonl", [{"question": "a?", "expected": "b"}]),
    ("x.yaml", "- question: a?\n  expected: b\n"),
    ("x.json", '[{"question": "a?", "expected": "b"}]'),
])  # fmt: skip
def test_the_usual_names_are_taken_in_every_kind_of_file(write: Write, name: str, content: Any) -> None:
    assert ("b",) == load_benchmark(write(name, content)).cases[0].references


def test_a_known_format_in_another_case_is_that_format(write: Write) -> None:
    benchmark = load_benchmark(write("x.csv", "Text,Label\ngood,up\nbad,down\n"))
    assert ("classification", {"text": "Text", "label": "Label"}) == (benchmark.format, benchmark.fields.mapped)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"question": "a?", "answer": "b", "expected": "c"}, "'answer', 'expected' may both be the references"),
        ({"instruction": "a", "input": "b", "output": "c"}, "'input', 'instruction' may both be the prompt"),
        ({"prompt": "a", "Answer": "b", "answer": "c"}, "may both be the references"),
    ],
)
def test_two_fields_that_may_be_meant_are_both_named(write: Write, row: dict[str, str], words: str) -> None:
    error = _refusal(write("x.jsonl", [row]))
    assert words in error.problem
    assert "--field" in str(error.next_step)
    assert "--ignore-field" in str(error.next_step)


def test_a_field_that_is_ignored_is_not_meant(write: Write) -> None:
    path = write("x.jsonl", [{"question": "a?", "answer": "b", "expected": "c"}])
    assert ("c",) == load_benchmark(path, ignore=["answer"]).cases[0].references


def test_a_later_row_that_is_another_format_is_not_read_as_plain(write: Write) -> None:
    path = write("x.jsonl", [{"question": "a?", "answer": "just"}, {"question": "b?", "answer": "#### 3"}])
    assert "looks like GSM8K, the rows before it like plain cases" == _refusal(path).problem


def test_an_unknown_field_that_may_be_the_references_gets_that_hint(write: Write) -> None:
    path = write("x.jsonl", [{"prompt": "a?"}, {"prompt": "b?", "answer": "c"}])
    assert "Read it as ours with `--field references=answer`" in str(_refusal(path).next_step)


@pytest.mark.parametrize("words", [["prompt"], ["=x"], ["prompt="], ["prompt=a", "prompt=b"]])
def test_words_that_are_no_mapping_are_refused(words: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="--field"):
        read_mapping(words)


@pytest.mark.parametrize(
    ("row", "part"),
    [
        (
            {
                "question": "q?",
                "choices": {"label": ["A", "B"], "text": ["x", "y"], "image": "p.png"},
                "answerKey": "A",
            },
            "choices",
        ),
        (
            {
                "question": "q?",
                "choices": [{"label": "A", "text": "x", "image": "p.png"}, {"label": "B", "text": "y"}],
                "answerKey": "A",
            },
            "choices",
        ),
        (
            {
                "question": {
                    "stem": "q?",
                    "image": "p.png",
                    "choices": [{"label": "A", "text": "x"}, {"label": "B", "text": "y"}],
                },
                "answerKey": "A",
            },
            "question",
        ),
        (
            {
                "question": {
                    "stem": "q?",
                    "choices": [{"label": "A", "text": "x"}, {"label": "B", "text": "y", "image": "p.png"}],
                },
                "answerKey": "A",
            },
            "question.choices",
        ),
        ({"context": "c", "question": "q?", "answers": {"text": ["a"], "image": "p.png"}}, "answers"),
        ({"context": "c", "question": "q?", "answers": [{"text": "a", "image": "p.png"}]}, "answers"),
    ],
)
def test_a_key_inside_a_field_that_nothing_reads_is_refused_or_ignored_by_name(
    write: Write, row: Any, part: str
) -> None:
    path = write("x.jsonl", [row])
    error = _refusal(path)
    assert "unknown field 'image' in it, which would not be part of any prompt" == error.problem
    assert (part, f"`--ignore-field {part}.image`") == (error.field, str(error.next_step).split(";")[0][18:])
    assert (f"{part}.image",) == load_benchmark(path, ignore=[f"{part}.image"]).fields.ignored
