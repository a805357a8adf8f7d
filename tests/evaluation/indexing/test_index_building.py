"""Is each text of a corpus embedded once, whatever happens in between?"""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.indexing.index_building import BATCH, build_index
from evaluation.indexing.index_cache import INDEXES, IndexCache
from evaluation.passage import Passage
from evaluation.providers.provider import TextEmbedding
from evaluation.retrieval.documents import Corpus, read_corpus
from evaluation.retrieval.passages import Chunker, index_identity
from evaluation.retrieval.search import Index, Query
from evaluation.retry_schedule import RetrySchedule
from evaluation.store.corpus_indexes import find_index, save_index
from evaluation.store.embeddings import load_vectors, save_vectors
from evaluation.store.session import Store, open_store

CHUNKER = Chunker(size=20)


@dataclass
class MockEmbedder:
    """Gives each text a vector of its own, and counts what it is asked."""

    dimension: int = 4
    fails_at: dict[str, ProviderError] = field(default_factory=dict)
    """Texts that it refuses."""
    n_failures: int = 0
    """Times that it is busy before it answers."""
    texts: Counter[str] = field(default_factory=Counter)
    n_calls: int = 0

    async def __call__(self, texts: Sequence[str]) -> list[TextEmbedding]:
        self.n_calls += 1
        if self.n_failures:
            self.n_failures -= 1
            raise TransientProviderError("busy", FailureKind.QUEUE_FULL)
        for text in texts:
            if text in self.fails_at:
                raise self.fails_at[text]
        self.texts.update(texts)
        vectors = [vector_of(text, self.dimension) for text in texts]
        return [TextEmbedding(vector=vector, prompt_tokens=5) for vector in vectors]


def vector_of(text: str, dimension: int = 4) -> tuple[float, ...]:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    return tuple(map(float, np.random.default_rng(seed).normal(size=dimension)))


@pytest.fixture(autouse=True)
def nothing_in_memory() -> Iterator[None]:
    INDEXES.clear()
    yield
    INDEXES.clear()


def write_corpus(folder: Path, *, n_documents: int, n_paragraphs: int, words: int = 18) -> Corpus:
    folder.mkdir(exist_ok=True)
    for document in range(n_documents):
        paragraphs = (
            " ".join(f"word{(document * 31 + paragraph * 7 + i) % 997}" for i in range(words))
            + f" {document} {paragraph}"
            for paragraph in range(n_paragraphs)
        )
        (folder / f"{document:03}.md").write_text("\n\n".join(paragraphs))
    return read_corpus(folder)


def build(
    store: Store, corpus: Corpus, embed: MockEmbedder | None, *, chunker: Chunker = CHUNKER, digest: str = "d1"
) -> Index:
    if embed is None:
        return asyncio.run(build_index(store, corpus, chunker))
    retries = RetrySchedule(base_s=0.0)
    return asyncio.run(
        build_index(store, corpus, chunker, embedder="vectors", digest=digest, embed=embed, retries=retries)
    )


def built_anew(store: Store, corpus: Corpus, embed: MockEmbedder | None, **options: object) -> Index:
    """Build as another process would, without what is in memory."""
    INDEXES.clear()
    return build(store, corpus, embed, **options)  # type: ignore[arg-type]


def test_each_row_is_the_vector_of_its_passage_with_length_1(store: Store, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=3, n_paragraphs=40)

    index = build(store, corpus, MockEmbedder())

    assert index.vectors is not None
    assert (120, np.float32) == (len(index.passages), index.vectors.dtype)
    expected = np.array([vector_of(passage.text) for passage in index.passages])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert index.vectors == pytest.approx(expected, abs=1e-6)
    query = Query(text="", vector=vector_of(index.passages[77].text), method="dense", top_k=1)
    assert [index.passages[77].passage_id] == [passage.passage_id for (passage,) in index.search([query])]


