"""Pages of calls in production: by task and candidate, and one by one."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.rendering import PageRoute, address
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, State, Table, filled
from deployments.cli.arguments import open_stored
from evaluation.formatting import excerpt, seconds
from evaluation.records.traffic_calls import TrafficCall
from evaluation.store.traffic import TrafficCount, count_traffic, list_traffic

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
CALLS_OF_A_PAGE = 100
_ALL = "/traffic"
_TEXT = 2000
"""Most characters of an input or an output in the list."""


@router.get(_ALL)
def traffic(
    request: Request,
    task: Annotated[str, Query(max_length=200)] = "",
    candidate: Annotated[str, Query(max_length=200)] = "",
    failed: bool = False,
    before: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """List calls, the newest first, below their numbers by task and candidate."""
    of_task, of_candidate = task or None, candidate or None
    with open_stored(None) as store:
        counts = () if before is not None else count_traffic(store, task=of_task, candidate=of_candidate)
        listed = list_traffic(
            store,
            task=of_task,
            candidate=of_candidate,
            ok=False if failed else None,
            limit=CALLS_OF_A_PAGE + 1,
            before=before,
        )[::-1]
    shown = listed[:CALLS_OF_A_PAGE]
    here = {"task": task, "candidate": candidate}
    following = None
    if len(listed) > len(shown):
        older = address(_ALL, **here, failed="true" if failed else "", before=shown[-1].call_id)
        following = Link(text="Older calls", address=older)
    return section_page(
        request,
        "Traffic",
        filled(
            Section(title="By task and candidate", table=_counts(counts)),
            Section(title="Failed calls" if failed else "Calls", table=_calls(shown)),
        ),
        about=" · ".join(each for each in (task, candidate) if each),
        choices=(
            Link(text="All calls", address=_ALL),
            Link(text="Only failed ones", address=address(_ALL, **here, failed="true")),
        ),
        following=following,
        empty="No calls are recorded." if not (task or candidate or failed) else "There are no such calls.",
        next_step="Calls through the gateway are recorded by themselves, and `benchwright traffic import FILE` imports "
        "a log.",
    )


def _counts(counts: tuple[TrafficCount, ...]) -> Table:
    return Table(
        label="Calls by task and candidate",
        columns=("Task", "Candidate", "Calls", "Failed", "Mean time", "Tokens in, total", "Tokens out, total", "Last"),
        rows=tuple(
            (
                Link(text=each.task, address=address(_ALL, task=each.task)),
                Link(text=each.candidate, address=address(_ALL, task=each.task, candidate=each.candidate)),
                each.n_calls,
                each.n_failed,
                seconds(each.mean_duration_s),
                each.prompt_tokens,
                each.output_tokens,
                each.last_at,
            )
            for each in counts
        ),
    )


def _calls(calls: tuple[TrafficCall, ...]) -> Table:
    has_texts = any(call.input or call.output for call in calls)
    return Table(
        label="Calls",
        columns=("Call", "Ended", "Task", "Candidate", "Time", "Tokens in", "Tokens out", "Steps", "Begun")
        + (("Input", "Output") if has_texts else ()),
        rows=tuple(_call(call) + (_texts(call) if has_texts else ()) for call in calls),
    )


def _call(call: TrafficCall) -> tuple[Cell, ...]:
    steps = ", ".join(f"{stage.name} {seconds(stage.duration_s)}" for stage in call.stages)
    return (
        call.call_id[:8],
        State(word="completed") if call.ok else call.error_type or State(word="failed"),
        call.task,
        call.candidate,
        seconds(call.duration_s),
        call.prompt_tokens,
        call.output_tokens,
        steps or None,
        call.started_at,
    )


def _texts(call: TrafficCall) -> tuple[Cell, ...]:
    return tuple(None if text is None else excerpt(text, _TEXT) for text in (call.input, call.output))
