"""The writing flow: one model writes a suite from documents, rules and another model check it, and it is kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.runtime import flow_run
from prefect.states import Failed

from evaluation.case import Benchmark
from evaluation.errors import RunFailedError
from evaluation.requests.writing_request import WritingRequest
from evaluation.results.written_suites import WrittenSuite, written_suite_result
from evaluation.settings import Settings
from evaluation.store.session import Store, open_store
from evaluation.suite_writing.drafts import Draft, Dropped
from evaluation.suite_writing.selection import checked_by_rules, chosen, too_many_unanswered
from evaluation.suite_writing.suite import NoSuite, Origin, no_suite, written_suite
from tasks.flow_settings import use_own_settings
from tasks.heartbeat import hold_runs
from tasks.interruption import run_interruptibly
from tasks.lease_book import LeaseBook
from tasks.store_calls import call_store
from tasks.suite_writing.ask import WritingSession, check_drafts, write_drafts
from tasks.suite_writing.keep import keep_suite, publish_suite
from tasks.suite_writing.prepare import PreparedWriting, prepare
from tasks.suite_writing.reply_journal import ReplyJournal, journal_path


def _flow_run_name() -> str:
    request = flow_run.parameters.get("request")
    if not isinstance(request, WritingRequest):
        request = WritingRequest.model_validate(request)
    return f"write {request.suite_name}"


@flow(name="write-benchmark", flow_run_name=_flow_run_name, persist_result=False)
async def write_benchmark(request: WritingRequest) -> Any:
    """Have a model write questions with answers and proofs from documents, and rules and another model check them.

    Every reply is kept at once: the same request goes on where it was ended.

    Args:
        request: The documents, the two models, and how many cases.
    """
    request = await use_own_settings(request)
    return await run_interruptibly(UUID(str(flow_run.id)), lambda: _write(request))


async def _write(request: WritingRequest) -> Any:
    store = await call_store(open_store, Settings().database)
    try:
        prepared = await prepare(request)
        for note in prepared.notes:
            get_run_logger().info("%s", note)
        digests = (prepared.writer.digest, prepared.checker.digest)
        journal = ReplyJournal(journal_path(Path(request.corpus).expanduser(), digests))
        try:
            return await _written(request, prepared, store, journal)
        finally:
            journal.close()
    finally:
        store.close()


NEXT_STEP = (
    "Name a larger writing model (--model) or checking model (--check), or other kinds of questions (--kind); more "
    "cases (--cases) have more drafts written, and those alone are asked for."
)


async def _written(request: WritingRequest, prepared: PreparedWriting, store: Store, journal: ReplyJournal) -> Any:
    async with hold_runs(store, []) as holder_id:
        session = WritingSession(
            prepared,
            store,
            journal,
            timeout_s=request.timeout_s,
            retry_base_s=Settings().retry_base_s,
            on_leases=LeaseBook(store, holder_id).note,
        )
        drafts, unread = await write_drafts(session, seed=request.seed)
        sound, broken = checked_by_rules(drafts)
        verified = await check_drafts(session, sound, seed=request.seed)
    dropped = (*unread, *broken, *verified.dropped)
    if (problem := too_many_unanswered(dropped, n_drafts=len(prepared.tasks))) is not None:
        error = RunFailedError(problem, "The same request asks them again, and nothing else.")
        return await _failed(error, request, prepared, journal, dropped)
    kept, surplus = chosen(verified.passed, n=request.cases)
    if not kept:
        error = RunFailedError(f"every draft was dropped, and there is no suite: {_reasons(dropped)}", NEXT_STEP)
        return await _failed(error, request, prepared, journal, dropped)
    benchmark = written_suite(request.suite_name, kept, _origin(request, prepared))
    await keep_suite(request, benchmark)
    suite = _told(request, prepared, journal, benchmark, kept, (*dropped, *surplus))
    await publish_suite(suite)
    return suite


async def _failed(
    error: RunFailedError,
    request: WritingRequest,
    prepared: PreparedWriting,
    journal: ReplyJournal,
    dropped: Sequence[Dropped],
) -> Any:
    """Publish where the drafts fell, and return the state of a flow run that made no suite of them."""
    nothing = no_suite(request.suite_name, _origin(request, prepared), error.message)
    suite = _told(request, prepared, journal, nothing, (), dropped)
    await publish_suite(suite)
    failed = RunFailedError(error.message, error.next_step, suite)
    return Failed(message=str(failed), data=failed)


def _origin(request: WritingRequest, prepared: PreparedWriting) -> Origin:
    return Origin(
        writer=prepared.writer.model,
        checker=prepared.checker.model,
        corpus=request.corpus,
        corpus_digest=prepared.corpus.digest,
        n_documents=len(prepared.corpus.documents),
        n_drafts=len(prepared.tasks),
    )


def _told(
    request: WritingRequest,
    prepared: PreparedWriting,
    journal: ReplyJournal,
    benchmark: Benchmark | NoSuite,
    kept: Sequence[Draft],
    dropped: Sequence[Dropped],
) -> WrittenSuite:
    return written_suite_result(
        benchmark,
        kept,
        dropped,
        _origin(request, prepared),
        file=None if isinstance(benchmark, NoSuite) else request.out,
        read=prepared.corpus.summary,
        n_cases_requested=request.cases,
        n_requests=journal.n_added,
        n_reused=journal.n_reused,
    )


def _reasons(dropped: Sequence[Dropped]) -> str:
    checks = [draft.check for draft in dropped]
    return ", ".join(f"{checks.count(check)} {check}" for check in dict.fromkeys(checks))
