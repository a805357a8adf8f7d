"""A suite that a model wrote: what was kept, what fell at which check, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.case import Benchmark
from evaluation.retrieval.left_out import CorpusSummary
from evaluation.suite_writing.drafts import Check, Draft, Dropped, Kind
from evaluation.suite_writing.suite import NoSuite, Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedDraft:
    """A draft that did not become a case."""

    kind: Kind
    check: Check
    """The check at which it fell."""
    reason: str
    question: str
    answer: str
    documents: tuple[str, ...]
    """Documents that it was written about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSuite:
    """A suite that a model wrote and another one checked, or why there is none, and where its drafts fell."""

    name: str
    version: str | None
    """None: no suite was made of the drafts."""
    file: str | None
    """File that holds it; None: it is stored under its name, unless there is none."""
    description: str
    """Who wrote it from what, or why there is none."""
    writer: str
    checker: str
    corpus: str
    n_documents: int
    read: CorpusSummary
    """What was read of the corpus, and what was left out."""
    n_cases_requested: int
    n_cases: int
    n_drafts: int
    kept_by_kind: dict[str, int]
    dropped_by_check: dict[str, int]
    """Drafts that fell at each check, in the order of the checks."""
    dropped: tuple[DroppedDraft, ...]
    n_requests: int
    """Requests to both models in this call."""
    n_reused: int
    """Replies taken from the drafts of earlier calls, which were interrupted or asked for something else."""


def written_suite_result(
    benchmark: Benchmark | NoSuite,
    kept: Sequence[Draft],
    dropped: Sequence[Dropped],
    origin: Origin,
    *,
    file: str | None,
    read: CorpusSummary,
    n_cases_requested: int,
    n_requests: int,
    n_reused: int,
) -> WrittenSuite:
    """Return what is told of a suite that was written, or of drafts of which none could be made."""
    kinds = [str(draft.task.kind) for draft in kept]
    checks = [draft.check for draft in dropped]
    return WrittenSuite(
        name=benchmark.name,
        version=benchmark.version,
        file=file,
        description=benchmark.description,
        writer=origin.writer,
        checker=origin.checker,
        corpus=origin.corpus,
        n_documents=origin.n_documents,
        read=read,
        n_cases_requested=n_cases_requested,
        n_cases=len(kept),
        n_drafts=origin.n_drafts,
        kept_by_kind={str(kind): kinds.count(str(kind)) for kind in Kind if str(kind) in kinds},
        dropped_by_check={str(check): checks.count(check) for check in Check if check in checks},
        dropped=tuple(
            _told(draft)
            for draft in sorted(dropped, key=lambda draft: (list(Check).index(draft.check), draft.task.number))
        ),
        n_requests=n_requests,
        n_reused=n_reused,
    )


def _told(draft: Dropped) -> DroppedDraft:
    return DroppedDraft(
        kind=draft.task.kind,
        check=draft.check,
        reason=draft.reason,
        question=draft.question,
        answer=draft.answer,
        documents=tuple(passage.document for passage in draft.task.passages),
    )
