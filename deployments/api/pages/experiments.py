"""Pages of experiments: the list, and one with its runs, comparisons and notes."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.comparisons import comparison_table
from deployments.api.pages.rendering import PageRoute, address
from deployments.api.pages.report_links import report_links
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, State, Table, filled
from deployments.python.catalogues import list_experiments, load_experiment
from evaluation.formatting import counted, score, score_interval
from evaluation.records.experiments import AnnotationRecord
from evaluation.results.experiments import ExperimentFacts, ExperimentRun

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
_ALL = "/experiments"


@router.get(_ALL)
def experiments(request: Request, tag: Annotated[str, Query(max_length=200)] = "", archived: bool = False) -> Response:
    """List experiments, favourites first, then the newest."""
    listed = list_experiments(all=archived, tag=(tag,) if tag else ())
    columns = ("Experiment", "Question", "Runs", "Tags", "Made")
    table = Table(label="Experiments", columns=columns, rows=tuple(map(_row, listed)))
    return section_page(
        request,
        f"Experiments with the tag {tag}" if tag else "Experiments",
        filled(Section(table=table)),
        choices=(
            Link(text="Those in use", address=address(_ALL, tag=tag)),
            Link(text="With archived ones", address=address(_ALL, tag=tag, archived="true")),
        ),
        empty="There are no such experiments." if tag else "There are no experiments.",
        next_step="`benchwright experiments create NAME` makes one, and `benchwright evaluate --experiment NAME` adds "
        "runs to it.",
    )


def _row(facts: ExperimentFacts) -> tuple[Cell, ...]:
    name = f"{facts.name}{' ★' if facts.is_favourite else ''}{' (archived)' if facts.is_archived else ''}"
    link = Link(text=name, address=f"{_ALL}/{facts.experiment_id}")
    return link, facts.question, len(facts.run_ids), ", ".join(facts.tags), facts.created_at


@router.get(f"{_ALL}/{{experiment}}")
def experiment(request: Request, experiment: str) -> Response:
    """Show an experiment with its runs, comparisons and notes."""
    result = load_experiment(experiment)
    facts = result.facts
    about = [counted(len(result.runs), "run"), *facts.tags, *(["archived"] if facts.is_archived else [])]
    columns = ("Run", "Status", "Benchmark", "Highest mean", "95 % interval", "Cases", "Begun")
    return section_page(
        request,
        facts.name,
        filled(
            Section(lines=(facts.description,) if facts.description else ()),
            Section(
                title="Runs",
                table=Table(label="Runs", columns=columns, rows=tuple(map(_run, result.runs[::-1]))),
                after=("The highest mean is no verdict: a comparison says who is better.",) if result.runs else (),
            ),
            Section(
                title="Comparisons",
                table=comparison_table(result.comparisons[::-1]),
                after=() if result.comparisons else ("None yet: nobody is shown to be better.",),
                links=(Link(text="Compare its runs", address=address("/start/compare", runs=facts.experiment_id)),)
                if result.runs
                else (),
            ),
            Section(title="Notes", table=_notes(result.annotations)),
        ),
        up=Link(text="Experiment", address=_ALL),
        about=" · ".join(about),
        lead=facts.question,
        choices=report_links("experiments", facts.experiment_id) if result.runs else (),
    )


def _run(run: ExperimentRun) -> tuple[Cell, ...]:
    highest = run.highest
    return (
        Link(text=run.run_id[:8], address=f"/runs/{run.run_id}"),
        State(word=run.status.value),
        run.benchmark,
        None if highest is None else f"{highest.label}: {run.headline} {score(highest.value)}",
        None
        if highest is None or highest.low is None or highest.high is None
        else score_interval(highest.low, highest.high),
        run.n_cases,
        run.started_at,
    )


def _notes(notes: tuple[AnnotationRecord, ...]) -> Table:
    return Table(
        label="Notes",
        columns=("By", "Note", "About", "When"),
        rows=tuple((note.author, note.text, _about(note), note.created_at) for note in notes),
    )


def _about(note: AnnotationRecord) -> Cell:
    """Return a link to what a note is about."""
    if note.comparison_id is not None:
        return Link(text=f"comparison {note.comparison_id[:8]}", address=f"/comparisons/{note.comparison_id}")
    if note.run_id is None:
        return "the experiment"
    if note.case_id is None:
        return Link(text=f"run {note.run_id[:8]}", address=f"/runs/{note.run_id}")
    return Link(text=f"case {note.case_id}", address=address(f"/runs/{note.run_id}/case", id=note.case_id))
