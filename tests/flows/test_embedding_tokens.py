"""Embeddings in runs: their tokens in the figures of cases, each text requested once, wrong vectors named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from looking_back import only_run, outcomes
from scripted_ollama import Reply, ScriptedOllama

from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation
from evaluation.records.stages import StageRow
from evaluation.run_results.run_result import run_result
from evaluation.store.session import Store
from evaluation.store.stage_rows import load_stages
from evaluation.store.stage_sums import stage_sums
from evaluation.store.tables import corpus_index

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]
PRICES = {
    "models": {
        "model*": {"input_per_million": 1.0, "output_per_million": 2.0},
        "embedder*": {"input_per_million": 10.0, "output_per_million": 0.0},
    }
}


@pytest.fixture
def candidate(ollama_by_script: ScriptedOllama, tmp_path: Path) -> str:
    """A candidate that searches six documents by their embeddings."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number in range(6):
        (corpus / f"{number}.md").write_text(f"What is {number}? It is {number}.\n")
    ollama_by_script.add("model", lambda _: Reply(text="It is so [1].", prompt_tokens=40))
    ollama_by_script.add("embedder", capabilities=("embedding",))
    return f"model pipeline=retrieval corpus={corpus} embedder=embedder top_k=2 method=dense min_similarity=0"


def stages_by_case(store: Store, run_candidate_id: int, n_cases: int) -> dict[str, dict[str, StageRow]]:
    stages = load_stages(store, run_candidate_id, [f"c{number}" for number in range(n_cases)])
    return {case_id: {row.name: row for row in rows} for (case_id, _), rows in stages.items()}


def answers_of(store: Store, candidate: int = 0) -> list[tuple[int, str, Generation]]:
    rows = [stored.row for stored in outcomes(store, candidate=candidate)]
    return [(row.run_candidate_id, row.case_id, row.outcome) for row in rows if isinstance(row.outcome, Generation)]


@pytest.mark.parametrize("reports", [True, False])
def test_the_tokens_of_a_case_are_those_of_its_answer_and_its_query(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    candidate: str,
    reports: bool,
) -> None:
    ollama_by_script.reports_embedding_tokens = reports

    evaluate(benchmark_file(3), candidates=[candidate], invocation_id="one", prices=PRICES)

    (row_id,) = {row_id for row_id, _, _ in answers_of(store)}
    stages = stages_by_case(store, row_id, 3)
    assert {4 if reports else None} == {rows["embed question"].generation.prompt_tokens for rows in stages.values()}
    assert {44 if reports else None} == {answer.prompt_tokens for _, _, answer in answers_of(store)}
    ((_, sums),) = stage_sums(store, only_run(store).plan.run_id).items()
    embeds, _, _ = sums
    assert (12 if reports else None, None, 0 if reports else 3, 0) == (
        embeds.prompt_tokens,
        embeds.output_tokens,
        embeds.n_without_tokens,
        embeds.n_shared,
    )
    assert (132 if reports else 120) == sum(each.prompt_tokens or 0 for each in sums)
    metrics = run_result(store, only_run(store).plan.run_id).candidates[0].metrics
    n_out = {answer.output_tokens for _, _, answer in answers_of(store)}.pop() or 0
    if reports:
        assert metrics["cost_usd"].value == pytest.approx((40 * 1 + n_out * 2 + 4 * 10) / 1e6)
    else:
        assert "cost_usd" not in metrics or metrics["cost_usd"].value is None


def test_a_query_of_several_candidates_is_embedded_once_and_counts_for_each(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, candidate: str
) -> None:
    other = candidate.replace("top_k=2", "top_k=1")

    evaluate(benchmark_file(3), candidates=[candidate, other], invocation_id="one")

    assert {f"What is {number}?": 1 for number in range(3)} == {
        text: n for text, n in ollama_by_script.embedded.items() if text.endswith("?")
    }
    assert {1} == {n for text, n in ollama_by_script.embedded.items() if text != "Hello"}
    answers = answers_of(store) + answers_of(store, candidate=1)
    assert [44] * 6 == [answer.prompt_tokens for _, _, answer in answers]
    sums = [each for rows in stage_sums(store, only_run(store).plan.run_id).values() for each in rows]
    embeds = [each for each in sums if each.kind == "embed"]
    assert (6, 3, 24) == tuple(
        sum(getattr(each, name) or 0 for each in embeds) for name in ("n", "n_shared", "prompt_tokens")
    )


