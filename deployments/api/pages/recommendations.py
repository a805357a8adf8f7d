"""Pages of recommendations: the scoreboard of each task, what was recommended, and why."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.rendering import PageRoute, address
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, Table, drawn, filled, table_of
from deployments.cli.arguments import open_stored
from deployments.python.selecting import load_scoreboard
from evaluation.formatting import excerpt, score, seconds
from evaluation.records.selection import RecommendationRecord
from evaluation.reports.metric_map import metric_map, metric_rows, surest_values
from evaluation.run_results.breakdown import breakdown
from evaluation.store.recommendations import find_recommendation, list_recommendations
from evaluation.store.summaries import list_runs
from selection import explain
from selection.pages.scoreboard import difference_lines, scoreboard_part_rows, scoreboard_rows, task_line
from selection.scoreboard import Scoreboard, TaskStanding

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
RECOMMENDATIONS_OF_A_PAGE = 50
_ALL, _SCOREBOARD, _METRICS = "/recommendations", "/scoreboard", "/scoreboard/metrics"
RUNS_OF_THE_MAP = 40
_LINKS = (
    Link(text="Scoreboard", address=_SCOREBOARD),
    Link(text="Every metric", address=_METRICS),
    Link(text="Recommendations", address=_ALL),
)


@router.get(_SCOREBOARD)
def scoreboard(request: Request) -> Response:
    """Show what is known of every candidate on every task, the best expected quality first."""
    with open_stored(None) as store:
        board = load_scoreboard(store=store.url)
    standings = [standing for standing in board.standings.values() if (standing.n_measured > 0).any()]
    return section_page(
        request,
        "Scoreboard",
        tuple(section for standing in standings for section in _standing(board, standing)),
        about="Expected quality with its interval, by task; the order is no verdict." if standings else "",
        choices=_LINKS,
        empty="Nothing is measured yet.",
        next_step="`benchwright evaluate` measures candidates, and `benchwright recommend --task TASK` names one.",
    )


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
    return section_page(
        request,
        f"Every metric of {task}" if task else "Every metric",
        filled(
            Section(
                table=table_of("Means with their intervals", metric_rows(values)), pictures=drawn(metric_map(values))
            )
        ),
        about=f"The mean over the most cases of each candidate with its 95 % interval, of the last {RUNS_OF_THE_MAP} "
        "runs. Values of different versions of a benchmark stand in rows of their own. The darkest is no verdict.",
        choices=(*_LINKS, *(Link(text=each, address=address(_METRICS, task=each)) for each in tasks)),
        empty="Nothing is measured yet.",
        next_step="`benchwright evaluate` measures candidates.",
    )


def _standing(board: Scoreboard, standing: TaskStanding) -> tuple[Section, ...]:
    parts = scoreboard_part_rows(board, standing)
    label = task_line(standing)
    return filled(
        Section(
            title=label,
            table=table_of(label, scoreboard_rows(board, standing)),
            after=tuple(difference_lines(board, standing)),
            links=(Link(text=f"What was recommended for {standing.task}", address=address(_ALL, task=standing.task)),),
        ),
        Section(
            title=f"{standing.task} on each benchmark" if parts else "",
            table=table_of(f"{standing.task} on each benchmark", parts),
        ),
    )


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
    columns = ("Recommendation", "Candidate", "Task", "Decided by", "Cases", "Quality", "Time", "Useful", "Made")
    table = Table(label="Recommendations", columns=columns, rows=tuple(map(_row, shown)))
    return section_page(
        request,
        f"Recommendations for {task}" if task else "Recommendations",
        filled(Section(table=table)),
        choices=_LINKS,
        following=following,
        empty="Nothing was recommended for this task." if task else "Nothing was recommended yet.",
        next_step="`benchwright recommend --task TASK` names a candidate, with the reason.",
    )


def _row(record: RecommendationRecord) -> tuple[Cell, ...]:
    return (
        Link(text=record.recommendation_id[:12], address=f"{_ALL}/{record.recommendation_id}"),
        record.candidate_label or "nobody",
        record.task or "all tasks",
        record.decided_by,
        record.n_cases,
        None if record.quality is None else score(record.quality),
        None if record.latency_s is None else seconds(record.latency_s),
        None if record.ok is None else "yes" if record.ok else "no",
        record.created_at,
    )


@router.get(f"{_ALL}/{{recommendation}}")
def recommendation(request: Request, recommendation: str) -> Response:
    """Say at length why a candidate was recommended, and none of the others."""
    with open_stored(None) as store:
        record = find_recommendation(store, recommendation)
        lead, *others = explain(record.recommendation_id, store=store.url).splitlines()
    prompt = "" if record.prompt is None else f"Asked for the prompt: {record.prompt}"
    return section_page(
        request,
        excerpt(record.candidate_label or "Nobody", 200),
        filled(
            Section(lines=tuple(line for line in (*others, prompt) if line)),
            Section(
                title="What came of it",
                table=Table(label="Outcome", columns=("Quality", "Time", "Useful"), rows=(_row(record)[5:8],))
                if record.reported_at is not None
                else None,
                lines=() if record.reported_at is not None else ("Nobody has reported it.",),
            ),
        ),
        up=Link(text="Recommendation", address=_ALL),
        about=f"{record.recommendation_id} · {record.task or 'all tasks'} · decided by {record.decided_by}",
        lead=lead,
    )
