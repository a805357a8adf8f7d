"""The environment of a long command: its store, its signal handling, and the processes started for it."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from deployments.cli.arguments import database_url
from deployments.cli.callers import current_caller
from deployments.cli.database_creation import open_or_make
from deployments.cli.flow_runs import TerminatedError
from deployments.cli.terminal.output import EXIT_INTERRUPTED, EXIT_TERMINATED, print_json, report_lost_results
from evaluation.errors import DatabaseLostError

if TYPE_CHECKING:
    from evaluation.store.session import Store

EMBEDDED_VARIABLE, PAGES_VARIABLE = "BENCHWRIGHT_EMBEDDED_URL", "BENCHWRIGHT_PAGES_URL"


@contextmanager
def workplace(database: str | None, *, may_be_new: bool = True) -> "Iterator[tuple[Store, ExitStack]]":
    """Yield the open store, also used by flows of this process, and a stack that stops what is started.

    Whatever this process opens under the store's name meanwhile is the same file.

    Args:
        database: Results database; None: the default.
        may_be_new: Create the store where there is none yet.

    Raises:
        DatabaseLostError: it was deleted, moved away or replaced meanwhile.
        StoreError: it cannot be opened, or does not exist.
    """
    from evaluation.store.database_file import one_file

    url = database_url(database)
    with (
        handle_sigterm(),
        open_or_make(url, typed=database, may_be_new=may_be_new) as store,
        one_file(store),
        ExitStack() as stack,
    ):
        os.environ["BENCHWRIGHT_DATABASE_URL"] = store.url if url is None else url
        _use_servers_of_serve(stack)
        yield store, stack


def _use_servers_of_serve(stack: ExitStack) -> None:
    for variable in name_servers_of_serve():
        stack.callback(os.environ.pop, variable, None)


def name_servers_of_serve() -> tuple[str, ...]:
    """Name the servers of the `benchwright serve` on this Prefect home in the environment, in whichever shell it runs.

    These are its embedded server, and its pages, to which Prefect artifacts then link. Return the variables that are
    set now and were not before.
    """
    from deployments.serving.home_lock import find_serve

    unset = [variable for variable in (EMBEDDED_VARIABLE, PAGES_VARIABLE) if variable not in os.environ]
    serving = find_serve() if unset else None
    if serving is None:
        return ()
    served = {EMBEDDED_VARIABLE: serving.embedded, PAGES_VARIABLE: serving.own_pages}
    urls = {variable: url for variable in unset if (url := served[variable])}
    os.environ.update(urls)
    return tuple(urls)


@contextmanager
def handle_sigterm() -> Iterator[None]:
    """Make SIGTERM unwind like Ctrl-C, so that what was started is stopped; does nothing for a calling program."""
    if current_caller() is not None:
        yield
        return

    def terminate(_number: int, _frame: object) -> None:
        raise TerminatedError

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def code_of_signal(end: BaseException) -> int:
    """Return the exit code after Ctrl-C or SIGTERM."""
    return EXIT_TERMINATED if isinstance(end, TerminatedError) else EXIT_INTERRUPTED


def ended_without_runs(end: BaseException, invocation_id: str | None, *, as_json: bool) -> int:
    """Return the exit code for an invocation that has no runs to show yet, or lost them with its database."""
    if isinstance(end, DatabaseLostError):
        return report_lost_results(end, invocation_id, as_json=as_json)
    if as_json:
        print_json({"status": "cancelled", "invocation_id": invocation_id, "runs": []})
    return code_of_signal(end)
