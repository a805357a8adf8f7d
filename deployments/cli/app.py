"""The `benchwright` application: every command, imported only when it is called."""

import typer

from deployments.cli.lazy_commands import LazyCommand, LazyGroup


def _lazy(target: str, summary: str, *, has_headings: bool = False) -> LazyCommand:
    return LazyCommand(f"deployments.cli.{target}", summary, has_headings)


COMMANDS = {
    "api": _lazy("api:api", "Serve results, runs and recommendations over HTTP, until Ctrl-C: pages and an API."),
    "compare": _lazy(
        "compare.command:compare",
        "Compare candidates case by case: from stored runs, or evaluated now with the options of `evaluate`.",
        has_headings=True,
    ),
    "demo": _lazy(
        "demo:demo", "Evaluate a small real model and simple baselines on five suites: a first look in a few minutes."
    ),
    "deploy": _lazy("deploy.command:deploy", "Create or update all deployments on the Prefect server."),
    "doctor": _lazy(
        "doctor.command:doctor", "Check what an evaluation needs, and name the command that fixes what is missing."
    ),
    "evaluate": _lazy(
        "evaluate.command:evaluate",
        "Run models on a benchmark, score their answers, and report each number with its uncertainty.",
        has_headings=True,
    ),
    "monitor": _lazy(
        "monitor.command:monitor",
        "Check evaluations and production traffic over time; raise alerts, and resolve those that no longer apply.",
    ),
    "race": _lazy(
        "race.command:race",
        "Find the best of many candidates on one benchmark, dropping the losers early.",
        has_headings=True,
    ),
    "recommend": _lazy(
        "recommend.command:recommend",
        "Recommend a candidate for a task or a prompt from measured results, and explain why.",
    ),
    "retrain": _lazy(
        "retrain.command:retrain",
        "Train selection models on measured results; promote one that is significantly better on unseen prompts.",
    ),
    "score": _lazy("score:score", "Score a run's stored answers with metrics; nothing is generated again."),
    "serve": _lazy(
        "serve:serve",
        "Run everything on this machine until Ctrl-C: the Prefect UI, all flows as forms and schedules, and a worker.",
    ),
    "show": _lazy(
        "show.command:show",
        "Show a run: results, failures with an example of each, and where the numbers come from.",
    ),
    "sweep": _lazy(
        "sweep.command:sweep",
        "Evaluate every combination of parameters on the same cases, and report which values are best.",
        has_headings=True,
    ),
    "export": _lazy("export:export", "Export results as a table: numbers unrounded, spreadsheet formulas escaped."),
    "report": _lazy(
        "report:report", "Write what was found as a file to send: HTML, PDF, Excel or Markdown, the answer first."
    ),
    "runs": _lazy("runs:runs", "Runs: list, tag, archive, delete."),
    "experiments": _lazy(
        "experiments.command:experiments",
        "Experiments: group runs under a question, with notes; compare, clone, share, archive, delete.",
    ),
    "endpoints": _lazy("endpoints.command:endpoints", "Model servers: list, add, probe, remove."),
    "models": _lazy("models.command:models", "Models: list, show, agree, pull, register, retire."),
    "profiles": _lazy("profiles:profiles", "Prompt profiles: list, show, add."),
    "benchmarks": _lazy("benchmarks:benchmarks", "Benchmarks: list, show, add, validate, write, confirm."),
    "alerts": _lazy("alerts:alerts", "Alerts of the monitor: list, acknowledge, silence, notify."),
    "keys": _lazy("keys:keys", "Keys of the HTTP interface: create, list, revoke."),
    "policies": _lazy(
        "policies:policies", "Policies of the gateway: create, list, show, edit, renew, explore, shadow, stop, end."
    ),
    "upgrades": _lazy(
        "upgrades:upgrades", "Changed weights and server versions under policies: look, list, accept, decline."
    ),
    "blocks": _lazy("blocks.command:blocks", "Prefect blocks for databases, server pools and prices: register, list."),
    "metrics": _lazy("metrics:metrics", "Metrics: list, show."),
    "pipelines": _lazy("pipelines:pipelines", "Pipelines: list, show, try."),
    "review": _lazy(
        "review.command:review",
        "Rate answers blind: `review RUN`. List reviews, resume one, show its result.",
    ),
    "selection": _lazy(
        "selection.command:selection",
        "Model selection: the scoreboard, selection models, imported results, outcomes, configurations.",
    ),
    "traffic": _lazy(
        "traffic.command:traffic", "Production calls: list what was recorded, import logs, grade, delete."
    ),
    "db": _lazy("db.command:db", "The results database: info, upgrade, backup, prune."),
}


class _Benchwright(LazyGroup):
    LAZY = COMMANDS


app = typer.Typer(
    cls=_Benchwright,
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
