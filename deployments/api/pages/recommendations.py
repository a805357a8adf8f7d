"""Pages of the scoreboard of each task, and of what was recommended."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.deciders import LINKS
from deployments.api.pages.recommended import REPORTED, outcome_cells
from deployments.api.pages.rendering import PageRoute, address
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, Table, drawn, filled, headed, table_of
from deployments.cli.arguments import open_stored
from evaluation.errors import BenchwrightError
from evaluation.formatting import quantity
from evaluation.records.selection import RecommendationRecord
from evaluation.reports.metric_map import metric_map, metric_rows, surest_values
from evaluation.run_results.breakdown import breakdown
from evaluation.store.recommendations import find_recommendation, list_recommendations
from evaluation.store.summaries import list_runs
from selection.choosing.number_words import ordinal
from selection.decisions.decision_rows import past_of
from selection.pages.question import limit_rows
from selection.pages.scoreboard import (
    NOT_OF_ONE_RUN,
    PERCENTILE,
    difference_lines,
    memory_lines,
    scoreboard_part_rows,
    scoreboard_rows,
    task_line,
)
from selection.pages.stored_recommendation import expected_quality
from selection.preferences import Constraints, Question
from selection.recommender.answer import chosen
from selection.recommender.registry import recommender_of
from selection.recommender.view import View
from selection.scoreboard import Scoreboard, TaskStanding

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
RECOMMENDATIONS_OF_A_PAGE = 50
_ALL, _SCOREBOARD, _METRICS = "/recommendations", "/scoreboard", "/scoreboard/metrics"
RUNS_OF_THE_MAP = 40
MOST_IN_SIGHT = 6
"""Columns of the table of every metric, of which three name the row."""
SCROLLS = "One column a candidate: scroll inside the table, to the right, for those beyond its edge."
MEMORY_LIMITS = (2, 4, 8, 12, 16, 24, 32, 48, 80)
"""Sizes of usual graphics cards in GB, which the page offers as limits; any other may stand in its address."""
LEAST_LIMITS = 3
"""Number of limits offered where the first already leaves nobody out."""
MemoryLimit = Annotated[float | None, Query(gt=0, le=1e6, allow_inf_nan=False)]
_ABOUT = (
    "Expected quality with its interval, by task; the order is no verdict, the sentence above each table is. Memory is "
    "that of the loaded model, measured by its server at the context length of the run, or else the size of its file, "
    "to which the context comes on top."
)
HEADINGS = {
    "candidate": "Candidate",
    "measured": "Measured quality",
    "cases": "Cases",
    "expected": "Expected quality [95 %]",
    "USD/1,000": "USD for 1,000 answers",
    "J/answer": "J an answer, mean",
    f"latency s (p{100 * PERCENTILE:g})": f"Latency s, {ordinal(PERCENTILE)}",
    "memory GB": "Memory GB, loaded",
    "memory is": "How memory is known",
    "not ready": "Not ready",
}
"""What the columns of a scoreboard are called where there is room."""


@router.get(_SCOREBOARD)
def scoreboard(request: Request, memory_gb: MemoryLimit = None) -> Response:
    """Show what is known of every candidate on every task, the best expected quality first.

    With a limit on memory, only candidates that are known to meet it, and who would be recommended within it.
    """
    with open_stored(None) as store:
        view = recommender_of(store.url).view()
    board = view.scoreboard
    standings = [standing for standing in board.standings.values() if (standing.n_measured > 0).any()]
    return section_page(
        request,
        "Scoreboard" if memory_gb is None else f"Scoreboard within {quantity(memory_gb)} GB",
        tuple(section for standing in standings for section in _standing(view, standing, memory_gb)),
        about=_ABOUT if standings else "",
        choices=(*LINKS, *_memory_links(board)),
        empty="Nothing is measured yet.",
        next_step="`benchwright evaluate` measures candidates, and `benchwright recommend --task TASK` names one.",
    )


def _memory_links(board: Scoreboard) -> list[Link]:
    """Return links to the usual limits on memory, three at least and as many as leave somebody out, and to none."""
    sizes = [each.memory_bytes for each in board.candidates if each.memory_bytes is not None]
    if not sizes:
        return []
    smallest, largest = min(sizes) / 1e9, max(sizes) / 1e9
    limits = [limit for limit in MEMORY_LIMITS if limit >= smallest]
    kept = [limit for place, limit in enumerate(limits) if place < LEAST_LIMITS or limits[place - 1] < largest]
    links = [Link(text=f"Within {limit} GB", address=address(_SCOREBOARD, memory_gb=limit)) for limit in kept]
    return [Link(text="Any memory", address=_SCOREBOARD), *links]


@router.get(_METRICS)
def metrics(request: Request, task: Annotated[str, Query(max_length=500)] = "") -> Response:
    """Show the newest mean of every candidate on every metric of every benchmark, as shades and as a table."""
    with open_stored(None) as store:
        run_ids = [run.run_id for run in list_runs(store, limit=RUNS_OF_THE_MAP)]
        rows = breakdown(store, run_ids) if run_ids else ()
    order = {run_id: place for place, run_id in enumerate(run_ids)}
    of_task = [row for row in rows if not task or row.task == task]
    values = surest_values(sorted(of_task, key=lambda row: order[row.run_id]))
    tasks = sorted({row.task for row in rows if row.task})
    table = table_of("Means with their intervals", metric_rows(values))
    return section_page(
        request,
        f"Every metric of {task}" if task else "Every metric",
        filled(
            Section(
                lines=(SCROLLS,) if len(table.columns) > MOST_IN_SIGHT else (),
                table=replace(table, stacks=False),
                pictures=drawn(metric_map(values)),
            )
        ),
        about=f"The mean over the most cases of each candidate with its 95 % interval, of the last {RUNS_OF_THE_MAP} "
        "runs. Values of different versions of a benchmark stand in rows of their own. The darkest is no verdict.",
        choices=(*LINKS, *(Link(text=each, address=address(_METRICS, task=each)) for each in tasks)),
        empty="Nothing is measured yet.",
        next_step="`benchwright evaluate` measures candidates.",
    )


def _standing(view: View, standing: TaskStanding, within_gb: float | None) -> tuple[Section, ...]:
    board, label = view.scoreboard, task_line(standing)
    rows, parts = scoreboard_rows(board, standing, within_gb=within_gb), scoreboard_part_rows(board, standing)
    told = () if within_gb is None else memory_lines(board, standing, within_gb=within_gb)
    return filled(
        Section(
            title=label,
            lines=(_recommended_now(view, standing.task, within_gb),),
            table=headed(table_of(label, rows), HEADINGS),
            after=(NOT_OF_ONE_RUN, *told, *difference_lines(board, standing)),
            links=(Link(text=f"What was recommended for {standing.task}", address=address(_ALL, task=standing.task)),),
        ),
        Section(
            title=f"{standing.task} on each benchmark" if parts and within_gb is None else "",
            table=table_of(f"{standing.task} on each benchmark", parts) if within_gb is None else None,
        ),
    )


def _recommended_now(view: View, task: str, within_gb: float | None) -> str:
    """Return who would be recommended for the task now, and how sure that is; nothing is stored of it."""
    question = Question(task=task, constraints=Constraints(max_memory_gb=within_gb))
    try:
        return f"Recommended now: {chosen(view, question).reason}"
    except BenchwrightError as error:
        return error.message


@router.get(_ALL)
def recommendations(
    request: Request,
    task: Annotated[str, Query(max_length=500)] = "",
    before: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """List what was recommended, the newest first, and what came of it."""
    with open_stored(None) as store:
        last = None if before is None else find_recommendation(store, before)
        listed = list_recommendations(
            store,
            task=task or None,
            limit=RECOMMENDATIONS_OF_A_PAGE + 1,
            before=None if last is None else (last.created_at, last.recommendation_id),
            with_prompts=False,
        )[::-1]
    shown = listed[:RECOMMENDATIONS_OF_A_PAGE]
    following = None
    if len(listed) > len(shown):
        older = address(_ALL, task=task, before=shown[-1].recommendation_id)
        following = Link(text="Older recommendations", address=older)
    columns = ("Recommendation", "Candidate", "Task", "Limits", "Decided by", "Cases", "Expected quality", *REPORTED)
    table = Table(label="Recommendations", columns=(*columns, "Made"), rows=tuple(map(_row, shown)))
    return section_page(
        request,
        f"Recommendations for {task}" if task else "Recommendations",
        filled(Section(table=table)),
        choices=LINKS,
        following=following,
        empty="Nothing was recommended for this task." if task else "Nothing was recommended yet.",
        next_step="`benchwright recommend --task TASK` names a candidate, with the reason.",
    )


def _row(record: RecommendationRecord) -> tuple[Cell, ...]:
    limits = limit_rows(past_of(record).constraints)
    return (
        Link(text=record.recommendation_id[:12], address=f"{_ALL}/{record.recommendation_id}"),
        record.candidate_label or "nobody",
        record.task or "all tasks",
        "; ".join(f"{name}: {value}" for name, value in limits) or "none",
        record.decided_by,
        record.n_cases,
        expected_quality(record),
        *outcome_cells(record),
        record.created_at,
    )
