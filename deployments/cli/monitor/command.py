"""The `benchwright monitor` command: checks evaluations and production traffic, and reports problems."""

from typing import Annotated

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption


def monitor(
    since: Annotated[
        str | None, typer.Option("--since", metavar="30d|4w", help="How far to look back; default 30 days.")
    ] = None,
    slower_than: Annotated[
        float | None,
        typer.Option("--slower-than", metavar="N", help="Alert above this multiple of the usual duration; default 2."),
    ] = None,
    success_below: Annotated[
        float | None,
        typer.Option("--success-below", metavar="SHARE", help="Alert below this success rate; default 0.9."),
    ] = None,
    gpu_below: Annotated[
        float | None,
        typer.Option("--gpu-below", metavar="SHARE", help="Alert below this GPU utilisation; default 0.5."),
    ] = None,
    token_budget: Annotated[
        list[str] | None,
        typer.Option("--token-budget", metavar="[TASK=]N", help="Average number of tokens that a call may use.*"),
    ] = None,
    baseline_runs: Annotated[
        int | None, typer.Option("--baseline-runs", metavar="N", help="Runs in a baseline; default 5.")
    ] = None,
    false_alarm_rate: Annotated[
        float | None,
        typer.Option(
            "--false-alarm-rate",
            metavar="P",
            help="Probability of any false quality alarm in --over-looks runs; default 0.05.",
        ),
    ] = None,
    over_looks: Annotated[
        int | None,
        typer.Option(
            "--over-looks", metavar="N", help="Number of new runs over which --false-alarm-rate holds; default 200."
        ),
    ] = None,
    min_calls: Annotated[
        int | None, typer.Option("--min-calls", metavar="N", help="Production calls needed for an alert; default 20.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="RULE", help="A rule to leave out.*"),
    ] = None,
    fail_on_alert: Annotated[
        bool, typer.Option("--fail-on-alert", help="Exit with 1 if an alert is open and not acknowledged.")
    ] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check evaluations and production traffic over time; raise alerts, and resolve those that no longer apply.

    Rules: duration, success, tokens, gpu, quality, model, judge, server. Options marked * may be repeated.
    """
    from deployments.cli.monitor.run import monitor_fields, run_monitor

    fields = monitor_fields(
        since=since,
        token_budget=token_budget or [],
        slower_than=slower_than,
        success_below=success_below,
        gpu_below=gpu_below,
        baseline_runs=baseline_runs,
        false_alarm_rate=false_alarm_rate,
        over_looks=over_looks,
        min_calls=min_calls,
        left_out=without,
    )
    raise typer.Exit(run_monitor(fields, database=db, as_json=as_json, fail_on_alert=fail_on_alert))
