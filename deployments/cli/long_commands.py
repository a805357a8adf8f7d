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
        _use_embedded_server_of_serve(stack)
        yield store, stack


def _use_embedded_server_of_serve(stack: ExitStack) -> None:
    if name_embedded_server_of_serve():
        stack.callback(os.environ.pop, "BENCHWRIGHT_EMBEDDED_URL", None)


def name_embedded_server_of_serve() -> bool:
    """Make `embedded` name the server of the `benchwright serve` on this Prefect home, in whichever shell that runs.

    Return whether the environment names it now and did not before.
    """
    from deployments.serving.home_lock import find_serve

    serving = None if "BENCHWRIGHT_EMBEDDED_URL" in os.environ else find_serve()
    if serving is None or not serving.embedded:
        return False
    os.environ["BENCHWRIGHT_EMBEDDED_URL"] = serving.embedded
    return True


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
