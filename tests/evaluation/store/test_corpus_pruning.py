"""Passages, indexes and vectors go with the last run that refers to them, and not before."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from stored_rows import save_outcomes

from evaluation.candidate import Candidate, PipelineChoice
from evaluation.generation import Generation, Timing
from evaluation.passage import Passage
from evaluation.pipelines.stages import Passages
from evaluation.records.indexes import IndexRecord
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.runs import RunCandidatePlan, RunPlan
from evaluation.records.stages import Trace
from evaluation.records.status import Status
from evaluation.retrieval.documents import Corpus, Document
from evaluation.retrieval.passages import Chunker, index_identity
from evaluation.store.corpus_indexes import find_index, save_index
from evaluation.store.corpus_pruning import Leftovers, delete_leftovers
from evaluation.store.embeddings import load_vectors, save_vectors
from evaluation.store.holders import let_go, take_hold
from evaluation.store.outcomes import load_outcomes
from evaluation.store.plans import add_run_candidate
from evaluation.store.pruning import find_prunable, prune
from evaluation.store.registry import save_candidate
from evaluation.store.runs import set_run_status
from evaluation.store.session import Store
from evaluation.store.stage_rows import insert_stages, load_stages
from evaluation.store.tables import corpus_index, embedding, estimate, metric, passage, run
from tests.support.stored_stages import make_stage

OLD, BEFORE, NEW = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3, 5))
CHUNKER = Chunker(size=8)
A, B, C = (Passage(document="a.md", position=n, text=f"Fact {n}.", relevance=0.5) for n in range(3))


def corpus_of(text: str) -> Corpus:
    return Corpus(name="docs", documents=(Document(path="a.md", text=text, digest=text),))


@pytest.fixture
def searched_run(
    store: Store, plan_run: Callable[..., RunPlan], make_row: Callable[..., OutcomeRow]
) -> Callable[..., int]:
    """Stores a run that searched a corpus, found some passages and answered with others as its sources."""

    def store_one(run_id: str, corpus: str, found: list[Passage], sources: list[Passage], *, at: datetime = OLD) -> int:
        plan_run(run_id, invocation_id=f"of-{run_id}")
        choice = PipelineChoice(
            name="retrieval",
            options={},
            signature=f"Retrieval({corpus})|v1",
            models={},
            corpus=corpus_of(corpus).digest,
        )
        candidate = Candidate(model="m:1b", digest="d", options={}, pipeline=choice)
        candidate_id = add_run_candidate(
            store,
            RunCandidatePlan(
                run_id=run_id,
                candidate_fingerprint=save_candidate(store, candidate),
                label=candidate.label,
                model_name="m:1b",
                digest="d",
                endpoint_name="local",
                endpoint_url="http://127.0.0.1:11434",
                provider="ollama",
                server_version="0.9.0",
                options={},
                slots=2,
                details={},
            ),
        )
        no_chat = Generation(answer="", text="", timing=Timing(total_s=0.25))
        search = make_stage(
            candidate_id, "search", kind="search", reply=Passages(passages=tuple(found)), generation=no_chat
        )
        with store.write() as connection:
            insert_stages(connection, [search])
        row = make_row(candidate_id, "case-0")
        answer = Generation(answer="four", text="four", sources=tuple(sources))
        save_outcomes(store, [replace(row, outcome=answer, trace=Trace())])
        set_run_status(store, run_id, Status.COMPLETED)
        with store.write() as connection:
            connection.execute(sa.update(run).where(run.c.id == run_id).values(finished_at=at))
        return candidate_id

    return store_one


def save_old_index(store: Store, corpus: str, embedder: str = "e", *, at: datetime = OLD) -> str:
    identity = index_identity(corpus_of(corpus), CHUNKER, embedder=embedder, digest=f"{embedder}1" if embedder else "")
    record = IndexRecord(
        identity=identity,
        corpus="docs",
        n_documents=1,
        n_passages=3,
        chunker=CHUNKER.signature,
        embedder=embedder or None,
        embedder_digest=f"{embedder}1" if embedder else None,
        dimension=2 if embedder else None,
        created_at=at,
    )
    save_index(store, record)
    return identity


def save_old_vectors(store: Store, model: str, *texts: str, at: datetime = OLD) -> None:
    save_vectors(store, model, f"{model}1", dict.fromkeys(texts, (0.5, 1.0)))
    with store.write() as connection:
        newest = embedding.c.embedded_at > NEW
        connection.execute(sa.update(embedding).where(newest).values(embedded_at=at))


def texts_of_passages(store: Store) -> set[str]:
    with store.read() as connection:
        return set(connection.execute(sa.select(passage.c.text)).scalars())


def test_passages_that_only_deleted_runs_named_go_and_those_of_others_stay(
    store: Store, searched_run: Callable[..., int]
) -> None:
    searched_run("old", "first", [A, B], [B])
    kept = searched_run("new", "first", [B], [C], at=NEW)

    deleted = prune(store, find_prunable(store, BEFORE))

    assert ("old",) == deleted.run_ids
    assert Leftovers(n_passages=1) == deleted.leftovers
    assert {B.text, C.text} == texts_of_passages(store)
    ((row,),) = load_stages(store, kept, ["case-0"]).values()
    assert Passages(passages=(B,)) == row.reply
    (stored,) = load_outcomes(store, kept, ["case-0"])
    assert isinstance(stored.row.outcome, Generation)
    assert (C,) == stored.row.outcome.sources


def test_the_index_of_a_corpus_stays_as_long_as_a_run_has_that_corpus(
    store: Store, searched_run: Callable[..., int]
) -> None:
    searched_run("old", "first", [A], [A])
    searched_run("new", "second", [B], [B], at=NEW)
    first, second, by_words = (save_old_index(store, *of) for of in (("first",), ("second",), ("second", "")))
    fresh = save_old_index(store, "third", at=NEW)

    leftovers = prune(store, find_prunable(store, BEFORE)).leftovers

    assert 1 == leftovers.n_indexes
    assert find_index(store, first) is None
    assert all(find_index(store, identity) for identity in (second, by_words, fresh))


def test_vectors_stay_as_long_as_their_model_embeds_a_corpus_or_for_a_metric(
    store: Store, searched_run: Callable[..., int], plan_candidate: Callable[..., int]
) -> None:
    searched_run("old", "first", [A], [A])
    used = searched_run("new", "second", [B], [B], at=NEW)
    save_old_index(store, "first", "gone")
    save_old_index(store, "second", "kept")
    for model in ("gone", "kept", "of_a_metric"):
        save_old_vectors(store, model, A.text, B.text)
    save_vectors(store, "gone", "gone1", {"A new text.": (0.5, 1.0)})
    with store.write() as connection:
        signature = "SemanticSimilarity(model='of_a_metric', digest='of_a_metric1')|v1"
        connection.execute(sa.insert(metric).values(key="k", name="semantic_similarity", signature=signature))
        connection.execute(
            sa.insert(estimate).values(
                run_candidate_id=used,
                metric_key="k",
                quantity="value",
                value=0.5,
                n_cases=3,
                method="mean",
                confidence_level=0.95,
                details={},
                estimated_at=OLD,
            )
        )

    assert Leftovers(n_passages=1, n_indexes=1, n_vectors=2) == prune(store, find_prunable(store, BEFORE)).leftovers

    assert {"A new text."} == load_vectors(store, "gone", "gone1", [A.text, B.text, "A new text."]).keys()
    assert 2 == len(load_vectors(store, "kept", "kept1", [A.text, B.text]))
    assert 2 == len(load_vectors(store, "of_a_metric", "of_a_metric1", [A.text, B.text]))


def test_while_a_run_is_in_progress_nothing_goes_and_the_next_time_it_does(
    store: Store, searched_run: Callable[..., int], plan_run: Callable[..., RunPlan]
) -> None:
    searched_run("old", "first", [A], [A])
    save_old_index(store, "first")
    save_old_vectors(store, "e", A.text)
    plan_run("at-work", invocation_id="of-at-work")
    holder = take_hold(store, ["at-work"])

    assert Leftovers() == prune(store, find_prunable(store, BEFORE)).leftovers
    assert {A.text} == texts_of_passages(store)
    let_go(store, holder)

    assert Leftovers(n_passages=1, n_indexes=1, n_vectors=1) == prune(store, find_prunable(store, BEFORE)).leftovers
    with store.read() as connection:
        assert 0 == connection.execute(sa.select(sa.func.count()).select_from(corpus_index)).scalar_one()


def test_many_passages_go_in_one_transaction(store: Store, searched_run: Callable[..., int]) -> None:
    many = [Passage(document="a.md", position=n, text=f"Fact {n}.") for n in range(2_500)]
    searched_run("old", "first", many, many[:3])
    searched_run("new", "first", many[::2], [], at=NEW)

    assert 1_250 == prune(store, find_prunable(store, BEFORE)).leftovers.n_passages
    assert {each.text for each in many[::2]} == texts_of_passages(store)


def test_nothing_is_deleted_from_an_empty_store(store: Store, tmp_path: Path) -> None:
    assert Leftovers() == delete_leftovers(store, datetime.now(UTC) + timedelta(days=1))
