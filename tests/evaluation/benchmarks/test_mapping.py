"""Our fields from the file's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.benchmarks.loading import load_benchmark
from evaluation.case import Case
from evaluation.errors import BenchmarkError

Write = Callable[[str, Any], Path]
ROWS = [{"q": "a?", "a": "b", "extra": 1, "text": "t", "label": "l"}, {"q": "c?", "extra": 2}]
OTHERS = ("extra", "text", "label")


def test_mapped_fields_make_plain_cases_whatever_else_the_rows_hold(write: Write) -> None:
    fields = {"prompt": "q", "references": "a"}
    benchmark = load_benchmark(write("x.jsonl", ROWS), fields=fields, ignore=OTHERS)
    expected = (Case(case_id="1", prompt="a?", references=("b",)), Case(case_id="2", prompt="c?"))
    assert expected == benchmark.cases
    assert "plain" == benchmark.format


def test_the_fields_of_a_recognised_format_can_be_mapped(write: Write) -> None:
    rows = [{"sentence": "good", "mood": "up"}, {"sentence": "bad", "mood": "down"}]
    benchmark = load_benchmark(write("x.jsonl", rows), fields={"text": "sentence", "label": "mood"})
    assert ("classification", ("down", "up")) == (benchmark.format, benchmark.cases[0].choices)


def test_the_header_maps_and_the_argument_goes_before_it(write: Write) -> None:
    path = write("x.jsonl", [{"benchmark": {"fields": {"prompt": "q", "references": "a"}}}, ROWS[0]])
    assert "a?" == load_benchmark(path, ignore=OTHERS).cases[0].prompt
    other = load_benchmark(path, fields={"prompt": "text"}, ignore=["extra", "q", "label"]).cases[0]
    assert ("t", ("b",)) == (other.prompt, other.references)


def test_a_complaint_names_the_field_as_the_file_does(write: Write) -> None:
    with pytest.raises(BenchmarkError, match="line 1, field 'q': got a number: 3; expected text"):
        load_benchmark(write("x.jsonl", [{"q": 3}]), fields={"prompt": "q"})


@pytest.mark.parametrize(
    ("fields", "expected", "step"),
    [
        ({"promt": "q"}, "field 'promt': unknown field in the mapping of fields", "Did you mean 'prompt'?"),
        ({"zzz": "q"}, "field 'zzz': unknown field in the mapping of fields", "The mapping goes from our field to the"),
        (
            {"prompt": "question"},
            "line 1: the mapping reads 'prompt' from 'question', which is not in the file; expected one of its fields: "
            "'q', 'a', 'extra', 'text', 'label'",
            "",
        ),
        (
            {"prompt": "q", "cluster": "topic"},
            "line 2: the mapping reads 'cluster' from 'topic', which is not in the file",
            "",
        ),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(write: Write, fields: dict[str, str], expected: str, step: str) -> None:
    with pytest.raises(BenchmarkError) as caught:
        load_benchmark(write("x.jsonl", ROWS), fields=fields, ignore=("a", *OTHERS) if "cluster" in fields else ())
    assert expected in str(caught.value)
    assert step == (caught.value.next_step or "")[: len(step)]


def test_an_empty_file_with_a_mapping_holds_no_case(write: Write) -> None:
    with pytest.raises(BenchmarkError, match="holds no case"):
        load_benchmark(write("x.csv", "q,a\n"), fields={"prompt": "q"})
