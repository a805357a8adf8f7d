"""Arguments that name an experiment, and the output of commands that change one."""

from pathlib import Path
from typing import Annotated

import typer

from deployments.cli.terminal.output import print_json
from deployments.cli.terminal.tables import print_line
from evaluation.records.experiments import ExperimentRecord

NameArgument = Annotated[
    str, typer.Argument(metavar="EXPERIMENT", help=("An experiment's name, its id or the beginning of the id."))
]
RunsArgument = Annotated[list[str], typer.Argument(metavar="RUN…", help="Runs: ids, beginnings of ids, or `last`.")]
QuestionOption = Annotated[str | None, typer.Option("--question", metavar="TEXT", help="The question to answer.")]
DescriptionOption = Annotated[str | None, typer.Option("--description", metavar="TEXT", help="Its purpose and method.")]
TemplateOption = Annotated[
    Path | None,
    typer.Option(
        "--template", metavar="FILE.yaml", help="A file with the options of its evaluations, as for `evaluate -f`."
    ),
]
TagsOption = Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="A tag; may be repeated.")]


def answer(experiment: ExperimentRecord, text: str, *, in_json: bool) -> None:
    """Print the new state of the experiment: the text, or all of it as JSON."""
    from evaluation.run_results.experiment_result import experiment_facts

    if in_json:
        print_json(experiment_facts(experiment))
    else:
        print_line(text)
