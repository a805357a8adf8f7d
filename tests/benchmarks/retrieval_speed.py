"""How fast is an index of 100,000 passages built, loaded and searched, and in how much memory?

    python tests/benchmarks/retrieval_speed.py --passages 100000

A corpus of made-up words (their frequencies fall as 1 / rank) is indexed with vectors that a mock embedder draws, in a
process of its own; a second process builds the same index from the store alone, and searches it: questions in batches,
one by one, and as a run asks them: cases side by side, each with one question after the other. Seconds are given by the
clock and of the processor, which others do not lengthen.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from measuring import ROOT, print_result

from evaluation.indexing.index_building import build_index
from evaluation.providers.provider import TextEmbedding
from evaluation.retrieval.documents import Corpus, Document
from evaluation.retrieval.passages import Chunker
from evaluation.retrieval.search import METHODS, Index, Query
from evaluation.store.session import open_store
from tasks.generation.gathered_searches import SEARCHES

WORDS_OF_A_PASSAGE, WORDS_OF_A_SENTENCE, WORDS_OF_A_QUESTION = 150, 15, 12
PASSAGES_OF_A_DOCUMENT = 500
N_WORDS = 50_000
SEED = 20261124


def words(draw: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Words whose frequencies fall as 1 / rank."""
    ranks = np.exp(draw.random(shape) * np.log(N_WORDS)).astype(int)
    return ranks.astype("U")


def made_up_corpus(n_passages: int) -> Corpus:
    """Documents of 500 paragraphs, each of which makes one passage."""
    draw = np.random.default_rng(SEED)
    documents = []
    for first in range(0, n_passages, PASSAGES_OF_A_DOCUMENT):
        shape = (min(PASSAGES_OF_A_DOCUMENT, n_passages - first), WORDS_OF_A_PASSAGE)
        paragraphs = [
            ". ".join(" ".join(row[i : i + WORDS_OF_A_SENTENCE]) for i in range(0, len(row), WORDS_OF_A_SENTENCE))
            for row in words(draw, shape).tolist()
        ]
        documents.append(Document(path=f"{first:07}.txt", text=".\n\n".join(paragraphs), digest=str(first)))
    return Corpus(name="made up", documents=tuple(documents))


class MockEmbedder:
    """Draws a vector for each text, and counts them."""

    def __init__(self, dimension: int) -> None:
        self.n_texts = 0
        self._dimension = dimension
        self._draw = np.random.default_rng(SEED)

    async def __call__(self, texts: Sequence[str]) -> list[TextEmbedding]:
        self.n_texts += len(texts)
        rows: list[list[float]] = self._draw.normal(size=(len(texts), self._dimension)).tolist()
        return [TextEmbedding(vector=tuple(row)) for row in rows]


@contextmanager
def timed(figures: dict[str, float], name: str) -> Iterator[None]:
    """Adds the seconds of a block, by the clock and of the processor."""
    began, began_cpu = time.perf_counter(), time.process_time()
    yield
    figures[f"{name}_s"] = time.perf_counter() - began
    figures[f"{name}_cpu_s"] = time.process_time() - began_cpu


def questions(n: int, method: str, dimension: int) -> list[Query]:
    """Questions that share words with the passages."""
    draw = np.random.default_rng(SEED + 1)
    texts = [" ".join(row) for row in words(draw, (n, WORDS_OF_A_QUESTION)).tolist()]
    vectors = draw.normal(size=(n, dimension))
    return [
        Query(text=text, vector=tuple(vector.tolist()), method=method, top_k=10)
        for text, vector in zip(texts, vectors, strict=True)
    ]


def rates(index: Index, method: str, options: argparse.Namespace) -> dict[str, float]:
    """Questions a second in batches and one by one."""
    asked = questions(options.queries, method, options.dimension)
    one_by_one = asked[: max(1, options.queries // 10)]
    taken: dict[str, float] = {}
    with timed(taken, "batch"):
        for start in range(0, len(asked), options.batch):
            index.search(asked[start : start + options.batch])
    with timed(taken, "single"):
        for query in one_by_one:
            index.search([query])
    with timed(taken, "run"):
        asyncio.run(side_by_side(index, asked, options.in_flight))
    return {
        "per_s": len(asked) / taken["batch_s"],
        "per_cpu_s": len(asked) / taken["batch_cpu_s"],
        "one_by_one_per_s": len(one_by_one) / taken["single_s"],
        "one_by_one_per_cpu_s": len(one_by_one) / taken["single_cpu_s"],
        "in_a_run_per_s": len(asked) / taken["run_s"],
        "in_a_run_per_cpu_s": len(asked) / taken["run_cpu_s"],
    }


async def side_by_side(index: Index, asked: Sequence[Query], n_cases: int) -> None:
    """Search as cases of a run do, so many at once."""
    left = iter(asked)

    async def case() -> None:
        for query in left:
            await SEARCHES.search(index, query)

    await asyncio.gather(*(case() for _ in range(n_cases)))


def phase(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Build, or load and search, in this process."""
    figures: dict[str, Any] = {}
    corpus, embedder = made_up_corpus(options.passages), MockEmbedder(options.dimension)
    figures["before_mib"] = peak_mib()
    with open_store(options.db) as store:
        chunker = Chunker(size=WORDS_OF_A_PASSAGE)
        with timed(figures, name):
            index = asyncio.run(build_index(store, corpus, chunker, embedder="mock", digest="d", embed=embedder))
    figures |= {"n_passages": len(index.passages), "n_embedded": embedder.n_texts, "index_mib": peak_mib()}
    if name == "load":
        with timed(figures, "words"):
            index.search(questions(1, "bm25", options.dimension))
        figures["searches"] = {method: rates(index, method, options) for method in METHODS}
        figures["searched_mib"] = peak_mib()
    return figures


def peak_mib() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_a_process(name: str, options: argparse.Namespace, database: Path) -> dict[str, Any]:
    """The figures of a phase in a process of its own."""
    sizes = [f"--{size}={getattr(options, size)}" for size in ("passages", "dimension", "queries", "batch")]
    sizes.append(f"--in-flight={options.in_flight}")
    argv = [sys.executable, __file__, *sizes, f"--phase={name}", f"--db={database}"]
    done = subprocess.run(
        argv, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def main() -> None:
    """Measure both phases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=768)
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--in-flight", type=int, default=64, help="cases of a run that search at once")
    parser.add_argument("--phase", choices=("build", "load"), help=argparse.SUPPRESS)
    parser.add_argument("--db", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.phase:
        print(json.dumps(phase(options.phase, options)))
        return
    with tempfile.TemporaryDirectory(prefix="benchwright-retrieval-") as folder:
        database = Path(folder) / "results.db"
        found = {name: in_a_process(name, options, database) for name in ("build", "load")}
        found["database_mib"] = {"file": sum(path.stat().st_size for path in Path(folder).iterdir()) / 2**20}
    searches = found["load"]["searches"]
    print_result(
        "retrieval_speed",
        {"dimension": options.dimension, "batch": options.batch, "in_flight": options.in_flight, **found},
        f"{found['build']['n_passages']:,} passages built in {found['build']['build_s']:.0f} s, loaded in "
        f"{found['load']['load_s']:.0f} s; questions a second in a run: "
        + ", ".join(f"{method} {rate['in_a_run_per_s']:,.0f}" for method, rate in searches.items())
        + f"; at most {found['load']['searched_mib']:,.0f} MiB",
    )


if __name__ == "__main__":
    main()
