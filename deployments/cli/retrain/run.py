"""Running `benchwright retrain`, from its options to the exit code: the flow is run and its outcome is shown."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from deployments.cli.flow_runs import TerminatedError
from deployments.cli.long_commands import code_of_signal, workplace
from deployments.cli.single_flows import EndedFlow, failure_as_json, run_to_end
from deployments.cli.terminal.output import (
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_RUN_FAILED,
    EXIT_TERMINATED,
    print_json,
    print_status,
)
from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table
from evaluation.errors import StoreError
from evaluation.results.as_json import as_json as results_as_json
from selection.pages.retraining import held_out_lines, reason_lines, task_rows

if TYPE_CHECKING:
    from evaluation.store.session import Store
    from selection.retrain_request import RetrainRequest
    from selection.retraining import Retraining


def run_retraining(fields: Mapping[str, Any], *, database: str | None, as_json: bool) -> int:
    """Return the exit code of a retraining.

    Args:
        fields: Fields of `RetrainRequest`.
        database: Where the evidence is; None: the default.
        as_json: Print the result as JSON.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    from selection.retrain_request import read_retrain_request

    request = read_retrain_request(fields)
    code: int | None = None
    try:
        with workplace(database, may_be_new=False) as (store, stack):
            code = _run_or_say_what_is_kept(request, store, stack, as_json=as_json)
    except (KeyboardInterrupt, TerminatedError) as end:
        if code is None:
            code = code_of_signal(end)
            _say_ended("nothing was started", "`benchwright retrain` starts again.", None, as_json=as_json)
    return code


def _run_or_say_what_is_kept(request: "RetrainRequest", store: "Store", stack: ExitStack, *, as_json: bool) -> int:
    from selection.learning.resumption import start_record, stored_progress

    before = start_record(store)
    try:
        code = _run(request, store, stack, as_json=as_json)
    except (KeyboardInterrupt, TerminatedError) as end:
        code = code_of_signal(end)
    if code in (EXIT_INTERRUPTED, EXIT_TERMINATED):
        try:
            progress = stored_progress(store, since=before)
            _say_ended(progress.sentence, progress.next_step, progress.model_id, as_json=as_json)
        except StoreError as error:
            step = "`benchwright selection history` lists what was trained."
            _say_ended(f"cannot tell what was stored: {error.message}", step, None, as_json=as_json)
    return code


def _say_ended(sentence: str, next_step: str, model_id: str | None, *, as_json: bool) -> None:
    """Report what is kept of a retraining that was ended early, and how to continue."""
    if as_json:
        print_json({"status": "cancelled", "sentence": sentence, "model_id": model_id, "next": next_step})
    print_status(f"interrupted: {sentence}")
    print_status(f"  next: {next_step}")


def _run(request: "RetrainRequest", store: "Store", stack: ExitStack, *, as_json: bool) -> int:
    ended = retrain_anew(request, store, stack)
    if ended.result is not None:
        _show(ended.result, as_json=as_json)
    elif as_json and ended.code == EXIT_RUN_FAILED:
        print_json(failure_as_json(ended))
    return ended.code


def retrain_anew(request: "RetrainRequest", store: "Store", stack: ExitStack) -> "EndedFlow[Retraining]":
    """Return how a retraining ended, which the flow made in this process where there is enough to learn from.

    Args:
        request: When to train, and with which seed.
        store: Where the evidence is.
        stack: Ends what is started for it.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    from selection.learning.retraining import retraining_result, what_is_new

    new_evidence = what_is_new(store)
    if (refusal := new_evidence.too_little(request.if_enough_new)) is not None:  # no server is started to hear that
        return EndedFlow(code=EXIT_DONE, result=retraining_result(store, new_evidence, None, refusal))

    def load() -> Any:
        from flows.retrain import retrain

        return retrain

    return run_to_end(load, request, store, stack)


def _show(result: "Retraining", *, as_json: bool) -> None:
    if as_json:
        print_json({"status": "completed", **results_as_json(result)})
        return
    say_line(result.sentence, style="bold")
    for note in result.notes:
        say_line(f"note: {note}")
    if (report := result.report) is not None:
        say_line()
        print_split_table(task_rows(report), words=("decides",))
        say_line()
        for line in (*reason_lines(report), *held_out_lines(report)):
            say_line(line)
        say_line("`benchwright selection history` lists what was trained; `selection rollback` takes a promotion back.")
