"""Commands that run one flow in this process and show its result, without runs of the store."""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import typer

from deployments.cli.callers import open_prefect_server
from deployments.cli.evaluate.run import exit_code
from deployments.cli.flow_runs import TerminatedError, run_flow, tell_of_own_server
from deployments.cli.long_commands import code_of_signal, workplace
from deployments.cli.terminal.output import EXIT_DONE, EXIT_RUN_FAILED, error_as_json, print_json
from evaluation.errors import BenchwrightError

if TYPE_CHECKING:
    from evaluation.store.session import Store

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, kw_only=True)
class EndedFlow(Generic[ResultT]):
    """How a flow ended."""

    code: int
    """Exit code of the command."""
    result: ResultT | None
    """None if it did not end well."""
    broken_by: BenchwrightError | None = None
    """Error that ended it; None: no error, or none of ours."""


def run_to_end(load: Callable[[], Any], request: object, store: "Store", stack: ExitStack) -> EndedFlow[Any]:
    """Return how a flow ended that ran in this process.

    Args:
        load: Imports the flow, while the Prefect server starts.
        request: The flow's request.
        store: Results database.
        stack: Ends what is started for it.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    server = open_prefect_server(stack)
    tell_of_own_server(server)
    flow = load()

    def begin() -> Any:
        return flow(request, return_state=True)

    state, number = run_flow(begin, uuid.uuid4().hex, store, server, has_ended=lambda: False)
    code, error = exit_code(state, number, has_runs=False)
    result = asyncio.run(state.aresult()) if code == EXIT_DONE and state is not None else None
    return EndedFlow(code=code, result=result, broken_by=error)


def failure_as_json(ended: EndedFlow[Any]) -> dict[str, Any]:
    """Return what a command prints as JSON of a flow that did not end well."""
    problem = {} if ended.broken_by is None else {"error": error_as_json(ended.broken_by)}
    return {"status": "failed" if ended.code == EXIT_RUN_FAILED else "cancelled", **problem}


def run_command(
    run: "Callable[[Store, ExitStack], EndedFlow[ResultT]]",
    db: str | None,
    show: Callable[[ResultT], None],
    *,
    as_json: bool,
) -> None:
    """Run the flow of a command, show its result, and exit with its code.

    Args:
        run: Runs it.
        db: Results database: a path or a URL; None: the usual one.
        show: Prints the result.
        as_json: Whether a failure is told as JSON.
    """
    try:
        with workplace(db, may_be_new=False) as (store, stack):
            ended = run(store, stack)
    except (KeyboardInterrupt, TerminatedError) as end:
        if as_json:
            print_json({"status": "cancelled"})
        raise typer.Exit(code_of_signal(end)) from None
    if ended.result is not None:
        show(ended.result)
    elif as_json:
        print_json(failure_as_json(ended))
    raise typer.Exit(ended.code)