def test_an_index_is_recorded_with_what_it_was_built_of(store: Store, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=3, n_paragraphs=2)
    build(store, corpus, MockEmbedder())
    build(store, corpus, None)

    by_vectors = find_index(store, index_identity(corpus, CHUNKER, embedder="vectors", digest="d1"))
    by_words = find_index(store, index_identity(corpus, CHUNKER))

    assert by_vectors is not None
    assert by_words is not None
    assert (str(tmp_path / "docs"), 3, 6, CHUNKER.signature, "vectors", "d1", 4) == (
        by_vectors.corpus,
        by_vectors.n_documents,
        by_vectors.n_passages,
        by_vectors.chunker,
        by_vectors.embedder,
        by_vectors.embedder_digest,
        by_vectors.dimension,
    )
    assert by_words == replace(
        by_vectors,
        identity=by_words.identity,
        embedder=None,
        embedder_digest=None,
        dimension=None,
        n_embedded=None,
        embedded_tokens=None,
        created_at=by_words.created_at,
    )
    assert find_index(store, "unknown") is None


def test_an_index_keeps_what_was_embedded_for_it_and_vectors_from_the_store_count_nothing(
    store: Store, tmp_path: Path
) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=2, n_paragraphs=40)
    build(store, corpus, MockEmbedder())
    built_anew(store, corpus, MockEmbedder())
    (tmp_path / "docs" / "new.md").write_text("Snakes have no legs.")
    larger = read_corpus(tmp_path / "docs")
    build(store, larger, MockEmbedder())
    same = built_anew(store, corpus, MockEmbedder(), chunker=Chunker(size=20, overlap=1))

    records = [
        find_index(store, index_identity(each, CHUNKER, embedder="vectors", digest="d1")) for each in (corpus, larger)
    ]
    assert [(80, 400), (1, 5)] == [(each.n_embedded, each.embedded_tokens) for each in records if each is not None]
    assert same.vectors is not None


def test_two_indexes_side_by_side_embed_their_common_texts_once(store: Store, tmp_path: Path) -> None:
    corpora = []
    for name in ("one", "two"):
        folder = tmp_path / name
        corpora.append(write_corpus(folder, n_documents=1, n_paragraphs=70))
        (folder / f"{name}.md").write_text(f"Only {name} has this.")
        corpora[-1] = read_corpus(folder)
    embedder = MockEmbedder()

    async def both() -> None:
        builds = (
            build_index(store, each, CHUNKER, embedder="vectors", digest="d1", embed=embedder) for each in corpora
        )
        await asyncio.gather(*builds)

    asyncio.run(both())

    assert {1} == set(embedder.texts.values())
    assert 72 == len(embedder.texts)


