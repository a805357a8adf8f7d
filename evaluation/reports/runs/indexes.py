"""The indexes that a run searched, in words: what each was built of, and what was embedded for it."""

from evaluation.escaping import one_line
from evaluation.formatting import counted
from evaluation.records.indexes import IndexRecord
from evaluation.results.runs import RunResult


def index_lines(run: RunResult) -> list[str]:
    """Return a line for each index that the run's candidates searched."""
    return [index_line(index) for index in run.indexes]


def index_line(index: IndexRecord) -> str:
    """Return what an index was built of, and the texts and tokens that were embedded for it."""
    passages = f"{counted(index.n_passages, 'passage')} of {counted(index.n_documents, 'document')}"
    chunks = index.chunker.partition("|")[0]
    line = f"index of {one_line(index.corpus)} by {chunks}: {passages}, "
    if index.embedder is None:
        return f"{line}searched by words alone"
    if index.n_embedded is None:
        return f"{line}embedded by {index.embedder}"
    if not index.n_embedded:
        return f"{line}every text embedded by {index.embedder} before"
    tokens = "an unknown number of tokens" if index.embedded_tokens is None else counted(index.embedded_tokens, "token")
    return f"{line}{counted(index.n_embedded, 'text')} embedded for it by {index.embedder}, {tokens} (in no case's sum)"
