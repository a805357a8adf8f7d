"""`benchwright benchmarks write`: what can be wrong is found first, then the flow writes and checks the suite."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployments.cli.arguments import read_settings
from deployments.cli.callers import open_prefect_server
from deployments.cli.terminal.output import EXIT_DONE, EXIT_RUN_FAILED, print_json, print_status
from deployments.cli.terminal.tables import print_line, print_table
from evaluation.errors import RunFailedError
from evaluation.formatting import counted, excerpt

if TYPE_CHECKING:
    from evaluation.requests.writing_request import WritingRequest
    from evaluation.results.written_suites import WrittenSuite
    from evaluation.store.session import Store

_FIELDS = {"kind": "kinds", "endpoint": "endpoints", "timeout": "timeout_s"}
MOST_REASONS = 20
"""Dropped drafts that the terminal shows one by one where there is no suite."""
FURTHER = "the same command goes on: no reply that was received is asked for again"


@dataclass(frozen=True, kw_only=True)
class EndedWriting:
    """How the writing of a suite ended."""

    code: int
    """Exit code of the command."""
    suite: "WrittenSuite | None" = None
    """What was written, or where all drafts fell; None where it ended before."""
    problem: str | None = None
    """What went wrong; None where nothing did."""
    next_step: str | None = None


def writing_fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that say something as fields of `WritingRequest`."""
    return {_FIELDS.get(name, name): value for name, value in options.items() if value is not None and value != []}


def write(options: Mapping[str, Any], *, db: str | None, as_json: bool) -> int:
    """Write a suite, print what was kept and what fell, and return the exit code.

    Raises:
        BenchwrightError: something for the user to correct, before a token was spent.
    """
    from deployments.cli.flow_runs import TerminatedError
    from deployments.cli.long_commands import code_of_signal, workplace
    from evaluation.requests.writing_request import read_writing_request

    request = read_writing_request(writing_fields(options))
    try:
        with workplace(db) as (store, stack):
            ended = write_suite(request, store, stack)
    except (KeyboardInterrupt, TerminatedError) as end:
        ended = EndedWriting(code=code_of_signal(end))
    _show(ended, as_json=as_json)
    return ended.code


def _show(ended: EndedWriting, *, as_json: bool) -> None:
    if as_json:
        print_json({"status": _status(ended), "suite": ended.suite, "problem": ended.problem})
    elif ended.suite is not None:
        print_suite(ended.suite)
    if ended.code == EXIT_DONE:
        return
    print_status(f"error: {ended.problem}" if ended.problem else f"interrupted: {FURTHER}")
    if ended.next_step is not None:
        print_status(f"  next: {ended.next_step}")


def _status(ended: EndedWriting) -> str:
    return {EXIT_DONE: "completed", EXIT_RUN_FAILED: "failed"}.get(ended.code, "cancelled")


def print_suite(suite: "WrittenSuite") -> None:
    """Print a suite's summary and the checks at which drafts fell, with what comes next."""
    from evaluation.reports.written_suites import check_rows, summary_lines

    for line in summary_lines(suite):
        print_line(line)
    if suite.dropped:
        print_table(("check", "dropped", "because"), check_rows(suite))
    if suite.version is None:
        _print_reasons(suite)
        return
    where = f"written to {suite.file}" if suite.file else f"stored as {suite.name}, version {suite.version[:12]}"
    print_line(where)
    out = " --out CONFIRMED.jsonl" if suite.file else ""
    print_status(
        f"  next: `benchwright benchmarks confirm {suite.file or suite.name}{out}` has a person confirm each case."
    )


def _print_reasons(suite: "WrittenSuite") -> None:
    """Print why drafts fell, for somebody who has nothing else of the writing."""
    from evaluation.reports.written_suites import LONGEST_SHOWN

    shown = suite.dropped[:MOST_REASONS]
    rows = [
        [str(each.check), *(excerpt(text, LONGEST_SHOWN) for text in (each.question, each.reason))] for each in shown
    ]
    print_table(("check", "question", "reason"), rows)
    if rest := len(suite.dropped) - len(shown):
        print_line(f"and {counted(rest, 'draft')} more: the page in Prefect and --json have them")


def write_suite(request: "WritingRequest", store: "Store", stack: ExitStack) -> EndedWriting:
    """Return how the writing ended, which the flow did in this process.

    Args:
        request: What is written from what, by whom.
        store: Results database.
        stack: Ends what is started for it.

    Raises:
        BenchwrightError: something for the user to correct, before a token was spent.
    """
    from deployments.cli.blocks_in_use import with_servers_of_pools
    from deployments.cli.flow_runs import run_flow, tell_of_own_server
    from evaluation.resolution.suite_writing import resolve_writing
    from tasks.suite_writing.prepare import notes_on, read_material

    for note in notes_on(read_material(request)):
        print_status(f"note: {note}")
    of_servers = with_servers_of_pools(request, store)
    for note in asyncio.run(resolve_writing(of_servers, settings=read_settings(), store=store)).notes:
        print_status(f"note: {note}")
    server = open_prefect_server(stack)
    tell_of_own_server(server)

    from flows.write_benchmark import write_benchmark  # while the server starts

    def begin() -> Any:
        return write_benchmark(request, return_state=True)

    state, number = run_flow(begin, "", store, server, has_ended=lambda: False)
    return _ended(state, number)


def _ended(state: Any, number: int | None) -> EndedWriting:
    from deployments.cli.evaluate.run import exit_code

    if (failed := _without_suite(state)) is not None:
        return failed
    code = exit_code(state, number, has_runs=False)[0]
    if code == EXIT_DONE:
        return EndedWriting(code=code, suite=asyncio.run(state.aresult()))
    if code == EXIT_RUN_FAILED:
        broken_by = asyncio.run(state.aresult(raise_on_failure=False))
        return EndedWriting(code=code, problem=f"{type(broken_by).__name__}: {broken_by}")
    return EndedWriting(code=code)


def _without_suite(state: Any) -> EndedWriting | None:
    """Return what the flow tells of drafts of which no suite could be made; None where it ended in another way."""
    if state is None or not state.is_failed():
        return None
    error = asyncio.run(state.aresult(raise_on_failure=False))
    if not isinstance(error, RunFailedError):
        return None
    suite: Any = error.result
    return EndedWriting(code=EXIT_RUN_FAILED, suite=suite, problem=error.message, next_step=error.next_step)