def test_a_second_build_embeds_nothing_and_finds_the_same_index(store: Store, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=3, n_paragraphs=40)
    embedder = MockEmbedder()

    first, second = build(store, corpus, embedder), built_anew(store, corpus, embedder)

    assert 120 == embedder.texts.total() == len(embedder.texts)
    assert -(-120 // BATCH) == embedder.n_calls
    assert first.passages == second.passages
    assert np.array_equal(first.vectors, second.vectors)  # type: ignore[arg-type]


def test_one_changed_file_of_200_re_embeds_only_its_passages(store: Store, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=200, n_paragraphs=25)
    embedder = MockEmbedder()
    first = build(store, corpus, embedder)
    assert (5_000, 5_000) == (len(first.passages), embedder.texts.total())

    changed = tmp_path / "docs" / "017.md"
    paragraphs = changed.read_text().split("\n\n")
    changed.write_text("\n\n".join([*paragraphs[:3], "A new paragraph between the old ones.", *paragraphs[3:]]))
    embedder.texts.clear()
    corpus_now = read_corpus(tmp_path / "docs")
    second = built_anew(store, corpus_now, embedder)

    new = {passage.text for passage in second.passages} - {passage.text for passage in first.passages}
    assert set(embedder.texts) == new
    assert 1 <= embedder.texts.total() <= 2
    assert {"017.md"} == {passage.document for passage in second.passages if passage.text in new}
    identities = {index_identity(each, CHUNKER, embedder="vectors", digest="d1") for each in (corpus, corpus_now)}
    assert 2 == len(identities)
    assert all(find_index(store, identity) for identity in identities)


def test_equal_passages_are_embedded_once(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Spiders have 8 legs.")
    (tmp_path / "b.txt").write_text("Spiders have 8 legs.")
    embedder = MockEmbedder()

    index = build(store, read_corpus(tmp_path), embedder)

    assert {"Spiders have 8 legs.": 1} == embedder.texts
    assert index.vectors is not None
    assert np.array_equal(index.vectors[0], index.vectors[1])


def test_other_weights_share_no_vector(store: Store, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=1, n_paragraphs=2)
    embedder = MockEmbedder()
    build(store, corpus, embedder)
    build(store, corpus, MockEmbedder(dimension=6), digest="d2")

    assert 2 == embedder.texts.total()
    assert 4 == len(load_vectors(store, "vectors", "d1", list(embedder.texts)).popitem()[1])
    assert 6 == len(load_vectors(store, "vectors", "d2", list(embedder.texts)).popitem()[1])


def test_a_failure_in_between_loses_only_its_batch(store: Store, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=5, n_paragraphs=40)
    texts = [passage.text for passage in build(store, corpus, None).passages]
    embedder = MockEmbedder(fails_at={texts[BATCH]: ProviderError("gone", FailureKind.MODEL_NOT_PULLED)})

    with pytest.raises(ProviderError, match="gone"):
        build(store, corpus, embedder)
    embedder.fails_at = {}
    build(store, corpus, embedder)

    assert dict.fromkeys(texts, 1) == embedder.texts


def test_a_busy_server_is_asked_again(store: Store, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=1, n_paragraphs=2)
    assert build(store, corpus, MockEmbedder(n_failures=3)).vectors is not None


def test_a_passage_that_the_embedder_refuses_is_named(store: Store, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=2, n_paragraphs=10)
    text = build(store, corpus, None).passages[13].text
    refusal = ProviderError("longer than the context", FailureKind.PROMPT_TOO_LONG)

    with pytest.raises(ProviderError) as refused:
        build(store, corpus, MockEmbedder(fails_at={text: refusal}))

    assert FailureKind.PROMPT_TOO_LONG == refused.value.kind
    assert refused.value.message == (
        "the embedder 'vectors' refuses the passage '001.md#3', which has 20 words: longer than the context"
    )
    assert "smaller chunk_size" in str(refused.value.next_step)


def test_another_dimension_than_that_of_stored_vectors_is_refused(store: Store, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=2, n_paragraphs=2)
    build(store, corpus, MockEmbedder())
    (tmp_path / "docs" / "new.md").write_text("Snakes have no legs.")

    with pytest.raises(ProviderError, match=r"'vectors' gives embeddings of 6 numbers, .* stored ones of 4") as refused:
        built_anew(store, read_corpus(tmp_path / "docs"), MockEmbedder(dimension=6))

    assert FailureKind.WRONG_EMBEDDING is refused.value.kind
    assert {} == load_vectors(store, "vectors", "d1", ["Snakes have no legs."])


def test_another_dimension_than_that_of_the_stored_index_is_refused(store: Store, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=1, n_paragraphs=1)
    build(store, corpus, MockEmbedder())
    other = open_store(f"sqlite:///{tmp_path}/other.db")
    record = find_index(store, index_identity(corpus, CHUNKER, embedder="vectors", digest="d1"))
    assert record is not None
    save_index(other, record)
    with pytest.raises(ProviderError, match="embeddings of 6 numbers"):
        build(other, corpus, MockEmbedder(dimension=6))
    other.close()


@pytest.mark.parametrize(
    ("vectors", "message"),
    [([], "0 vectors for 2 texts, of no numbers"), ([(1.0,), (1.0, 2.0)], "2 vectors for 2 texts, of 1 and 2 numbers")],
)
def test_an_embedder_that_answers_otherwise_than_asked_is_refused(
    vectors: list[tuple[float, ...]], message: str, store: Store, tmp_path: Path
) -> None:
    async def embed(texts: Sequence[str]) -> list[TextEmbedding]:
        return [TextEmbedding(vector=vector) for vector in vectors]

    corpus = write_corpus(tmp_path / "docs", n_documents=1, n_paragraphs=2)
    with pytest.raises(ProviderError, match=message):
        asyncio.run(build_index(store, corpus, CHUNKER, embedder="vectors", digest="d1", embed=embed))


def test_vectors_that_another_process_stored_meanwhile_are_used(store: Store, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=1, n_paragraphs=1)

    async def embed(texts: Sequence[str]) -> list[TextEmbedding]:
        save_vectors(store, "vectors", "d1", dict.fromkeys(texts, (3.0, 4.0)))
        return [TextEmbedding(vector=(1.0, 0.0)) for _ in texts]

    index = asyncio.run(build_index(store, corpus, CHUNKER, embedder="vectors", digest="d1", embed=embed))

    assert index.vectors == pytest.approx(np.array([[0.6, 0.8]]))


def test_two_builds_side_by_side_embed_once_and_share_the_index(store: Store, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=2, n_paragraphs=3)
    embedder = MockEmbedder()

    async def both() -> list[Index]:
        builds = (
            build_index(store, corpus, CHUNKER, embedder="vectors", digest="d1", embed=embedder) for _ in range(2)
        )
        return list(await asyncio.gather(*builds))

    first, second = asyncio.run(both())

    assert first is second
    assert 6 == embedder.texts.total()


@pytest.mark.parametrize("values", [{"embedder": "vectors"}, {"digest": "d1"}, {"embed": MockEmbedder()}])
def test_an_embedder_has_a_name_weights_and_a_way_to_ask(
    values: dict[str, object], store: Store, tmp_path: Path
) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=1, n_paragraphs=1)
    with pytest.raises(ValueError, match="come together"):
        asyncio.run(build_index(store, corpus, CHUNKER, **values))  # type: ignore[arg-type]


def index_of(n: int) -> Index:
    return Index(passages=tuple(Passage(document="a.txt", position=i, text=str(i)) for i in range(n)))


def test_indexes_not_used_for_longest_are_forgotten() -> None:
    cache = IndexCache(most_indexes=2, most_passages=100)
    for name in "ab":
        cache.keep(("store", name), index_of(10))
    assert cache.get(("store", "a")) is not None
    cache.keep(("store", "c"), index_of(10))

    assert [False, True, False] == [cache.get(("store", name)) is None for name in "abc"]
    assert cache.get(("other store", "a")) is None
    cache.keep(("store", "large"), index_of(500))
    assert 1 == len(cache)


PROCESS = """
import asyncio, os, signal, sys
from pathlib import Path
from evaluation.indexing.index_building import build_index
from evaluation.providers.provider import TextEmbedding
from evaluation.retrieval.documents import read_corpus
from evaluation.retrieval.passages import Chunker
from evaluation.store.session import open_store

n_calls = 0
async def embed(texts):
    global n_calls
    n_calls += 1
    if n_calls == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    print(len(texts), flush=True)
    return [TextEmbedding(vector=(float(len(text)), 2.0, 3.0, os.getpid())) for text in texts]

with open_store(sys.argv[1]) as store:
    corpus = read_corpus(Path(sys.argv[2]))
    build = build_index(store, corpus, Chunker(size=20), embedder="vectors", digest="d1", embed=embed)
    index = asyncio.run(build)
    print(hash(index.vectors.tobytes()))
"""


def start(url: str, folder: Path, *, killed_at: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, url, str(folder), str(killed_at)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.getcwd(), "PYTHONHASHSEED": "1"},
    )


def test_a_killed_process_loses_no_batch_but_the_one_it_was_at(sqlite_url: str, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "docs", n_documents=10, n_paragraphs=40)
    open_store(sqlite_url).close()
    killed = start(sqlite_url, tmp_path / "docs", killed_at=4)
    printed, _ = killed.communicate()
    assert -signal.SIGKILL == killed.returncode
    assert [BATCH] * 3 == list(map(int, printed.split()))

    embedder = MockEmbedder()
    with open_store(sqlite_url) as store:
        build(store, corpus, embedder)

    assert 400 - 3 * BATCH == embedder.texts.total()


def test_two_processes_at_once_end_with_the_same_vectors(sqlite_url: str, tmp_path: Path) -> None:
    write_corpus(tmp_path / "docs", n_documents=10, n_paragraphs=40)
    open_store(sqlite_url).close()

    processes = [start(sqlite_url, tmp_path / "docs") for _ in range(2)]
    printed = [process.communicate()[0].split() for process in processes]

    assert [0, 0] == [process.returncode for process in processes]
    assert printed[0][-1] == printed[1][-1]
