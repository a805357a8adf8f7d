"""Candidates with pipelines: models are loaded once for each stage, stages are stored, and a run goes on from them."""

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa
from looking_back import only_run, outcomes, results
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.errors import ConfigurationError, FailureKind
from evaluation.escaping import as_json
from evaluation.generation import Failure, Generation
from evaluation.records.stages import StageRow
from evaluation.records.status import Status
from evaluation.reports.runs.indexes import index_line
from evaluation.reports.runs.page import invocation_as_markdown
from evaluation.reports.runs.tables import remarks
from evaluation.run_results.case_result import case_result
from evaluation.run_results.run_result import invocation_result, run_result
from evaluation.run_results.sweep_result import sweep_outcome
from evaluation.store.registry import find_candidate
from evaluation.store.session import Store
from evaluation.store.stage_rows import load_stages
from evaluation.store.tables import run_candidate

Evaluate = Callable[..., Any]
Sweep = Callable[..., Any]
Benchmarks = Callable[..., str]
CASES = [f"c{number}" for number in range(8)]
CASCADE = "small pipeline=cascade large=big signal=refusal"


def knows_even_numbers(chat: Chat) -> Reply:
    """The answer of a model that does not know odd numbers."""
    reply = right(chat)
    return reply if int(reply.text) % 2 == 0 else Reply(text="I don't know.")


def stages_of(store: Store, label: str) -> dict[tuple[str, int], tuple[StageRow, ...]]:
    (found,) = [each for each in only_run(store).candidates if each.plan.label == label]
    return load_stages(store, found.run_candidate_id, CASES)


def answers_of(store: Store, label: str) -> dict[str, Generation]:
    (found,) = [each for each in only_run(store).candidates if each.plan.label == label]
    mine = [stored.row for stored in outcomes(store) if stored.row.run_candidate_id == found.run_candidate_id]
    return {row.case_id: row.outcome for row in mine if isinstance(row.outcome, Generation)}


