"""What a header may say, and how a wrong one is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.benchmarks.header import Header, HeaderPrompt, header_of
from evaluation.benchmarks.loading import load_benchmark
from evaluation.errors import BenchmarkError

Write = Callable[[str, Any], Path]
KEYS = "name, task_type, prompt, options, metrics, headline, criteria, description, licence, fields"

WRONG = [
    ({"metric": ["bleu"]}, f"field 'metric': unknown key in the header; expected one of {KEYS}"),
    ({"xyz": 1, "name": 3}, "field 'name': got a number: 3 (and 1 more); expected text"),
    ({"metrics": "bleu"}, "field 'metrics': got text: 'bleu'; expected a list"),
    ({"metrics": [3]}, "field 'metrics.0': got a number: 3; expected text"),
    ({"metrics": []}, "field 'metrics': names no metric; expected at least one metric name"),
    (
        {"metrics": ["exact_match", "./own.py:Name(x=1)"]},
        "field 'metrics': names './own.py:Name(x=1)', which is a Python file; a benchmark may not load code;",
    ),
    ({"options": {"max_token": 5}}, "field 'options': holds a wrong option: unknown option 'max_token'"),
    (
        {"options": {"temprature": 0}},
        "field 'options': holds a wrong option: unknown option 'temprature'; did you mean 'temperature'?",
    ),
    (
        {"options": {"temperature": "hot"}},
        "field 'options': holds a wrong option: option temperature='hot' is not a number from 0 to 10",
    ),
    ({"options": {"temperature": -1}}, "field 'options': holds a wrong option: option temperature=-1 is out of bounds"),
    (
        {"options": {"num_predict": None}},
        "field 'options': holds a wrong option: option num_predict=None is not a whole number of at least 1",
    ),
    ({"name": ""}, "field 'name': got text: ''; expected text that is not empty"),
    ({"prompt": "a"}, "field 'prompt': got text: 'a'; expected an object"),
    ({"prompt": {"text": "a"}}, "field 'prompt.text': unknown key in the header; expected one of system, template"),
    (
        {"prompt": {"template": "Go."}},
        "field 'prompt.template': the template 'Go.' has no placeholder, so every case would get the same prompt; "
        "expected a text with {prompt} or",
    ),
    ({"options": {"x": float("inf")}}, "field 'options': inf is no JSON; expected plain JSON values"),
    ({"fields": ["a"]}, "field 'fields': got a list: ['a']; expected an object"),
]


@pytest.mark.parametrize(("values", "expected"), WRONG)
def test_a_wrong_header_names_the_key_and_what_was_expected(values: dict[str, Any], expected: str) -> None:
    with pytest.raises(BenchmarkError) as caught:
        header_of(values, path="x.jsonl", line=1)
    expected = f"x.jsonl, line 1, {expected}"
    assert expected == str(caught.value)[: len(expected)]


def test_a_header_that_is_no_object_is_refused() -> None:
    with pytest.raises(BenchmarkError, match="got a list: \\[\\]; expected an object of keys"):
        header_of([], path="x.jsonl")


@pytest.mark.parametrize(("key", "step"), [("metric", "Did you mean 'metrics'?"), ("qqq", "Remove it, or put it")])
def test_an_unknown_key_is_answered_with_the_next_step(key: str, step: str) -> None:
    with pytest.raises(BenchmarkError) as caught:
        header_of({key: 1}, path="x.jsonl")
    assert step == str(caught.value.next_step)[: len(step)]


def test_what_the_outer_header_leaves_unset_comes_from_the_inner() -> None:
    outer, inner = Header(name="outer"), Header(name="inner", licence="MIT")
    assert Header(name="outer", licence="MIT") == outer.over(inner)


def test_keys_beside_the_header_are_refused(write: Write) -> None:
    path = write("x.jsonl", [{"benchmark": {}, "prompt": "a"}])
    with pytest.raises(BenchmarkError, match="line 1, field 'benchmark': unknown keys beside the header: prompt"):
        load_benchmark(path)


def test_a_field_called_benchmark_that_holds_a_word_is_no_header(write: Write) -> None:
    assert 1 == len(load_benchmark(write("x.jsonl", [{"benchmark": "mine", "prompt": "a"}])).cases)


def test_a_headline_that_is_not_measured_is_refused(write: Write) -> None:
    path = write("x.jsonl", [{"benchmark": {"headline": "bleu"}}, {"prompt": "a"}])
    with pytest.raises(BenchmarkError) as caught:
        load_benchmark(path)
    assert ("headline", "one of the metrics exact_match, token_f1") == (caught.value.field, caught.value.expected)


def test_metric_names_are_not_checked_here(write: Write) -> None:
    path = write("x.jsonl", [{"benchmark": {"metrics": ["no_such_metric"]}}, {"prompt": "a"}])
    assert ("no_such_metric",) == load_benchmark(path).metrics


def test_each_part_of_the_prompt_comes_from_the_inner_header_where_the_outer_lacks_it() -> None:
    outer, inner = Header(prompt=HeaderPrompt(system="s")), Header(prompt=HeaderPrompt(template="{prompt}!"))
    assert HeaderPrompt(system="s", template="{prompt}!") == outer.over(inner).prompt
