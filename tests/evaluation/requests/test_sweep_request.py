"""What may be asked of a sweep, what is completed, and in which order its combinations stand."""

from itertools import pairwise
from typing import Any

import pytest

from evaluation.errors import ConfigurationError
from evaluation.requests.sweep_request import (
    SweepRequest,
    prompt_benchmark,
    read_sweep_request,
    refuse_equal_combinations,
)


def request(*parameters: str, **given: Any) -> SweepRequest:
    evaluation = {"benchmarks": ["numbers"], "models": ["a:1b"], **given.pop("evaluation", {})}
    return read_sweep_request({"evaluation": evaluation, "parameters": list(parameters), **given})


def labels(asked: SweepRequest) -> list[str]:
    return [candidate.as_text() for candidate in asked.candidates()]


def test_every_combination_is_a_candidate_with_the_common_options() -> None:
    asked = request("temperature=0,1", "profile=plain,concise", evaluation={"options": ["num_predict=9"]})

    found = asked.candidates()

    assert 4 == len(found)
    assert {("a:1b", "9")} == {(one.model, one.options["num_predict"]) for one in found}
    assert [("0.0", "plain"), ("0.0", "concise"), ("1.0", "plain"), ("1.0", "concise")] == [
        (one.options["temperature"], one.profile) for one in found
    ]
    evaluation = asked.evaluation_of_all()
    assert ([], [], None) == (evaluation.models, evaluation.options, evaluation.profile)
    assert found == tuple(evaluation.all_candidates())
    assert labels(asked) == evaluation.candidates


def test_models_are_a_parameter_however_they_are_named() -> None:
    named = request("temperature=0,1", evaluation={"models": ["a:1b", "b:1b", "a:1b"]})
    among = read_sweep_request(
        {"evaluation": {"benchmarks": ["numbers"]}, "parameters": ["model=a:1b,b:1b", "temperature=0,1"]}
    )

    assert ["model", "temperature"] == [parameter.name for parameter in named.all_parameters()]
    assert labels(named) == labels(among)
    assert 2 == len(request("model=a:1b,b:1b", evaluation={"models": ["b:1b"]}).candidates())


def test_no_model_is_loaded_twice_whatever_order_the_parameters_stand_in() -> None:
    asked = request("temperature=0,1", "num_ctx=1024,2048", "model=a:1b,b:1b")

    loaded = [(one["model"], one["num_ctx"]) for one in asked.combinations()]

    assert [("a:1b", 1024), ("a:1b", 2048), ("b:1b", 1024), ("b:1b", 2048)] == list(dict.fromkeys(loaded))
    assert loaded == sorted(loaded)


def test_a_random_order_of_contexts_is_brought_into_one_that_loads_each_once() -> None:
    asked = request("num_ctx=1024,2048,4096", "temperature=0:1", design="random", samples=30)

    loaded = [one["num_ctx"] for one in asked.combinations()]

    changes = sum(before != after for before, after in pairwise(loaded))
    assert 2 == changes


def test_a_single_prompt_is_a_benchmark_of_its_own_with_metrics_that_need_no_reference() -> None:
    asked = read_sweep_request(
        {"evaluation": {"models": ["a:1b"]}, "parameters": "temperature=0,1", "prompt": "Tell me of the sea."}
    )

    assert [prompt_benchmark("Tell me of the sea.").name] == asked.evaluation.benchmarks
    assert prompt_benchmark("Tell me of the sea.") == prompt_benchmark("Tell me of the sea.")
    assert prompt_benchmark("a").name != prompt_benchmark("b").name
    assert "overall_quality" == prompt_benchmark("a").headline


def test_what_was_asked_for_is_read_back_from_its_stored_fields() -> None:
    asked = request("temperature=0:1", "model=a:1b,b:1b", design="latin", samples=7, evaluation={"seed": 4})

    assert asked == read_sweep_request(asked.fields, source="the stored sweep")
    assert asked.combinations() == read_sweep_request(asked.fields).combinations()


