"""Are the relevant passages of a case read from every kind of file, and refused by name where they are wrong?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.benchmarks.loading import load_benchmark
from evaluation.errors import BenchmarkError
from evaluation.relevant_passages import RelevantPassage, relevant_passages

Write = Callable[[str, Any], Path]
RELEVANT = [{"document": "legs.md", "text": "Spiders have 8 legs."}, {"document": "animals/sea.md"}]
READ = (
    RelevantPassage(document="legs.md", text="Spiders have 8 legs."),
    RelevantPassage(document="animals/sea.md"),
)


def table(relevant: str) -> str:
    quoted = relevant.replace('"', '""')
    return f'question,answer,relevant\nHow many?,8,"{quoted}"\n'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.jsonl", [{"prompt": "How many?", "references": "8", "relevant": RELEVANT}]),
        ("x.jsonl", [{"Question": "How many?", "answer": "8", "Relevant": RELEVANT}]),
        ("x.jsonl", [{"prompt": "How many?", "references": "8", "details": {"relevant": RELEVANT}}]),
        (
            "x.jsonl",
            [{"prompt": "How many?", "references": "8", "relevant": [{**RELEVANT[1], "text": None}, RELEVANT[0]]}],
        ),
        ("x.json", json.dumps([{"prompt": "How many?", "references": "8", "relevant": RELEVANT}])),
        ("x.csv", table(json.dumps(RELEVANT))),
    ],
)
def test_relevant_passages_are_read_into_the_cases_details(name: str, content: Any, write: Write) -> None:
    (case,) = load_benchmark(write(name, content)).cases
    assert sorted(READ, key=str) == sorted(relevant_passages(case), key=str)
    assert ("relevant",) == tuple(case.details)


@pytest.mark.parametrize("relevant", [{"document": "legs.md"}, [{"document": "legs.md"}]])
def test_a_single_one_needs_no_list(relevant: Any, write: Write) -> None:
    (case,) = load_benchmark(write("x.jsonl", [{"prompt": "a", "references": "b", "relevant": relevant}])).cases
    assert (RelevantPassage(document="legs.md"),) == relevant_passages(case)


@pytest.mark.parametrize("relevant", [None, "", []])
def test_a_case_may_have_none(relevant: Any, write: Write) -> None:
    (case,) = load_benchmark(write("x.jsonl", [{"prompt": "a", "references": "b", "relevant": relevant}])).cases
    assert () == relevant_passages(case)


def test_they_are_kept_beside_other_details(write: Write) -> None:
    row = {"prompt": "a", "references": "b", "relevant": RELEVANT, "details": {"level": "hard"}}
    (case,) = load_benchmark(write("x.jsonl", [row])).cases
    assert {"level": "hard", "relevant": RELEVANT} == case.details


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"relevant": "legs.md"}, "field 'relevant': got text: 'legs.md'; expected a list of objects"),
        ({"relevant": 3}, "field 'relevant': got a number: 3"),
        ({"relevant": ["legs.md"]}, "field 'relevant': entry 1 is no object: 'legs.md'"),
        (
            {"relevant": [RELEVANT[0], {"document": ""}]},
            "field 'relevant': entry 2 names neither a document nor a text",
        ),
        ({"relevant": [{"document": 7}]}, "field 'relevant': entry 1 has no text in 'document'"),
        ({"relevant": [{"document": "a", "page": 3}]}, "field 'relevant': unknown field 'page' in it"),
        ({"relevant": RELEVANT, "details": {"relevant": RELEVANT}}, "field 'details': has 'relevant' already"),
    ],
)
def test_what_cannot_be_read_is_named(row: dict[str, Any], problem: str, write: Write) -> None:
    path = write(
        "x.jsonl", [{"prompt": "a", "references": "b", "relevant": RELEVANT}, {"prompt": "a2", "references": "b"} | row]
    )
    with pytest.raises(BenchmarkError) as refused:
        load_benchmark(path)
    assert f"line 2, {problem}" in str(refused.value)
