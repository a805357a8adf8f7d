"""A field of an outcome stands in few files: what carries outcomes takes the names from `evaluation.outcome_fields`."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from evaluation.outcome_fields import KINDS

ROOT = Path(__file__).parents[2]
PACKAGES = ("evaluation", "selection", "tasks", "flows", "deployments")
MOST = 6
"""Its definition, its column, a case's results, two protocols that fill it, and one that judges by it."""
MORE: Mapping[str, int] = {
    # Of answers and of failures: both are made, shown and measured apart.
    "total_s": 12,
    # Whoever counts time leaves such answers out.
    "reused": 8,
    # Of answers and of failures, with an example of a failure as a result of its own; of stages too.
    "n_attempts": 11,
    # A pipeline makes an answer of several; a cascade at another threshold makes another.
    "own_failure": 8,
    "thinking": 7,
    "finish_reason": 7,
}
NOT_COUNTED = {
    *("text", "answer", "message", "seed"),  # words for much else
    *("prompt_tokens", "output_tokens", "energy_j"),  # metrics, and parts of traffic, forecasts and scoreboards
}
_PROTOCOLS = "evaluation/chat_protocols"
OTHER_MEANING: Mapping[str, tuple[str, ...]] = {
    # A metric of that name.
    "ttft_s": (
        "evaluation/comparisons/comparison.py",
        "evaluation/comparisons/metrics.py",
        "evaluation/comparisons/comparison.py",
        "evaluation/metrics/descriptions.py",
        "evaluation/metrics/speed.py",
        "evaluation/reports/runs/tables.py",
        # Of a call through the gateway.
        "deployments/gateway/gateway_settings.py",
        "deployments/gateway/recording.py",
    ),
    # What the chat protocols of clients say.
    "cached_tokens": (
        *(f"{_PROTOCOLS}/{name}.py" for name in ("answer_readers", "deltas", "openai_answers")),
        # Of a call through the gateway.
        *(f"deployments/gateway/{name}.py" for name in ("gateway_settings", "recording", "staged_answers")),
    ),
    # What loading a model takes a server, forecast or waited for.
    "load_s": (
        "evaluation/forecasts/costs.py",
        "evaluation/forecasts/forecast.py",
        "tasks/generation/residency.py",
        "tasks/slots/lease_renewal.py",
        "tasks/slots/turns.py",
    ),
    # What a rater sees of an answer.
    "total_s": (
        # Of a call through the gateway.
        "deployments/gateway/staged_answers.py",
        "evaluation/reviews/creation.py",
        "evaluation/reviews/blinded_cases.py",
        "evaluation/records/reviews.py",
        "evaluation/store/reviews.py",
        "evaluation/store/tables/reviews.py",
    ),
    # What a model is capable of, and a title.
    "thinking": (
        "deployments/cli/models/agree.py",
        "deployments/cli/show/case_page.py",
        "evaluation/resolution/candidates.py",
        "evaluation/servers/probe_sender.py",
        *(f"deployments/gateway/{name}.py" for name in ("staged_answers", "staged_targets")),
        *(f"{_PROTOCOLS}/{name}_requests.py" for name in ("ollama", "openai")),
        *(
            f"{_PROTOCOLS}/{name}.py"
            for name in ("answer_readers", "calls", "deltas", "ollama_answers", "request_checks")
        ),
    ),
    # A word for an outcome as a whole, and which answers are to be counted.
    "own_failure": (
        "deployments/cli/show/case_page.py",
        "evaluation/run_results/run_figures.py",
        "evaluation/run_results/case_result.py",
        "evaluation/store/alarm_counts.py",
    ),
    # What the embedded server writes, and the chat protocols of clients.
    "finish_reason": (
        "deployments/embedded/openai_api.py",
        f"{_PROTOCOLS}/answer_readers.py",
        f"{_PROTOCOLS}/openai_answers.py",
    ),
    # A column of a table.
    "reused": ("evaluation/reports/forecasts.py",),
    # Of any call.
    "n_attempts": ("evaluation/retry_schedule.py",),
}
COUNTED = sorted(set(KINDS) - NOT_COUNTED)
WITHOUT_COPIES = frozenset({"migrations", "glossary"})
"""Folders of history, and of the words that explain names."""
ROWS_OF_FRAMES = "evaluation/results/listings.py"
"""The rows of data frames, whose columns and types are stated for those who read them."""


def names_written(tree: ast.AST) -> Iterator[str]:
    """Names as keywords, parameters, fields of classes and texts; an attribute that is read is no copy of a name."""
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword | ast.arg) and node.arg is not None:
            yield node.arg
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


@cache
def files_by_field() -> dict[str, set[str]]:
    """The files in which each field's name is written."""
    files: dict[str, set[str]] = {name: set() for name in COUNTED}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            is_history_or_words = not WITHOUT_COPIES.isdisjoint(path.parts)
            if is_history_or_words or path.relative_to(ROOT).as_posix() == ROWS_OF_FRAMES:
                continue
            text = path.read_text(encoding="utf-8")
            if not any(name in text for name in COUNTED):  # sooner than parsing it
                continue
            for name in files.keys() & set(names_written(ast.parse(text))):
                files[name].add(path.relative_to(ROOT).as_posix())
    return files


@pytest.mark.parametrize("name", COUNTED)
def test_a_field_of_an_outcome_stands_in_few_files(name: str) -> None:
    files = files_by_field()[name] - set(OTHER_MEANING.get(name, ()))
    assert len(files) <= MORE.get(name, MOST), sorted(files)


@pytest.mark.parametrize("name", OTHER_MEANING)
def test_where_a_word_means_something_else_it_is_still_written(name: str) -> None:
    assert set() == set(OTHER_MEANING[name]) - files_by_field()[name]


@pytest.mark.parametrize("name", MORE)
def test_no_more_is_allowed_than_there_is(name: str) -> None:
    assert MORE[name] == len(files_by_field()[name] - set(OTHER_MEANING.get(name, ())))
