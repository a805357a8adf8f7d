"""Every command of `benchwright`. Heavy imports stand inside the commands, so that `--help` answers at once."""

import typer

from deployments.cli import (
    compare,
    demo,
    deploy,
    doctor,
    evaluate,
    export,
    monitor,
    race,
    recommend,
    retrain,
    runs,
    score,
    serve,
    show,
    sweep,
)
from deployments.cli.alerts import alerts
from deployments.cli.benchmarks import benchmarks
from deployments.cli.blocks import blocks
from deployments.cli.db import db
from deployments.cli.endpoints import endpoints
from deployments.cli.experiments import experiments
from deployments.cli.grouped_help import GroupedCommand
from deployments.cli.metrics import metrics
from deployments.cli.models import models
from deployments.cli.profiles import profiles
from deployments.cli.review import review
from deployments.cli.selection import selection
from deployments.cli.traffic import traffic

app = typer.Typer(
    help="Evidence for choosing among language models that run on your own machines.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context, version: bool = typer.Option(False, "--version", help="Print the version and exit.")
) -> None:
    """Evidence for choosing among language models that run on your own machines."""
    from deployments.prefect_home import mend_modes

    if version:
        from evaluation.version import code_version

        typer.echo(f"benchwright {code_version()}")
        raise typer.Exit
    if context.invoked_subcommand != "doctor":  # which tells of it first
        mend_modes()


app.command("compare", cls=GroupedCommand)(compare.compare)
app.command("demo")(demo.demo)
app.command("deploy")(deploy.deploy)
app.command("doctor")(doctor.doctor)
app.command("evaluate", cls=GroupedCommand)(evaluate.evaluate)
app.command("monitor")(monitor.monitor)
app.command("race", cls=GroupedCommand)(race.race)
app.command("recommend")(recommend.recommend)
app.command("retrain")(retrain.retrain)
app.command("score")(score.score)
app.command("serve")(serve.serve)
app.command("show")(show.show)
app.command("sweep", cls=GroupedCommand)(sweep.sweep)
app.command("export")(export.export)
app.add_typer(runs.runs, name="runs")
app.add_typer(experiments, name="experiments")
app.add_typer(endpoints, name="endpoints")
app.add_typer(models, name="models")
app.add_typer(profiles, name="profiles")
app.add_typer(benchmarks, name="benchmarks")
app.add_typer(alerts, name="alerts")
app.add_typer(blocks, name="blocks")
app.add_typer(metrics, name="metrics")
app.add_typer(review, name="review")
app.add_typer(selection, name="selection")
app.add_typer(traffic, name="traffic")
app.add_typer(db, name="db")
