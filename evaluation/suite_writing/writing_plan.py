"""Which passages a writer sees, and what kind of question it writes on each: spread over all documents, by a seed."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from evaluation.errors import ConfigurationError
from evaluation.passage import Passage
from evaluation.retrieval.documents import Corpus
from evaluation.retrieval.passages import Chunker, passages_of
from evaluation.retrieval.search import Index, Query
from evaluation.suite_writing.drafts import Kind, WritingTask
from evaluation.words import first_words, n_words

CHUNKER = Chunker(size=200)
"""Passages of 200 words: long enough for a question, short enough that its proof is found by eye."""
FEWEST_WORDS = 12
"""Words below which nobody is asked to write on a passage."""
ORDER = (Kind.FACT, Kind.TWO_PASSAGES, Kind.FACT, Kind.TABLE, Kind.FACT, Kind.UNANSWERABLE)
"""Kinds in turn, which makes half of the cases facts."""
MOST_QUERY_WORDS = 80
_ROW = re.compile(r"^[^\n|]*\|[^\n]*$", re.MULTILINE)
_TABLE_FILES = (".csv",)


def is_table_line(line: str, document: str) -> bool:
    """Check whether a line belongs to a table: cells between `|`, or a line of a CSV file."""
    return document.lower().endswith(_TABLE_FILES) or "|" in line


def has_table(passage: Passage) -> bool:
    """Check whether a passage holds at least two rows of a table."""
    return passage.document.lower().endswith(_TABLE_FILES) or len(_ROW.findall(passage.text)) > 1


def all_passages(corpus: Corpus) -> tuple[Passage, ...]:
    """Return the passages of all documents, in order.

    Raises:
        ConfigurationError: none is long enough to be asked about.
    """
    passages = tuple(passage for document in corpus.documents for passage in passages_of(document, CHUNKER))
    if not any(_is_long_enough(passage) for passage in passages):
        raise ConfigurationError(
            f"the corpus {corpus.name!r} has no passage of {FEWEST_WORDS} words: nothing can be asked about it",
            "Name a folder with whole documents.",
        )
    return passages


def _is_long_enough(passage: Passage) -> bool:
    return n_words(passage.text) >= FEWEST_WORDS


def writing_tasks(index: Index, *, n: int, kinds: Sequence[Kind], seed: int) -> tuple[WritingTask, ...]:
    """Return `n` tasks; a passage is used again only when all have been used for that kind.

    Args:
        index: The passages of the corpus, searched by words for those that belong together.
        n: Number of tasks.
        kinds: Kinds that are wanted; tables are left out where the corpus has none, pairs where it has one passage.
        seed: Decides which passages come first.

    Raises:
        ConfigurationError: the corpus has nothing for the only kinds that are wanted.
    """
    usable = [passage for passage in index.passages if _is_long_enough(passage)]
    fitting = {
        Kind.FACT: usable,
        Kind.TWO_PASSAGES: usable if len(usable) > 1 else [],
        Kind.TABLE: [passage for passage in index.passages if has_table(passage)],
        Kind.UNANSWERABLE: usable,
    }
    turns = [kind for kind in ORDER if kind in kinds and fitting[kind]]
    if not turns:
        raise ConfigurationError(
            f"the corpus has nothing for questions of the kind {', '.join(kinds)}",
            "Tables are rows with cells between |, and CSV files; two passages need a corpus of more than one.",
        )
    streams = {kind: _in_turn(fitting[kind], seed=f"{seed} {kind}") for kind in turns}
    return tuple(
        _task(number, turns[number % len(turns)], next(streams[turns[number % len(turns)]]), index)
        for number in range(n)
    )


def _task(number: int, kind: Kind, passage: Passage, index: Index) -> WritingTask:
    passages = (passage, related(index, passage)) if kind is Kind.TWO_PASSAGES else (passage,)
    return WritingTask(number=number, kind=kind, passages=passages)


def _in_turn(passages: Sequence[Passage], *, seed: str) -> Iterator[Passage]:
    """Yield the passages without end, one document after the other, in an order that the seed decides."""
    rng = random.Random(seed)  # noqa: S311 - an order to be repeated, no secret
    of_document: Mapping[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        of_document[passage.document].append(passage)
    documents = list(of_document)
    rng.shuffle(documents)
    for name in documents:
        rng.shuffle(of_document[name])
    longest = max(len(group) for group in of_document.values())
    rounds = [
        of_document[name][place] for place in range(longest) for name in documents if place < len(of_document[name])
    ]
    while True:
        yield from rounds


def related(index: Index, passage: Passage) -> Passage:
    """Return the passage that shares most with this one, of another document where there is one that does."""
    places = index.search([_query(passage.text, top_k=8)])[0]
    others = [other for other in places if other.passage_id != passage.passage_id]
    elsewhere = [other for other in others if other.document != passage.document]
    if elsewhere or others:
        return (elsewhere or others)[0]
    return next(other for other in index.passages if other.passage_id != passage.passage_id)


def nearest(index: Index, question: str, *, top_k: int) -> tuple[Passage, ...]:
    """Return the passages of the corpus that share most words with a question."""
    return index.search([_query(question, top_k=top_k)])[0]


def _query(text: str, *, top_k: int) -> Query:
    return Query(text=" ".join(first_words(text, MOST_QUERY_WORDS).split()), method="bm25", top_k=top_k)
