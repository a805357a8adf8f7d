"""From a checked request to an exit code: stored runs are compared at once, an evaluation is made by the flow first."""

import os
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployments.cli.arguments import database_url, open_stored, read_settings
from deployments.cli.terminal import (
    EXIT_CHECK_FAILED,
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_RUN_FAILED,
    EXIT_TERMINATED,
    print_json,
    tell,
)

if TYPE_CHECKING:
    from deployments.cli.preparing import Prepared
    from evaluation.comparing.request import ComparisonRequest
    from evaluation.reports.comparison_checks import RegressionCheck
    from evaluation.resolving import Resolution
    from evaluation.store.session import Store

Results = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was typed."""

    given: Mapping[str, Any]
    """Fields of `ComparisonRequest`."""
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `EvaluationRequest`; empty: stored runs alone."""
    checks: bool = False
    """Look for regressions."""
    fails: bool = False
    """Exit 1 where there is one."""
    check_metrics: tuple[str, ...] = ()
    """Beside the headline."""
    junit: Path | None = None
    publish: bool = False


def run_comparison(wanted: Wanted, *, database: str | None, as_json: bool) -> int:
    """The exit code of a comparison.

    Raises:
        BenchwrightError: something for the user to mend.
    """
    from deployments.cli.running import TerminatedError

    if wanted.junit is not None:
        _refuse_unwritable(wanted.junit)
    try:
        if wanted.evaluation or wanted.publish:
            return _by_the_flow(wanted, database, as_json=as_json)
        with open_stored(database) as store:
            results = _of_stored_runs(_request(wanted, None), store)
            has_failed = wanted.fails and _code_of(store, _runs_of(results)) == EXIT_RUN_FAILED
            return _show(wanted, store, results, as_json=as_json, code=EXIT_RUN_FAILED if has_failed else EXIT_DONE)
    except (KeyboardInterrupt, TerminatedError) as end:
        return EXIT_TERMINATED if isinstance(end, TerminatedError) else EXIT_INTERRUPTED


def _refuse_unwritable(path: Path) -> None:
    from evaluation.errors import ConfigurationError

    if path.is_dir() or not path.resolve().parent.is_dir():
        raise ConfigurationError(
            f"--junit {str(path)!r} cannot be written: it is a folder, or its folder does not exist", "Name a file."
        )


def _request(wanted: Wanted, evaluation: Any) -> "ComparisonRequest":
    from evaluation.comparing.request import read_comparison_request
    from evaluation.comparing.sides import FIRST

    given = {**wanted.given, "evaluation": evaluation}
    if wanted.checks:  # the other pairs are not asked for, and p need not allow for them
        given = {"against": FIRST, **given}
    if wanted.fails and "metrics" in given:
        given["metrics"] = [*given["metrics"], *wanted.check_metrics]
    return read_comparison_request(given)


def _of_stored_runs(request: "ComparisonRequest", store: "Store") -> Results:
    from evaluation.reports.comparison_store import compare_and_store

    return compare_and_store(store, request)


def _by_the_flow(wanted: Wanted, database: str | None, *, as_json: bool) -> int:
    from deployments.cli.evaluating import heeding_sigterm
    from evaluation.store.session import must_be_there, open_store

    url = database_url(database)
    if not wanted.evaluation and url is not None:
        must_be_there(url)
    with heeding_sigterm(), open_store(url) as store, ExitStack() as stack:
        if url is not None:
            os.environ["BENCHWRIGHT_DATABASE_URL"] = url
        return _run(wanted, store, stack, as_json=as_json)


