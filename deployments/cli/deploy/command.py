"""The `benchwright deploy` command: puts the flows on the Prefect server, with forms that offer existing names."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_to_list
from deployments.cli.completion import benchmark_names
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_line, print_table
from deployments.definitions import check_timezone, chosen, prefect_yaml
from deployments.deploying import Deployed, DeployRequest
from deployments.deploying import deploy as deploy_flows
from deployments.forms import Choices
from evaluation.errors import ConfigurationError, UnknownNameError


def deploy(
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Deploy only this one; may be repeated.")
    ] = None,
    work_pool: Annotated[
        str | None, typer.Option("--work-pool", metavar="NAME", help="The pool whose workers run them.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", metavar="TZ", help="Time zone of the schedules; initially UTC.")
    ] = None,
    benchmark: Annotated[
        list[str] | None,
        typer.Option(
            "--benchmark",
            metavar="NAME",
            autocompletion=benchmark_names,
            help="A benchmark to run production candidates on every night.*",
        ),
    ] = None,
    candidate: Annotated[
        list[str] | None,
        typer.Option("--candidate", metavar="TEXT", help="A candidate in production: 'MODEL num_ctx=8192'.*"),
    ] = None,
    write_prefect_yaml: Annotated[
        Path | None,
        typer.Option(
            "--write-prefect-yaml", metavar="FILE", help="Write the definitions to this file instead of deploying."
        ),
    ] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create or update all deployments on the Prefect server.

    These are evaluate, compare, race, sweep, retrain, monitor, grade-traffic, watch-upgrades, decide-upgrade,
    write-benchmark and review, with forms and schedules, and stretch, which only runs that are split across workers
    start.

    Run again, it refreshes the choices in the forms and keeps what was changed in the Prefect UI. --benchmark and
    --candidate switch on the nightly evaluation and the weekly re-test. Options marked * may be repeated.
    """
    if write_prefect_yaml is not None:
        _write(write_prefect_yaml, prefect_yaml())
        return
    definitions = chosen(tuple(only or ()))
    if timezone is not None:
        check_timezone(timezone)
    must_answer()
    with open_to_list(db) as store:
        from deployments.cli.blocks_in_use import with_blocks_of_server
        from deployments.cli.deploy.model_choices import with_models_of_servers
        from deployments.forms import choices_in

        choices = with_blocks_of_server(with_models_of_servers(choices_in(store), store))
    production = _production(benchmark or [], candidate or [], choices)
    request = DeployRequest(choices=choices, work_pool=work_pool, timezone=timezone, production=production)
    _show(deploy_flows(definitions, request), choices, as_json=as_json)


def must_answer() -> None:
    """Check that a Prefect server is configured, or that `serve` runs, and that it answers.

    Raises:
        ConfigurationError: there is none.
    """
    from deployments.prefect_server import use_lasting_server

    use_lasting_server("deployments need one")


def _production(benchmarks: list[str], candidates: list[str], choices: Choices) -> dict[str, Any] | None:
    """Return the request of the nightly evaluation; None where nothing is given."""
    from evaluation.requests.evaluation_request import read_request

    if not benchmarks and not candidates:
        return None
    if not benchmarks or not candidates:
        raise ConfigurationError(
            "the nightly evaluation needs benchmarks and candidates", "Give both: --benchmark NAME --candidate MODEL"
        )
    for name in benchmarks:
        if name not in choices.benchmarks:
            step = "`benchwright benchmarks add FILE` stores one, so that a worker finds it by its name."
            raise UnknownNameError("benchmark", name, choices.benchmarks, next_step=step)
    production = {"benchmarks": benchmarks, "candidates": candidates}
    for candidate in read_request(production).all_candidates():
        if choices.models and candidate.model not in choices.models:
            step = "`benchwright models list` asks the servers for their models, and records them."
            raise UnknownNameError("model", candidate.model, choices.models, next_step=step)
    return production


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot write {str(path)!r}: {error.strerror}", "Give another path.") from None
    print_line(f"{path}: written")


def _show(deployed: Sequence[Deployed], choices: Choices, *, as_json: bool) -> None:

    if as_json:
        print_json([asdict(deployment) for deployment in deployed])
        return
    rows = [
        (
            deployment.name,
            "deployed" if deployment.is_new else "refreshed",
            deployment.work_pool,
            "\n".join(deployment.schedules),
        )
        for deployment in deployed
    ]
    print_table(("deployment", "now", "work pool", "schedules"), rows)
    for deployment in deployed:
        for slug in deployment.restored:
            print_status(
                f"{deployment.name}: the schedule {slug} had lost its parameters; those of the last deploy were "
                "restored"
            )
    if not choices.models:
        print_status("no models are known yet, so the forms accept any name: deploy again once a server has one")
    if any(deployment.work_pool is None for deployment in deployed):
        print_status(
            "deployments without a work pool are not run yet: give --work-pool NAME, and start a worker for it"
        )
