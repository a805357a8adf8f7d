"""The published layouts that are read without configuration."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from evaluation.benchmarks.formats import FORMATS
from evaluation.benchmarks.loading import load_benchmark
from evaluation.benchmarks.rendering import render
from evaluation.case import Benchmark
from evaluation.errors import BenchmarkError
from evaluation.metrics.multiple_choice import MultipleChoice

Write = Callable[[str, Any], Path]


def _refusal(path: Path) -> str:
    with pytest.raises(BenchmarkError) as caught:
        load_benchmark(path)
    return caught.value.message.partition(path.name)[2]


def _prompt(benchmark: Benchmark, index: int = 0) -> str:
    return render(benchmark, benchmark.cases[index])[-1].content


GSM8K = {"question": "How many?", "answer": "500 + 550 = <<500+550=1050>>1050\n#### 1,050"}
HUMAN_EVAL = {
    "task_id": "HumanEval/0",
    "prompt": "def one():\n",
    "canonical_solution": "    return 1\n",
    "test": "def check(candidate):\n    assert candidate() == 1",
    "entry_point": "one",
}
MBPP = {
    "task_id": 11,
    "text": "Write a function that returns 1.",
    "code": "def one(): return 1",
    "test_list": ["assert one() == 1", "assert one() != 2"],
    "test_setup_code": "",
}
MBPP_SANITIZED = {
    "task_id": 12,
    "prompt": "Write pi.",
    "code": "pi = 3.14",
    "test_imports": ["import math"],
    "test_list": ["assert pi < math.pi"],
}
SQUAD_FLAT = {
    "id": "q1",
    "title": "Normans",
    "context": "They came from Denmark.",
    "question": "From where?",
    "answers": {"text": ["Denmark", "Denmark", "from Denmark"], "answer_start": [15, 15, 10]},
}
SQUAD_NESTED = {
    "version": "v2.0",
    "data": [
        {
            "title": "Normans",
            "paragraphs": [
                {
                    "context": "They came from Denmark.",
                    "qas": [
                        {
                            "id": "q1",
                            "question": "From where?",
                            "answers": [{"text": "Denmark", "answer_start": 15}, {"text": "from Denmark"}],
                            "is_impossible": False,
                        },
                        {"id": "q2", "question": "When?", "answers": [], "is_impossible": True},
                    ],
                }
            ],
        }
    ],
}
MMLU = {"question": "2 + 2?", "subject": "algebra", "choices": ["3", "4", "5", "6"], "answer": 1}
ARC = {
    "id": "Mercury_1",
    "question": "Which is hot?",
    "choices": {"text": ["ice", "fire", "snow"], "label": ["1", "2", "3"]},
    "answerKey": "2",
}
ARC_NESTED = {
    "id": "Mercury_1",
    "question": {
        "stem": "Which is hot?",
        "choices": [
            {"text": "ice", "label": "A"},
            {"text": "fire", "label": "B"},
            {"text": "snow", "label": "C"},
        ],
    },
    "answerKey": "B",
}


def test_gsm8k_refers_to_the_number_after_the_marks(write: Write) -> None:
    benchmark = load_benchmark(write("test.jsonl", [GSM8K]))
    (case,) = benchmark.cases
    assert ("gsm8k", "reasoning", ("numeric_match",), "numeric_match") == (
        benchmark.name,
        benchmark.task_type,
        benchmark.metrics,
        benchmark.headline,
    )
    assert ("How many?", ("1050",), GSM8K["answer"]) == (case.prompt, case.references, case.details["solution"])
    assert "{prompt}" == benchmark.prompt.template
    assert {} == benchmark.options


def test_a_gsm8k_row_without_its_number_is_refused(write: Write) -> None:
    expected = ", line 2, field 'answer': has no number after '####'; expected a solution that ends in '#### 18'"
    assert expected == _refusal(write("x.jsonl", [GSM8K, {"question": "a", "answer": "nine"}]))
    assert expected == _refusal(write("x.jsonl", [GSM8K, {"question": "a", "answer": "nine ####"}]))


def test_human_eval_carries_a_test_that_runs_after_the_program(write: Write) -> None:
    benchmark = load_benchmark(write("HumanEval.jsonl.gz", [HUMAN_EVAL]))
    (case,) = benchmark.cases
    assert ("HumanEval", "human_eval", "code", ("pass_at_k",)) == (
        benchmark.name,
        benchmark.format,
        benchmark.task_type,
        benchmark.metrics,
    )
    assert ("HumanEval/0", "def one():\n", ("def one():\n    return 1\n",)) == (
        case.case_id,
        case.prompt,
        case.references,
    )
    assert ("human_eval", "one") == (case.details["format"], case.details["entry_point"])
    (test,) = case.details["tests"]
    exec(case.references[0] + "\n" + test, {})  # the reference passes
    with pytest.raises(AssertionError):
        exec("def one():\n    return 2\n" + test, {})


def test_human_eval_without_a_function_name_is_refused(write: Write) -> None:
    assert ", line 1, field 'entry_point': got text: 'a b'; expected the name of a Python function" == (
        _refusal(write("x.jsonl", [HUMAN_EVAL | {"entry_point": "a b"}]))
    )


def test_mbpp_shows_its_tests_since_only_they_name_the_function(write: Write) -> None:
    benchmark = load_benchmark(write("mbpp.jsonl", [MBPP, MBPP_SANITIZED]))
    first, second = benchmark.cases
    assert (
        "Write a function that returns 1.\n\nYour code should pass these tests:\n\nassert one() == 1\nassert one() != 2"
    ) == _prompt(benchmark)
    assert {"format": "mbpp", "tests": MBPP["test_list"], "test_imports": []} == first.details
    assert ["import math"] == second.details["test_imports"]
    assert ("11", ("def one(): return 1",)) == (first.case_id, first.references)


@pytest.mark.parametrize(
    ("tests", "problem"),
    [([], "holds no test"), ("assert", "got text: 'assert'"), ([1], "got a list: [1]"), ({"a": 1}, "got an object")],
)
def test_mbpp_without_tests_is_refused(write: Write, tests: Any, problem: str) -> None:
    expected = f", line 1, field 'test_list': {problem}"
    assert expected == _refusal(write("x.jsonl", [MBPP | {"test_list": tests}]))[: len(expected)]


def test_squad_is_the_same_nested_and_flat(write: Write) -> None:
    flat = load_benchmark(write("train.jsonl", [SQUAD_FLAT]))
    nested = load_benchmark(write("dev.json", SQUAD_NESTED))
    assert flat.cases[0] == nested.cases[0]
    assert ("squad", "question_answering", ("token_f1", "exact_match"), "token_f1") == (
        nested.name,
        nested.task_type,
        nested.metrics,
        nested.headline,
    )
    assert (("Denmark", "from Denmark"), "Normans") == (flat.cases[0].references, flat.cases[0].cluster)
    assert (
        "Context:\nThey came from Denmark.\n\nQuestion: From where?\n\n"
        "Answer in as few words as possible, using the context."
    ) == _prompt(nested)


def test_an_unanswerable_question_has_the_empty_reference(write: Write) -> None:
    nested = load_benchmark(write("dev.json", SQUAD_NESTED))
    flat = load_benchmark(write("x.jsonl", [SQUAD_FLAT | {"answers": {"text": [], "answer_start": []}}]))
    assert [("",), ("",)] == [nested.cases[1].references, flat.cases[0].references]


def test_squads_flat_rows_come_from_parquet_and_csv_too(write: Write, tmp_path: Path) -> None:
    parquet.write_table(pyarrow.Table.from_pylist([SQUAD_FLAT]), tmp_path / "x.parquet")
    cells = [str(SQUAD_FLAT[name]) for name in ("id", "title", "context", "question")]
    answers = json.dumps(SQUAD_FLAT["answers"]).replace('"', '""')
    path = write("x.csv", "id,title,context,question,answers\n" + ",".join(cells) + f',"{answers}"\n')
    assert load_benchmark(tmp_path / "x.parquet").version == load_benchmark(path).version


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"answers": None}, "is missing"),
        ({"answers": "Denmark"}, "got text: 'Denmark'"),
        ({"answers": {"text": "Denmark"}}, "got an object"),
        ({"answers": ["Denmark"]}, "got a list"),
        ({"answers": [], "is_impossible": False}, "has no answer, yet is not marked impossible"),
    ],
)
def test_squad_with_other_answers_is_refused(write: Write, change: dict[str, Any], problem: str) -> None:
    expected = f", line 1, field 'answers': {problem}"
    assert expected == _refusal(write("x.jsonl", [SQUAD_FLAT | change]))[: len(expected)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([3], ", row 1, field 'paragraphs': got nothing; expected SQuAD's nesting data/paragraphs/qas"),
        ([{"paragraphs": [{"qas": 3}]}], ", row 1, field 'qas': got a number: 3; expected SQuAD's nesting"),
        ([{"paragraphs": [{"qas": [3]}]}], ", row 1, field 'qas': is not a question; expected objects with question"),
        ([{"paragraphs": [{"qas": [{"question": "a", "answers": []}]}]}], ", row 1, field 'context': is missing"),
    ],
)
def test_squad_with_another_nesting_is_refused(write: Write, data: Any, expected: str) -> None:
    assert expected == _refusal(write("x.json", {"data": data}))[: len(expected)]


def test_mmlu_is_the_same_as_rows_and_as_a_table_with_and_without_a_header(write: Write) -> None:
    rows = load_benchmark(write("test.jsonl", [MMLU, MMLU | {"answer": "c"}]))
    bare = load_benchmark(write("bare.csv", "2 + 2?,3,4,5,6,B\n2 + 2?,3,4,5,6,C\n"))
    headed = load_benchmark(write("headed.csv", "question,A,B,C,D,answer\n2 + 2?,3,4,5,6,1\n2 + 2?,3,4,5,6,C\n"))
    assert ("mmlu", ("multiple_choice",), "algebra") == (rows.name, rows.metrics, rows.cases[0].cluster)
    assert bare.version == headed.version
    for benchmark in (rows, bare, headed):
        assert [("B",), ("C",)] == [case.references for case in benchmark.cases]
        assert ("2 + 2?\n\nA. 3\nB. 4\nC. 5\nD. 6\n\nAnswer with the letter of the right option only.") == _prompt(
            benchmark
        )


@pytest.mark.parametrize("answer", [4, -1, "E", "", None, [1], 1.5])
def test_an_mmlu_answer_that_is_no_option_is_refused(write: Write, answer: Any) -> None:
    said = _refusal(write("x.jsonl", [MMLU | {"answer": answer}]))
    assert ", line 1, field 'answer': " == said[: len(", line 1, field 'answer': ")]
    assert "expected the index of the right option, 0 to 3, or its letter" in said


def test_an_mmlu_table_with_an_empty_option_is_refused(write: Write) -> None:
    expected = ", row 1, field 'C': is missing; expected the text of this option"
    assert expected == _refusal(write("x.csv", "2 + 2?,3,4,,6,B\n"))


def test_arc_is_the_same_with_letters_and_with_numbers(write: Write) -> None:
    flat = load_benchmark(write("flat.jsonl", [ARC]))
    nested = load_benchmark(write("nested.jsonl", [ARC_NESTED]))
    assert flat.version == nested.version
    assert ("arc", ("multiple_choice",), ("B",)) == (flat.format, flat.metrics, flat.cases[0].references)
    assert ("Which is hot?", ("ice", "fire", "snow")) == (flat.cases[0].prompt, flat.cases[0].choices)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"answerKey": "4"}, "field 'answerKey': got text: '4'; expected one of the labels 1, 2, 3"),
        ({"question": 3}, "field 'question': got a number: 3; expected text, or an object with stem and choices"),
        ({"choices": {"text": ["a"], "label": ["A"]}}, "field 'choices': got an object"),
        ({"choices": {"text": ["a", "b"], "label": ["A", "A"]}}, "field 'choices': got an object"),
        ({"choices": {"text": ["a", None], "label": ["A", "B"]}}, "field 'choices': got an object"),
        ({"choices": None}, "field 'choices': is missing"),
        ({"question": {"stem": "a", "choices": 3}}, "field 'choices': got a number: 3"),
    ],
)
def test_a_broken_arc_row_is_refused(write: Write, change: dict[str, Any], problem: str) -> None:
    expected = f", line 1, {problem}"
    assert expected == _refusal(write("x.jsonl", [ARC | change]))[: len(expected)]


def test_the_labels_of_a_classification_are_all_that_the_file_has(write: Write) -> None:
    rows = [{"text": "Good.", "label": "up"}, {"text": "Bad.", "label": "down"}, {"text": "Fine.", "label": "up"}]
    benchmark = load_benchmark(write("test.jsonl", rows))
    assert ("test", "classification", ("accuracy", "macro_f1"), "accuracy") == (
        benchmark.name,
        benchmark.task_type,
        benchmark.metrics,
        benchmark.headline,
    )
    assert {("down", "up")} == {case.choices for case in benchmark.cases}
    assert [("up",), ("down",), ("up",)] == [case.references for case in benchmark.cases]
    assert ("Text:\nGood.\n\nLabels: down, up\n\nAnswer with one label from the list and nothing else.") == _prompt(
        benchmark
    )


def test_numbers_as_labels_are_sorted_as_numbers(write: Write) -> None:
    rows = [{"text": f"t{label}", "label": label} for label in (10, 2, 1)]
    assert ("1", "2", "10") == load_benchmark(write("x.jsonl", rows)).cases[0].choices


def test_numbers_that_a_parquet_file_names_come_as_names(tmp_path: Path) -> None:
    features = {"info": {"features": {"label": {"_type": "ClassLabel", "names": ["neg", "pos"]}, "text": {}}}}
    table = pyarrow.table({"text": ["a", "b"], "label": [1, 0]})
    parquet.write_table(table.replace_schema_metadata({"huggingface": json.dumps(features)}), tmp_path / "x.parquet")
    assert [("pos",), ("neg",)] == [case.references for case in load_benchmark(tmp_path / "x.parquet").cases]
    parquet.write_table(table.replace_schema_metadata({"huggingface": "{}"}), tmp_path / "y.parquet")
    assert [("1",), ("0",)] == [case.references for case in load_benchmark(tmp_path / "y.parquet").cases]


def test_a_class_number_without_a_name_is_a_missing_label(tmp_path: Path) -> None:
    features = {"info": {"features": {"label": {"_type": "ClassLabel", "names": ["neg", "pos"]}}}}
    table = pyarrow.table({"text": ["a"], "label": [-1]})
    parquet.write_table(table.replace_schema_metadata({"huggingface": json.dumps(features)}), tmp_path / "x.parquet")
    assert ", row 1, field 'label': is missing; expected a word or a number" == _refusal(tmp_path / "x.parquet")


def test_a_text_without_a_label_is_refused(write: Write) -> None:
    path = write("x.csv", "text,label\na,b\nc,\n")
    assert ", row 2, field 'label': is missing; expected a word or a number" == _refusal(path)


@pytest.mark.parametrize(("document", "summary"), [("document", "summary"), ("article", "highlights")])
def test_summaries_are_asked_of_the_document(write: Write, document: str, summary: str) -> None:
    benchmark = load_benchmark(write("x.jsonl", [{document: "Long.", summary: "Short."}]))
    assert ("summarization", ("rouge_1", "rouge_2", "rouge_l"), "rouge_l") == (
        benchmark.task_type,
        benchmark.metrics,
        benchmark.headline,
    )
    assert ("Short.",) == benchmark.cases[0].references
    assert "Document:\nLong.\n\nSummarize the document in one or two sentences." == _prompt(benchmark)


def test_a_document_may_bring_its_own_instruction_and_must_bring_a_summary(write: Write) -> None:
    own = load_benchmark(write("x.jsonl", [{"document": "Long.", "summary": "Short.", "prompt": "Cut it."}]))
    assert "Document:\nLong.\n\nCut it." == _prompt(own)
    expected = ", line 1, field 'summary': is missing; expected the text of a summary"
    assert expected == _refusal(write("x.jsonl", [{"document": "Long.", "summary": None}]))


def test_formats_in_one_file_are_not_mixed(write: Write) -> None:
    expected = ", line 2: looks like ARC, the rows before it like MMLU; expected one format in a file: "
    assert expected == _refusal(write("x.jsonl", [MMLU, ARC]))[: len(expected)]


def test_every_formats_headline_is_one_of_its_metrics_and_its_name_its_own() -> None:
    for name, form in FORMATS.items():
        assert form.headline in form.metrics
        assert name == form.name


def test_the_whole_reading_of_a_row_does_not_depend_on_the_order_of_its_fields(write: Write) -> None:
    for row in (GSM8K, HUMAN_EVAL, MBPP, SQUAD_FLAT, MMLU, ARC):
        backwards = dict(reversed(row.items()))
        assert load_benchmark(write("x.jsonl", [row])).version == load_benchmark(write("y.jsonl", [backwards])).version


@pytest.mark.parametrize(
    ("choices", "answer", "readings"),
    [
        (["1", "2", "3"], "1", ("'2'", "A")),
        ([1, 2, 3], 1, ("'2'", "A")),
        (["3", "2", "1"], " 1 ", ("'2'", "C")),
        (["O", "A", "B", "AB"], "B", ("'A'", "C")),
    ],
)
def test_an_answer_that_is_an_index_and_another_options_text_is_refused_until_it_is_settled(
    write: Write, choices: Any, answer: Any, readings: tuple[str, str]
) -> None:
    path = write("x.jsonl", [{"question": "Which?", "choices": choices, "answer": answer}])
    by_index, by_text = readings
    with pytest.raises(BenchmarkError) as caught:
        load_benchmark(path)
    assert f"both the index or letter of the option {by_index} and the text of option {by_text}" in caught.value.problem
    assert "`--field answer_index=answer` or `--field answer_text=answer`" in str(caught.value.next_step)
    chosen = {
        field: load_benchmark(path, fields={field: "answer"}).cases[0].references[0][0]
        for field in ("answer_index", "answer_text")
    }
    assert {"answer_index": "B", "answer_text": by_text} == chosen


@pytest.mark.parametrize(
    ("row", "reference"),
    [
        ({"choices": ["1", "2", "3"], "answer": 1}, "B"),
        ({"choices": ["0", "4", "2", "6"], "answer": "2"}, "C"),
        ({"choices": ["10", "20"], "answer": "1"}, "B"),
        ({"choices": ["A", "B", "AB", "O"], "answer": "B"}, "B"),
        ({"choices": ["O", "A", "B", "AB"], "answer": 1}, "B) A"),
        ({"A": "C", "B": "D", "C": "E", "D": "F", "answer": "C"}, "C) E"),
    ],
)
def test_an_answer_with_one_reading_is_taken(write: Write, row: Any, reference: str) -> None:
    (case,) = load_benchmark(write("x.jsonl", [{"question": "Which?", **row}])).cases
    assert (reference,) == case.references
    assert MultipleChoice().problem(case) is None


def test_two_fields_for_the_right_option_are_refused(write: Write) -> None:
    row = {"question": "Which?", "choices": ["x", "y"], "answer": 0, "answer_index": 1}
    assert "field 'answer_index': is given together with 'answer'" in _refusal(write("x.jsonl", [row]))


def test_a_letter_that_is_the_text_of_another_choice_needs_its_text(write: Write) -> None:
    row = {"prompt": "Which group?", "choices": ["O", "A", "B", "AB"], "references": "B"}
    problem = MultipleChoice().problem(load_benchmark(write("x.jsonl", [row])).cases[0])
    assert "the letter of 'A' and the text of option C; write the letter with its text, 'B) A' or 'C) B'" in str(
        problem
    )
    (case,) = load_benchmark(write("y.jsonl", [row | {"references": "C) B"}])).cases
    assert MultipleChoice().problem(case) is None
