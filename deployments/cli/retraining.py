"""From what was typed to an exit code: the flow that retrains is run, and what became of it is shown."""

import asyncio
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from deployments.cli.evaluating import exit_code
from deployments.cli.running import TerminatedError, run_flow
from deployments.cli.terminal import EXIT_DONE, EXIT_RUN_FAILED, print_json, tell
from deployments.cli.workplace import code_of_signal, workplace

if TYPE_CHECKING:
    from evaluation.store.session import Store
    from selection.retrain_request import RetrainRequest


def run_retraining(given: Mapping[str, Any], *, database: str | None, as_json: bool) -> int:
    """The exit code of a retraining.

    Args:
        given: Fields of `RetrainRequest`.
        database: Where the evidence is; None: the default.
        as_json: Print the result as JSON.

    Raises:
        BenchwrightError: something for the user to mend.
    """
    from selection.retrain_request import read_retrain_request

    request = read_retrain_request(given)
    try:
        with workplace(database, may_be_new=False) as (store, stack):
            return _run(request, store, stack, as_json=as_json)
    except (KeyboardInterrupt, TerminatedError) as end:
        if as_json:
            print_json({"status": "cancelled"})
        return code_of_signal(end)


def _run(request: "RetrainRequest", store: "Store", stack: ExitStack, *, as_json: bool) -> int:
    from deployments.prefect_server import prefect_server
    from selection.learning.retraining import retraining_result, what_is_new

    known = what_is_new(store)
    if (refusal := known.too_little(request.if_enough_new)) is not None:  # no server is started to hear that
        _show(retraining_result(store, known, None, refusal), as_json=as_json)
        return EXIT_DONE
    server = stack.enter_context(prefect_server())
    if server.is_ours:
        tell("no Prefect server is named: one is started for this command, on your PREFECT_HOME")

    from flows.retrain import retrain  # while the server starts

    def begin() -> Any:
        return retrain(request, return_state=True)

    state, number = run_flow(begin, uuid.uuid4().hex, store, server, has_ended=lambda: False)
    code, error = exit_code(state, number, has_runs=False)
    if code == EXIT_DONE and state is not None:
        _show(asyncio.run(state.aresult()), as_json=as_json)
    elif as_json:
        said = {} if error is None else {"error": {"message": error.message, "next": error.next_step}}
        print_json({"status": "failed" if code == EXIT_RUN_FAILED else "cancelled", **said})
    return code


def _show(result: Mapping[str, Any], *, as_json: bool) -> None:
    from deployments.cli.results import say_line
    from deployments.cli.split_table import print_split_table
    from selection.pages.retraining import held_out_lines, reason_lines, task_rows

    if as_json:
        print_json(result)
        return
    say_line(result["sentence"], style="bold")
    for note in result["notes"]:
        say_line(f"note: {note}")
    if (report := result["report"]) is not None:
        say_line()
        print_split_table(task_rows(report), words=("decides",))
        say_line()
        for line in (*reason_lines(report), *held_out_lines(report)):
            say_line(line)
        say_line("`benchwright selection history` lists what was trained; `selection rollback` takes a promotion back.")
