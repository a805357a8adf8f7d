"""The `benchwright traffic grade` command: a judge grades a sample of the calls in production."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import (
    DatabaseOption,
    GpuTagOption,
    JsonOption,
    ProviderOption,
    RemoteOption,
    SlotsOption,
    TimeoutOption,
)
from deployments.cli.single_flows import EndedFlow, run_command, run_to_end
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_line, print_table
from evaluation.reports.traffic_grading import grading_rows
from evaluation.results.as_json import as_json as plain

if TYPE_CHECKING:
    from evaluation.requests.grading_request import GradingRequest
    from evaluation.results.traffic_grading import TrafficGradingResult
    from evaluation.store.session import Store

_FIELDS = {"task": "tasks", "policy": "policies", "endpoint": "endpoints", "timeout": "timeout_s"}


def grade(
    judge: Annotated[
        str | None, typer.Option("--judge", metavar="MODEL|MODEL@ENDPOINT", help="The model that grades.")
    ] = None,
    criteria: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What a good answer is; default: general criteria.")
    ] = None,
    sample: Annotated[int | None, typer.Option(metavar="N", help="Calls of each day to grade; default: 50.")] = None,
    days: Annotated[
        int | None, typer.Option(metavar="N", help="Whole days (UTC) before today to grade; default: 1.")
    ] = None,
    today: Annotated[bool, typer.Option("--today", help="Grade calls of today too.")] = False,
    task: Annotated[list[str] | None, typer.Option("--task", metavar="TASK", help="Only this task.*")] = None,
    policy: Annotated[
        list[str] | None, typer.Option("--policy", metavar="NAME", help="Only calls that this policy answered.*")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Determines which calls are drawn; default: 0.")] = None,
    endpoint: Annotated[
        list[str] | None, typer.Option(metavar="URL|NAME|pool:NAME", help="A server of the judge.*")
    ] = None,
    embedded: Annotated[bool, typer.Option("--embedded", help="Use the embedded server too.")] = False,
    timeout: TimeoutOption = None,
    allow_remote: RemoteOption = False,
    slots: SlotsOption = None,
    gpu_tag: GpuTagOption = None,
    provider: ProviderOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have a judge grade a sample of the calls whose texts are stored, each call once.

    `benchwright monitor` then tells when grades fall. Options marked * may be repeated.
    """
    from evaluation.requests.grading_request import read_grading_request

    options: dict[str, Any] = {
        "judge": judge,
        "criteria": criteria,
        "sample": sample,
        "days": days,
        "today": today or None,
        "task": task,
        "policy": policy,
        "seed": seed,
        "endpoint": endpoint,
        "embedded": embedded or None,
        "slots": slots,
        "gpu_tag": gpu_tag,
        "provider": provider,
        "allow_remote": allow_remote or None,
        "timeout": timeout,
    }
    fields = {_FIELDS.get(name, name): value for name, value in options.items() if value not in (None, [])}
    request = read_grading_request(fields)
    run_command(
        lambda store, stack: grade_once(request, store, stack),
        db,
        lambda result: _show(result, as_json=as_json),
        as_json=as_json,
    )


def grade_once(request: "GradingRequest", store: "Store", stack: ExitStack) -> "EndedFlow[TrafficGradingResult]":
    """Return how a grading ended, which the flow made in this process.

    Args:
        request: Which calls, by which judge.
        store: Where they are.
        stack: Ends what is started for it.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    _ = request.named_judge  # refused before a server is started

    def load() -> Any:
        from flows.grade_traffic import grade_traffic

        return grade_traffic

    return run_to_end(load, request, store, stack)


def _show(result: "TrafficGradingResult", *, as_json: bool) -> None:
    if as_json:
        print_json(plain(result))
        return
    rows = grading_rows(result)
    if rows:
        print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    print_line(result.sentence)
    if not rows and result.n_without_texts:
        print_status(
            "next: texts are stored for policies with `benchwright policies edit NAME --keep-texts`, and for calls "
            "without a policy where the gateway runs with them"
        )
