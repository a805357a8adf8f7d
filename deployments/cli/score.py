"""The `benchwright score` command: scores stored answers by other metrics or another judge.

Nothing is generated again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import (
    DatabaseOption,
    EmbedderOption,
    GpuTagOption,
    JsonOption,
    JudgesOption,
    ProviderOption,
    RemoteOption,
    SandboxOption,
    SlotsOption,
    TimeoutOption,
    accept_sandbox,
    read_settings,
)
from deployments.cli.callers import open_prefect_server
from deployments.cli.completion import metric_names, run_ids
from deployments.cli.terminal.output import (
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_RUN_FAILED,
    EXIT_TERMINATED,
    print_json,
    print_status,
)
from deployments.cli.terminal.run_results import print_run
from evaluation.errors import ConfigurationError
from evaluation.records.status import Status

if TYPE_CHECKING:
    from contextlib import ExitStack

    from evaluation.requests.score_request import ScoreRequest
    from evaluation.store.session import Store

Words = list[str] | None


def score(
    run: Annotated[
        str, typer.Argument(metavar="RUN", autocompletion=run_ids, help="A run's id, the beginning of one, or `last`.")
    ],
    metric: Annotated[
        Words,
        typer.Option(metavar="NAME", autocompletion=metric_names, help="A metric; default: the benchmark's own.*"),
    ] = None,
    judge: JudgesOption = None,
    embedder: EmbedderOption = None,
    sandbox: SandboxOption = None,
    endpoint: Annotated[
        Words, typer.Option(metavar="URL|NAME|pool:NAME", help="A server; default: those of the run.*")
    ] = None,
    slots: SlotsOption = None,
    gpu_tag: GpuTagOption = None,
    provider: ProviderOption = None,
    allow_remote: RemoteOption = False,
    timeout: TimeoutOption = None,
    db: DatabaseOption = None,
    json_: JsonOption = False,
) -> None:
    """Score a run's stored answers with metrics; nothing is generated again. Options marked * may be repeated."""
    from evaluation.requests.score_request import read_score_request

    accept_sandbox(sandbox)
    option_values: dict[str, Any] = {
        "run": run,
        "metric": metric,
        "judge": judge,
        "embedder": embedder,
        "endpoint": endpoint,
        "slots": slots,
        "gpu_tag": gpu_tag,
        "provider": provider,
        "allow_remote": allow_remote or None,
        "timeout": timeout,
    }
    request = read_score_request(score_fields(option_values))
    raise typer.Exit(_scored(request, db, as_json=json_))


_FIELDS = {"metric": "metrics", "judge": "judges", "endpoint": "endpoints", "timeout": "timeout_s"}


def score_fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that say something as fields of `ScoreRequest`."""
    return {_FIELDS.get(name, name): value for name, value in options.items() if value is not None and value != []}


def _scored(request: "ScoreRequest", db: str | None, *, as_json: bool) -> int:
    from deployments.cli.flow_runs import TerminatedError
    from deployments.cli.long_commands import ended_without_runs, workplace

    try:
        with workplace(db, may_be_new=False) as (store, stack):
            try:
                return _score(request, store, stack, as_json=as_json)
            except (KeyboardInterrupt, TerminatedError) as end:
                return _ended_early(end, request.run, store, as_json=as_json)
    except (KeyboardInterrupt, TerminatedError) as end:
        return ended_without_runs(end, None, as_json=as_json)


def _ended_early(end: BaseException, run: str, store: "Store", *, as_json: bool) -> int:
    """Return the exit code of a scoring that was ended before its flow run began.

    Its JSON shows the current run.
    """
    from deployments.cli.long_commands import code_of_signal, ended_without_runs
    from evaluation.run_results.run_result import run_result
    from evaluation.store.runs import find_run

    try:
        plan = find_run(store, run).plan
    except ConfigurationError:
        return ended_without_runs(end, None, as_json=as_json)
    if as_json:
        print_json(replace(run_result(store, plan.run_id), status=Status.CANCELLED))
    print_status("interrupted before the first score; run the same command again")
    return code_of_signal(end)


def _score(request: "ScoreRequest", store: "Store", stack: "ExitStack", *, as_json: bool) -> int:
    from evaluation.run_results.run_result import run_result

    ended = score_stored(request, store, stack)
    result = run_result(store, ended.run_id)
    if as_json:
        print_json(replace(result, status=Status.CANCELLED) if ended.is_interrupted else result)
    else:
        print_run(store, result)
    if ended.is_interrupted:
        print_status("interrupted: scoring is incomplete; all finished scores are stored")
        print_status("  next: Run the same command again to compute the missing scores.")
    return ended.code


@dataclass(frozen=True, kw_only=True)
class EndedScoring:
    """How the scoring of a run ended."""

    run_id: str
    code: int
    """Exit code of the command."""
    problem: str | None = None
    """What went wrong; None where nothing did."""

    @property
    def is_interrupted(self) -> bool:
        """True if it was ended early by a user."""
        return self.code in (EXIT_INTERRUPTED, EXIT_TERMINATED)


def score_stored(request: "ScoreRequest", store: "Store", stack: "ExitStack") -> EndedScoring:
    """Return how the scoring ended, which the flow made in this process.

    Args:
        request: Which run is measured by what.
        store: Where its answers are.
        stack: Ends what is started for it.

    Raises:
        BenchwrightError: something for the user to mend, before anything was scored.
    """
    import asyncio

    from deployments.cli.blocks_in_use import with_servers_of_pools
    from deployments.cli.evaluate.run import exit_code
    from deployments.cli.flow_runs import run_flow, tell_of_own_server, work_on_it_has_ended
    from evaluation.resolution.scoring import resolve_scoring

    of_servers = with_servers_of_pools(request, store)
    resolved = asyncio.run(resolve_scoring(of_servers, settings=read_settings(), store=store))
    for note in resolved.notes:
        print_status(f"note: {note}")
    server = open_prefect_server(stack)
    tell_of_own_server(server)

    from flows.score import score  # while the server starts

    def begin() -> Any:
        return score(request, return_state=True)

    plan, since = resolved.run.plan, datetime.now(UTC)
    state, number = run_flow(
        begin,
        plan.invocation_id,
        store,
        server,
        has_ended=lambda: work_on_it_has_ended(store, plan.run_id, since=since),
    )
    code = EXIT_DONE if state is None and number is None else exit_code(state, number, has_runs=False)[0]
    problem = None
    if code == EXIT_RUN_FAILED and state is not None:
        broken_by = asyncio.run(state.aresult(raise_on_failure=False))
        if isinstance(broken_by, BaseException):  # which was told of already
            problem = f"{type(broken_by).__name__}: {broken_by}"
        else:
            problem = state.message
            print_status(f"error: {problem}")
    return EndedScoring(run_id=plan.run_id, code=code, problem=problem)
