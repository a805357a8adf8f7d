"""The relevant passages of a benchmark's cases, checked against a corpus before the first request.

A search cannot find a document that the corpus does not have: every candidate would score 0, whatever it does.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches

from evaluation.case import Benchmark
from evaluation.errors import ConfigurationError
from evaluation.formatting import counted
from evaluation.metrics.metric import Need
from evaluation.metrics.retrieval.relevance import holds
from evaluation.relevant_passages import RelevantPassage, relevant_passages
from evaluation.resolution.benchmarks import ResolvedBenchmark
from evaluation.retrieval.documents import Corpus

SHOWN = 60
"""Characters of a text that a message shows."""


def refuse_absent_passages(corpora: Collection[Corpus], benchmarks: Sequence[ResolvedBenchmark]) -> None:
    """Check that the corpora hold what cases name as relevant, where a metric compares the search with it.

    Raises:
        ConfigurationError: a corpus lacks a document or a text; names the first case and counts the others.
    """
    measured = [
        item.benchmark for item in benchmarks if any(Need.RELEVANT in metric.asks_for for metric in item.metrics)
    ]
    for corpus in corpora if measured else ():
        texts = {document.path: " ".join(document.text.split()) for document in corpus.documents}
        for benchmark in measured:
            problems = list(_problems(corpus, texts, benchmark))
            if problems:
                (case_id, what, next_step), *others = problems
                more = f" (and {counted(len(others), 'other case')} like it)" if others else ""
                raise ConfigurationError(f"case {case_id!r} of {benchmark.name} names {what}{more}", next_step)


def _problems(corpus: Corpus, texts: Mapping[str, str], benchmark: Benchmark) -> Iterator[tuple[str, str, str]]:
    """Yield each case with a passage that no search can find: its id, what it names, and the next step."""
    for case in benchmark.cases:
        for entry in relevant_passages(case):
            if (problem := _problem(corpus, texts, entry)) is not None:
                yield case.case_id, *problem
                break


def _problem(corpus: Corpus, texts: Mapping[str, str], entry: RelevantPassage) -> tuple[str, str] | None:
    """Return what an entry names that the corpus lacks, and the next step; None where a search can find it."""
    if entry.path is not None and entry.path not in texts:
        return f"the relevant document {entry.path!r}, which the corpus {corpus.name!r} {_lacks(corpus, entry.path)}", (
            f"{_nearest(entry.path, texts)}Correct the case's `relevant`, or name another corpus."
        )
    searched = list(texts.values()) if entry.path is None else [texts[entry.path]]
    if _is_in(searched, entry):
        return None
    place = f"the corpus {corpus.name!r}" if entry.path is None else f"{entry.path!r} of the corpus {corpus.name!r}"
    text = " ".join((entry.text or "").split())  # a document alone is found: it has text, or was left out
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return f"a relevant text that {place} does not hold: {shown!r}", (
        "Copy the words from the document, letter by letter, or name the document alone."
    )


def _is_in(searched: Sequence[str], entry: RelevantPassage) -> bool:
    if entry.text is None:
        return any(searched)
    text = " ".join(entry.text.split())
    return any(text in each for each in searched) or any(holds(each, entry) for each in searched)


def _lacks(corpus: Corpus, path: str) -> str:
    """Return how the corpus lacks a document: it is not there, or it was left out."""
    reason = next((entry.reason for entry in corpus.left_out if entry.path == path), None)
    return "does not have" if reason is None else f"has left out: {reason}"


def _nearest(path: str, texts: Mapping[str, str]) -> str:
    by_name = [each for each in texts if each.rpartition("/")[2] == path.rpartition("/")[2]]
    near = by_name or get_close_matches(path, list(texts), n=1)
    return f"It has {near[0]!r}. " if near else "Documents are named by their paths within the corpus. "
