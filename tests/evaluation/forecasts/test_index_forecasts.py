"""What has to be embedded before the cases of a request can be asked is told before anything is asked."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted_ollama import ScriptedOllama

from evaluation.case import Benchmark, Case
from evaluation.forecasts.costs import Forecast
from evaluation.forecasts.request_forecast import forecast_request
from evaluation.reports.forecasts import sentences
from evaluation.requests.evaluation_request import read_request
from evaluation.resolution.resolution import resolve
from evaluation.retrieval.documents import Corpus, read_corpus
from evaluation.retrieval.passages import Chunker, passages_of
from evaluation.settings import Settings
from evaluation.store.embeddings import save_vectors
from evaluation.store.session import Store, open_store

NUMBERS = Benchmark(
    name="numbers", task_type="reasoning", cases=(Case(case_id="c", prompt="What is 1?", references=("1",)),)
)
PARAGRAPHS = tuple(" ".join([f"fact{number}"] * 7) + "." for number in range(6))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "results.db")) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "facts.md").write_text("\n\n".join(PARAGRAPHS))
    return tmp_path / "corpus"


def forecast_of(store: Store, server: ScriptedOllama, *candidates: str) -> Forecast:
    if not server.models:
        server.add("small")
        server.add("big")
        for name in ("embedder", "other"):
            server.add(name, capabilities=("embedding",))
    request = read_request({"benchmarks": ["numbers"], "candidates": list(candidates), "endpoints": [server.url]})
    resolution = asyncio.run(resolve(request, [NUMBERS], settings=Settings(), store=None))
    return forecast_request(store, request, resolution)


def searching(folder: Path, model: str = "small", embedder: str = "embedder", size: int = 7) -> str:
    return f"{model} pipeline=retrieval corpus={folder} embedder={embedder} chunk_size={size} chunk_overlap=0"


def texts_of(corpus: Corpus, size: int) -> list[str]:
    chunker = Chunker(size=size)
    return [passage.text for document in corpus.documents for passage in passages_of(document, chunker)]


def test_texts_of_an_index_are_counted_by_embedder_with_those_that_are_stored(
    store: Store, ollama_by_script: ScriptedOllama, folder: Path
) -> None:
    before = forecast_of(store, ollama_by_script, searching(folder))
    model = ollama_by_script.models["embedder"]
    texts = texts_of(read_corpus(folder), 7)
    save_vectors(store, "embedder", model.digest, dict.fromkeys(texts[:2], (1.0, 2.0)))
    after = forecast_of(store, ollama_by_script, searching(folder))

    (index,) = before.indexes
    assert (6, 0, 0, 6) == (index.n_passages, index.n_stored, index.n_shared, index.n_to_embed)
    assert ("embedder", 7) == (index.embedder, index.chunk_size)
    (index,) = after.indexes
    assert (2, 4) == (index.n_stored, index.n_to_embed)
    (told,) = (sentence for sentence in sentences(after) if sentence.startswith("corpus "))
    assert "6 passages, 4 texts to embed first by embedder (2 stored already)" in told


def test_an_index_that_several_candidates_search_counts_once_and_a_shared_text_with_the_first(
    store: Store, ollama_by_script: ScriptedOllama, folder: Path
) -> None:
    candidates = [searching(folder, "small"), searching(folder, "big"), searching(folder, size=8)]
    found = forecast_of(store, ollama_by_script, *candidates, searching(folder, embedder="other"))

    shown = [(index.chunk_size, index.embedder, index.n_shared, index.n_to_embed) for index in found.indexes]
    assert [(7, "embedder", 0, 6), (8, "embedder", 6, 0), (7, "other", 0, 6)] == shown


def test_a_search_by_words_and_a_plain_model_embed_nothing(
    store: Store, ollama_by_script: ScriptedOllama, folder: Path
) -> None:
    found = forecast_of(
        store, ollama_by_script, "small", f"small pipeline=retrieval corpus={folder} method=bm25 chunk_size=7"
    )

    assert () == found.indexes
    assert not [sentence for sentence in sentences(found) if sentence.startswith("corpus ")]