def _run(wanted: Wanted, store: "Store", stack: ExitStack, *, as_json: bool) -> int:
    from deployments.cli.evaluating import exit_code
    from deployments.cli.preparing import check_servers
    from deployments.cli.running import all_have_ended, run_flow
    from deployments.prefect_server import prefect_server

    prepared = _prepared(wanted, store)
    request = _request(wanted, prepared.request if prepared else None)
    stored_runs = _find_stored(request, prepared, store)
    if prepared is not None:
        _refuse_hopeless(request, prepared, stored_runs)
        request = request.model_copy(update={"runs": stored_runs})
    invocation_id = prepared.invocation_id if prepared else uuid.uuid4().hex
    server = stack.enter_context(prefect_server())
    if prepared is not None:
        _start_embedded_where_asked(prepared, stack)
        resolution = check_servers(prepared, store)
        _refuse_unknown_side(request, resolution, store)
    if server.is_ours:
        tell("no Prefect server is named: one is started for this command, on your PREFECT_HOME")

    from flows.compare import compare  # while the server starts

    def begin() -> Any:
        return compare(request, invocation_id, return_state=True)

    state, number = run_flow(
        begin, invocation_id, store, server, has_ended=lambda: all_have_ended(store, invocation_id)
    )
    evaluated = _evaluated(store, invocation_id)
    if state is None and number is None:  # Prefect's server is gone, and all is stored
        code = _code_of(store, evaluated)
    else:
        code, _ = exit_code(state, number, has_runs=bool(evaluated))
    if code in (EXIT_INTERRUPTED, EXIT_TERMINATED) or (code == EXIT_RUN_FAILED and not evaluated):
        return code
    return _show_evaluated(wanted, request, store, evaluated, code, as_json=as_json)


def _prepared(wanted: Wanted, store: "Store") -> "Prepared | None":
    from deployments.cli.preparing import prepare
    from evaluation.comparing.metrics import FIGURES

    if not wanted.evaluation:
        return None
    metrics = [name for name in wanted.given.get("metrics", ()) if name not in FIGURES]
    asked = {**wanted.evaluation, **({"metrics": metrics} if metrics else {})}
    return prepare(asked, store, source="the command line", resume=None)


def _find_stored(request: "ComparisonRequest", prepared: "Prepared | None", store: "Store") -> list[str]:
    """Ids of the stored runs; one of another benchmark version is refused before a server is started."""
    from evaluation.reports.comparison_store import refuse_unfit_runs, runs_meant
    from evaluation.store.benchmarks import save_benchmark

    found = list(runs_meant(store, request))
    if prepared is not None and found:
        versions = {save_benchmark(store, benchmark): benchmark.name for benchmark in prepared.benchmarks}
        refuse_unfit_runs(store, found, versions)
    return found


def _refuse_hopeless(request: "ComparisonRequest", prepared: "Prepared", stored_runs: Sequence[str]) -> None:
    """Refuses what could not be compared after the evaluation either, before a server is started."""
    from evaluation.comparing.keys import KEY_NAMES
    from evaluation.errors import IncomparableError, UnknownNameError
    from evaluation.options import OPTIONS

    if not stored_runs and len(prepared.request.models) + len(prepared.request.candidates) < 2:
        raise IncomparableError(
            "a comparison needs two sides, and one candidate is asked for",
            "Name a second one with --model or --candidate, or a stored RUN.",
        )
    if request.by is not None and request.by not in (*KEY_NAMES, *OPTIONS):
        raise UnknownNameError("key to compare by", request.by, [*KEY_NAMES, *OPTIONS])


def _refuse_unknown_side(request: "ComparisonRequest", resolution: "Resolution", store: "Store") -> None:
    """Refuses a baseline that no candidate is called, before a token is spent."""
    from evaluation.comparing.sides import FIRST
    from evaluation.errors import UnknownNameError
    from evaluation.store.runs import find_run

    wanted = request.against
    if wanted is None or wanted == FIRST or request.by is not None:
        return
    stored = [find_run(store, run_id) for run_id in request.runs]
    labels = [found.plan.label for run in stored for found in run.candidates]
    labels += [found.candidate.label for found in resolution.candidates]
    names = [*labels, *(run.plan.run_id for run in stored), *(found.candidate.model for found in resolution.candidates)]
    if not any(name.startswith(wanted) or wanted.startswith(name) for name in names):
        raise UnknownNameError("side", wanted, labels, "Give --against one of these names.")


def _start_embedded_where_asked(prepared: "Prepared", stack: ExitStack) -> None:
    from deployments.cli.evaluating import EMBEDDED_SLOTS
    from deployments.helper_process import start_embedded

    if prepared.request.embedded and not read_settings().embedded_url:
        tell("starting the embedded server")
        helper = stack.enter_context(start_embedded(slots=EMBEDDED_SLOTS))
        os.environ["BENCHWRIGHT_EMBEDDED_URL"] = helper.url
        stack.callback(os.environ.pop, "BENCHWRIGHT_EMBEDDED_URL", None)