@pytest.mark.parametrize(
    ("parameters", "given", "expected"),
    [
        ([], {}, "no parameter to sweep"),
        (["temperature=0,1"], {"evaluation": {"benchmarks": []}}, "needs a benchmark"),
        (["temperature=0,1"], {"evaluation": {"benchmarks": ["a", "b"]}}, "one benchmark, and 2 are given"),
        (["temperature=0,1"], {"evaluation": {"models": []}}, "no model"),
        (["temperature=0,1"], {"evaluation": {"candidates": ["a:1b"]}}, "no --candidate"),
        (["temperature=0,1"], {"evaluation": {"system": "Be brief."}}, "takes no --system"),
        (["temperature=0,1"], {"prompt": "Hello"}, "a benchmark or a prompt"),
        (["temperature=0,1"], {"prompt": " ", "evaluation": {"benchmarks": []}}, "the prompt is empty"),
        (["temperature=0,1"], {"evaluation": {"options": ["temperature=1"]}}, "fixed by --option too"),
        (["profile=plain,concise"], {"evaluation": {"profile": "plain"}}, "fixed by --profile too"),
        (["think=true,false"], {"evaluation": {"options": ["think=true"]}}, "fixed by --option too"),
        (["model=b:1b,c:1b"], {}, "given by --model"),
        (["temperature=0,1"], {"design": "spiral"}, "'grid', 'random' or 'latin'"),
        (["temperature=0,1"], {"samples": 0}, "at least 1"),
        (["temperature=0,1"], {"samples": 3}, "all its 2 combinations, not 3"),
        (["temperature=0:1"], {}, "has no step"),
        (["temperature=0:1"], {"design": "latin"}, "a number of combinations"),
        (["temperature=0,1"], {"evaluation": {"options": ["temperatur=1"]}}, "did you mean"),
        (["temperature=0,1"], {"colour": "red"}, "unknown key"),
    ],
)
def test_what_cannot_be_swept_is_refused_with_what_is_allowed(
    parameters: list[str], given: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ConfigurationError, match=expected) as caught:
        request(*parameters, **given)
    assert caught.value.next_step


def test_combinations_that_are_one_and_the_same_to_the_servers_are_refused() -> None:
    refuse_equal_combinations(3, 3)
    with pytest.raises(ConfigurationError, match="of 3 combinations only 2 differ"):
        refuse_equal_combinations(3, 2)


@pytest.mark.parametrize(
    ("options", "parameters", "written"),
    [
        (["corpus=docs/", "embedder=e"], ["pipeline=retrieval,few_shot"], "--param corpus=docs/"),
        ({"note_tokens": 20}, "pipeline=map_reduce,refine", "--param note_tokens=20"),
        (["depth=2"], ["pipeline=mine.py:Mine,refine"], "--param depth=2"),
    ],
)
def test_an_option_of_swept_pipelines_is_refused_with_the_parameter_to_write_instead(
    options: Any, parameters: Any, written: str
) -> None:
    fields = {"evaluation": {"benchmarks": ["b"], "models": ["m"], "options": options}, "parameters": parameters}
    with pytest.raises(ConfigurationError, match=f"the pipeline is swept: write it as a parameter .*{written}"):
        read_sweep_request(fields)


def test_a_parameter_of_one_value_is_an_option_of_every_swept_pipeline_beside_fixed_options_of_the_model() -> None:
    asked = request("pipeline=best_of,self_consistency", "n=3", evaluation={"options": ["temperature=0"]})

    assert [
        "a:1b temperature=0 pipeline=best_of n=3",
        "a:1b temperature=0 pipeline=self_consistency n=3",
    ] == labels(asked)


def test_an_option_that_one_of_the_swept_pipelines_lacks_is_refused_with_that_pipelines_name() -> None:
    with pytest.raises(ConfigurationError, match="unknown option with pipeline=direct: 'chunk_size'"):
        request("pipeline=map_reduce,direct", "chunk_size=64")
