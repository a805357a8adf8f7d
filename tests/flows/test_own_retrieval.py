"""A pipeline of a user's file that searches a corpus, in a whole run: as the one of ours does, and refused in time."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from looking_back import only_run, outcomes, results
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.pipelines import pipeline_process
from evaluation.pipelines.pipeline_process import end_processes
from evaluation.run_results.case_result import case_result
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]
OWN = """
import time
from dataclasses import dataclass, field
from typing import ClassVar

from evaluation.case import Message
from evaluation.pipelines.pipeline import CORPUS, EMBEDDER, Pipeline, PipelineResult, one_reply
from evaluation.pipelines.stages import AskModel, EmbedTexts, SearchPassages

@dataclass(frozen=True, kw_only=True)
class Mine(Pipeline):
    name: ClassVar[str] = "mine"
    summary: ClassVar[str] = "answers from the nearest passages"

    corpus: str = field(metadata=CORPUS)
    embedder: str = field(metadata=EMBEDDER)
    stuck: str = ""

    def run(self, task):
        if task.case.case_id == self.stuck:
            time.sleep(3600)
        if self.stuck == "none asks":
            return PipelineResult(answer="7")
        (embedded,) = yield (EmbedTexts(stage="embed", texts=(task.question,), model=self.embedder),)
        (reply,) = yield (
            SearchPassages(
                stage="search",
                query=task.question,
                vector=embedded.values[0],
                method="dense",
                top_k=2,
                min_similarity=0,
            ),
        )
        listed = " ".join(passage.text for passage in reply.passages)
        message = Message(role="user", content=f"{task.question} Read: {listed}")
        answer = yield from one_reply(AskModel(stage="answer", messages=(message,)))
        if self.stuck == "at the end":
            raise ValueError("too bad")
        return PipelineResult(answer=answer.text, sources=reply.passages)
