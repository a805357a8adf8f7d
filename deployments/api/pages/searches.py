"""Pages of races and sweeps: the list, and what each found."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.rendering import PageRoute, address
from deployments.api.pages.report_links import report_links
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, Table, drawn, filled, table_of
from deployments.cli.arguments import open_stored
from deployments.python.stored import load_race, load_sweep
from evaluation.reports.races.curves import curve_rows, race_curves
from evaluation.reports.races.page import (
    NOT_OVER,
    cost_line,
    decision_lines,
    departure_lines,
    ranking_rows,
    rule_line,
    standings,
)
from evaluation.reports.sweeps.findings import other_metric_lines, sweep_sentences
from evaluation.reports.sweeps.page import combination_chart, level_chart
from evaluation.reports.sweeps.pictures import parallel_coordinates
from evaluation.reports.sweeps.tables import caption, combination_rows, effect_rows, level_rows
from evaluation.results.races import Race, RaceOutcomeResult
from evaluation.results.sweeps import SweepResult
from evaluation.store.search_runs import SearchRun, list_searches

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
SEARCHES_OF_A_PAGE = 50
COMBINATIONS = 200
"""Most combinations of a sweep in its table."""
_ALL = "/searches"


@router.get(_ALL)
def searches(request: Request, before: Annotated[str | None, Query(max_length=200)] = None) -> Response:
    """List races and sweeps, the newest first."""
    with open_stored(None) as store:
        listed = list_searches(store, limit=SEARCHES_OF_A_PAGE + 1, before=before)
    shown = listed[:SEARCHES_OF_A_PAGE]
    following = None
    if len(listed) > len(shown):
        following = Link(text="Older races and sweeps", address=address(_ALL, before=shown[-1].run_id))
    columns = ("Run", "Kind", "What it found", "Benchmark", "Begun")
    table = Table(label="Races and sweeps", columns=columns, rows=tuple(map(_row, shown)))
    return section_page(
        request,
        "Races and sweeps",
        filled(Section(table=table)),
        following=following,
        empty="There are no races and no sweeps.",
        next_step="`benchwright race` finds the best of many candidates with few calls, and `benchwright sweep` what "
        "each parameter changes.",
    )


def _row(each: SearchRun) -> tuple[Cell, ...]:
    link = Link(text=each.run_id[:8], address=f"/runs/{each.run_id}/{each.kind}")
    sentence = each.sentence or (NOT_OVER if each.kind == "race" else None)
    return link, each.kind, sentence, each.benchmark, each.created_at


@router.get("/runs/{race}/race")
def race(request: Request, race: str) -> Response:
    """Show what a race found: the verdict, the ranking, and who left when and why."""
    result = load_race(race)
    shown = result.race
    return section_page(
        request,
        shown.benchmark,
        _race_sections(shown),
        up=Link(text="Race", address=_ALL),
        about=f"Run {shown.run_id}. {rule_line(shown)}.",
        lead=shown.outcome.sentence or NOT_OVER,
        state=result.invocation.status.value,
        choices=report_links("runs", shown.run_id),
        empty="Nobody has left yet.",
    )


def _race_sections(race: Race) -> tuple[Section, ...]:
    outcome = race.outcome
    cost = (f"{cost_line(outcome)}.",) if isinstance(outcome, RaceOutcomeResult) else ()
    return filled(
        Section(
            title="Ranking",
            table=table_of("Ranking", ranking_rows(race), links={"candidate": lambda row: _answers(race, row)}),
            after=(
                *cost,
                "A candidate that left early was asked fewer cases, so scores have no intervals here; who left was "
                "decided on the cases that it shared with the others.",
            )
            if outcome.ranking
            else (),
        ),
        Section(
            title="Score at each look",
            table=table_of("Scores at each look", curve_rows(race)),
            pictures=drawn(race_curves(race), standings(race)),
            after=("Each interval is of one look; who leaves is decided by the rule of the race.",),
        )
        if race.decisions
        else Section(title="Picture", pictures=drawn(standings(race))),
        Section(title="Looks", lines=tuple(decision_lines(race))),
        Section(title="Why each candidate left", lines=tuple(departure_lines(race))),
        Section(
            links=(
                Link(text="The run with all its answers", address=f"/runs/{race.run_id}"),
                Link(text="Comparisons of this run", address=address("/comparisons", run=race.run_id)),
            ),
        ),
    )


def _answers(race: Race, row: Mapping[str, str]) -> str:
    return address(f"/runs/{race.run_id}/answers", candidate=row["candidate"], sort="score")


@router.get("/runs/{sweep}/sweep")
def sweep(request: Request, sweep: str) -> Response:
    """Show what a sweep found: the effect of each parameter, and which combinations may be the best."""
    result = load_sweep(sweep)
    lead, *others = sweep_sentences(result)
    return section_page(
        request,
        result.benchmark,
        filled(Section(lines=tuple(others)), *_sweep_sections(result)),
        up=Link(text="Sweep", address=_ALL),
        about=f"Run {result.run_id}. {caption(result)}.",
        lead=lead,
        choices=report_links("runs", result.run_id),
        empty="Nothing is scored yet.",
    )


def _sweep_sections(sweep: SweepResult) -> tuple[Section, ...]:
    if not sweep.metrics:
        return ()
    metric = sweep.metrics[0]
    left = len(metric.combinations) - COMBINATIONS
    return (
        Section(title="Parameters", table=table_of("Effects of the parameters", effect_rows(metric))),
        Section(
            title="Values",
            table=table_of("Means of the values", level_rows(metric, all_parameters=True)),
            pictures=drawn(level_chart(metric, all_parameters=True)),
        ),
        Section(
            title="Combinations, best first",
            table=table_of("Combinations", combination_rows(metric, limit=COMBINATIONS)),
            pictures=drawn(parallel_coordinates(metric), combination_chart(metric)),
            after=(f"{left:,} more combinations are in the run.",) if left > 0 else (),
        ),
        Section(title="The other metrics", lines=tuple(other_metric_lines(sweep))),
        Section(links=(Link(text="The run with all its answers", address=f"/runs/{sweep.run_id}"),)),
    )
