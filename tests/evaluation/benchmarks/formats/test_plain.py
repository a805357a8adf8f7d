"""Our own layout."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.benchmarks.formats.format import ANSWER_FROM_CONTEXT, CHOOSE_LABEL, CHOOSE_LETTER, SUMMARIZE
from evaluation.benchmarks.loading import load_benchmark
from evaluation.case import Case, Message

Write = Callable[[str, Any], Path]


def test_a_case_has_all_its_parts(write: Write) -> None:
    row = {
        "case_id": 5,
        "prompt": "a?",
        "references": ["b"],
        "context": "One.",
        "choices": ["b", 3],
        "cluster": 7,
        "tags": ["x"],
        "details": {"n": 1.5, "deep": [None, {"k": True}]},
    }
    expected = Case(
        case_id="5",
        prompt="a?",
        references=("b",),
        context=("One.",),
        choices=("b", "3"),
        cluster="7",
        tags=("x",),
        details={"n": 1.5, "deep": [None, {"k": True}]},
    )
    assert (expected,) == load_benchmark(write("x.jsonl", [row])).cases


def test_a_conversation_is_kept(write: Write) -> None:
    turns = [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]
    expected = (Message(role="system", content="S"), Message(role="user", content="U"))
    rows = load_benchmark(write("x.jsonl", [{"messages": turns}])).cases
    cell = json.dumps(turns).replace('"', '""')
    cells = load_benchmark(write("x.csv", f'messages,prompt\n"{cell}",\n,only a prompt\n')).cases
    assert [expected, expected, ()] == [rows[0].messages, cells[0].messages, cells[1].messages]
    assert ["", "only a prompt"] == [case.prompt for case in cells]


def test_a_cell_that_lists_numbers_is_one_reference_and_one_that_lists_texts_is_many(write: Write) -> None:
    path = write("x.csv", 'prompt,references\na,"[1, 2]"\nb,"[""1"", ""2""]"\nc,"[""broken"\nd,"[""1"", 2]"\n')
    expected = [("[1, 2]",), ("1", "2"), ('["broken',), ('["1", 2]',)]
    assert expected == [case.references for case in load_benchmark(path).cases]


@pytest.mark.parametrize(
    ("row", "task_type", "template"),
    [
        ({"prompt": "a?"}, "generation", "{prompt}"),
        ({"prompt": "In c, a?", "context": ["c"]}, "question_answering", "{prompt}"),
        ({"prompt": "why?", "context": ["Because."]}, "question_answering", ANSWER_FROM_CONTEXT),
        ({"prompt": "why?", "choices": ["red", "blue"], "references": "B"}, "generation", CHOOSE_LETTER),
        ({"prompt": "why?", "choices": ["red", "blue"], "references": "red"}, "generation", CHOOSE_LABEL),
        ({"prompt": "red or blue?", "choices": ["red", "blue"], "references": "red"}, "generation", "{prompt}"),
    ],
)
def test_the_default_wording_shows_what_the_prompt_does_not(
    write: Write, row: dict[str, Any], task_type: str, template: str
) -> None:
    benchmark = load_benchmark(write("x.jsonl", [row]))
    assert (task_type, template) == (benchmark.task_type, benchmark.prompt.template)


def test_documents_of_a_declared_summarization_are_shown_as_such(write: Write) -> None:
    rows = [{"benchmark": {"task_type": "summarization"}}, {"prompt": "Cut.", "context": "Long.", "references": "S"}]
    assert SUMMARIZE == load_benchmark(write("x.jsonl", rows)).prompt.template


def test_a_context_that_only_some_cases_have_is_not_put_round_all(write: Write) -> None:
    rows = [{"prompt": "why?", "context": "Because."}, {"prompt": "how?"}]
    assert "{prompt}" == load_benchmark(write("x.jsonl", rows)).prompt.template