def test_an_embedder_of_another_dimension_is_refused_before_its_corpus_is_embedded(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    candidate: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evaluate(benchmark_file(2), candidates=[candidate], invocation_id="one")
    embedded = ollama_by_script._embedded
    monkeypatch.setattr(ollama_by_script, "_embedded", lambda text: embedded(text)[:7])
    (tmp_path / "corpus" / "new.md").write_text("A new document.\n")
    n_chats = len(ollama_by_script.chats)
    ollama_by_script.embedded.clear()

    evaluate(benchmark_file(2), candidates=[candidate], invocation_id="two")

    from evaluation.store.runs import runs_of_invocation

    (run,) = runs_of_invocation(store, "two")
    (result,) = run_result(store, run.plan.run_id).candidates
    assert result.given_up_reason is not None
    assert "wrong_embedding: the embedder 'embedder' gives embeddings of 7 numbers" in result.given_up_reason
    assert "stored ones of 36 numbers" in result.given_up_reason
    assert "Next: Serve the earlier model" in result.given_up_reason
    assert {"Hello"} == set(ollama_by_script.embedded)
    assert n_chats == len(ollama_by_script.chats)


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        ([0.0] * 36, "gave 36 zeros as the embedding of 'What is 1?'"),
        ([1.0] * 5, "gives embeddings of 5 numbers, and gave or has stored ones of 36"),
        ([1.0, None, *[0.0] * 34], "number 2 of the 36 is not a finite number"),
    ],
)
def test_a_wrong_embedding_of_one_query_is_a_failure_of_the_server_and_of_that_case_alone(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    candidate: str,
    monkeypatch: pytest.MonkeyPatch,
    vector: list[Any],
    message: str,
) -> None:
    embedded = ollama_by_script._embedded
    monkeypatch.setattr(ollama_by_script, "_embedded", lambda text: vector if text == "What is 1?" else embedded(text))

    evaluate(benchmark_file(3), candidates=[candidate], invocation_id="one", max_failures="100%")

    (failure,) = [stored.row for stored in outcomes(store) if isinstance(stored.row.outcome, Failure)]
    assert "c1" == failure.case_id
    assert isinstance(failure.outcome, Failure)
    assert FailureKind.WRONG_EMBEDDING is failure.outcome.kind
    assert message in failure.outcome.message
    assert 2 == len(answers_of(store))


def test_a_query_that_is_the_same_for_nearly_all_cases_is_an_alarm(
    evaluate: Evaluate, store: Store, benchmark_file: Benchmarks, candidate: str, tmp_path: Path
) -> None:
    """The questions are in a field that the search does not read."""
    path = Path(benchmark_file(12))
    for number in range(11):
        path.write_text(path.read_text().replace(f'"What is {number}?"', '"What number is it?"'))

    evaluate(str(path), candidates=[candidate], invocation_id="one")

    (alarm,) = [each for each in run_result(store, only_run(store).plan.run_id).alarms if each.kind == "same_search"]
    assert (11, pytest.approx(11 / 12)) == (alarm.n, alarm.share)
    assert "11 of 12 cases (92 %) searched for the same text" in alarm.message


def test_questions_of_their_own_raise_no_alarm_and_an_index_says_once_what_it_took(
    evaluate: Evaluate, store: Store, benchmark_file: Benchmarks, candidate: str
) -> None:
    evaluate(benchmark_file(4), candidates=[candidate], invocation_id="one")

    assert [] == [each for each in run_result(store, only_run(store).plan.run_id).alarms if each.kind == "same_search"]
    with store.read() as connection:
        rows = connection.execute(sa.select(corpus_index.c.n_embedded, corpus_index.c.embedded_tokens)).all()
    assert [(6, 6 * 7)] == [tuple(row) for row in rows]