"""


@pytest.fixture(autouse=True)
def processes() -> Iterator[None]:
    yield
    end_processes()
    pipeline_process._processes.clear()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.md").write_text(f"What is {number}? It is {number}.\n")
    return folder


@pytest.fixture
def candidate(tmp_path: Path, corpus: Path, ollama_by_script: ScriptedOllama) -> str:
    def reads(chat: Chat) -> Reply:
        return Reply(text=f"{len(chat.body['messages'][-1]['content'])} [1].")

    (tmp_path / "mine.py").write_text(OWN)
    ollama_by_script.add("model", reads)
    ollama_by_script.add("embedder", capabilities=("embedding",))
    return f"model pipeline={tmp_path}/mine.py:Mine corpus={corpus} embedder=embedder"


def sources_of(store: Store, run_id: str) -> dict[str, list[list[tuple[str, float]]]]:
    """Return the sources of each case, a list for each candidate."""
    return {
        case_id: [
            [(source.document, round(source.relevance, 6)) for source in each.outcomes[0].trace.sources or ()]
            for each in case_result(store, run_id, case_id).candidates
            if each.outcomes[0].trace is not None
        ]
        for case_id in ("c0", "c1", "c2", "c3")
    }


def test_it_finds_what_ours_finds_and_loads_and_embeds_as_little(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    candidate: str,
    corpus: Path,
) -> None:
    ours = f"model pipeline=retrieval corpus={corpus} embedder=embedder top_k=2 method=dense min_similarity=0"

    assert evaluate(benchmark_file(4), candidates=[candidate], invocation_id="one").is_completed()
    loads, embedded = [name for name, _ in ollama_by_script.loads], Counter(ollama_by_script.embedded)
    evaluate(benchmark_file(4, name="again"), candidates=[candidate, ours], invocation_id="two")

    assert ["model"] == loads
    del embedded["Hello"]
    assert (6 + 4, {1}) == (len(embedded), set(embedded.values()))
    (later,) = runs_of_invocation(store, "two")
    both = sources_of(store, later.plan.run_id)
    assert all(mine == theirs and len(mine) == 2 for mine, theirs in both.values())
    assert {f"c{n}": f"{n}.md" for n in range(4)} == {case_id: found[0][0][0] for case_id, found in both.items()}


def test_a_changed_document_makes_another_candidate_and_embeds_that_document_alone(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    candidate: str,
    corpus: Path,
) -> None:
    evaluate(benchmark_file(4), candidates=[candidate], invocation_id="one")
    before = Counter(ollama_by_script.embedded)
    (corpus / "0.md").write_text("What is 0? It is nothing.\n")
    evaluate(benchmark_file(4), candidates=[candidate], invocation_id="two")

    new = ollama_by_script.embedded - before
    assert {"What is 0? It is nothing."} == {text for text in new if text.startswith("What is 0? ")}
    assert not [text for text in new if text.startswith("What is 1? ")]
    runs = [runs_of_invocation(store, name)[0] for name in ("one", "two")]
    assert 2 == len({run.candidates[0].plan.candidate_fingerprint for run in runs})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("embedder=embedder", "embedder=model", "model is the candidate's own model"),
        ("embedder=embedder", "embedder=chatty", "embeds no texts"),
        ("embedder=embedder", "embedder=unknown", "unknown"),
        ("embedder=embedder", "", "needs the option 'embedder'"),
        ("/corpus ", "/nowhere ", "no such corpus"),
        ("/corpus ", "/empty ", "has no text"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_asked(
    evaluate: Evaluate,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    candidate: str,
    tmp_path: Path,
    old: str,
    new: str,
    message: str,
) -> None:
    (tmp_path / "empty").mkdir()
    ollama_by_script.add("chatty", capabilities=("completion",))

    state = evaluate(benchmark_file(4), candidates=[candidate.replace(old, new)], invocation_id="one")

    assert state.is_failed()
    with pytest.raises(ConfigurationError, match=message):
        raise state.data if isinstance(state.data, BaseException) else _error(state)
    assert not ollama_by_script.embedded
    assert not ollama_by_script.asked("model")


def test_a_case_that_never_returns_fails_by_name_and_the_others_are_answered(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    candidate: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BENCHWRIGHT_PIPELINE_TIMEOUT_S", "1")

    state = evaluate(benchmark_file(4), candidates=[f"{candidate} stuck=c2"], invocation_id="one")

    assert state.is_completed()
    assert only_run(store)
    rows = {stored.row.case_id: stored.row.outcome for stored in outcomes(store)}
    failures = {case_id: row.own_failure for case_id, row in rows.items() if isinstance(row, Generation)}
    assert {"c0": None, "c1": None, "c2": "pipeline_failed", "c3": None} == failures
    assert "did not return within 1 s and was stopped" in str(rows["c2"].message)


def test_one_that_asks_nothing_is_scored_by_its_answer(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, candidate: str
) -> None:
    state = evaluate(benchmark_file(4), candidates=[f"{candidate} stuck='none asks'"], invocation_id="one")

    assert state.is_completed()
    assert {"7"} == {
        stored.row.outcome.answer for stored in outcomes(store) if isinstance(stored.row.outcome, Generation)
    }
    assert not ollama_by_script.asked("model")


def test_one_that_raises_after_a_reply_is_scored_as_an_empty_answer_and_not_by_that_reply(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, candidate: str
) -> None:
    ollama_by_script.add("model", right)

    evaluate(benchmark_file(4), candidates=[f"{candidate} stuck='at the end'"], invocation_id="one")

    answers = [stored.row.outcome for stored in outcomes(store)]
    assert {("", "", "pipeline_failed")} == {
        (each.answer, each.text, each.own_failure) for each in answers if isinstance(each, Generation)
    }
    (value,) = {each.metrics["exact_match"].value for each in results(store).values()}
    assert 0 == value


def _error(state: Any) -> BaseException:
    error: BaseException = state.result(raise_on_failure=False)
    return error
