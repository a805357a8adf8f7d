"""The tasks that ask the two models: one writes every draft, then the other checks every draft that the rules passed.

Each model is loaded once. What is in the journal is not asked again, and a model with nothing to do is not loaded.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar, cast

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.gather import gather_or_cancel
from evaluation.metrics.requests import AskJudge
from evaluation.passage import Passage
from evaluation.planning.plan import MetricModelPlan
from evaluation.retrieval.search import Index
from evaluation.scores import ScoreFailure
from evaluation.store.session import Store
from evaluation.suite_writing.drafts import Check, Draft, Dropped, Kind, WritingTask
from evaluation.suite_writing.questions import ask_writer
from evaluation.suite_writing.replies import BrokenReplyError, read_draft
from evaluation.suite_writing.verification import Checker, verification
from evaluation.suite_writing.writing_plan import nearest
from tasks.flow_logging import log_info
from tasks.scoring.metric_server import serve_metric_model
from tasks.suite_writing.prepare import PreparedWriting
from tasks.suite_writing.reply_journal import Reply, ReplyJournal, canonical_options, is_of_model

SAY_EVERY_S = 15.0
NEAR = 5
"""Passages in which the checker looks for an answer to an unanswerable question, beside its own."""
T = TypeVar("T")
OnLeases: TypeAlias = Callable[[str, frozenset[str]], Awaitable[None]]
Ask: TypeAlias = Callable[[AskJudge], Awaitable[Reply]]


class WritingSession:
    """What both stages need. No dataclass: Prefect would look at every passage in it whenever a task gets it."""

    def __init__(
        self,
        prepared: PreparedWriting,
        store: Store,
        journal: ReplyJournal,
        *,
        timeout_s: float,
        retry_base_s: float,
        on_leases: OnLeases,
    ) -> None:
        """Keep what is written from what, and how it is asked.

        Args:
            prepared: What is written, by which models.
            store: Results database, where leases are noted.
            journal: Replies that are not asked again.
            timeout_s: Time limit of one attempt, without loading.
            retry_base_s: First pause before a retry, in seconds.
            on_leases: Called with the held leases by endpoint.
        """
        self.prepared = prepared
        self.store = store
        self.journal = journal
        self.timeout_s = timeout_s
        self.retry_base_s = retry_base_s
        self.on_leases = on_leases


@dataclass(frozen=True, kw_only=True)
class Verified:
    """Drafts that passed every check, and those that fell."""

    passed: tuple[Draft, ...]
    dropped: tuple[Dropped, ...]


@task(name="write", task_run_name="write the drafts", cache_policy=NO_CACHE, persist_result=False)
async def write_drafts(session: WritingSession, *, seed: int) -> tuple[list[Draft], list[Dropped]]:
    """Return what the writer wrote for the tasks, and the tasks for which it wrote nothing that can be read."""
    plan, tasks = session.prepared.writer, session.prepared.tasks
    requests = {item.number: ask_writer(item, model=plan.model, digest=plan.digest, seed=seed) for item in tasks}
    replies = await _replies(session, plan, requests)
    results = [_draft(item, replies[item.number]) for item in tasks]
    return [each for each in results if isinstance(each, Draft)], [
        each for each in results if isinstance(each, Dropped)
    ]


async def _replies(
    session: WritingSession, plan: MetricModelPlan, requests: Mapping[int, AskJudge]
) -> dict[int, Reply]:
    """Return the reply to each request; the model is loaded only for those that are not in the journal."""
    options = canonical_options(plan.options)
    kept = {number: session.journal.find(request, options) for number, request in requests.items()}
    replies = {number: reply for number, reply in kept.items() if reply is not None}
    missing = [number for number in requests if number not in replies]
    if missing:
        async with _server(session, plan) as ask:
            how_far = _HowFar(f"{plan.model} writes", len(missing))
            answers = await gather_or_cancel(how_far.noting(ask(requests[number])) for number in missing)
        replies |= dict(zip(missing, answers, strict=True))
    return replies


def _draft(item: WritingTask, reply: Reply) -> Draft | Dropped:
    if isinstance(reply, ScoreFailure):
        check = Check.BROKEN_REPLY if is_of_model(reply) else Check.NO_REPLY
        return Dropped(task=item, check=check, reason=f"{reply.kind}: {reply.message}")
    try:
        return read_draft(reply, item)
    except BrokenReplyError as error:
        return Dropped(task=item, check=Check.BROKEN_REPLY, reason=error.message)


@task(name="check", task_run_name="check the drafts", cache_policy=NO_CACHE, persist_result=False)
async def check_drafts(session: WritingSession, drafts: Sequence[Draft], *, seed: int) -> Verified:
    """Return which drafts the checker verifies, and at which check the others fall."""
    plan, index = session.prepared.checker, session.prepared.index
    checker = Checker(model=plan.model, digest=plan.digest, seed=seed)
    works = {draft.task.number: _Work(draft, checker, _near(index, draft)) for draft in drafts}
    options = canonical_options(plan.options)
    verdicts: dict[int, Dropped | None] = {}
    for number, work in works.items():
        with suppress(_NotKeptError):
            verdicts[number] = work.by_journal(session.journal, options)
    missing = [number for number in works if number not in verdicts]
    if missing:
        async with _server(session, plan) as ask:
            how_far = _HowFar(f"{plan.model} checks", len(missing))
            answers = await gather_or_cancel(how_far.noting(works[number].by_asking(ask)) for number in missing)
        verdicts |= dict(zip(missing, answers, strict=True))
    fallen = [verdict for number in works if (verdict := verdicts[number]) is not None]
    return Verified(
        passed=tuple(draft for draft in drafts if verdicts[draft.task.number] is None), dropped=tuple(fallen)
    )


def _near(index: Index, draft: Draft) -> tuple[Passage, ...]:
    is_open = draft.task.kind is Kind.UNANSWERABLE
    return nearest(index, draft.question, top_k=NEAR) if is_open else ()


class _NotKeptError(Exception):
    """Raised where a reply is not in the journal."""


@dataclass(frozen=True)
class _Work:
    """The verification of one draft, begun anew by whoever drives it."""

    draft: Draft
    checker: Checker
    near: tuple[Passage, ...]

    def by_journal(self, journal: ReplyJournal, options: dict[str, Any]) -> Dropped | None:
        """Return the verdict of earlier calls.

        Raises:
            _NotKeptError: a reply is missing.
        """
        steps = verification(self.draft, self.checker, near=self.near)
        try:
            request = next(steps)
            while True:
                reply = journal.find(request, options)
                if reply is None:
                    raise _NotKeptError
                request = steps.send(reply)
        except StopIteration as end:
            return cast("Dropped | None", end.value)

    async def by_asking(self, ask: Ask) -> Dropped | None:
        """Return the verdict; each request waits for the reply to the one before."""
        steps = verification(self.draft, self.checker, near=self.near)
        try:
            request = next(steps)
            while True:
                request = steps.send(await ask(request))
        except StopIteration as end:
            return cast("Dropped | None", end.value)


@asynccontextmanager
async def _server(session: WritingSession, plan: MetricModelPlan) -> AsyncIterator[Ask]:
    """Load the model in its turn, and yield the function that asks it; what is in the journal is not asked."""
    options = canonical_options(plan.options)
    async with serve_metric_model(
        plan,
        session.store,
        timeout_s=session.timeout_s,
        retry_base_s=session.retry_base_s,
        on_leases=session.on_leases,
    ) as answerers:

        async def ask(request: AskJudge) -> Reply:
            if (kept := session.journal.find(request, options)) is not None:
                return kept
            reply = cast("Reply", await answerers[AskJudge](request))
            session.journal.add(request, options, reply)
            return reply

        yield ask


@dataclass
class _HowFar:
    """Progress of a stage, logged now and then."""

    what: str
    n: int
    n_done: int = 0
    said_at: float = field(default_factory=time.monotonic)

    async def noting(self, work: Awaitable[T]) -> T:
        """Return the result of the work, and log how far the stage is."""
        result = await work
        self.n_done += 1
        if time.monotonic() - self.said_at >= SAY_EVERY_S or self.n_done == self.n:
            self.said_at = time.monotonic()
            log_info("%s: %d of %d", self.what, self.n_done, self.n)
        return result