def test_a_cascade_loads_each_model_once_and_asks_the_larger_one_what_the_small_one_does_not_know(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("small", knows_even_numbers)
    ollama_by_script.add("big")

    state = evaluate(benchmark_file(8), candidates=[CASCADE, "big"], invocation_id="one")

    assert state.is_completed()
    assert ["small", "big"] == [name for name, _ in ollama_by_script.loads]
    assert {f"What is {n}?": 1 for n in range(8)} == ollama_by_script.asked("small")
    assert {f"What is {n}?": 1 + n % 2 for n in range(8)} == ollama_by_script.asked("big")
    assert (8, 1.0) == (results(store)[CASCADE].n_ok, results(store)[CASCADE].metrics["exact_match"].value)
    names = {case_id: [row.name for row in rows] for (case_id, _), rows in stages_of(store, CASCADE).items()}
    assert {f"c{n}": ["answer", "escalated"] if n % 2 else ["answer"] for n in range(8)} == names
    shown = case_result(store, only_run(store).plan.run_id, "c1").candidates[0].outcomes[0]
    assert {"signal": 0.0, "escalated": True} == shown.trace.notes  # type: ignore[union-attr]


def test_a_cascade_whose_server_tells_no_signal_raises_an_alarm(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("small")
    ollama_by_script.add("big")

    evaluate(
        benchmark_file(4),
        candidates=["small pipeline=cascade large=big signal=logprob threshold=-0.5"],
        invocation_id="one",
    )

    (alarm,) = [each for each in run_result(store, only_run(store).plan.run_id).alarms if each.kind == "no_signal"]
    assert 1.0 == alarm.share
    assert "4 of 4 answers (100 %) were asked of the larger model" in alarm.message


def test_the_load_time_of_another_model_is_not_noted_as_that_of_the_candidates_own(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tasks.generation import residency

    noted: list[list[int]] = []
    monkeypatch.setattr(residency, "LOADED_ALREADY_S", 0.0)
    monkeypatch.setattr(residency, "record_load_s", lambda _store, ids, **_: noted.append(ids))
    ollama_by_script.add("small", knows_even_numbers)
    ollama_by_script.add("big")

    evaluate(benchmark_file(2), candidates=[CASCADE], invocation_id="one")

    assert ["small", "big"] == [name for name, _ in ollama_by_script.loads]
    assert [[only_run(store).candidates[0].run_candidate_id], []] == noted


@pytest.mark.parametrize(
    "pipeline", ["self_consistency n=3", "refine", "map_reduce chunk_size=2 note_tokens=8", "direct"]
)
def test_the_figures_of_a_case_are_the_sums_of_its_stages(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, pipeline: str
) -> None:
    ollama_by_script.add("model", lambda _: Reply(text="7"))

    evaluate(benchmark_file(4), candidates=[f"model pipeline={pipeline}"], invocation_id="one")

    label = f"model pipeline={pipeline}"
    stages, answers = stages_of(store, label), answers_of(store, label)
    assert 4 == len(answers)
    for case_id, answer in answers.items():
        parts = [row.generation for row in stages[case_id, 0]]
        chats = [row.generation for row in stages[case_id, 0] if row.kind == "chat"]
        assert answer.timing is not None
        assert answer.timing.total_s == pytest.approx(sum(part.timing.total_s for part in parts if part.timing))
        assert answer.prompt_tokens == sum(chat.prompt_tokens or 0 for chat in chats)
        assert answer.output_tokens == sum(chat.output_tokens or 0 for chat in chats)
        assert (answer.timing.ttft_s is None) == (len(parts) > 1)


def test_retrieval_embeds_each_text_once_and_keeps_the_sources_of_an_answer(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, tmp_path: Path
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number in range(6):
        (corpus / f"{number}.md").write_text(f"What is {number}? It is {number}.\n")
    ollama_by_script.add("model", lambda _: Reply(text="It is so [1]."))
    ollama_by_script.add("embedder", capabilities=("embedding",))
    candidate = f"model pipeline=retrieval corpus={corpus} embedder=embedder top_k=2 method=dense min_similarity=0"

    evaluate(benchmark_file(4), candidates=[candidate], invocation_id="one")
    first = only_run(store).candidates[0].plan.candidate_fingerprint
    n_embedded = Counter(ollama_by_script.embedded)
    (corpus / "0.md").write_text("What is 0? It is nothing.\n")
    evaluate(benchmark_file(4, name="again"), candidates=[candidate], invocation_id="two")

    del n_embedded["Hello"]
    assert {1} == set(n_embedded.values())
    assert 6 + 4 == len(n_embedded)
    new = ollama_by_script.embedded - n_embedded
    assert 1 == new["What is 0? It is nothing."]
    assert not [text for text in new if text.endswith("1.")]
    shown = case_result(store, _run_ids(store)[0], "c3").candidates[0].outcomes[0]
    assert ["3.md"] == [source.document for source in shown.trace.sources[:1]]  # type: ignore[union-attr, index]
    assert [("embed", 1), ("search", 0), ("chat", 1)] == [(each.kind, each.n_attempts) for each in shown.stages]  # type: ignore[union-attr]
    assert 2 == shown.n_attempts  # type: ignore[union-attr]
    assert [[1]] == shown.trace.notes["citations"]  # type: ignore[union-attr]
    candidates = [find_candidate(store, fingerprint) for fingerprint in {first, _last_fingerprint(store)}]
    assert 2 == len({each.pipeline.corpus for each in candidates if each is not None and each.pipeline is not None})


def test_an_index_is_begun_while_its_embedder_is_still_being_loaded(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tasks.generation import early_indexes

    is_begun, waited = Event(), []
    open_index, embedded = early_indexes.open_index, ollama_by_script._embedded

    async def noted(*words: Any) -> Any:
        is_begun.set()
        return await open_index(*words)

    def loads_until_it_is_begun(text: str) -> list[float]:
        if text == "Hello":
            waited.append(is_begun.wait(30))
        return embedded(text)

    monkeypatch.setattr(early_indexes, "open_index", noted)
    monkeypatch.setattr(ollama_by_script, "_embedded", loads_until_it_is_begun)
    (tmp_path / "numbers.md").write_text("What is 0? It is 0.\n")
    ollama_by_script.add("model")
    ollama_by_script.add("embedder", capabilities=("embedding",))
    candidate = f"model pipeline=retrieval corpus={tmp_path / 'numbers.md'} embedder=embedder"

    state = evaluate(benchmark_file(2), candidates=[candidate], invocation_id="one")

    assert state.is_completed()
    assert [True] == waited
    assert 1 == ollama_by_script.embedded["What is 0? It is 0."]


def test_the_sources_of_a_case_are_stored_where_its_answer_fails(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, tmp_path: Path
) -> None:
    corpus = tmp_path / "numbers.md"
    corpus.write_text("What is 0? It is 0.\n")
    ollama_by_script.add("model", lambda _: Reply(text=""))

    evaluate(
        benchmark_file(1),
        candidates=[f"model pipeline=retrieval corpus={corpus} method=bm25"],
        invocation_id="one",
    )

    (stored,) = outcomes(store)
    assert isinstance(stored.row.outcome, Generation)
    assert FailureKind.EMPTY_ANSWER is stored.row.outcome.own_failure
    shown = case_result(store, _run_ids(store)[0], "c0").candidates[0].outcomes[0]
    assert ["numbers.md"] == [source.document for source in shown.trace.sources]  # type: ignore[union-attr]


def test_what_was_embedded_for_an_index_is_shown_with_each_run_that_searches_it(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, tmp_path: Path
) -> None:
    corpus = tmp_path / "numbers.md"
    corpus.write_text("What is 0? It is 0.\n\nWhat is 1? It is 1.\n")
    ollama_by_script.add("model")
    ollama_by_script.add("vectors", capabilities=("embedding",))
    searching = f"model pipeline=retrieval corpus={corpus} chunk_size=6 chunk_overlap=0"

    evaluate(
        benchmark_file(2),
        candidates=[
            f"{searching} embedder=vectors",
            f"{searching} embedder=vectors top_k=1",
            f"{searching} method=bm25",
        ],
        invocation_id="one",
    )

    shown = run_result(store, _run_ids(store)[0])
    by_vectors, by_words = shown.indexes
    assert ("vectors", 2, 2) == (by_vectors.embedder, by_vectors.n_passages, by_vectors.n_embedded)
    assert by_words.embedder is None
    assert [index_line(by_vectors), index_line(by_words)] == [line for line in remarks(shown) if "index of" in line]
    assert "2 texts embedded for it by vectors" in index_line(by_vectors)
    assert "searched by words alone" in index_line(by_words)
    assert [2, None] == [index["n_embedded"] for index in json.loads(as_json(shown))["indexes"]]
    assert "2 texts embedded for it by vectors" in invocation_as_markdown(store, invocation_result(store, "one"))
    assert all("index" not in candidate.details for candidate in shown.candidates)


def test_what_is_left_out_of_a_corpus_is_kept_with_the_run_and_shown_escaped(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, tmp_path: Path
) -> None:
    corpus = tmp_path / "docs"
    corpus.mkdir()
    (corpus / "numbers.md").write_text("What is 0? It is 0.\n")
    (corpus / os.fsdecode(b"caf\xe9.txt")).write_text("What is 1? It is 1.\n")
    (corpus / "empty.txt").write_text("")
    (corpus / "link.txt").symlink_to("nowhere")
    for name in ("\x1b[2J<b>[x](http:evil)|.png", os.fsdecode(b"\xff.png"), "c.png"):
        (corpus / name).write_text("x")
    ollama_by_script.add("model")

    evaluate(
        benchmark_file(2),
        candidates=[f"model pipeline=retrieval corpus={corpus} method=bm25 top_k={k}" for k in (1, 2)],
        invocation_id="one",
    )

    shown = run_result(store, _run_ids(store)[0])
    (summary,) = shown.corpora
    assert (2, 5) == (summary.n_documents, summary.n_left_out)
    assert {"no_file": 1, "no_text": 1, "other_kind": 3} == summary.left_out_by_reason
    assert summary.line in remarks(shown)
    assert all("corpus" not in candidate.details for candidate in shown.candidates)
    (stated,) = json.loads(as_json(shown))["corpora"]
    assert {"path": r"\xff.png", "why": "other_kind", "reason": ".png is not read"} in stated["left_out"]
    page = invocation_as_markdown(store, invocation_result(store, "one"))
    assert "link.txt" in page
    assert "2 documents read; 5 left out" in page
    assert not [harmful for harmful in ("\x1b", "<b>", "[x](http", "](http") if harmful in page]


def test_passages_that_do_not_fit_the_context_are_left_out_and_that_is_told(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, tmp_path: Path
) -> None:
    """With the default of 20 passages, on a model whose context has room for three of them."""
    corpus = tmp_path / "numbers.md"
    corpus.write_text("\n\n".join(f"What is {n}? {'It is a number. ' * 45}" for n in range(8)))
    ollama_by_script.add("model", lambda _: Reply(text="It is so [1].", prompt_tokens=600))

    evaluate(
        benchmark_file(3),
        candidates=[f"model pipeline=retrieval corpus={corpus} method=bm25 chunk_size=190 num_ctx=1024 num_predict=64"],
        invocation_id="one",
    )

    (run_id,) = _run_ids(store)
    trace = case_result(store, run_id, "c1").candidates[0].outcomes[0].trace
    assert trace is not None
    assert trace.sources is not None
    assert (3, 3, 7) == (len(trace.sources), trace.notes["passages"], trace.notes["passages_left_out"])
    assert max(len(chat.prompt.split()) for chat in ollama_by_script.chats) < 1024 / 1.5
    (alarm,) = [alarm for alarm in run_result(store, run_id).alarms if alarm.kind == "passages_left_out"]
    assert (3, 1.0) == (alarm.n, alarm.share)
    assert alarm.message.endswith(
        "3 of 3 answers (100 %) were given fewer passages than were found, since the others did not fit num_ctx; "
        "give a larger num_ctx, or a smaller chunk_size or top_k"
    )


def test_a_search_that_finds_nothing_is_an_alarm(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, tmp_path: Path
) -> None:
    corpus = tmp_path / "other.md"
    corpus.write_text("東京の天気は晴れです。" * 50)
    ollama_by_script.add("model", lambda _: Reply(text="Nobody knows.", prompt_tokens=60))

    evaluate(
        benchmark_file(3),
        candidates=[f"model pipeline=retrieval corpus={corpus} method=bm25 chunk_size=50"],
        invocation_id="one",
    )

    (run_id,) = _run_ids(store)
    (alarm,) = [alarm for alarm in run_result(store, run_id).alarms if alarm.kind == "nothing_found"]
    assert (3, 1.0) == (alarm.n, alarm.share)
    assert "3 of 3 answers (100 %) were given no passage, since the search found none" in alarm.message


def test_passages_larger_than_the_context_are_refused_before_anything_is_asked(
    evaluate: Evaluate, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, tmp_path: Path
) -> None:
    corpus = tmp_path / "numbers.md"
    corpus.write_text("What is 0? It is 0.\n")
    ollama_by_script.add("model")

    refused = evaluate(
        benchmark_file(1), candidates=[f"model pipeline=retrieval corpus={corpus} method=bm25 num_ctx=1024"]
    )

    with pytest.raises(ConfigurationError, match=r"passages of 1,024 words, about 1,536 tokens, and num_ctx=1024 has"):
        refused.result()
    assert [] == ollama_by_script.chats


def _run_ids(store: Store) -> list[str]:
    from evaluation.store.runs import runs_of_invocation

    return [run.plan.run_id for name in ("one", "two") for run in runs_of_invocation(store, name)]


def _last_fingerprint(store: Store) -> str:
    from evaluation.store.runs import find_run

    return find_run(store, _run_ids(store)[1]).candidates[0].plan.candidate_fingerprint


def test_a_stage_on_which_the_server_fails_is_named_and_a_resume_asks_it_alone(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    is_broken = True

    def fails_to_criticise(chat: Chat) -> Reply:
        if is_broken and "What is 2?" in str(chat.body["messages"][0]) and len(chat.body["messages"]) > 1:
            return Reply(status=500, error="llama runner process has terminated: signal: killed")
        return Reply(text="7")

    ollama_by_script.add("model", fails_to_criticise)
    path = benchmark_file(4)
    evaluate(path, candidates=["model pipeline=refine"], max_failures="100%", invocation_id="one")
    (failed,) = [stored.row.outcome for stored in outcomes(store) if isinstance(stored.row.outcome, Failure)]
    n_before = len(ollama_by_script.chats)
    is_broken = False
    evaluate(path, candidates=["model pipeline=refine"], max_failures="100%", invocation_id="one")

    assert failed.message.startswith("stage 'critique 1': ")
    assert 2 == len(ollama_by_script.chats) - n_before
    assert ["draft", "critique 1", "revision 1"] == [
        row.name for row in stages_of(store, "model pipeline=refine")["c2", 0]
    ]
    assert 4 == len(answers_of(store, "model pipeline=refine"))


def test_a_model_that_cannot_be_loaded_in_a_later_round_fails_its_candidate_alone(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("small", knows_even_numbers)
    ollama_by_script.add("big", load_error=(400, "invalid model file"))

    state = evaluate(benchmark_file(8), candidates=[CASCADE, "small"], invocation_id="one")

    assert state.is_failed()
    statuses = {each.plan.label: (each.status, each.given_up_reason) for each in only_run(store).candidates}
    assert (Status.COMPLETED, None) == statuses["small"]
    assert Status.FAILED == statuses[CASCADE][0]
    assert "big could not be loaded" in str(statuses[CASCADE][1])
    assert {"c0", "c2", "c4", "c6"} == set(answers_of(store, CASCADE))


def test_a_sweep_varies_the_options_of_a_pipeline(
    sweep: Sweep, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("model", lambda _: Reply(text="7"))

    sweep(
        benchmark_file(6),
        "chunk_size=1,2",
        evaluation={"models": ["model"], "options": ["pipeline=map_reduce", "note_tokens=8"]},
    )

    labels = set(results(store))
    assert {f"model pipeline=map_reduce note_tokens=8 chunk_size={size}" for size in (1, 2)} == labels
    n_notes = Counter("Below is part" in chat.prompt for chat in ollama_by_script.chats)[True]
    assert 6 * 3 + 6 * 2 == n_notes


def test_a_sweep_of_retrieval_varies_the_passages_though_models_have_an_option_of_that_name(
    sweep: Sweep, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, tmp_path: Path
) -> None:
    (tmp_path / "corpus.md").write_text("\n\n".join(f"What is {n}? It is {n}." for n in range(6)))
    ollama_by_script.add("model", lambda _: Reply(text="7"))
    options = ["pipeline=retrieval", f"corpus={tmp_path / 'corpus.md'}", "method=bm25"]

    sweep(benchmark_file(6), "chunk_size=6,12", "top_k=1,2", evaluation={"models": ["model"], "options": options})

    assert 4 == len(results(store))
    assert {40} == {chat.options["top_k"] for chat in ollama_by_script.chats}
    outcome = sweep_outcome(store, "one")
    assert ["chunk_size", "top_k"] == list(outcome.parameters)
    assert () == outcome.as_asked


def test_two_folders_of_one_name_are_two_labels_in_the_store_and_in_what_is_printed(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    tmp_path: Path,
) -> None:
    ollama_by_script.add("small")
    for name in ("x1", "x2"):
        (tmp_path / name / "docs").mkdir(parents=True)
        (tmp_path / name / "docs" / "a.md").write_text(f"What is {name}?\n")

    folders = [f"small pipeline=retrieval corpus={tmp_path}/{name}/docs method=bm25" for name in ("x1", "x2")]
    evaluate(benchmark_file(2), candidates=folders, invocation_id="one")

    expected = [f"small pipeline=retrieval corpus={name}/docs method=bm25" for name in ("x1", "x2")]
    with store.read() as connection:
        stored = list(connection.execute(sa.select(run_candidate.c.label).order_by(run_candidate.c.id)).scalars())
    assert stored == expected
    assert list(results(store)) == expected
