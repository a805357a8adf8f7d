"""Candidates that differ in their pipeline alone stay apart, from the run to the recommendation and the monitor."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from looking_back import only_run
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from deployments.cli.candidate_exports import written_recommendation
from evaluation.comparisons.comparison import compare_runs
from evaluation.errors import ConfigurationError
from evaluation.monitoring.changes import changes_between, in_words
from evaluation.monitoring.histories import change_verdicts
from evaluation.monitoring.values import Setting
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.run_results.run_result import run_result
from evaluation.store.monitored import monitored_runs
from evaluation.store.selectable_candidates import choosables
from evaluation.store.selection_evidence import read_evidence
from evaluation.store.session import Store
from selection.configuration import as_environment
from selection.pages.recommendation_result import recommendation_result
from selection.recommendation import recommend
from selection.scoreboards.building import build_scoreboard

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]
PATIENCE_S = 120.0
"""So much longer than anything should take that no slow machine fails a test."""
DIRECT, THREE, FIVE = "small", "small pipeline=self_consistency n=3", "small pipeline=self_consistency n=5"
CASCADE = "small pipeline=cascade large=big signal=refusal ask_both=true"


def test_pipelines_of_one_model_are_candidates_of_their_own_on_the_scoreboard(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("small")

    evaluate(benchmark_file(12), candidates=[DIRECT, THREE, FIVE], invocation_id="one")

    evidence = read_evidence(store)
    assert sorted([DIRECT, THREE, FIVE]) == [candidate.label for candidate in evidence.candidates]
    assert 3 == len({candidate.key for candidate in evidence.candidates})
    (standing,) = build_scoreboard(evidence).standings.values()
    assert [12, 12, 12] == standing.n_measured.tolist()


def test_a_recommendation_says_in_text_json_and_python_which_pipeline_with_which_options(
    evaluate: Evaluate, store: Store, store_url: str, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("small", lambda chat: right(chat) if chat.options["temperature"] else Reply(text="no idea"))
    evaluate(benchmark_file(12), candidates=[DIRECT, THREE], invocation_id="one")

    found = recommend(store=store_url)

    assert found.candidate is not None
    assert (THREE, "self_consistency", {"n": "3"}) == (
        found.candidate.label,
        None if found.candidate.pipeline is None else found.candidate.pipeline.name,
        None if found.candidate.pipeline is None else found.candidate.pipeline.options,
    )
    assert found.reason.startswith(THREE)
    assert THREE in found.to_frame()["candidate"].tolist()
    shown = recommendation_result(found, percentile=0.95).candidate
    assert shown is not None
    assert ("self_consistency", {"n": "3"}, ()) == (shown.pipeline, shown.pipeline_options, shown.other_models)
    exported = json.loads(written_recommendation(store, found, found.candidate, "json"))
    assert ("self_consistency", {"n": "3"}) == (exported["pipeline"], exported["pipeline_options"])
    with pytest.raises(ConfigurationError, match="'self_consistency'"):
        as_environment(found.candidate)


def test_a_candidate_needs_the_memory_of_all_its_models_and_is_not_ready_without_their_weights(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("small", right)
    ollama_by_script.add("big", right)
    evaluate(benchmark_file(3), candidates=[DIRECT, "big", CASCADE], invocation_id="one")
    with store.read() as connection:
        by_label = {candidate.label: candidate for candidate in choosables(connection).values()}
    small, big, both = (by_label[label].memory_bytes for label in (DIRECT, "big", CASCADE))
    assert None not in (small, big)
    assert both == (small or 0) + (big or 0)
    assert by_label[CASCADE].not_ready is None

    ollama_by_script.add("big", right, digest="f" * 64)
    evaluate(benchmark_file(4, name="other"), candidates=["big"], invocation_id="two")

    with store.read() as connection:
        cascade = next(each for each in choosables(connection).values() if each.label == CASCADE)
    assert "big holds other weights now" in str(cascade.not_ready)
    assert () == cascade.places


def test_the_latency_of_a_pipeline_is_the_time_with_a_request_under_way_and_not_their_sum(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    five_of_a_case = {f"What is {n}?": threading.Barrier(5) for n in range(2)}

    def beside_the_others(chat: Chat) -> Reply:
        five_of_a_case[chat.prompt].wait(PATIENCE_S)
        return Reply(text="7", delay_s=0.05)

    ollama_by_script.add("small", beside_the_others)

    evaluate(benchmark_file(2), candidates=[FIVE], slots=10, invocation_id="one")

    (stages,) = (candidate.stages for candidate in run_result(store, only_run(store, "one").plan.run_id).candidates)
    sum_s = sum(stage.total_s or 0 for stage in stages or ())
    latency_s = read_evidence(store).latency_s
    assert 2 == len(latency_s)
    assert sum_s / 5 / 2 < latency_s.sum() < sum_s


def test_a_recommendation_is_limited_by_the_cost_of_all_models_together(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("small", lambda _: Reply(text="x", prompt_tokens=10, final={"eval_count": 2}))
    ollama_by_script.add("big", lambda _: Reply(text="x", prompt_tokens=20, final={"eval_count": 4}))
    models = {
        "small": {"input_per_million": 1.0, "output_per_million": 2.0},
        "big": {"input_per_million": 10.0, "output_per_million": 30.0},
    }

    evaluate(benchmark_file(3), candidates=[CASCADE], prices={"models": models}, invocation_id="one")

    by_hand = (10 * 1 + 2 * 2 + 20 * 10 + 4 * 30) / 1e6
    assert [by_hand] * 3 == pytest.approx(read_evidence(store).cost_usd.tolist())


def test_comparisons_and_the_monitor_say_that_a_corpus_or_another_models_weights_changed(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, tmp_path: Path
) -> None:
    ollama_by_script.add("small", right)
    ollama_by_script.add("big", right)
    corpus = tmp_path / "docs"
    corpus.mkdir()
    (corpus / "a.txt").write_text("What is 1? It is one. " * 5)
    candidates = [CASCADE, f"small pipeline=retrieval corpus={corpus} method=bm25 chunk_size=20"]
    evaluate(benchmark_file(6), candidates=candidates, invocation_id="one")
    (corpus / "a.txt").write_text("Something else. " * 5)
    ollama_by_script.add("big", right, digest="f" * 64)
    evaluate(benchmark_file(6), candidates=candidates, invocation_id="two")
    run_ids = [only_run(store, invocation_id).plan.run_id for invocation_id in ("one", "two")]

    notes = " ".join(compare_runs(store, run_ids, ComparisonRequest(runs=run_ids)).notes)
    runs = monitored_runs(store)
    verdicts = change_verdicts(runs, since=datetime.now(UTC) - timedelta(days=1))

    assert "the weights of big of small pipeline=cascade" in notes
    assert "the corpus of small pipeline=retrieval corpus=docs" in notes
    told = " ".join(verdict.finding.sentence for verdict in verdicts if verdict.finding is not None)
    assert "The weights of big changed, on which small pipeline=cascade" in told
    assert "The corpus changed, on which small pipeline=retrieval" in told
    by_candidate = compare_runs(store, run_ids, ComparisonRequest(runs=run_ids, by="candidate"))
    sides = {side.label for side in by_candidate.sides}
    assert 4 == len(sides)  # two candidates of one name are two sides, and never merged
    assert all("#" in side for side in sides)


def test_two_corpora_of_one_name_are_two_series_of_the_monitor(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, tmp_path: Path
) -> None:
    ollama_by_script.add("small", right)
    candidates = []
    for folder in ("a", "b"):
        corpus = tmp_path / folder / "docs"
        corpus.mkdir(parents=True)
        (corpus / "text.txt").write_text(f"All of {folder}. " * 5)
        candidates.append(f"small pipeline=retrieval corpus={corpus} method=bm25 chunk_size=20")

    evaluate(benchmark_file(2), candidates=candidates, invocation_id="one")

    assert 2 == len({run.candidate for run in monitored_runs(store)})


def test_what_changed_of_a_pipeline_stands_with_an_alert() -> None:
    before = Setting(model="m", parts={"the corpus": "a" * 64})
    now = Setting(model="m", parts={"the corpus": "b" * 64})
    assert "the corpus changed (aaaaaaaaaaaa… → bbbbbbbbbbbb…)" in in_words(changes_between(before, now))
