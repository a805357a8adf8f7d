"""The figures of pipelines on either database: sums of stages, costs, tokens, forecasts, the curve of a cascade."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from looking_back import only_run
from scripted_ollama import Chat, Reply, ScriptedOllama

from evaluation.exports.files import write_rows
from evaluation.exports.filters import Filters
from evaluation.exports.rows import rows
from evaluation.exports.source import Kind, find_source
from evaluation.exports.writers import Format
from evaluation.reports.runs.page import invocation_as_markdown
from evaluation.results.as_json import as_json
from evaluation.run_results.cascade_result import cascade_result, cascade_shares
from evaluation.run_results.run_result import invocation_result, run_result
from evaluation.store.past_stages import past_requests
from evaluation.store.races import CandidateCosts, costs_of_run
from evaluation.store.session import Store

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]
BOTH = pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
N = 8
PRICES = {
    "models": {
        "small": {"input_per_million": 1.0, "output_per_million": 2.0},
        "big": {"input_per_million": 10.0, "output_per_million": 30.0},
        "vectors": {"input_per_million": 0.5, "output_per_million": 0.0},
    }
}
CASCADE = "small pipeline=cascade large=big signal=agreement n=3 threshold=0.5 ask_both=true"
RETRIEVAL = "small pipeline=retrieval corpus={corpus} method=dense embedder=vectors chunk_size=12"


def of_small(chat: Chat) -> Reply:
    """Three tokens from a prompt of 5 and as many as the number that is asked for."""
    number = int(chat.prompt.rpartition("What is ")[2].partition("?")[0])
    text = str(number) if chat.options["seed"] % 7 < number else "no idea"
    return Reply(text=text, prompt_tokens=5 + number, final={"eval_count": 3})


@pytest.fixture
def run_id(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, tmp_path: Path
) -> str:
    """A run of a cascade, of two candidates that embed the same questions, and of the small model alone."""
    ollama_by_script.add("small", of_small)
    ollama_by_script.add("big", lambda chat: replace(of_small(chat), prompt_tokens=20))
    ollama_by_script.add("vectors", capabilities=("embedding",))
    corpus = tmp_path / "docs"
    corpus.mkdir()
    (corpus / "a.txt").write_text(" ".join(f"Of {n} it is told that it is {n}." for n in range(40)))
    retrieval = RETRIEVAL.format(corpus=corpus)
    candidates = [CASCADE, f"{retrieval} top_k=2", f"{retrieval} top_k=3", "small"]
    assert evaluate(benchmark_file(N), candidates=candidates, prices=PRICES, invocation_id="one").is_completed()
    return only_run(store).plan.run_id


@BOTH
def test_figures_equal_those_by_hand_and_are_plain_numbers_everywhere(
    run_id: str, store: Store, ollama_by_script: ScriptedOllama
) -> None:
    of_small, of_big, of_questions = sum(5 + n for n in range(N)), 20 * N, 4 * N
    result = run_result(store, run_id)
    cascade, *retrievals, plain = result.candidates

    sums = {stage.stage: (stage.n, stage.prompt_tokens, stage.output_tokens) for stage in cascade.stages or ()}
    assert {"sample": (3 * N, 3 * of_small, 9 * N), "escalated": (N, of_big, 3 * N)} == sums
    costs = [
        (3 * of_small * 1 + 9 * N * 2 + of_big * 10 + 3 * N * 30) / N,
        *[(of_questions * 0.5 + of_small * 1 + 3 * N * 2) / N] * 2,
        (of_small * 1 + 3 * N * 2) / N,
    ]
    means = [candidate.metrics["cost_usd"].mean for candidate in result.candidates]
    assert [cost / 1e6 for cost in costs] == pytest.approx([mean.value for mean in means if mean is not None])
    for retrieval in retrievals:
        (question, _, _) = retrieval.stages or ()
        assert (N, of_questions, N) == (question.n, question.prompt_tokens, plain.n_ok)
    json.dumps(as_json(result))
    page = invocation_as_markdown(store, invocation_result(store, "one"))
    assert "### Cascades" in str(page)
    assert {1} == set(ollama_by_script.embedded.values())  # two candidates embed each question together


@BOTH
def test_the_curve_of_a_cascade_is_that_of_its_stages(run_id: str, store: Store) -> None:
    result = cascade_result(store, run_id)
    (curve,) = result.curves

    json.dumps(as_json(result))
    every = curve.points[-1]
    assert (N, N) == (every.n_answers, every.n_escalated)
    assert every.figures.cost_usd is not None
    of_all = 3 * sum(5 + n for n in range(N)) * 1 + 9 * N * 2 + 20 * N * 10 + 3 * N * 30
    assert every.figures.cost_usd.value == pytest.approx(of_all / N / 1e6)
    assert curve.share_escalated == cascade_shares(store, run_id)[0].share_escalated


@BOTH
def test_what_a_run_took_is_what_its_server_was_asked(
    run_id: str, store: Store, ollama_by_script: ScriptedOllama
) -> None:
    costs = costs_of_run(store, run_id)

    together = [sum(getattr(each, name) for each in costs.values()) for name in ("n_answers", "n_calls", "n_tokens")]
    n_questions = sum(n for text, n in ollama_by_script.embedded.items() if text.startswith("What is"))
    n_chats = len(ollama_by_script.chats)
    of_small = sum(5 + n for n in range(N))
    n_tokens = (3 + 2 + 1) * of_small + 20 * N + 3 * n_chats + 4 * n_questions
    assert [4 * N, n_chats + n_questions, n_tokens] == together
    assert CandidateCosts(n_answers=N, n_calls=N, n_tokens=of_small + 3 * N) == costs[max(costs)]
    assert {int} == {type(getattr(each, name)) for each in costs.values() for name in ("n_calls", "n_tokens")}


@BOTH
def test_forecasts_and_exports_read_them_as_plain_numbers(run_id: str, store: Store) -> None:
    cascade = only_run(store).candidates[0].plan.candidate_fingerprint

    past = past_requests(store, fingerprint=cascade, benchmark_name="numbers")

    assert (3.0, 1.0) == (past["small"].requests_of_a_case, past["big"].requests_of_a_case)
    assert {(float, float)} == {
        (type(each.speeds[0].prompt_tokens), type(each.speeds[0].output_tokens)) for each in past.values()
    }
    for kind in Kind:
        for form in (Format.CSV, Format.JSON, Format.PARQUET):
            file = io.BytesIO()
            write_rows(file, *rows(store, find_source(store, run_id), kind, Filters()), form)
            assert file.getvalue()
    file = io.BytesIO()
    write_rows(file, *rows(store, find_source(store, run_id), Kind.STAGES, Filters()), Format.CSV)
    stages = list(csv.DictReader(io.StringIO(file.getvalue().decode(), newline="")))
    of_cascade = [row for row in stages if row["stage"] in ("escalated",) or row["stage"].startswith("sample")]
    assert 3 * sum(5 + n for n in range(N)) + 20 * N == sum(int(row["prompt_tokens"]) for row in of_cascade)
