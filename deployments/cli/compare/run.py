"""From what was typed to an exit code: stored runs are compared at once, an evaluation is made by the flow first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from deployments.cli.arguments import open_stored
from deployments.cli.compare.output import show_comparisons, show_planned
from deployments.cli.compare.page import print_history
from deployments.cli.compare.request import CompareOptions, cancelled_result, comparison_request
from deployments.cli.junit_file import refuse_unwritable
from deployments.cli.terminal.output import EXIT_DONE, EXIT_RUN_FAILED, print_json
from evaluation.results.comparisons import ComparisonResult

if TYPE_CHECKING:
    from evaluation.store.session import Store


def run_comparison(options: CompareOptions, *, database: str | None, as_json: bool) -> int:
    """Return the exit code of a comparison.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    from deployments.cli.flow_runs import TerminatedError
    from deployments.cli.long_commands import code_of_signal

    if options.junit is not None:
        refuse_unwritable(options.junit)
    try:
        if options.evaluation or (options.publish and not options.dry_run):
            from deployments.cli.compare.flow_run import compare_by_the_flow

            return compare_by_the_flow(options, database, as_json=as_json)
        with open_stored(database) as store:
            return _of_stored_runs(options, store, as_json=as_json)
    except (KeyboardInterrupt, TerminatedError) as end:
        if as_json:
            print_json(cancelled_result(()))
        return code_of_signal(end)


def _of_stored_runs(options: CompareOptions, store: "Store", *, as_json: bool) -> int:
    from evaluation.comparisons.plan import planned_comparisons
    from evaluation.comparisons.saving import compare_and_store

    request = comparison_request(options, None)
    if options.dry_run:
        return show_planned(planned_comparisons(store, request), as_json=as_json)
    results = compare_and_store(store, request)
    code = EXIT_RUN_FAILED if options.fails and _has_failed_run(store, results) else EXIT_DONE
    return show_comparisons(options, store, results, as_json=as_json, code=code)


def _has_failed_run(store: "Store", results: Sequence[ComparisonResult]) -> bool:
    from evaluation.store.runs import find_run

    run_ids = dict.fromkeys(run_id for result in results for run_id in result.run_ids)
    return any(find_run(store, run_id).status == "failed" for run_id in run_ids)


def show_history(words: Sequence[str], metrics: Sequence[str], *, database: str | None, as_json: bool) -> int:
    """Return the exit code of showing how a pair came out before.

    Raises:
        BenchwrightError: no such run, or not two sides.
    """
    from evaluation.comparisons.pair_history import history_of

    with open_stored(database) as store:
        history = history_of(store, words, metrics=metrics)
    if as_json:
        print_json({"history": history})
    else:
        print_history(history, words)
    return EXIT_DONE
