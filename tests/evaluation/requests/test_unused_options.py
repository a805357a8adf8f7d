"""Options for every model where only candidates are asked."""

from typing import Any

import pytest

from evaluation.errors import ConfigurationError
from evaluation.requests.evaluation_request import read_request
from evaluation.requests.unused_options import note_on_unused_options, refuse_unused_options

CANDIDATES = ["m:1b temperature=0.7", "n:2b"]


@pytest.mark.parametrize(
    ("typed", "names", "step"),
    [
        (
            {"options": ["num_ctx=8192", "temperature=0"], "candidates": CANDIDATES},
            "--option is",
            "Write --candidate 'm:1b temperature=0.7 num_ctx=8192'",
        ),
        (
            {"options": {"raw": True}, "profile": "concise", "candidates": "m:1b"},
            "--option and --profile are",
            "Write --candidate 'm:1b raw=true profile=concise'",
        ),
        ({"system": "Be brief.", "candidates": CANDIDATES}, "--system is", "profile=NAME"),
        ({"options": ["prompt=two words"], "candidates": ["m:1b"]}, "--option is", "prompt=two words"),
        ({"profile": "concise", "candidates": ["@winner.yaml"]}, "--profile is", "Leave it out"),
    ],
)
def test_options_for_no_model_are_refused_with_the_candidate_to_write(
    typed: dict[str, Any], names: str, step: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        refuse_unused_options(typed, typed)

    assert names in refused.value.message
    assert step in str(refused.value.next_step)


@pytest.mark.parametrize(
    ("typed", "of_template"),
    [
        ({"options": ["num_ctx=8192"], "candidates": CANDIDATES, "models": ["o:1b"]}, {}),
        ({"options": ["num_ctx=8192"]}, {"models": ["o:1b"]}),
        ({"candidates": CANDIDATES}, {"options": ["num_ctx=8192"]}),
        ({"options": [], "system": None, "candidates": CANDIDATES}, {}),
        ({"options": ["num_ctx=8192"]}, {}),
    ],
)
def test_options_with_a_model_and_those_of_a_template_pass(typed: dict[str, Any], of_template: dict[str, Any]) -> None:
    refuse_unused_options(typed, {**of_template, **typed})


def test_options_for_candidates_of_a_template_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="--option is for every --model"):
        refuse_unused_options({"options": ["num_ctx=8192"]}, {"options": ["num_ctx=8192"], "candidates": CANDIDATES})


def test_a_form_with_options_for_no_model_gets_a_note() -> None:
    fields = {"benchmarks": ["b.jsonl"], "candidates": CANDIDATES}

    assert [] == note_on_unused_options(read_request(fields))
    assert [] == note_on_unused_options(read_request({**fields, "models": ["o"], "profile": "concise"}))
    assert ["options and profile change nothing: only candidates are asked, and each carries its own options"] == (
        note_on_unused_options(read_request({**fields, "options": ["num_ctx=8192"], "profile": "concise"}))
    )