def _code_of(store: "Store", run_ids: Sequence[str]) -> int:
    from evaluation.store.runs import find_run

    statuses = {str(find_run(store, run_id).status) for run_id in run_ids}
    return EXIT_RUN_FAILED if "failed" in statuses else EXIT_TERMINATED if "cancelled" in statuses else EXIT_DONE


def _runs_of(results: Results) -> list[str]:
    return [run_id for result in results for run_id in result["run_ids"]]


def _evaluated(store: "Store", invocation_id: str) -> list[str]:
    from evaluation.store.runs import runs_of_invocation

    return [run.plan.run_id for run in runs_of_invocation(store, invocation_id)]


def _show_evaluated(
    wanted: Wanted,
    request: "ComparisonRequest",
    store: "Store",
    evaluated: Sequence[str],
    code: int,
    *,
    as_json: bool,
) -> int:
    """Shows what the flow stored: the same numbers give the same comparison, which is not stored twice."""
    from evaluation.errors import BenchwrightError
    from evaluation.reports.comparison_store import compare_and_store

    try:
        results = compare_and_store(store, request, evaluated=evaluated)
    except BenchwrightError as error:
        if code == EXIT_DONE:
            raise
        tell(f"error: {error.message}")
        return code
    return _show(wanted, store, results, as_json=as_json, code=code, evaluated=evaluated)


def _show(
    wanted: Wanted,
    store: "Store",
    results: Results,
    *,
    as_json: bool,
    code: int = EXIT_DONE,
    evaluated: Sequence[str] = (),
) -> int:
    from deployments.cli.comparison_page import print_comparisons

    checks = _checks(wanted, results)
    if wanted.junit is not None:
        _write_junit(wanted.junit, checks)
    if as_json:
        print_json(_as_json(store, results, checks if wanted.checks else None, evaluated))
    else:
        print_comparisons(results)
        for result in results:
            if result.get("experiment") is not None:
                tell(f"comparison {result['comparison_id']} is one of experiment {result['experiment']}")
    for check in checks:
        if check.outcome != "passed":
            tell(f"check {'failed' if check.has_failed else 'undecided'}: {check.said}")
    if code == EXIT_DONE and wanted.fails and any(check.has_failed for check in checks):
        return EXIT_CHECK_FAILED
    return code


def _checks(wanted: Wanted, results: Results) -> "list[RegressionCheck]":
    from evaluation.reports.comparison_checks import regression_checks

    return regression_checks(results, wanted.check_metrics) if wanted.checks else []


def _write_junit(path: Path, checks: "list[RegressionCheck]") -> None:
    from evaluation.errors import ConfigurationError
    from evaluation.reports.comparison_junit import as_junit

    try:
        path.write_bytes(as_junit(checks))
    except OSError as error:
        raise ConfigurationError(
            f"--junit {str(path)!r} cannot be written: {error.strerror}", "Name another file."
        ) from None
    tell(f"wrote {len(checks)} checks to {path}")


def _as_json(
    store: "Store", results: Results, checks: "list[RegressionCheck] | None", evaluated: Sequence[str]
) -> dict[str, Any]:
    from dataclasses import asdict

    from evaluation.reports.results import run_result, worst_status

    runs = [run_result(store, run_id) for run_id in evaluated]
    return {
        "status": worst_status([run["status"] for run in runs]) if runs else "completed",
        "comparisons": [
            {**pair, "benchmark": result["benchmark"], "comparison_id": result["comparison_id"]}
            for result in results
            for pair in result["comparisons"]
        ],
        "results": [{name: value for name, value in result.items() if name != "comparisons"} for result in results],
        **({} if checks is None else {"checks": [asdict(check) for check in checks]}),
        **({"runs": runs} if runs else {}),
    }


def show_history(words: Sequence[str], metrics: Sequence[str], *, database: str | None, as_json: bool) -> int:
    """The exit code of showing how a pair came out before.

    Raises:
        BenchwrightError: no such run, or not two sides.
    """
    from deployments.cli.comparison_page import print_history
    from evaluation.comparing.history import history_of

    with open_stored(database) as store:
        rows = history_of(store, words, metrics=metrics)
    if as_json:
        print_json({"history": rows})
    else:
        print_history(rows, words)
    return EXIT_DONE
